// Package wal lets SQLite write a transaction to its write-ahead log by one call of the operating system instead of two for each page.
//
// A commit of sixteen tallies changes some thirty pages, and SQLite hands its log each of them in two parts, a header and the page:
// sixty calls, which take longer than everything that is checked about the tallies. Here the parts are gathered in memory until the
// transaction is whole, and then written.
//
// Nothing is promised earlier for it. What has been gathered is written before the call that brings the last page of a commit returns,
// and so before SQLite makes the log durable and before it tells any other connection of the pages; a refusal of the disk reaches
// SQLite from that call or from the next one. Only pages of a transaction that is still under way wait in memory, and those are lost
// in a crash in any case. Whatever else is asked of the log, be it to read, to shorten, to measure, finds everything written.
//
// The transaction is over for us when SQLite gives back the lock that lets one connection write. What waits then was taken back, and is
// forgotten: written later, it would lie on top of what another connection has committed in its place.
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

// writeLock is the first of the locks of a log, which whoever writes to it holds.
const writeLock = 0

// most is how many bytes SQLite writes at once, and so how many are kept in memory for a log. A longer transaction is written in parts.
const most = 1<<17 - 1

// name is that of the file system (a “VFS” to SQLite).
const name = "jijian"

// vfs is what SQLite is given: a copy of its own file system with another name and another open, and where the original is.
type vfs struct {
	sqlite3.Tsqlite3_vfs
	usual *sqlite3.Tsqlite3_vfs
}

// database is an open database, which SQLite locks in order to use its log. It begins with what can be done with it, as SQLite wants.
type database struct {
	sqlite3.Tsqlite3_io_methods
	usual *sqlite3.Tsqlite3_io_methods
	log   *log // nil as long as none is open
}

// log is an open write-ahead log. It begins with what can be done with it, as SQLite wants.
//
// Like everything here that SQLite holds the address of, it lies in SQLite's memory, not in Go's, and neither holds anything of the
// other's. SQLite uses an open file from one thread at a time.
type log struct {
	sqlite3.Tsqlite3_io_methods
	usual   *sqlite3.Tsqlite3_io_methods
	of      *database
	gathers bool        // the lock to write is held, and the commit has not come yet; otherwise no frames are gathered
	frames  *[most]byte // those gathered, not yet in the file; nil as long as there never were any
	n       int         // how many bytes
	start   int64       // where they belong in the file
	last    bool        // the last of them is the last of a commit
}

