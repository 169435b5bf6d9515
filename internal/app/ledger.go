package app

import (
	"context"
	"time"

	"github.com/headwater-mcp/headwater/internal/store"
	"github.com/headwater-mcp/headwater/lineage/dbt"
	"github.com/headwater-mcp/headwater/partition"
)

// record archives an artifact set and its run in the ledger, once. Failing to is logged: answers do not depend on it.
func (a *App) record(ctx context.Context, artifacts *dbt.Artifacts) {
	if a.store == nil {
		return
	}
	_, err := a.store.RecordArtifacts(ctx, setOf(artifacts.Code(), a.archive(artifacts), a.seen()))
	if err != nil {
		a.log.Warn().Err(err).Msg("the artifact set was not recorded")
	}
	for _, run := range runsOf(artifacts.RunResults, artifacts.Sources, artifacts.Project, artifacts.DBTVersion) {
		run.SeenAt = a.seen()
		if _, err := a.store.RecordRun(ctx, run); err != nil {
			a.log.Warn().Err(err).Msg("the run was not recorded")
		}
	}
}

// seen is the wall time of a sight.
func (a *App) seen() time.Time { return a.options.Now().UTC() }

func setOf(code *dbt.Code, path string, seen time.Time) store.ArtifactSet {
	return store.ArtifactSet{
		InvocationID: code.InvocationID, Project: code.Project, GeneratedAt: code.GeneratedAt, SchemaVersion: code.SchemaVersion,
		DBTVersion: code.DBTVersion, Path: path, SeenAt: seen, Checksums: code.Checksums,
	}
}

// runsOf are the dbt invocations that run results and source freshness tell of; either may be nil.
func runsOf(results *dbt.RunResults, sources *dbt.SourceFreshness, project, version string) []store.Run {
	var out []store.Run
	if results != nil {
		out = append(out, runOf(results, project, version))
	}
	if sources != nil {
		out = append(out, freshnessOf(sources, project, version))
	}
	return out
}

func runOf(from *dbt.RunResults, project, version string) store.Run {
	run := store.Run{
		InvocationID: from.InvocationID, Project: project, Command: from.Command, DBTVersion: version, GeneratedAt: from.GeneratedAt,
	}
	if run.FullRefresh = from.FullRefresh; from.Retry && store.Counts(from.Command) {
		run.Command, run.FullRefresh = "retry", false // what had succeeded stays
	}
	for _, r := range from.Results {
		result := store.Result{
			NodeID: r.UniqueID, Status: r.Status, StartedAt: r.StartedAt, CompletedAt: r.CompletedAt,
			RowsAffected: r.RowsAffected, Failures: r.Failures, Message: r.Message,
		}
		if r.Batches != nil {
			result.Batches = batchesOf(r)
		}
		run.Results = append(run.Results, result)
	}
	return run
}

func batchesOf(r dbt.Result) []store.Batch {
	var out []store.Batch
	for _, b := range r.Batches.Successful {
		out = append(out, store.Batch{Start: b.Start, End: b.End, Succeeded: true})
	}
	for _, b := range r.Batches.Failed {
		out = append(out, store.Batch{Start: b.Start, End: b.End, Skipped: r.Skipped(b), Doubtful: r.Doubtful(b)})
	}
	return out
}

func freshnessOf(from *dbt.SourceFreshness, project, version string) store.Run {
	run := store.Run{
		InvocationID: from.InvocationID, Project: project, Command: "source freshness", DBTVersion: version, GeneratedAt: from.GeneratedAt,
	}
	for _, r := range from.Results {
		run.Results = append(run.Results, store.Result{
			NodeID: r.UniqueID, Status: r.Status, MaxLoadedAt: r.MaxLoadedAt, CompletedAt: r.SnapshottedAt, Message: r.Error,
		})
	}
	return run
}

// ledger gives the partition checks what the store remembers.
type ledger struct{ store *store.Store }

func (l ledger) LastBuild(ctx context.Context, nodes []string, asOf time.Time) (map[string]partition.BuildRecord, error) {
	builds, err := l.store.LastBuild(ctx, nodes, asOf)
	if err != nil {
		return nil, err
	}
	var batched []string
	for id, b := range builds {
		if b.Last.Batched {
			batched = append(batched, id)
		}
	}
	rebuilt, err := l.store.Rebuilds(ctx, batched, asOf)
	out := make(map[string]partition.BuildRecord, len(builds))
	for id, b := range builds {
		record := partition.BuildRecord{
			Status: b.Last.Status, StartedAt: b.Last.StartedAt, CompletedAt: b.Last.CompletedAt, Rows: b.Last.RowsAffected,
			Message: b.Last.Message, Batched: b.Last.Batched || tellsAll(b.Last), RebuiltAt: rebuilt[id],
		}
		if b.Good != nil {
			record.GoodAt = b.Good.StartedAt
		}
		out[id] = record
	}
	return out, err
}

// tellsAll reports whether an outcome is of a good build of our own, which tells of all that it wrote, also where that is
// nothing.
func tellsAll(o store.Outcome) bool { return o.Command == store.OwnBuild && o.Status == success }

func (l ledger) LastTests(ctx context.Context, tests []string, asOf time.Time) (map[string]partition.TestRecord, error) {
	outcomes, err := l.store.LastTests(ctx, tests, asOf)
	out := make(map[string]partition.TestRecord, len(outcomes))
	for id, o := range outcomes {
		out[id] = partition.TestRecord{Status: o.Status, CompletedAt: o.CompletedAt, Failures: o.Failures, Message: o.Message}
	}
	return out, err
}

func (l ledger) Batches(
	ctx context.Context, nodes []string, from, to, asOf time.Time,
) (map[string][]partition.BatchRecord, error) {
	batches, err := l.store.Batches(ctx, nodes, from, to, asOf)
	out := make(map[string][]partition.BatchRecord, len(batches))
	for id, all := range batches {
		for _, b := range all {
			record := partition.BatchRecord{
				Start: b.Start, End: b.End, Succeeded: b.Succeeded, Skipped: b.Skipped, Doubtful: b.Doubtful, Checked: b.Checked,
				Run: b.InvocationID, ToldAt: b.GeneratedAt, StartedAt: b.StartedAt, CompletedAt: b.CompletedAt, Rows: b.Rows,
			}
			if b.Rows == nil && b.Among == 1 {
				record.Rows = b.RowsAffected // else they are of all batches together
			}
			out[id] = append(out[id], record)
		}
	}
	return out, err
}

func (l ledger) CodeChanges(ctx context.Context, nodes []string, asOf time.Time) (map[string]partition.CodeChange, error) {
	changes, err := l.store.CodeChanges(ctx, nodes, asOf)
	out := make(map[string]partition.CodeChange, len(changes))
	for id, c := range changes {
		out[id] = partition.CodeChange{Checksum: c.Checksum, Since: c.Since, Before: c.Before, Base: c.Base}
	}
	return out, err
}

func (l ledger) Runs(
	ctx context.Context, nodes []string, limit int, asOf time.Time,
) (map[string][]partition.RunTime, error) {
	runs, err := l.store.GoodRuns(ctx, nodes, limit, asOf)
	out := make(map[string][]partition.RunTime, len(runs))
	for id, all := range runs {
		for _, r := range all {
			out[id] = append(out[id], partition.RunTime{StartedAt: r.StartedAt, CompletedAt: r.CompletedAt})
		}
	}
	return out, err
}
