package backfill_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/headwater-mcp/headwater/agentops/backfill"
	"github.com/headwater-mcp/headwater/lineage"
	"github.com/headwater-mcp/headwater/partition"
	"github.com/headwater-mcp/headwater/period"
)

// The world of the oracle: some days in which everything happens, counted in hours.
var (
	worldStart = time.Date(2026, time.March, 2, 0, 0, 0, 0, time.UTC)

	askedFrom  = 24 * 5
	askedUntil = 24 * 7
)

// made is a random project in which every partition is written out.
type made struct {
	graph    *lineage.Graph
	specs    partition.Specs
	nodes    []*lineage.Node // inputs first
	parents  map[string][]string
	verdicts map[string]map[int]partition.Verdict
	failed   map[string]bool
	ways     map[string]backfill.Way
	question backfill.Question
	// judged is what Reach gives and all upstream of it, as a Checker sees to it; nil is everything.
	judged map[string]partition.Span
}

// judge fills judged.
func (m *made) judge() {
	m.judged = map[string]partition.Span{}
	var reach func(id string, at partition.Span)
	reach = func(id string, at partition.Span) {
		spec := m.specs.Of(id)
		reads := at
		if spec.Partitioned() {
			at = partition.Span{Start: spec.At(at.Start).Start(), End: spec.At(at.End.Add(-1)).End()}
			reads = partition.Span{Start: spec.At(at.Start).Add(-spec.Window).Start(), End: at.End}
		}
		if known, ok := m.judged[id]; ok {
			if known.Start.Before(at.Start) {
				at.Start = known.Start
			}
			if known.End.After(at.End) {
				at.End = known.End
			}
		}
		m.judged[id] = at
		for _, parent := range m.parents[id] {
			reach(parent, reads)
		}
	}
	for id, at := range m.planner().Reach(m.question) {
		reach(id, at)
	}
}

func (m *made) Each(_ context.Context, node string, at partition.Span, fn func(partition.Verdict)) {
	spec := m.specs.Of(node)
	if m.judged != nil {
		judged := m.judged[node]
		if spec.At(at.Start).Start().Before(judged.Start) || spec.At(at.End.Add(-1)).End().After(judged.End) {
			panic(fmt.Sprintf("%s is judged in %v and asked about in %v", node, judged, at))
		}
	}
	for p := spec.At(at.Start); p.Start().Before(at.End); p = p.Next() {
		v, ok := m.verdicts[node][p.Index]
		if !ok {
			v = partition.Verdict{Period: p, Presence: partition.NotExpected, Observed: true}
		}
		fn(v)
	}
}

func (m *made) Failed(node string) bool { return m.failed[node] }

func (m *made) planner() backfill.Planner {
	return backfill.Planner{
		Graph: m.graph, Specs: m.specs, World: m, Way: func(n *lineage.Node) backfill.Way { return m.ways[n.ID] },
	}
}

func drawWorld(t *rapid.T) *made {
	m := &made{parents: map[string][]string{}, verdicts: map[string]map[int]partition.Verdict{}, failed: map[string]bool{}, ways: map[string]backfill.Way{}}
	var overrides []partition.Override
	var edges []lineage.Edge
	for i := range rapid.IntRange(2, 7).Draw(t, "nodes") {
		kind := "source"
		if i > 0 {
			kind = rapid.SampledFrom([]string{"source", "table", "table", "table", "view", "view with a spec", "whole", "activation"}).Draw(t, "kind")
		}
		n := &lineage.Node{ID: fmt.Sprintf("model.p.n%d", i), Name: fmt.Sprintf("n%d", i), Type: lineage.TypeModel, Materialized: "incremental"}
		switch kind {
		case "source":
			n.Type, n.Materialized, n.Source = lineage.TypeSource, "", &lineage.Source{Name: "raw"}
		case "view", "view with a spec":
			n.Materialized = "view"
		case "whole":
			n.Materialized = "table"
		case "activation":
			n.Type, n.Materialized = lineage.TypeActivation, "table"
		}
		if kind != "source" {
			for j := range i {
				if rapid.Bool().Draw(t, "edge") {
					m.parents[n.ID] = append(m.parents[n.ID], m.nodes[j].ID)
					edges = append(edges, lineage.Edge{From: m.nodes[j].ID, To: n.ID})
				}
			}
		}
		if kind != "view" && kind != "whole" {
			o := partition.Override{
				Node: n.ID, Grain: rapid.SampledFrom([]string{"hour", "day", "day", "day", "week"}).Draw(t, "grain"), Time: "ts",
				Timezone: rapid.SampledFrom([]string{"UTC", "Asia/Seoul"}).Draw(t, "zone"), Begin: "2026-01-01",
			}
			if kind != "source" {
				o.Window = rapid.SampledFrom([]int{0, 0, 0, 1, 2}).Draw(t, "window")
			} else if rapid.Bool().Draw(t, "expires") {
				o.ExpiresAfter = "9000d"
			}
			overrides = append(overrides, o)
		}
		m.nodes = append(m.nodes, n)
		m.failed[n.ID] = kind == "whole" && rapid.IntRange(0, 3).Draw(t, "failed") == 0
		m.ways[n.ID] = backfill.Way{Executor: "dbt"}
		if rapid.IntRange(0, 7).Draw(t, "refused") == 0 {
			m.ways[n.ID] = backfill.Way{Refused: backfill.RefusedExternal, Remedy: "Ask its owner."}
		}
	}
	m.graph = lineage.New("p", m.nodes, edges)
	var err error
	m.specs, err = partition.Derive(m.graph, overrides, nil)
	require.NoError(t, err)
	for _, n := range m.nodes {
		m.drawVerdicts(t, n)
	}
	m.question = backfill.Question{
		Asked: map[string]partition.Span{}, Scope: rapid.SampledFrom(backfill.Scopes()).Draw(t, "scope"),
		Downstream: rapid.Bool().Draw(t, "downstream"),
	}
	for _, n := range m.nodes {
		if len(m.question.Asked) == 0 && n == m.nodes[len(m.nodes)-1] || rapid.IntRange(0, 3).Draw(t, "asked") == 0 {
			m.question.Asked[n.ID] = partition.Span{Start: hour(askedFrom), End: hour(askedUntil)}
		}
	}
	return m
}

