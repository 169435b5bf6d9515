package backfill_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/agentops/backfill"
	"github.com/headwater-mcp/headwater/lineage"
	"github.com/headwater-mcp/headwater/partition"
	"github.com/headwater-mcp/headwater/period"
)

// wide is layers of 250 nodes, each of which reads one to four of the layer before; a third of them are views. The first layer are sources,
// of which the first lacks a day. All others have daily partitions; or, whole, only the sources and the last layer have.
func wide(b *testing.B, layers int, whole bool) *made {
	b.Helper()
	const width = 250
	m := &made{parents: map[string][]string{}, verdicts: map[string]map[int]partition.Verdict{}}
	var overrides []partition.Override
	var edges []lineage.Edge
	first := period.UTC().On(period.Day, 2026, time.May, 1)
	days, lacking := map[int]partition.Verdict{}, map[int]partition.Verdict{}
	for p := first; p.Index < first.Index+60; p = p.Next() {
		days[p.Index] = partition.Verdict{Period: p, Presence: partition.Present, Observed: true, Rows: 1000, Version: "1000 x"}
		lacking[p.Index] = days[p.Index]
	}
	gone := first.Add(40)
	lacking[gone.Index] = partition.Verdict{Period: gone, Presence: partition.Missing, Observed: true, Version: "0"}
	id := func(i int) string { return fmt.Sprintf("model.p.n%05d", i) }
	for i := range layers * width {
		n := &lineage.Node{ID: id(i), Name: fmt.Sprintf("n%05d", i), Type: lineage.TypeModel, Materialized: []string{"view", "table", "incremental"}[i%3]}
		ends := i < width || i/width == layers-1
		if ends {
			n.Materialized = "incremental"
		}
		m.nodes = append(m.nodes, n)
		m.verdicts[n.ID] = days
		if ends || !whole && n.Materialized != "view" {
			overrides = append(overrides, partition.Override{Node: n.ID, Grain: "day", Time: "ts", Begin: "2026-01-01"})
		}
		for k := 0; i >= width && k < 1+i%4; k++ {
			edges = append(edges, lineage.Edge{From: id((i/width-1)*width + (i*7+k*61)%width), To: n.ID})
		}
	}
	m.verdicts[m.nodes[0].ID] = lacking
	m.graph = lineage.New("p", m.nodes, edges)
	var err error
	m.specs, err = partition.Derive(m.graph, overrides, nil)
	require.NoError(b, err)
	return m
}

// ask plans all nodes for a week, or everything downstream of the first source for a month, and returns how many pairs there are.
func (m *made) ask(b *testing.B, below bool, scope backfill.Scope) int {
	b.Helper()
	last := period.UTC().On(period.Day, 2026, time.June, 14)
	q := backfill.Question{Asked: map[string]partition.Span{}, Scope: scope, Downstream: below}
	for i, n := range m.nodes {
		if !below {
			q.Asked[n.ID] = partition.Span{Start: last.Add(-6).Start(), End: last.End()}
		} else if i == 0 {
			q.Asked[n.ID] = partition.Span{Start: last.Add(-29).Start(), End: last.End()}
		}
	}
	planner := m.planner()
	planner.Way = func(*lineage.Node) backfill.Way { return backfill.Way{Executor: "dbt"} }
	planner.Reach(q)
	answer := planner.Plan(b.Context(), q)
	require.NotEmpty(b, answer.Pairs)
	return len(answer.Pairs)
}

// BenchmarkWide plans over 2,500 and over 10,000 nodes, four times as deep, once they are judged, what the pairs read and the versions
// of all that included. It tells what a pair costs in the deep graph for what it costs in the shallow one.
func BenchmarkWide(b *testing.B) {
	for _, whole := range []bool{false, true} {
		shallow, deep := wide(b, 10, whole), wide(b, 40, whole)
		for _, below := range []bool{false, true} {
			for _, scope := range []backfill.Scope{backfill.ScopeProblems, backfill.ScopeAll} {
				b.Run(fmt.Sprintf("whole=%v/below=%v/%s", whole, below, scope), func(b *testing.B) {
					var little, much time.Duration
					var few, many int
					for b.Loop() {
						start := time.Now()
						few = shallow.ask(b, below, scope)
						half := time.Now()
						many = deep.ask(b, below, scope)
						little, much = little+half.Sub(start), much+time.Since(half)
					}
					b.ReportMetric(much.Seconds()/float64(b.N), "s/10,000")
					b.ReportMetric(float64(many), "pairs")
					b.ReportMetric(much.Seconds()/little.Seconds()*float64(few)/float64(many), "deep/shallow-pair")
				})
			}
		}
	}
}
