package partition_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/lineage"
	"github.com/headwater-mcp/headwater/partition"
)

// sights is a History of what was seen last; err is why it cannot be read.
type sights struct {
	seen map[string]partition.Sight
	err  error
}

func (s sights) Versions(context.Context, partition.ObserveRequest) (map[string][]partition.Version, error) {
	return nil, s.err
}

func (s sights) Seen(context.Context, partition.ObserveRequest) (map[string]partition.Sight, error) {
	return s.seen, s.err
}

// TestWhatWasSeenLastIsToldAndJudgesNothing while the warehouse does not answer.
func TestWhatWasSeenLastIsToldAndJudgesNothing(t *testing.T) {
	t.Parallel()
	g, specs := one(t, partition.Override{})
	seen := map[string]partition.Sight{}
	for _, s := range []struct {
		day  string
		rows int64
		at   string
	}{
		{"2026-06-09", 812, "2026-06-10T04:00:00Z"},
		{"2026-06-10", 900, "2026-06-11T04:00:00Z"},
		{"2026-06-11", 0, "2026-06-12T04:00:00Z"},
		{"2026-06-12", 0, "2026-06-12T04:00:00Z"},
	} {
		seen[s.day] = partition.Sight{Rows: s.rows, At: at(t, s.at)}
	}
	first, last := "2026-06-09", "2026-06-14"
	ask := func(deps partition.Deps) (partition.NodeReport, string) {
		answer, err := partition.New(deps).Check(t.Context(), g, specs, partition.CheckRequest{
			Nodes: []string{sourceA}, First: &first, Last: &last, AsOf: at(t, "2026-06-14T08:00:00Z"), Only: partition.OnlyAll,
		})
		require.NoError(t, err)
		return answer.Nodes[0], answer.Summary
	}
	away := &held{err: fault.New(fault.Unavailable, "The warehouse is locked by dbt (process 7).")}
	n, _ := ask(partition.Deps{Observer: away, History: sights{seen: seen}})
	require.Equal(t, map[partition.Presence]int{partition.Unknown: 5, partition.Open: 1}, n.Counts)
	require.Empty(t, n.Findings)
	var got []string
	for _, r := range n.Ranges {
		got = append(got, r.First.String()+" "+r.Last.String()+" "+string(r.Presence)+" "+strings.TrimPrefix(r.Detail, "The warehouse is locked by dbt (process 7). "))
	}
	require.Equal(t, []string{
		"2026-06-09 2026-06-10 unknown Last seen 2026-06-10T04:00:00Z to 2026-06-11T04:00:00Z: 812 to 900 rows a day.",
		"2026-06-11 2026-06-12 unknown Last seen 2026-06-12T04:00:00Z: no rows.",
		"2026-06-13 2026-06-13 unknown Never looked at before.",
		"2026-06-14 2026-06-14 open Open until 2026-06-15T00:00:00Z. Never looked at before.",
	}, got)

	t.Run("nothing is told of what is observed", func(t *testing.T) {
		t.Parallel()
		n, summary := ask(partition.Deps{Observer: &held{tables: map[string]table{sourceA: daily(1000, nil)}}, History: sights{seen: seen}})
		require.NotContains(t, n.Ranges[0].Detail, "Last seen")
		require.NotContains(t, summary, "before")
	})
	t.Run("nor where nobody ever looked", func(t *testing.T) {
		t.Parallel()
		n, _ := ask(partition.Deps{Observer: away, History: sights{}})
		require.Equal(t, "The warehouse is locked by dbt (process 7).", n.Ranges[0].Detail)
	})
	t.Run("what cannot be remembered is said", func(t *testing.T) {
		t.Parallel()
		n, summary := ask(partition.Deps{Observer: away, History: sights{err: fault.New(fault.Unavailable, "The state is damaged.")}})
		require.Equal(t, map[partition.Presence]int{partition.Unknown: 5, partition.Open: 1}, n.Counts)
		require.Contains(t, summary, "What was seen before cannot be read, so nothing was compared with it and nothing is called stale: The state is damaged.")
		_, summary = ask(partition.Deps{Observer: away, Unremembered: "The state cannot be opened."})
		require.Contains(t, summary, "Nothing is remembered, so nothing is called stale, failed or late, whatever runs did: The state cannot be opened.")
	})
}

