// Package store keeps what headwater remembers between two calls, in an SQLite file of its own: which artifact sets and
// dbt runs it has seen (the ledger), and what it observed in the warehouse.
//
// It leaves to others how artifacts are read and what an outcome means; it takes rows and gives them back. Several
// processes of one machine share a file: it is in WAL mode, every write is one short immediate transaction on the one
// writing connection of its process, and a lock is waited for five seconds.
//
// Invariants: a run is recorded once, whoever sees it and however often; what is read as of an instant holds nothing
// that happened later; the schema only moves forward, by numbered migrations, and a file of a newer schema is refused.
package store

import (
	"context"
	"database/sql"
	"errors"
	"net/url"
	"path/filepath"

	_ "modernc.org/sqlite" // registers the driver "sqlite"

	"github.com/headwater-mcp/headwater/fault"
)

// Store is an open file. It is safe for concurrent use.
type Store struct {
	path   string
	notice string
	// read has several connections, which cannot write; write has one.
	read, write *sql.DB
}

// Open opens the store in the file at path, making its folder, the file and its tables where they are missing. Where
// that place cannot be written it opens state.db in fallbackDir instead and says so in Notice; an empty fallbackDir is
// none. What cannot be used as a store is fault.Unavailable: a folder, a file that is no database of headwater's, one
// that a newer headwater wrote, a network file system, or no writable place at all.
func Open(ctx context.Context, path, fallbackDir string) (*Store, error) {
	s, err := openAt(ctx, path)
	if !errors.Is(err, errReadOnly) {
		return s, err
	}
	if fallbackDir == "" {
		return nil, fault.Wrap(err, fault.Unavailable,
			"The state cannot be kept in %s, which is read-only. Set `state` in headwater.yaml to a place that can be written.", filepath.Dir(path))
	}
	second := filepath.Join(fallbackDir, "state.db")
	s, err = openAt(ctx, second)
	if errors.Is(err, errReadOnly) {
		return nil, fault.Wrap(err, fault.Unavailable,
			"The state can be kept neither in %s nor in %s: both are read-only. Set `state` in headwater.yaml to a place that can be written.",
			filepath.Dir(path), fallbackDir)
	}
	if err != nil {
		return nil, err
	}
	s.notice = "The folder " + filepath.Dir(path) + " is read-only, so the state is kept in " + second +
		"; what was recorded before is not read there. Set `state` in headwater.yaml to choose a place."
	return s, nil
}

// Path is the file that is open.
func (s *Store) Path() string { return s.path }

// Notice is a sentence where the store is not in the place that was asked for, else "".
func (s *Store) Notice() string { return s.notice }

// Close closes the file. What was written is on disk before.
func (s *Store) Close() error { return errors.Join(s.read.Close(), s.write.Close()) }

// openAt opens the file at path and no other. errReadOnly says that nothing can be written there.
func openAt(ctx context.Context, path string) (*Store, error) {
	if err := prepare(path); err != nil {
		return nil, err
	}
	write, err := connect(path, "_txlock=immediate&_pragma=foreign_keys(1)&_pragma=synchronous(FULL)", 1)
	if err != nil {
		return nil, err
	}
	const readers = 4
	read, err := connect(path, "_pragma=query_only(1)", readers)
	if err != nil {
		return nil, errors.Join(err, write.Close())
	}
	s := &Store{path: path, read: read, write: write}
	if err := s.migrate(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func connect(path, options string, connections int) (*sql.DB, error) {
	name := url.URL{Scheme: "file", Path: filepath.ToSlash(path), RawQuery: "_pragma=busy_timeout(5000)&" + options}
	db, err := sql.Open("sqlite", name.String())
	if err != nil {
		return nil, fault.Wrap(err, fault.Unavailable, "The state in %s cannot be opened.", path)
	}
	db.SetMaxOpenConns(connections)
	return db, nil
}

// update runs a function in one immediate transaction, which is committed when it returns nil.
func (s *Store) update(ctx context.Context, do func(*sql.Tx) error) error {
	tx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return s.foreign(err)
	}
	if err := do(tx); err != nil {
		return errors.Join(s.foreign(err), dropDone(tx.Rollback()))
	}
	return s.foreign(tx.Commit())
}

// dropDone is nil for a transaction that has ended already, as it has when its context was cancelled.
func dropDone(err error) error {
	if errors.Is(err, sql.ErrTxDone) {
		return nil
	}
	return err
}
