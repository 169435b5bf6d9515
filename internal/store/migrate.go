package store

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
	"time"

	sqlite3 "modernc.org/sqlite/lib"

	"github.com/headwater-mcp/headwater/fault"
)

// Files named NNNN_what.sql, applied in order. Each ends by setting user_version to its number; the first one sets
// application_id too. A file that has been released is never changed.
//
//go:embed migrations/*.sql
var migrationFiles embed.FS

// applicationID marks the file as headwater's in SQLite's header: "HDWR".
const applicationID = 1212438354

// migrations returns the statements of every migration, oldest first.
func migrations() ([]string, error) {
	names, err := fs.Glob(migrationFiles, "migrations/*.sql") // sorted by name
	if err != nil {
		return nil, fmt.Errorf("list migrations: %w", err)
	}
	out := make([]string, len(names))
	for i, name := range names {
		text, err := migrationFiles.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("read migration: %w", err)
		}
		out[i] = string(text)
	}
	return out, nil
}

// migrate brings the file to the newest schema, in one transaction whatever its age.
func (s *Store) migrate(ctx context.Context) error {
	all, err := migrations()
	if err != nil {
		return s.foreign(err)
	}
	// Looked at before anything is written: another program's database keeps its mode.
	if _, err := s.version(ctx, s.read, len(all)); err != nil {
		return s.foreign(err)
	}
	if err := s.useWAL(ctx); err != nil {
		return s.foreign(err)
	}
	return s.update(ctx, func(tx *sql.Tx) error {
		have, err := s.version(ctx, tx, len(all))
		if err != nil {
			return err
		}
		for _, statements := range all[have:] {
			if _, err := tx.ExecContext(ctx, statements); err != nil {
				return fmt.Errorf("migrate: %w", err)
			}
		}
		return nil
	})
}

// querier is a connection pool or a transaction.
type querier interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// version returns the schema version of the file, and refuses one that is not ours or newer than known.
func (s *Store) version(ctx context.Context, from querier, known int) (int, error) {
	var id, version, objects int
	const header = "SELECT a.application_id, v.user_version, (SELECT count(*) FROM sqlite_master) FROM pragma_application_id a, pragma_user_version v"
	if err := from.QueryRowContext(ctx, header).Scan(&id, &version, &objects); err != nil {
		return 0, fmt.Errorf("read the header: %w", err)
	}
	switch {
	case id != applicationID && objects > 0:
		return 0, fault.New(fault.Unavailable,
			"%s is an SQLite database of another program; headwater writes nothing into it. Set `state` in headwater.yaml to a file of its own.", s.path)
	case version > known:
		return 0, fault.New(fault.Unavailable,
			"The state in %s was written by a newer headwater (schema %d, and this one knows %d). Update headwater, or set `state` in headwater.yaml to another file.",
			s.path, version, known)
	}
	return version, nil
}

// useWAL puts the file into WAL mode. Two processes that make the same new file meet here, and SQLite does not always
// wait for a lock when it changes the mode, so it is tried again for as long as a lock is waited for elsewhere.
func (s *Store) useWAL(ctx context.Context) error {
	const patience, pause = 5 * time.Second, 20 * time.Millisecond
	limited, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		_, err := s.write.ExecContext(ctx, "PRAGMA journal_mode = WAL")
		if code := primary(err); code != sqlite3.SQLITE_BUSY && code != sqlite3.SQLITE_LOCKED {
			return err //nolint:wrapcheck // foreign does
		}
		select {
		case <-limited.Done():
			return err //nolint:wrapcheck // foreign does
		case <-time.After(pause):
		}
	}
}
