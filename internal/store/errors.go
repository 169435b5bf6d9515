package store

import (
	"context"
	"errors"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/headwater-mcp/headwater/fault"
)

// errReadOnly says that a place cannot be written. It never leaves Open.
var errReadOnly = errors.New("the place is read-only")

// primary is SQLite's primary result code of an error, 0 for other errors.
func primary(err error) int {
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		const primaryBits = 0xff
		return e.Code() & primaryBits
	}
	return 0
}

// foreign turns an error of SQLite into a fault; a fault, a cancelled context and nil are left as they are.
func (s *Store) foreign(err error) error {
	if _, ok := errors.AsType[*fault.Error](err); err == nil || ok || errors.Is(err, errReadOnly) {
		return err
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	switch primary(err) {
	case sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT:
		return fault.Wrap(err, fault.Unavailable,
			"The state in %s is damaged or no SQLite file. Move it away (with its -wal and -shm files): a new one is made, and `headwater ingest` reads archived artifacts into it again.",
			s.path)
	case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM:
		return errors.Join(errReadOnly, err)
	case sqlite3.SQLITE_CANTOPEN:
		return fault.Wrap(err, fault.Unavailable, "The state in %s cannot be opened; see who owns the file and its folder.", s.path)
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return fault.Wrap(err, fault.Unavailable, "The state in %s has been locked by another process for five seconds. Try again.", s.path)
	case sqlite3.SQLITE_FULL:
		return fault.Wrap(err, fault.Unavailable, "The disk that holds the state in %s is full.", s.path)
	case sqlite3.SQLITE_IOERR:
		return fault.Wrap(err, fault.Unavailable, "The state in %s cannot be read or written: the disk reports an error.", s.path)
	}
	return fault.Wrap(err, fault.Internal, "The state in %s failed.", s.path)
}
