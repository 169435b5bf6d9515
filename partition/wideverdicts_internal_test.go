package partition

import (
	"context"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/headwater-mcp/headwater/lineage"
	"github.com/headwater-mcp/headwater/period"
)

// toldOf is a warehouse, a ledger and a history of made-up nodes.
type toldOf struct {
	rows     map[string]map[int]int64
	builds   map[string]BuildRecord
	versions map[string]map[string][]Version
}

func (o toldOf) Observe(_ context.Context, r ObserveRequest) (Observation, error) {
	out := Observation{Counts: map[int]Count{}}
	for p := r.First; p.Index <= r.Last.Index; p = p.Next() {
		if rows, ok := o.rows[r.Node][p.Index]; !ok || rows > 0 {
			out.Counts[p.Index] = Count{Rows: 10 + rows}
		}
	}
	return out, nil
}

func (o toldOf) Whole(context.Context, WholeRequest) (WholeObservation, error) {
	return WholeObservation{}, nil
}

func (o toldOf) Versions(_ context.Context, r ObserveRequest) (map[string][]Version, error) {
	return o.versions[r.Node], nil
}

func (o toldOf) Seen(context.Context, ObserveRequest) (map[string]Sight, error) {
	return map[string]Sight{}, nil
}

func (o toldOf) LastBuild(context.Context, []string, time.Time) (map[string]BuildRecord, error) {
	return o.builds, nil
}

func (o toldOf) LastTests(context.Context, []string, time.Time) (map[string]TestRecord, error) {
	return map[string]TestRecord{}, nil
}

func (o toldOf) CodeChanges(context.Context, []string, time.Time) (map[string]CodeChange, error) {
	return map[string]CodeChange{}, nil
}

func (o toldOf) Runs(context.Context, []string, int, time.Time) (map[string][]RunTime, error) {
	return map[string][]RunTime{}, nil
}

func (o toldOf) Batches(context.Context, []string, time.Time, time.Time, time.Time) (map[string][]BatchRecord, error) {
	return map[string][]BatchRecord{}, nil
}

// drawTold makes some days missing, some whole tables failed, and some inputs other than they were.
func drawTold(t *rapid.T, w ways) toldOf {
	out := toldOf{rows: map[string]map[int]int64{}, builds: map[string]BuildRecord{}, versions: map[string]map[string][]Version{}}
	instant := func(label string) time.Time {
		return time.Date(2026, 3, 1, rapid.IntRange(0, 30*24).Draw(t, label), 0, 0, 0, time.UTC)
	}
	for _, n := range w.nodes {
		n.Relation = "main." + n.Name
		// only of a table whose last run was good is it known when every partition was built
		if n.Materialized == "table" && w.specs.Of(n.ID).Partitioned() {
			out.builds[n.ID] = BuildRecord{Status: success, GoodAt: instant("good")}
		} else if rapid.Bool().Draw(t, "built") {
			out.builds[n.ID] = BuildRecord{Status: rapid.SampledFrom([]string{success, "error"}).Draw(t, "status"), GoodAt: instant("good"), StartedAt: instant("started"), CompletedAt: instant("completed")}
		}
		change := func(name string) {
			if rapid.Bool().Draw(t, "changed") {
				if out.versions[n.ID] == nil {
					out.versions[n.ID] = map[string][]Version{}
				}
				first := instant("first")
				then := first.Add(time.Hour * time.Duration(rapid.IntRange(1, 400).Draw(t, "later")))
				out.versions[n.ID][name] = []Version{{Rows: 1, Since: first}, {Rows: 2, Before: then.Add(-time.Hour), Since: then}}
			}
		}
		spec := w.specs.Of(n.ID)
		if !spec.Partitioned() {
			change("")
			continue
		}
		out.rows[n.ID] = map[int]int64{}
		at := w.scope[n.ID]
		if at.start.IsZero() {
			continue
		}
		first, last := spec.overlapping(at)
		for range rapid.IntRange(0, 5).Draw(t, "odd") {
			p := first.Add(rapid.IntRange(0, last.Index-first.Index).Draw(t, "which"))
			out.rows[n.ID][p.Index] = 0
			change(first.Add(rapid.IntRange(0, last.Index-first.Index).Draw(t, "version")).String())
		}
	}
	return out
}