// TestAHistoryThatCannotBeReadIsSaidWithTheCauses of what is not ready, too.
func TestAHistoryThatCannotBeReadIsSaidWithTheCauses(t *testing.T) {
	t.Parallel()
	fct := model("fct", "table")
	g := project([]*lineage.Node{source("a"), fct}, [2]string{sourceA, fct.ID})
	specs := derive(t, g, partition.Override{Node: "raw.a", Grain: "day", Time: "ts", Begin: "2026-01-01"}, partition.Override{Node: "fct", Grain: "day", Time: "ts", Begin: "2026-01-01"})
	deps := partition.Deps{
		Observer: &held{tables: map[string]table{sourceA: daily(1000, nil), fct.ID: daily(1000, nil)}},
		History:  sights{err: fault.New(fault.Unavailable, "The state is damaged.")},
	}
	why, err := partition.New(deps).Explain(t.Context(), g, specs, fct.ID, nil, at(t, "2026-06-15T08:00:00Z"))
	require.NoError(t, err)
	require.True(t, why.Ready)
	require.Contains(t, why.Note, "nothing is called stale: The state is damaged.")
}

// TestAWarehouseThatDoesNotAnswerIsAskedForOneViewOnce, and everything is unknown then.
func TestAWarehouseThatDoesNotAnswerIsAskedForOneViewOnce(t *testing.T) {
	t.Parallel()
	g, specs := one(t, partition.Override{})
	h := &held{tables: map[string]table{sourceA: daily(1000, nil)}}
	asked := 0
	c := partition.New(partition.Deps{Observer: h, AtOnce: func(context.Context, func(context.Context) error) error {
		asked++
		return fault.New(fault.Unavailable, "locked")
	}})
	n := check(t, c, g, specs, partition.CheckRequest{Nodes: []string{sourceA}, AsOf: at(t, "2026-06-15T08:00:00Z")})[sourceA]
	require.Equal(t, map[partition.Presence]int{partition.Unknown: 14}, n.Counts)
	require.Equal(t, 1, asked)
	require.Empty(t, h.asked)
}

// TestABeginInTheFutureExpectsNothing and is said.
func TestABeginInTheFutureExpectsNothing(t *testing.T) {
	t.Parallel()
	g, specs := one(t, partition.Override{Begin: "2027-01-01"})
	c := partition.New(partition.Deps{Observer: &held{tables: map[string]table{sourceA: daily(1000, nil)}}})
	n := check(t, c, g, specs, partition.CheckRequest{Nodes: []string{sourceA}, AsOf: at(t, "2026-06-15T08:00:00Z"), Only: partition.OnlyAll})[sourceA]
	require.Equal(t, map[partition.Presence]int{partition.NotExpected: 14}, n.Counts)
	require.Equal(t, "begin, 2027-01-01, lies after the question: nothing is expected yet.", n.Note)
	n = check(t, c, g, specs, partition.CheckRequest{Nodes: []string{sourceA}, AsOf: time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC), Only: partition.OnlyAll})[sourceA]
	require.NotContains(t, n.Note, "lies after")
}

// TestWhatDBTSaysOtherwiseIsSaid: the first source is followed, and a contradiction is not passed over.
func TestWhatDBTSaysOtherwiseIsSaid(t *testing.T) {
	t.Parallel()
	batched := func() *lineage.Node {
		n := model("fct", "incremental")
		n.Build.IncrementalStrategy, n.Build.BatchSize, n.Build.EventTime = "microbatch", "hour", "at"
		return n
	}
	for name, test := range map[string]struct {
		override partition.Override
		grain    string
		says     string
	}{
		"agrees":           {partition.Override{Grain: "hour", Time: "AT"}, "hour", ""},
		"leaves it to dbt": {partition.Override{Key: "id"}, "hour", ""},
		"another grain":    {partition.Override{Grain: "day"}, "day", "headwater.yaml says grain day, and dbt microbatch says hour: the first is followed."},
		"another column and zone": {
			partition.Override{Grain: "hour", Time: "ts", Timezone: "Asia/Seoul"},
			"hour",
			"headwater.yaml says time ts, and dbt microbatch says at: the first is followed. headwater.yaml says timezone Asia/Seoul, and dbt microbatch says UTC: the first is followed.",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := project([]*lineage.Node{batched()})
			test.override.Node = "fct"
			specs := derive(t, g, test.override)
			require.Equal(t, test.grain, string(specs.Of("model.p.fct").Grain))
			n := check(t, partition.New(partition.Deps{}), g, specs, partition.CheckRequest{Nodes: []string{"model.p.fct"}, AsOf: at(t, "2026-06-15T08:00:00Z")})["model.p.fct"]
			require.Equal(t, test.says, n.Note)
		})
	}
	t.Run("in meta", func(t *testing.T) {
		t.Parallel()
		n := batched()
		n.Meta = map[string]any{"headwater": map[string]any{"partition": map[string]any{"grain": "month"}}}
		s := derive(t, project([]*lineage.Node{n})).Of(n.ID)
		require.Equal(t, "month", string(s.Grain))
		require.Equal(t, "meta.headwater.partition says grain month, and dbt microbatch says hour: the first is followed.", s.Conflict)
	})
}