// The functions that stand in for usual ones, as SQLite's translation to Go declares them.
type (
	opener    = func(tls *libc.TLS, vfs, name, file uintptr, flags int32, outFlags uintptr) int32
	carrier   = func(tls *libc.TLS, file, data uintptr, n int32, offset int64) int32
	truncater = func(tls *libc.TLS, file uintptr, size int64) int32
	syncer    = func(tls *libc.TLS, file uintptr, flags int32) int32
	measurer  = func(tls *libc.TLS, file, size uintptr) int32
	closer    = func(tls *libc.TLS, file uintptr) int32
	locker    = func(tls *libc.TLS, file uintptr, first, n, flags int32) int32
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

// open opens a file as usual, and if it is a database or a log, puts the functions below in the place of the usual ones.
func open(tls *libc.TLS, fs, name, file uintptr, flags int32, outFlags uintptr) int32 {
	rc := function[opener](at[vfs](fs).usual.FxOpen)(tls, fs, name, file, flags, outFlags)
	if f := at[sqlite3.Tsqlite3_file](file); rc == sqlite3.SQLITE_OK && f.FpMethods != 0 {
		switch {
		case flags&sqlite3.SQLITE_OPEN_MAIN_DB != 0:
			openDatabase(tls, f)
		case flags&sqlite3.SQLITE_OPEN_WAL != 0:
			openLog(tls, f, at[sqlite3.Tsqlite3_file](sqlite3.Xsqlite3_database_file_object(tls, name)))
		}
	}
	return rc
}

// openDatabase has a database tell its log of the lock. Without memory it does not, and then its log is written as usual.
func openDatabase(tls *libc.TLS, f *sqlite3.Tsqlite3_file) {
	usual := at[sqlite3.Tsqlite3_io_methods](f.FpMethods)
	if usual.FiVersion < 2 || usual.FxShmLock == 0 { // cannot be shared, and so has no log
		return
	}
	where, d := alloc[database](tls)
	if d == nil {
		return
	}
	*d = database{Tsqlite3_io_methods: *usual, usual: usual}
	d.FxShmLock, d.FxClose = address(locker(lock)), address(closer(closeDatabase))
	f.FpMethods = where
}

// openLog gathers the frames of the log of db, if db is one of ours and there is memory.
func openLog(tls *libc.TLS, f, db *sqlite3.Tsqlite3_file) {
	d := at[database](db.FpMethods)
	if d == nil || d.FxShmLock != address(locker(lock)) {
		return
	}
	where, l := alloc[log](tls)
	if l == nil {
		return
	}
	usual := at[sqlite3.Tsqlite3_io_methods](f.FpMethods)
	*l = log{Tsqlite3_io_methods: *usual, usual: usual, of: d}
	l.FxWrite, l.FxRead = address(carrier(write)), address(carrier(read))
	l.FxTruncate, l.FxSync = address(truncater(truncate)), address(syncer(makeDurable))
	l.FxFileSize, l.FxClose = address(measurer(size)), address(closer(closeLog))
	f.FpMethods, d.log = where, l
}

// lock takes or gives back locks of a database. Whoever holds the one to write may gather; what is still in memory when it is given back
// was taken back.
func lock(tls *libc.TLS, file uintptr, first, n, flags int32) int32 {
	d := at[database](at[sqlite3.Tsqlite3_file](file).FpMethods)
	ours := d.log != nil && first == writeLock
	if ours {
		d.log.gathers, d.log.n = false, 0 // before another connection can have the lock
	}
	rc := function[locker](d.usual.FxShmLock)(tls, file, first, n, flags)
	if ours && rc == sqlite3.SQLITE_OK {
		d.log.gathers = flags == sqlite3.SQLITE_SHM_LOCK|sqlite3.SQLITE_SHM_EXCLUSIVE
	}
	return rc
}

// closeDatabase closes a database, whose log SQLite has closed before.
func closeDatabase(tls *libc.TLS, file uintptr) int32 {
	where := at[sqlite3.Tsqlite3_file](file).FpMethods
	rc := function[closer](at[database](where).usual.FxClose)(tls, file)
	sqlite3.Xsqlite3_free(tls, where)
	return rc
}

// write gathers the frames of a transaction, which follow one another, and writes them when the last one is there. Anything else, such as
// a page written anew in its place or the header of the log, is written at once.
func write(tls *libc.TLS, file, data uintptr, n int32, offset int64) int32 {
	l := logOf(file)
	part := unsafe.Slice(at[byte](data), n)
	header := n == frameHeader
	last := header && binary.BigEndian.Uint32(part[endOfCommit:]) != 0
	if l.n == 0 || offset != l.start+int64(l.n) || l.n+int(n) > most {
		if rc := l.flush(tls, file); rc != sqlite3.SQLITE_OK {
			return rc
		}
		if l.frames == nil {
			_, l.frames = alloc[[most]byte](tls)
		}
		if last {
			l.gathers = false
		}
		if !header || !l.gathers || l.frames == nil {
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
		l.n, l.gathers = 0, false // a commit that was refused must not come true later: SQLite takes it back
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

// closeLog closes the file. What is still in memory was of no commit.
func closeLog(tls *libc.TLS, file uintptr) int32 {
	where := at[sqlite3.Tsqlite3_file](file).FpMethods
	l := at[log](where)
	l.of.log = nil
	rc := function[closer](l.usual.FxClose)(tls, file)
	sqlite3.Xsqlite3_free(tls, uintptr(unsafe.Pointer(l.frames)))
	sqlite3.Xsqlite3_free(tls, where)
	return rc
}

// logOf finds the log that a file was opened as.
func logOf(file uintptr) *log { return at[log](at[sqlite3.Tsqlite3_file](file).FpMethods) }

// alloc makes room for a zero T in SQLite's memory, where it stays until it is freed. Without memory both are zero. (Pointers must not be
// stored over what was there before: Go looks at the old value and takes it for one of its own if it resembles one.)
func alloc[T any](tls *libc.TLS) (uintptr, *T) {
	size := unsafe.Sizeof(*new(T))
	where := sqlite3.Xsqlite3_malloc(tls, int32(size))
	if where != 0 {
		clear(unsafe.Slice(at[byte](where), size))
	}
	return where, at[T](where)
}

// at is what lies at an address in SQLite's memory, nil for 0.
func at[T any](address uintptr) *T { return *(**T)(unsafe.Pointer(&address)) }

// function is the Go function at an address as the translated SQLite has it, and address the other way round; f must be a function of
// the package, which stays where it is.
func function[F any](address uintptr) F { return *(*F)(unsafe.Pointer(&address)) }

func address[F any](f F) uintptr { return *(*uintptr)(unsafe.Pointer(&f)) }
