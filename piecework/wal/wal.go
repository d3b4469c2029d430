// Package wal lets SQLite write a transaction to its write-ahead log by one call of the operating system instead of two for each page.
//
// A commit of sixteen tallies changes some thirty pages, and SQLite hands its log each of them in two parts, a header and the page:
// sixty calls, which take longer than everything that is checked about the tallies. Here the parts are gathered in memory until the
// transaction is whole, and then written.
//
// Nothing is promised earlier for it. What has been gathered is written before the call that brings the last page of a commit returns,
// and so before SQLite makes the log durable and before it tells any other connection of the pages; a refusal of the disk reaches
// SQLite from that call or from the next one. Only pages of a transaction that is still under way wait in memory, and those are lost
// in a crash in any case. Whatever else is asked of the log, be it to read, to shorten, to close, finds everything written.
package wal

import (
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
	"unsafe"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

// What SQLite's documentation says of the format of a write-ahead log: a frame is a header of 24 bytes and a page, and bytes 4 to 7 of
// the header are zero except in the last frame of a commit.
const (
	frameHeader = 24
	endOfCommit = 4
)

// most is how many bytes SQLite writes at once, and so how many are kept in memory for a log. A longer transaction is written in parts.
const most = 1<<17 - 1

// name is that of the file system (a “VFS” to SQLite).
const name = "jijian"

// vfs is what SQLite is given: a copy of its own file system with another name and another open, and where the original is.
type vfs struct {
	sqlite3.Tsqlite3_vfs
	usual *sqlite3.Tsqlite3_vfs
}

// log is an open write-ahead log. It begins with what can be done with it, as SQLite wants.
//
// Like everything here that SQLite holds the address of, it lies in SQLite's memory, not in Go's, and neither holds anything of the
// other's. SQLite uses an open file from one thread at a time.
type log struct {
	sqlite3.Tsqlite3_io_methods
	usual  *sqlite3.Tsqlite3_io_methods
	frames *[most]byte // those gathered, not yet in the file; nil as long as there never were any
	n      int         // how many bytes
	start  int64       // where they belong in the file
	last   bool        // the last of them is the last of a commit
}

// The functions that stand in for usual ones, as SQLite's translation to Go declares them.
type (
	opener    = func(tls *libc.TLS, vfs, name, file uintptr, flags int32, outFlags uintptr) int32
	carrier   = func(tls *libc.TLS, file, data uintptr, n int32, offset int64) int32
	truncater = func(tls *libc.TLS, file uintptr, size int64) int32
	syncer    = func(tls *libc.TLS, file uintptr, flags int32) int32
	measurer  = func(tls *libc.TLS, file, size uintptr) int32
	closer    = func(tls *libc.TLS, file uintptr) int32
)

// VFS makes the file system known to SQLite, once, and returns the name by which a database is opened with it (the parameter vfs).
var VFS = sync.OnceValues(func() (string, error) {
	tls := libc.NewTLS()
	defer tls.Close()
	usual := at[sqlite3.Tsqlite3_vfs](sqlite3.Xsqlite3_vfs_find(tls, 0))
	called, err := libc.CString(name)
	where, ours := alloc[vfs](tls)
	if usual == nil || ours == nil || err != nil {
		return "", errors.New("SQLite has no file system, or no memory for another")
	}
	*ours = vfs{*usual, usual}
	ours.FpNext, ours.FzName, ours.FxOpen = 0, called, address(opener(open))
	if rc := sqlite3.Xsqlite3_vfs_register(tls, where, 0); rc != sqlite3.SQLITE_OK {
		return "", fmt.Errorf("register the file system: SQLite says %d", rc)
	}
	return name, nil
})

// open opens a file as usual, and if it is a log, puts the functions below in the place of the usual ones.
func open(tls *libc.TLS, fs, name, file uintptr, flags int32, outFlags uintptr) int32 {
	rc := function[opener](at[vfs](fs).usual.FxOpen)(tls, fs, name, file, flags, outFlags)
	f := at[sqlite3.Tsqlite3_file](file)
	if rc != sqlite3.SQLITE_OK || f.FpMethods == 0 || flags&sqlite3.SQLITE_OPEN_WAL == 0 {
		return rc
	}
	where, l := alloc[log](tls)
	if l == nil {
		return rc // the usual functions do as well
	}
	usual := at[sqlite3.Tsqlite3_io_methods](f.FpMethods)
	*l = log{Tsqlite3_io_methods: *usual, usual: usual}
	l.FxWrite, l.FxRead = address(carrier(write)), address(carrier(read))
	l.FxTruncate, l.FxSync = address(truncater(truncate)), address(syncer(makeDurable))
	l.FxFileSize, l.FxClose = address(measurer(size)), address(closer(closeLog))
	f.FpMethods = where
	return rc
}

// write gathers the frames of a transaction, which follow one another, and writes them when the last one is there. Anything else, such as
// a page written anew in its place or the header of the log, is written at once.
func write(tls *libc.TLS, file, data uintptr, n int32, offset int64) int32 {
	l := logOf(file)
	part := unsafe.Slice(at[byte](data), n)
	header := n == frameHeader
	last := header && binary.BigEndian.Uint32(part[endOfCommit:]) != 0
	if l.n == 0 || offset != l.start+int64(l.n) {
		if rc := l.flush(tls, file); rc != sqlite3.SQLITE_OK {
			return rc
		}
		if l.frames == nil {
			_, l.frames = alloc[[most]byte](tls)
		}
		if !header || last || l.frames == nil {
			return function[carrier](l.usual.FxWrite)(tls, file, data, n, offset)
		}
		l.start = offset
	}
	l.n += copy(l.frames[l.n:], part)
	if header {
		l.last = last
		return sqlite3.SQLITE_OK
	}
	if l.last {
		rc := l.flush(tls, file)
		l.n = 0 // a commit that was refused must not come true later: SQLite takes it back
		return rc
	}
	if next := frameHeader + int(n); l.n+next > most {
		return l.flush(tls, file)
	}
	return sqlite3.SQLITE_OK
}

// flush writes what has been gathered. If that is refused it stays, because SQLite has been told that it is written and may read it as long
// as the transaction lasts; it is tried again before whatever is asked next.
func (l *log) flush(tls *libc.TLS, file uintptr) int32 {
	if l.n == 0 {
		return sqlite3.SQLITE_OK
	}
	rc := function[carrier](l.usual.FxWrite)(tls, file, uintptr(unsafe.Pointer(l.frames)), int32(l.n), l.start)
	if rc == sqlite3.SQLITE_OK {
		l.n = 0
	}
	return rc
}

func read(tls *libc.TLS, file, data uintptr, n int32, offset int64) int32 {
	l := logOf(file)
	if rc := l.flush(tls, file); rc != sqlite3.SQLITE_OK {
		return rc
	}
	return function[carrier](l.usual.FxRead)(tls, file, data, n, offset)
}

func truncate(tls *libc.TLS, file uintptr, size int64) int32 {
	l := logOf(file)
	if rc := l.flush(tls, file); rc != sqlite3.SQLITE_OK {
		return rc
	}
	return function[truncater](l.usual.FxTruncate)(tls, file, size)
}

func makeDurable(tls *libc.TLS, file uintptr, flags int32) int32 {
	l := logOf(file)
	if rc := l.flush(tls, file); rc != sqlite3.SQLITE_OK {
		return rc
	}
	return l.durable(tls, file, flags)
}

func size(tls *libc.TLS, file, size uintptr) int32 {
	l := logOf(file)
	if rc := l.flush(tls, file); rc != sqlite3.SQLITE_OK {
		return rc
	}
	return function[measurer](l.usual.FxFileSize)(tls, file, size)
}

// closeLog closes the file in any case, as SQLite expects. What could not be written was of no commit.
func closeLog(tls *libc.TLS, file uintptr) int32 {
	where := at[sqlite3.Tsqlite3_file](file).FpMethods
	l := at[log](where)
	refused := l.flush(tls, file)
	rc := function[closer](l.usual.FxClose)(tls, file)
	sqlite3.Xsqlite3_free(tls, uintptr(unsafe.Pointer(l.frames)))
	sqlite3.Xsqlite3_free(tls, where)
	if rc != sqlite3.SQLITE_OK {
		return rc
	}
	return refused
}

// logOf finds the log that a file was opened as.
func logOf(file uintptr) *log { return at[log](at[sqlite3.Tsqlite3_file](file).FpMethods) }

// alloc makes room for a T in SQLite's memory, where it stays until it is freed. Without memory both are zero.
func alloc[T any](tls *libc.TLS) (uintptr, *T) {
	where := sqlite3.Xsqlite3_malloc(tls, int32(unsafe.Sizeof(*new(T))))
	return where, at[T](where)
}

// at is what lies at an address in SQLite's memory, nil for 0.
func at[T any](address uintptr) *T { return *(**T)(unsafe.Pointer(&address)) }

// function is the Go function at an address as the translated SQLite has it, and address the other way round; f must be a function of
// the package, which stays where it is.
func function[F any](address uintptr) F { return *(*F)(unsafe.Pointer(&address)) }

func address[F any](f F) uintptr { return *(*uintptr)(unsafe.Pointer(&f)) }
