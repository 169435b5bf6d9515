package store

import (
	"context"
	"database/sql"
	"slices"
	"strconv"
	"time"
)

// Run is one dbt invocation, as run_results.json or sources.json tells it, or a build of our own.
type Run struct {
	// InvocationID is dbt's; where it is empty, as in some old artifacts, project, command and time stand for it.
	InvocationID string
	Project      string
	// Command is dbt's subcommand, or OwnBuild; what Counts.
	Command    string
	DBTVersion string
	// FullRefresh: the incremental models that it built were made anew.
	FullRefresh bool
	// GeneratedAt is when the artifact was written: the run happened then, and is hidden before.
	GeneratedAt time.Time
	// SeenAt is the wall time at which headwater saw it first.
	SeenAt  time.Time
	Results []Result
}

// Result is what a run says about one node. Zero times are unknown, nil numbers were not told.
type Result struct {
	NodeID string
	// Status is dbt's word: success, error, skipped, partial success, pass, warn, fail, …
	Status                 string
	StartedAt, CompletedAt time.Time
	RowsAffected, Failures *int64
	// MaxLoadedAt is a source's newest row, where freshness was measured.
	MaxLoadedAt time.Time
	Message     string
	// Code identifies what it was built by; "" where the run does not say. Of an own build it is the hash of the fact's definition.
	Code    string
	Batches []Batch
}

// Batch is one batch of a microbatch model, or one period of an output of our own: the half-open interval [Start, End).
type Batch struct {
	Start, End time.Time
	Succeeded  bool
	// Skipped: it did not run, because an earlier one failed. Doubtful: it failed or was skipped, which cannot be told.
	Skipped, Doubtful bool
	// Checked: the run compared what stands there with its source and had to write nothing. It may span many periods.
	Checked bool
	// Rows is how many it wrote, nil where the run does not say.
	Rows *int64
}

// counted are the commands that say something about data. The others overwrite run_results.json all the same.
func counted() []string {
	return append(building(), "test", freshness)
}

// building are the commands that build nodes.
func building() []string { return []string{"build", "run", "seed", "snapshot", "retry", OwnBuild} }

// OwnBuild is the command of builds that headwater makes itself.
const OwnBuild = "headwater build"

// freshness is the command that writes sources.json.
const freshness = "source freshness"

// Counts reports whether runs of a command are recorded: of dbt's build, run, test, seed, snapshot, retry and "source
// freshness", and OwnBuild.
func Counts(command string) bool { return slices.Contains(counted(), command) }

// RecordRun archives a run once, by its invocation id, and reports whether it was new. A command that does not count is not
// recorded, and neither is a run without results: a retry that had nothing to do overwrites run_results.json, too.
func (s *Store) RecordRun(ctx context.Context, r Run) (bool, error) {
	if !Counts(r.Command) || len(r.Results) == 0 {
		return false, nil
	}
	id := r.InvocationID
	if id == "" {
		id = r.Project + " " + r.Command + " " + strconv.FormatInt(micros(r.GeneratedAt), 10)
	}
	recorded := false
	err := s.update(ctx, func(tx *sql.Tx) error {
		done, err := tx.ExecContext(ctx, `INSERT INTO runs (invocation_id, project, command, dbt_version, full_refresh, generated_at,
			seen_at) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
			id, r.Project, r.Command, r.DBTVersion, r.FullRefresh, micros(r.GeneratedAt), micros(r.SeenAt))
		if err != nil {
			return err //nolint:wrapcheck // update does
		}
		rows, err := done.RowsAffected()
		if err != nil || rows == 0 {
			return err //nolint:wrapcheck // update does
		}
		recorded = true
		return insertResults(ctx, tx, id, r)
	})
	return recorded && err == nil, err
}

func insertResults(ctx context.Context, tx *sql.Tx, id string, run Run) error {
	insert, err := tx.PrepareContext(ctx, `INSERT OR REPLACE INTO results (invocation_id, node_id, status, started_at,
		completed_at, rows_affected, failures, max_loaded_at, message, code, generated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`)
	if err != nil {
		return err //nolint:wrapcheck // update does
	}
	defer insert.Close() //nolint:errcheck // the transaction ends it
	for _, r := range run.Results {
		_, err := insert.ExecContext(ctx, id, r.NodeID, r.Status, known(r.StartedAt), known(r.CompletedAt), r.RowsAffected,
			r.Failures, known(r.MaxLoadedAt), r.Message, r.Code, micros(run.GeneratedAt))
		if err != nil {
			return err //nolint:wrapcheck // update does
		}
		for _, b := range r.Batches {
			_, err := tx.ExecContext(ctx, `INSERT OR REPLACE INTO batches (invocation_id, node_id, start_at, end_at, succeeded,
				skipped, doubtful, checked, rows) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
				id, r.NodeID, micros(b.Start), micros(b.End), b.Succeeded, b.Skipped, b.Doubtful, b.Checked, b.Rows)
			if err != nil {
				return err //nolint:wrapcheck // update does
			}
		}
	}
	return nil
}
