package partition_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/lineage"
	"github.com/headwater-mcp/headwater/partition"
	"github.com/headwater-mcp/headwater/period"
)

// wide is 40 layers of 250 models, each of which reads one to four of the layer before, those of the first layer a source. A third
// are views, the others have daily partitions; or, whole, only the sources and the last layer have. A day of the first source is missing, in it and in all
// that reads it.
func wide(b *testing.B, layers int, whole bool) (*lineage.Graph, partition.Specs, *held, []string) {
	b.Helper()
	const width, sources = 250, 100
	var nodes []*lineage.Node
	var edges [][2]string
	var overrides []partition.Override
	h := &held{tables: map[string]table{}}
	lacking := map[string]bool{}
	add := func(n *lineage.Node, partitioned bool) {
		nodes = append(nodes, n)
		if partitioned {
			overrides = append(overrides, partition.Override{Node: strings.TrimPrefix(strings.TrimPrefix(n.ID, "model.p."), "source.p."), Grain: "day", Time: "ts", Begin: "2026-01-01"})
		}
		var except map[string]int64
		if lacking[n.ID] {
			except = map[string]int64{"2026-06-09": 0}
		}
		h.tables[n.ID] = daily(1000, except)
	}
	for i := range sources {
		n := source(fmt.Sprintf("e%03d", i))
		lacking[n.ID] = i == 0
		add(n, true)
	}
	ids := []string{}
	for i := range layers * width {
		n := model(fmt.Sprintf("m%05d", i), []string{"view", "table", "incremental"}[i%3])
		var parents []string
		if i < width {
			parents = append(parents, fmt.Sprintf("source.p.raw.e%03d", i%sources))
		} else {
			for k := range 1 + i%4 {
				parents = append(parents, fmt.Sprintf("model.p.m%05d", (i/width-1)*width+(i*7+k*61)%width))
			}
		}
		for _, p := range parents {
			lacking[n.ID] = lacking[n.ID] || lacking[p]
			edges = append(edges, [2]string{p, n.ID})
		}
		if i/width == layers-1 {
			n.Materialized = "incremental"
		}
		add(n, !whole && n.Materialized != "view" || i/width == layers-1)
		ids = append(ids, n.ID)
	}
	g := project(nodes, edges...)
	return g, derive(b, g, overrides...), h, ids
}

// BenchmarkWide asks the same of 2,500 and of 10,000 models, four times as deep, for 30 days. It tells what an item, a period of a
// node that is looked at, costs in the deep graph for what it costs in the shallow one: where every item walked its ancestors that
// would grow with the depth.
func BenchmarkWide(b *testing.B) {
	first, last := "2026-05-16", "2026-06-14"
	asOf := time.Date(2026, 6, 15, 6, 0, 0, 0, time.UTC)
	var periods []period.Period
	for d := range 30 {
		periods = append(periods, period.UTC().On(period.Day, 2026, time.May, 16+d))
	}
	for _, whole := range []bool{false, true} {
		shallow, deep := newWidth(b, 10, whole), newWidth(b, 40, whole)
		check := func(nodes func(width) []string) func(*testing.B, width) {
			return func(b *testing.B, w width) {
				b.Helper()
				_, err := w.checker.Check(b.Context(), w.graph, w.specs, partition.CheckRequest{Nodes: nodes(w), First: &first, Last: &last, AsOf: asOf})
				require.NoError(b, err)
			}
		}
		all, upstream := func(w width) int { return len(w.ids) }, func(w width) int { return w.ancestors }
		for _, q := range []struct {
			name  string
			nodes func(width) int
			ask   func(*testing.B, width)
		}{
			{"check-leaf", upstream, check(func(w width) []string { return w.ids[len(w.ids)-1:] })},
			{"check-all", all, check(func(w width) []string { return w.ids })},
			{"upstream", upstream, func(b *testing.B, w width) {
				b.Helper()
				_, err := w.checker.Upstream(b.Context(), w.graph, w.specs, w.ids[len(w.ids)-1], periods, asOf)
				require.NoError(b, err)
			}},
		} {
			b.Run(fmt.Sprintf("whole=%v/%s", whole, q.name), func(b *testing.B) {
				q.ask(b, shallow)
				q.ask(b, deep)
				b.ResetTimer()
				var little, much time.Duration
				for b.Loop() {
					little += took(func() { q.ask(b, shallow) })
					much += took(func() { q.ask(b, deep) })
				}
				b.ReportMetric(much.Seconds()/float64(b.N), "s/10,000")
				b.ReportMetric(much.Seconds()/little.Seconds()*float64(q.nodes(shallow))/float64(q.nodes(deep)), "deep/shallow-item")
			})
		}
	}
}

// width is a wide graph whose tables have been observed.
type width struct {
	graph   *lineage.Graph
	specs   partition.Specs
	ids     []string
	checker *partition.Checker
	// ancestors is how many nodes the last model needs.
	ancestors int
}

func newWidth(b *testing.B, layers int, whole bool) width {
	b.Helper()
	g, specs, h, ids := wide(b, layers, whole)
	above := map[string]bool{}
	var up func(id string)
	up = func(id string) {
		for _, n := range g.Parents(id) {
			if !above[n.ID] {
				above[n.ID] = true
				up(n.ID)
			}
		}
	}
	up(ids[len(ids)-1])
	return width{g, specs, ids, partition.New(partition.Deps{Observer: observed{h, map[string]partition.Observation{}}}), len(above)}
}

func took(fn func()) time.Duration {
	start := time.Now()
	fn()
	return time.Since(start)
}
