package app

import (
	"context"
	"os"
	"path/filepath"
	"slices"

	"github.com/headwater-mcp/headwater/agentops/platform"
	"github.com/headwater-mcp/headwater/internal/worker"
)

// health looks at what only the roof knows, when it is asked for.
func (a *App) health(ctx context.Context, s *snapshot) platform.Health {
	c := a.options.Config
	h := platform.Health{
		Warehouse: platform.WarehouseStatus{Type: c.Warehouse.Type},
		Policy: platform.PolicyStatus{
			Writes: c.Policy.Writes, MaxPairs: c.Policy.MaxPairs, MinUsers: c.Policy.MinUsers,
			Protected: append([]string{}, c.Policy.Protected...),
		},
		Warnings: slices.Clone(a.warnings), EditedSinceParse: a.edited(s),
		Executors: a.runners.status(s), Worker: platform.WorkerStatus{Mode: c.Worker},
	}
	if a.warehouse == nil {
		h.Warehouse.Detail = a.warehouseError.Error()
	} else if detail, err := a.warehouse.Health(ctx); err != nil {
		h.Warehouse.Detail = err.Error()
	} else {
		h.Warehouse.Reachable, h.Warehouse.Detail = true, detail
	}
	if a.store != nil {
		summary, err := a.store.Summary(ctx, a.AsOf())
		if err != nil {
			h.Warnings = append(h.Warnings, err.Error())
		}
		h.Ledger.Runs = summary.Runs
		if !summary.Oldest.IsZero() {
			h.Ledger.Oldest = &summary.Oldest
		}
		h.LastRun = a.lastRun(ctx, s)
		h.Worker.Who, h.Worker.Alive = worker.Alive(a.store.Path())
		runs, err := a.store.Unfinished(ctx)
		if err != nil {
			h.Warnings = append(h.Warnings, err.Error())
		}
		h.Worker.Unfinished = len(runs)
	}
	return h
}

// lastRun is the last run of the ledger where run_results.json tells of none; else nil.
func (a *App) lastRun(ctx context.Context, s *snapshot) *platform.RunStatus {
	if own := s.platform.Artifacts; own != nil && own.RunResults != nil && saysNothing(runOf(own.RunResults, "", "")) == "" {
		return nil
	}
	run, err := a.store.LastRun(ctx, a.AsOf())
	if err != nil || run == nil {
		return nil // the summary says what is wrong with the store
	}
	out := &platform.RunStatus{FinishedAt: run.GeneratedAt, Command: run.Command, NodeIDs: []string{}}
	for _, r := range run.Results {
		out.Add(r.NodeID, r.Status)
	}
	return out
}

// edited lists the files of the project's own nodes that are newer than the manifest.
func (a *App) edited(s *snapshot) []string {
	artifacts, root := s.platform.Artifacts, a.options.Config.DBT.ProjectDir
	if artifacts == nil || root == "" {
		return nil
	}
	var out []string
	for _, n := range artifacts.Graph.Nodes() {
		if n.Package != artifacts.Project || n.Path == "" || slices.Contains(out, n.Path) {
			continue
		}
		info, err := os.Stat(filepath.Join(root, filepath.FromSlash(n.Path)))
		if err == nil && info.ModTime().After(artifacts.GeneratedAt) {
			out = append(out, n.Path)
		}
	}
	slices.Sort(out)
	return out
}
