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
	seen := a.options.Now().UTC()
	_, err := a.store.RecordArtifacts(ctx, store.ArtifactSet{
		InvocationID: artifacts.InvocationID, Project: artifacts.Project, GeneratedAt: artifacts.GeneratedAt,
		SchemaVersion: artifacts.SchemaVersion, DBTVersion: artifacts.DBTVersion, Path: a.archive(artifacts), SeenAt: seen,
	})
	if err != nil {
		a.log.Warn().Err(err).Msg("the artifact set was not recorded")
	}
	for _, run := range []*store.Run{runOf(artifacts), freshnessOf(artifacts)} {
		if run == nil {
			continue
		}
		run.SeenAt = seen
		if _, err := a.store.RecordRun(ctx, *run); err != nil {
			a.log.Warn().Err(err).Msg("the run was not recorded")
		}
	}
}

func runOf(artifacts *dbt.Artifacts) *store.Run {
	from := artifacts.RunResults
	if from == nil {
		return nil
	}
	run := &store.Run{
		InvocationID: from.InvocationID, Project: artifacts.Project, Command: from.Command, DBTVersion: artifacts.DBTVersion,
		GeneratedAt: from.GeneratedAt,
	}
	for _, r := range from.Results {
		result := store.Result{
			NodeID: r.UniqueID, Status: r.Status, StartedAt: r.StartedAt, CompletedAt: r.CompletedAt,
			RowsAffected: r.RowsAffected, Failures: r.Failures, Message: r.Message,
		}
		if r.Batches != nil {
			for _, b := range r.Batches.Successful {
				result.Batches = append(result.Batches, store.Batch{Start: b.Start, End: b.End, Succeeded: true})
			}
			for _, b := range r.Batches.Failed {
				result.Batches = append(result.Batches, store.Batch{Start: b.Start, End: b.End})
			}
		}
		run.Results = append(run.Results, result)
	}
	return run
}

func freshnessOf(artifacts *dbt.Artifacts) *store.Run {
	from := artifacts.Sources
	if from == nil {
		return nil
	}
	run := &store.Run{
		InvocationID: from.InvocationID, Project: artifacts.Project, Command: "source freshness", DBTVersion: artifacts.DBTVersion,
		GeneratedAt: from.GeneratedAt,
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
	out := make(map[string]partition.BuildRecord, len(builds))
	for id, b := range builds {
		record := partition.BuildRecord{
			Status: b.Last.Status, StartedAt: b.Last.StartedAt, CompletedAt: b.Last.CompletedAt, Rows: b.Last.RowsAffected,
			Message: b.Last.Message,
		}
		if b.Good != nil {
			record.GoodAt = b.Good.StartedAt
		}
		out[id] = record
	}
	return out, err
}

func (l ledger) LastTests(ctx context.Context, tests []string, asOf time.Time) (map[string]partition.TestRecord, error) {
	outcomes, err := l.store.LastTests(ctx, tests, asOf)
	out := make(map[string]partition.TestRecord, len(outcomes))
	for id, o := range outcomes {
		out[id] = partition.TestRecord{Status: o.Status, CompletedAt: o.CompletedAt, Failures: o.Failures, Message: o.Message}
	}
	return out, err
}
