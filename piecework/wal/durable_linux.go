package wal

import (
	"errors"
	"syscall"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

// durable waits until what was written to the log is on the disk. SQLite holds fdatasync enough for that, but its translation to Go was made
// without it and calls fsync, which waits for the time of the last change to be kept too. A new file is left to SQLite once: its folder has
// to be written as well.
func (l *log) durable(tls *libc.TLS, file uintptr, flags int32) int32 {
	f := at[sqlite3.TunixFile](file)
	if f.FctrlFlags&sqlite3.UNIXFILE_DIRSYNC != 0 {
		return function[syncer](l.usual.FxSync)(tls, file, flags)
	}
	for {
		err := syscall.Fdatasync(int(f.Fh))
		if err == nil {
			return sqlite3.SQLITE_OK
		}
		var errno syscall.Errno
		if errors.As(err, &errno) && errno != syscall.EINTR {
			f.FlastErrno = int32(errno)
			return sqlite3.SQLITE_IOERR_FSYNC
		}
	}
}
