//go:build !linux

package wal

import "modernc.org/libc"

// durable waits until what was written to the log is on the disk.
func (l *log) durable(tls *libc.TLS, file uintptr, flags int32) int32 {
	return function[syncer](l.usual.FxSync)(tls, file, flags)
}