// waits are the first causes for which a partition waits, found by going every way up for every partition.
func (w *walk) waits(ctx context.Context, id string, index int) map[cause]bool {
	out := map[cause]bool{}
	plainly(w.graph, w.specs, w.goesThrough, id, of(w.specs.Of(id).period(index)), func(input string, at interval) {
		spec := w.specs.Of(input)
		n, _ := w.graph.Node(input)
		if !spec.Partitioned() {
			if b, ok := w.builds[input]; ok && b.Status == "error" && !isView(n) && w.lastGood(ctx, input, at) == unserved {
				out[cause{input, string(Failed)}] = true
			}
			return
		}
		w.judged(ctx, input).each(at, func(d dated) {
			problem := d.problem()
			if problem == "" {
				return
			}
			above := w.waits(ctx, input, d.period.Index)
			if len(above) == 0 || slices.Contains([]string{string(Pending), string(Unknown), string(Failed)}, problem) {
				above = map[cause]bool{{input, problem}: true}
			}
			maps.Copy(out, above)
		})
	})
	return out
}

// outdated is the first input, by id and period, that is not what it was when a partition was built, found in the same way.
func (w *walk) outdated(ctx context.Context, t *track, index int) (node, name string) {
	needed := map[string]interval{}
	plainly(w.graph, w.specs, w.goesThrough, t.node.ID, of(t.spec.period(index)), func(id string, at interval) { join(needed, id, at) })
	built := w.survey.builtAt(ctx, t, index)
	for _, id := range slices.Sorted(maps.Keys(needed)) {
		n, _ := w.graph.Node(id)
		if isView(n) || built.at.IsZero() {
			continue
		}
		for _, name := range w.names(id, needed[id]) {
			if _, _, ok := changed(w.versions[id][name], built.at); ok {
				return id, name
			}
		}
	}
	return "", ""
}

// TestVerdictsAreThoseOfAllWays: what a partition waits for, and what it is stale by, is what is found by going every way up for each
// partition anew.
func TestVerdictsAreThoseOfAllWays(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := drawWays(t)
		o := drawTold(t, w)
		ctx := context.Background()
		again, err := New(Deps{Observer: o, History: o, Ledger: o}).walk(ctx, w.graph, w.specs, w.last.ID, w.asked, time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC))
		require.NoError(t, err)
		for _, id := range slices.Sorted(maps.Keys(again.scope)) {
			if !again.specs.Of(id).Partitioned() {
				continue
			}
			judged := again.judged(ctx, id)
			for i := judged.first; i <= judged.last; i++ {
				v := judged.at(i)
				if v.presence == Present && !isView(judged.node) {
					node, name := again.outdated(ctx, judged, i)
					require.Equal(t, node != "", v.has(Stale), "%s %s", id, judged.spec.period(i))
					if node != "" {
						require.Equal(t, node+" "+name, v.changed.node+" "+v.changed.period)
					}
				}
				want := slices.SortedFunc(maps.Keys(again.waits(ctx, id, i)), func(a, b cause) int { return strings.Compare(a.node+a.what, b.node+b.what) })
				got := slices.Clone(again.waitsFor(ctx, id, i))
				slices.SortFunc(got, func(a, b cause) int { return strings.Compare(a.node+a.what, b.node+b.what) })
				require.ElementsMatch(t, want, got, "%s %s", id, judged.spec.period(i))
			}
		}
	})
}