func hour(i int) time.Time { return worldStart.Add(time.Duration(i) * time.Hour) }

func (m *made) drawVerdicts(t *rapid.T, n *lineage.Node) {
	spec := m.specs.Of(n.ID)
	if !spec.Partitioned() {
		return
	}
	m.verdicts[n.ID] = map[int]partition.Verdict{}
	for p := spec.At(worldStart.AddDate(0, 0, -20)); p.Start().Before(hour(worldHours).AddDate(0, 0, 20)); p = p.Next() {
		v := partition.Verdict{Period: p, Presence: partition.Present, Observed: true, Rows: 10, Version: "10"}
		if p.End().After(hour(askedFrom-48)) && p.Start().Before(hour(askedUntil+48)) && rapid.IntRange(0, 5).Draw(t, "odd") == 0 {
			switch rapid.IntRange(0, 7).Draw(t, "what") {
			case 0:
				v.Presence, v.Rows = partition.Missing, 0
			case 1:
				v.Findings = []partition.Finding{partition.Stale}
			case 2:
				v.Findings = []partition.Finding{partition.Late}
			case 3:
				v.Presence, v.Rows = partition.Open, int64(rapid.IntRange(0, 1).Draw(t, "rows"))
			case 4:
				v.Presence = partition.Unknown
			case 5:
				v.Presence, v.Rows = partition.NotExpected, 0
			case 7:
				v.Rows, v.Findings = 0, []partition.Finding{partition.Empty}
			case 6:
				if spec.ExpiresAfter > 0 {
					v.Presence, v.Rows = partition.Expired, 0
				} else {
					v.Findings = []partition.Finding{partition.Partial}
				}
			}
		}
		m.verdicts[n.ID][p.Index] = v
	}
}

// TestAPlanIsTheLeastSet compares plans with the least set that a closure over single partitions, hour by hour, gives.
func TestAPlanIsTheLeastSet(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		m := drawWorld(t)
		o := newOracle(m)
		o.close()
		o.refuse()
		m.judge()
		answer := m.planner().Plan(context.Background(), m.question)
		got := map[dot]string{}
		for _, p := range answer.Pairs {
			got[dot{p.Node, p.Period}] = "run"
		}
		for _, r := range answer.Refused {
			for _, name := range m.names(r) {
				got[dot{r.Node, name}] = string(r.Why)
			}
		}
		require.Equal(t, o.outcome(), got)
		o.ordered(t, answer.Pairs)
	})
}

// names are the periods of a refusal.
func (m *made) names(r backfill.Refused) []string {
	if r.First == "" {
		return []string{""}
	}
	var out []string
	spec := m.specs.Of(r.Node)
	first, err := spec.Calendar.Parse(spec.Grain, r.First)
	if err != nil {
		panic(err)
	}
	for p := first; ; p = p.Next() {
		out = append(out, p.String())
		if p.String() == r.Last {
			return out
		}
	}
}

// BenchmarkPlan plans 2,500 nodes × 365 days, all of them.
func BenchmarkPlan(b *testing.B) {
	m := &made{parents: map[string][]string{}, verdicts: map[string]map[int]partition.Verdict{}}
	var overrides []partition.Override
	var edges []lineage.Edge
	first := period.UTC().On(period.Day, 2025, time.January, 1)
	at := partition.Span{Start: first.Start(), End: first.Add(365).Start()}
	m.question = backfill.Question{Asked: map[string]partition.Span{}, Scope: backfill.ScopeAll, Downstream: true}
	days := map[int]partition.Verdict{}
	for p := first.Add(-5); p.Index < first.Index+370; p = p.Next() {
		days[p.Index] = partition.Verdict{Period: p, Presence: partition.Present, Observed: true, Rows: 1000, Version: "1000 x"}
	}
	for layer := range 250 {
		for i := range 10 {
			n := &lineage.Node{ID: fmt.Sprintf("model.p.l%03d_%d", layer, i), Name: fmt.Sprintf("l%03d_%d", layer, i), Type: lineage.TypeModel, Materialized: "incremental"}
			m.nodes = append(m.nodes, n)
			m.verdicts[n.ID] = days
			overrides = append(overrides, partition.Override{Node: n.ID, Grain: "day", Time: "ts", Begin: "2024-01-01"})
			m.question.Asked[n.ID] = at
			for _, k := range []int{i, (i + 1) % 10} {
				if layer > 0 {
					edges = append(edges, lineage.Edge{From: fmt.Sprintf("model.p.l%03d_%d", layer-1, k), To: n.ID})
				}
			}
		}
	}
	m.graph = lineage.New("p", m.nodes, edges)
	var err error
	m.specs, err = partition.Derive(m.graph, overrides, nil)
	require.NoError(b, err)
	planner := m.planner()
	planner.MaxPairs = 500 // as the policy has it: of a larger plan only the size is told
	planner.Way = func(*lineage.Node) backfill.Way { return backfill.Way{Executor: "dbt"} }
	for b.Loop() {
		answer := planner.Plan(b.Context(), m.question)
		require.Len(b, answer.Pairs, 2500*365)
	}
}
