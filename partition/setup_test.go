package partition_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/lineage"
	"github.com/headwater-mcp/headwater/partition"
	"github.com/headwater-mcp/headwater/period"
)

// held is an Observer of made-up tables: by node, the rows of a period.
type held struct {
	mu     sync.Mutex
	tables map[string]table
	// asked counts how often each node was observed.
	asked map[string]int
	err   error
}

type table struct {
	rows     func(period.Period) partition.Count
	earliest *time.Time
	latest   *time.Time
	broken   string
	untold   map[string]string // by name of the period
}

func (h *held) Observe(_ context.Context, r partition.ObserveRequest) (partition.Observation, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.asked == nil {
		h.asked = map[string]int{}
	}
	h.asked[r.Node]++
	if h.err != nil {
		return partition.Observation{}, h.err
	}
	t, ok := h.tables[r.Node]
	if !ok {
		return partition.Observation{Unobserved: "The warehouse has no relation " + r.Relation + "."}, nil
	}
	out := partition.Observation{Counts: map[int]partition.Count{}, Untold: map[int]string{}, Unobserved: t.broken, Earliest: t.earliest, Latest: t.latest}
	for p := r.First; p.Index <= r.Last.Index; p = p.Next() {
		if c := t.rows(p); c.Rows > 0 {
			out.Counts[p.Index] = c
		}
		if why, ok := t.untold[p.String()]; ok {
			out.Untold[p.Index] = why
		}
	}
	return out, nil
}

func (h *held) Whole(_ context.Context, r partition.WholeRequest) (partition.WholeObservation, error) {
	return partition.WholeObservation{Unobserved: "The warehouse has no relation " + r.Relation + "."}, h.err
}

// daily is a table that has so many rows every day, except on those listed by name.
func daily(rows int64, except map[string]int64) table {
	return table{rows: func(p period.Period) partition.Count {
		if n, ok := except[p.String()]; ok {
			return partition.Count{Rows: n}
		}
		return partition.Count{Rows: rows + int64(p.Index%5)}
	}}
}

// recorded is a Ledger.
type recorded struct {
	builds map[string]partition.BuildRecord
	tests  map[string]partition.TestRecord
	// batches are the newest first.
	batches map[string][]partition.BatchRecord
	changes map[string]partition.CodeChange
	// runs are the newest first.
	runs map[string][]partition.RunTime
}

func (r recorded) LastBuild(_ context.Context, nodes []string, _ time.Time) (map[string]partition.BuildRecord, error) {
	return pick(r.builds, nodes), nil
}

func (r recorded) LastTests(_ context.Context, tests []string, _ time.Time) (map[string]partition.TestRecord, error) {
	return pick(r.tests, tests), nil
}

func (r recorded) Batches(_ context.Context, nodes []string, from, to, asOf time.Time) (map[string][]partition.BatchRecord, error) {
	out := map[string][]partition.BatchRecord{}
	for id, all := range pick(r.batches, nodes) {
		for _, b := range all {
			if b.Start.Before(to) && from.Before(b.End) && !b.ToldAt.After(asOf) {
				out[id] = append(out[id], b)
			}
		}
	}
	return out, nil
}

func (r recorded) CodeChanges(_ context.Context, nodes []string, _ time.Time) (map[string]partition.CodeChange, error) {
	return pick(r.changes, nodes), nil
}

func (r recorded) Runs(_ context.Context, nodes []string, _ int, _ time.Time) (map[string][]partition.RunTime, error) {
	return pick(r.runs, nodes), nil
}

func pick[T any](all map[string]T, ids []string) map[string]T {
	out := map[string]T{}
	for _, id := range ids {
		if v, ok := all[id]; ok {
			out[id] = v
		}
	}
	return out
}

// project makes a graph of nodes and edges "a b": b reads a. Ids are source.p.x, model.p.x as given.
func project(nodes []*lineage.Node, edges ...[2]string) *lineage.Graph {
	list := make([]lineage.Edge, len(edges))
	for i, e := range edges {
		list[i] = lineage.Edge{From: e[0], To: e[1]}
	}
	return lineage.New("p", nodes, list)
}

func source(name string) *lineage.Node {
	return &lineage.Node{
		ID: "source.p.raw." + name, Name: name, Type: lineage.TypeSource, Relation: "raw." + name, Source: &lineage.Source{Name: "raw"},
	}
}

func model(name, materialized string) *lineage.Node {
	return &lineage.Node{ID: "model.p." + name, Name: name, Type: lineage.TypeModel, Relation: "main." + name, Materialized: materialized}
}

func derive(t require.TestingT, g *lineage.Graph, overrides ...partition.Override) partition.Specs {
	specs, err := partition.Derive(g, overrides, nil)
	require.NoError(t, err)
	return specs
}

func at(t require.TestingT, text string) time.Time {
	instant, err := time.Parse(time.RFC3339, text)
	require.NoError(t, err)
	return instant
}

// day is a UTC day.
func day(t require.TestingT, name string) period.Period {
	p, err := period.UTC().Parse(period.Day, name)
	require.NoError(t, err)
	return p
}

func check(t *testing.T, c *partition.Checker, g *lineage.Graph, specs partition.Specs, r partition.CheckRequest) map[string]partition.NodeReport {
	t.Helper()
	answer, err := c.Check(t.Context(), g, specs, r)
	require.NoError(t, err)
	out := map[string]partition.NodeReport{}
	for _, n := range answer.Nodes {
		out[n.ID] = n
	}
	return out
}