// TestACycleEnds: dbt has none, and stitched projects may. What is judged in one is judged, and comes to an end.
func TestACycleEnds(t *testing.T) {
	t.Parallel()
	node := func(name, kind string) *lineage.Node {
		return &lineage.Node{ID: "model.p." + name, Name: name, Type: lineage.TypeModel, Materialized: kind, Relation: "main." + name}
	}
	edge := func(from, to string) lineage.Edge { return lineage.Edge{From: "model.p." + from, To: "model.p." + to} }
	g := lineage.New("p", []*lineage.Node{node("a", "incremental"), node("b", "incremental"), node("v", "table"), node("c", "incremental")},
		[]lineage.Edge{edge("a", "b"), edge("b", "v"), edge("v", "b"), edge("v", "c")})
	specs, err := Derive(g, []Override{
		{Node: "a", Grain: "day", Time: "ts", Begin: "2026-01-01"},
		{Node: "b", Grain: "day", Time: "ts", Begin: "2026-01-01", Window: 1},
		{Node: "c", Grain: "day", Time: "ts", Begin: "2026-01-01"},
	}, nil)
	require.NoError(t, err)
	day := specs.Of("model.p.a").At(time.Date(2026, 3, 5, 0, 0, 0, 0, time.UTC))
	o := toldOf{rows: map[string]map[int]int64{"model.p.a": {day.Index: 0}, "model.p.b": {day.Index: 0}, "model.p.c": {day.Index: 0}}}
	c := New(Deps{Observer: o, History: o, Ledger: o})
	troubles, err := c.Upstream(t.Context(), g, specs, "model.p.c", []period.Period{day}, time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC))
	require.NoError(t, err)
	follows := map[string]bool{}
	for _, t := range troubles {
		if t.Presence == Missing {
			follows[t.Node] = t.Consequence
		}
	}
	require.Equal(t, map[string]bool{"model.p.a": false, "model.p.b": true, "model.p.c": true}, follows)
}

// TestStaleThroughTablesThatAreNeededAsAWhole: what lies between is as it was, and nobody knows its periods.
func TestStaleThroughTablesThatAreNeededAsAWhole(t *testing.T) {
	t.Parallel()
	node := func(name, kind string) *lineage.Node {
		return &lineage.Node{ID: "model.p." + name, Name: name, Type: lineage.TypeModel, Materialized: kind, Relation: "main." + name}
	}
	edge := func(from, to string) lineage.Edge { return lineage.Edge{From: "model.p." + from, To: "model.p." + to} }
	g := lineage.New("p", []*lineage.Node{node("a", "incremental"), node("t", "table"), node("v", "view"), node("c", "table")},
		[]lineage.Edge{edge("a", "t"), edge("t", "v"), edge("v", "c")})
	specs, err := Derive(g, []Override{{Node: "a", Grain: "day", Time: "ts"}, {Node: "c", Grain: "day", Time: "ts"}}, nil)
	require.NoError(t, err)
	at := func(day, hour int) time.Time { return time.Date(2026, 3, day, hour, 0, 0, 0, time.UTC) }
	o := toldOf{
		builds: map[string]BuildRecord{"model.p.c": {Status: success, GoodAt: at(10, 12)}},
		versions: map[string]map[string][]Version{"model.p.a": {
			"2026-03-05": {{Rows: 1, Since: at(10, 0)}, {Rows: 2, Before: at(10, 12), Since: at(10, 13)}},
			"2026-03-06": {{Rows: 1, Since: at(10, 0)}, {Rows: 2, Before: at(10, 10), Since: at(10, 11)}}, // before the build
		}},
	}
	first, last := "2026-03-04", "2026-03-07"
	answer, err := New(Deps{Observer: o, History: o, Ledger: o}).Check(t.Context(), g, specs, CheckRequest{
		Nodes: []string{"model.p.c"}, First: &first, Last: &last, AsOf: at(20, 0),
	})
	require.NoError(t, err)
	require.Equal(t, 1, answer.Nodes[0].Findings[Stale])
	require.Len(t, answer.Nodes[0].Ranges, 1)
	require.Equal(t, "2026-03-05", answer.Nodes[0].Ranges[0].First.String())
}
