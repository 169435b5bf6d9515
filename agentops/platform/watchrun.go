package platform

import (
	"context"
	"fmt"
	"slices"

	"github.com/headwater-mcp/headwater/agentops/backfill"
	"github.com/headwater-mcp/headwater/fault"
)

// Plan is a plan, whole.
func (p *Platform) Plan(ctx context.Context, id string) (backfill.Plan, error) {
	r, err := p.kept()
	if err != nil {
		return backfill.Plan{}, err
	}
	return r.Runs.Plan(ctx, id)
}

// WatchBackfill calls changed when the run is first seen, and whenever it stands otherwise, until it has succeeded or ctx has
// ended. The first call is for who read the run before it was watched, and would else never hear of what happened in between. A
// run that failed or was cancelled is watched on: it may be tried again. A store that cannot be read is asked again at the next
// change.
func (p *Platform) WatchBackfill(ctx context.Context, id string, changed func()) {
	r, err := p.kept()
	if err != nil {
		return
	}
	told, stop := r.Runs.Changed(ctx)
	defer stop()
	var known backfill.Progress
	var status backfill.Status
	for {
		run, progress, err := standing(ctx, r, id)
		switch {
		case fault.KindOf(err) == fault.NotFound:
			return
		case err == nil && (progress != known || run.Status != status):
			known, status = progress, run.Status
			changed()
		}
		if status == backfill.Succeeded {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-told:
		}
	}
}

// standing is how a run stands.
func standing(ctx context.Context, r *Repairs, id string) (backfill.Run, backfill.Progress, error) {
	run, err := r.Runs.Run(ctx, id)
	if err != nil {
		return run, backfill.Progress{}, err
	}
	pairs, err := r.Runs.Pairs(ctx, id)
	return run, backfill.Count(pairs), err
}

// writing says which runs are about to write partitions of nodes, or do: what a check says of those holds until then.
func (p *Platform) writing(ctx context.Context, nodes []string) ([]string, error) {
	if p.Repairs == nil || p.Repairs.Runs == nil {
		return nil, nil
	}
	runs, err := p.Repairs.Runs.Unfinished(ctx)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, run := range runs {
		pairs, err := p.Repairs.Runs.Pairs(ctx, run.ID)
		if err != nil {
			return nil, err
		}
		left := 0
		for _, pair := range pairs {
			if !pair.Status.Ended() && slices.Contains(nodes, pair.Node) {
				left++
			}
		}
		if left > 0 {
			out = append(out, fmt.Sprintf("Run %s (%s) has %d partitions of these nodes still to write: what is said here holds until then. get_backfill follows it.",
				run.ID, run.Status, left))
		}
	}
	return out, nil
}
