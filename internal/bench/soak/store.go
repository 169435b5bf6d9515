package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"

	_ "modernc.org/sqlite" // registers the driver "sqlite"
)

// openStore opens a project's store as any program could: what it holds is judged without the code that wrote it.
func openStore(dir string) (*sql.DB, error) {
	db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, ".headwater", "state.db")+"?mode=ro")
	if err != nil {
		return nil, fmt.Errorf("opening the store: %w", err)
	}
	return db, nil
}

// countRuns is how many runs a project's store has.
func countRuns(ctx context.Context, dir string) (n int, err error) {
	db, err := openStore(dir)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := db.QueryRowContext(ctx, "SELECT count(*) FROM backfills").Scan(&n); err != nil {
		return 0, fmt.Errorf("counting runs: %w", err)
	}
	return n, nil
}

// inStore judges the store once nobody has it open: the file is whole, it has the runs that were started and those of before and
// no others, each in the status in which it was left, with pairs that have ended and one entry of the audit log for its start.
func (r *runs) inStore(ctx context.Context, dir string, before int) (err error) {
	db, err := openStore(dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	for _, check := range []struct{ what, query, want string }{
		{"the file is whole", "SELECT group_concat(integrity_check) FROM pragma_integrity_check", "ok"},
		{"nothing refers to nothing", "SELECT count(*) FROM pragma_foreign_key_check", "0"},
		{"runs", "SELECT count(*) FROM backfills", strconv.Itoa(before + len(r.status))},
		{
			"pairs of runs that have ended and have not themselves",
			"SELECT count(*) FROM pairs WHERE status NOT IN ('done', 'failed', 'blocked', 'cancelled')", "0",
		},
		{"starts in the audit log", "SELECT count(*) FROM audit WHERE action = 'start' AND detail = '" + reason + "'", strconv.Itoa(len(r.status))},
	} {
		var got string
		if err := db.QueryRowContext(ctx, check.query).Scan(&got); err != nil {
			return fmt.Errorf("%s: %w", check.what, err)
		}
		if got != check.want {
			return fmt.Errorf("%s: the store has %s instead of %s", check.what, got, check.want)
		}
	}
	for id, status := range r.status {
		var got string
		if err := db.QueryRowContext(ctx, "SELECT status FROM backfills WHERE id = ?", id).Scan(&got); err != nil {
			return fmt.Errorf("run %s: %w", id, err)
		}
		if got != status {
			return fmt.Errorf("run %s is %s in the store and was left %s", id, got, status)
		}
	}
	return nil
}
