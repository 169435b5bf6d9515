package partition_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/lineage"
	"github.com/headwater-mcp/headwater/partition"
	"github.com/headwater-mcp/headwater/period"
)

// lattice is layers of models, each of which reads two of the layer before.
func lattice(b *testing.B, layers, width int) (*lineage.Graph, partition.Specs, *held, []string) {
	b.Helper()
	var nodes []*lineage.Node
	var edges [][2]string
	var overrides []partition.Override
	h := &held{tables: map[string]table{}}
	ids := []string{}
	for layer := range layers {
		for i := range width {
			n := model(fmt.Sprintf("l%03d_%02d", layer, i), "incremental")
			nodes, ids = append(nodes, n), append(ids, n.ID)
			overrides = append(overrides, partition.Override{Node: n.ID, Grain: "day", Time: "ts", Begin: "2024-01-01"})
			h.tables[n.ID] = daily(1000, nil)
			for _, k := range []int{i, (i + 1) % width} {
				if layer > 0 {
					edges = append(edges, [2]string{fmt.Sprintf("model.p.l%03d_%02d", layer-1, k), n.ID})
				}
			}
		}
	}
	g := project(nodes, edges...)
	specs, err := partition.Derive(g, overrides, nil)
	require.NoError(b, err)
	return g, specs, h, ids
}

// observed answers again what it was asked once, so that a benchmark measures judging alone.
type observed struct {
	partition.Observer

	seen map[string]partition.Observation
}

func (o observed) Observe(ctx context.Context, r partition.ObserveRequest) (partition.Observation, error) {
	if seen, ok := o.seen[r.Node]; ok {
		return seen, nil
	}
	seen, err := o.Observer.Observe(ctx, r)
	o.seen[r.Node] = seen
	return seen, err
}

// BenchmarkCheck judges 2,500 nodes of 400 days.
func BenchmarkCheck(b *testing.B) {
	g, specs, h, ids := lattice(b, 250, 10)
	c := partition.New(partition.Deps{Observer: observed{h, map[string]partition.Observation{}}})
	first, last := "2025-05-01", "2026-06-04"
	r := partition.CheckRequest{Nodes: ids, First: &first, Last: &last, AsOf: time.Date(2026, 6, 15, 0, 0, 0, 0, time.UTC)}
	_, err := c.Check(b.Context(), g, specs, r)
	require.NoError(b, err)
	for b.Loop() {
		_, err := c.Check(b.Context(), g, specs, r)
		require.NoError(b, err)
	}
}

// BenchmarkUpstream walks 300 ancestors of one day.
func BenchmarkUpstream(b *testing.B) {
	g, specs, h, ids := lattice(b, 31, 10)
	c := partition.New(partition.Deps{Observer: observed{h, map[string]partition.Observation{}}})
	p := period.UTC().On(period.Day, 2026, time.June, 4)
	for b.Loop() {
		_, err := c.Upstream(b.Context(), g, specs, ids[len(ids)-1], []period.Period{p}, time.Date(2026, 6, 15, 0, 0, 0, 0, time.UTC))
		require.NoError(b, err)
	}
}
