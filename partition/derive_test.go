package partition_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/internal/sharedtest"
	"github.com/headwater-mcp/headwater/lineage"
	"github.com/headwater-mcp/headwater/lineage/dbt"
	"github.com/headwater-mcp/headwater/partition"
)

func meta(m map[string]any) map[string]any {
	return map[string]any{"headwater": map[string]any{"partition": m}}
}

// everything says something in each of its sources but headwater.yaml.
func everything() *lineage.Node {
	n := model("n", "incremental")
	n.Meta = meta(map[string]any{"grain": "month", "time": "m"})
	n.Build = lineage.Build{IncrementalStrategy: "microbatch", BatchSize: "year", EventTime: "e", Begin: "2026-03-04 05:06:07"}
	n.Config = map[string]any{"partition_by": map[string]any{"field": "pb", "data_type": "date", "granularity": "day"}, "partition_expiration_days": 90.0}
	return n
}

func TestFirstSourceWins(t *testing.T) {
	t.Parallel()
	given := map[string]partition.Given{"model.p.n": {
		From: "fact visit", Override: partition.Override{Grain: "day", Time: "f", Timezone: "Asia/Seoul", Begin: "2026-01-01"}, ColumnZone: "Asia/Seoul",
	}}
	for name, test := range map[string]struct {
		change    func(*lineage.Node)
		overrides []partition.Override
		from      string
		want      string
	}{
		"headwater.yaml": {
			func(*lineage.Node) {},
			[]partition.Override{{Node: "n", Grain: "week", Time: "y", WeekStart: "sunday", Key: "a, b", ExpectedBy: "0s", ExpiresAfter: "36h"}},
			"headwater.yaml", `{"grain":"week","time":"y","timezone":"UTC","week_start":"sunday","begin":"2026-01-01","expires_after":"36h","key":"a, b","expected_by":"0s"}`,
		},
		"headwater.yaml without a grain": {
			func(*lineage.Node) {},
			[]partition.Override{{Node: "main.n", ExpectedBy: "90m"}},
			"headwater.yaml, meta.headwater.partition", `{"grain":"month","time":"m","timezone":"UTC","begin":"2026-01-01","expires_after":"90d","expected_by":"90m"}`,
		},
		"meta": {
			func(*lineage.Node) {}, nil,
			"meta.headwater.partition", `{"grain":"month","time":"m","timezone":"UTC","begin":"2026-01-01","expires_after":"90d"}`,
		},
		"microbatch": {
			func(n *lineage.Node) { n.Meta = nil }, nil,
			"dbt microbatch", `{"grain":"year","time":"e","timezone":"UTC","begin":"2026-01-01","expires_after":"90d"}`,
		},
		"partition_by": {
			func(n *lineage.Node) { n.Meta, n.Build.IncrementalStrategy = nil, "merge" }, nil,
			"partition_by", `{"grain":"day","time":"pb","timezone":"UTC","begin":"2026-01-01","expires_after":"90d"}`,
		},
		"fact": {
			func(n *lineage.Node) { n.Meta, n.Build, n.Config = nil, lineage.Build{EventTime: "e"}, nil }, nil,
			"fact visit", `{"grain":"day","time":"f","timezone":"Asia/Seoul","begin":"2026-01-01"}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := everything()
			test.change(n)
			specs, err := partition.Derive(project([]*lineage.Node{n}), test.overrides, given)
			require.NoError(t, err)
			require.Equal(t, test.from, specs.Of(n.ID).From)
			text, err := json.Marshal(specs.Of(n.ID))
			require.NoError(t, err)
			require.JSONEq(t, test.want, string(text))
			require.Equal(t, "Asia/Seoul", specs.Of(n.ID).ColumnZone)
		})
	}
}

func TestEventTimeTakesTheGrainOfItsReaders(t *testing.T) {
	t.Parallel()
	raw, stg, table, fct, weekly, lonely := source("raw"), model("stg", "view"), model("t", "table"), model("fct", "incremental"), model("weekly", "table"), source("lonely")
	for _, n := range []*lineage.Node{raw, stg, table, lonely} {
		n.Build.EventTime = "ts"
	}
	fct.Build = lineage.Build{IncrementalStrategy: "microbatch", BatchSize: "month", EventTime: "ts"}
	g := project([]*lineage.Node{raw, stg, table, fct, weekly, lonely},
		[2]string{raw.ID, stg.ID}, [2]string{stg.ID, fct.ID}, [2]string{stg.ID, table.ID}, [2]string{table.ID, weekly.ID})
	specs := derive(t, g, partition.Override{Node: "weekly", Grain: "week", Time: "w", WeekStart: "sunday"})
	for _, id := range []string{raw.ID, stg.ID, table.ID} {
		require.Equal(t, "event_time (inferred)", specs.Of(id).From, id)
		require.EqualValues(t, "week", specs.Of(id).Grain, id)
		require.Equal(t, "Sunday", specs.Of(id).Calendar.WeekStart().String(), id)
	}
	require.False(t, specs.Of(lonely.ID).Partitioned())
	require.Equal(t, "unpartitioned", specs.Of(lonely.ID).From)
	require.Contains(t, specs.Of(lonely.ID).Reason, "nothing that reads it is partitioned")
}

func TestKeyOfARow(t *testing.T) {
	t.Parallel()
	unique := func(name, column string, where any) *lineage.Node {
		return &lineage.Node{
			ID: "test.p." + name, Type: lineage.TypeTest, Config: map[string]any{"where": where},
			Test: &lineage.Test{Kind: "generic", Name: "unique", Column: column, Attached: "model.p.n"},
		}
	}
	spec := partition.Override{Node: "n", Grain: "day", Time: "ts"}
	keyed := spec
	keyed.Key = "k"
	for name, test := range map[string]struct {
		override partition.Override
		unique   []string
		tests    []*lineage.Node
		want     []string
		from     string
	}{
		"declared":                      {keyed, []string{"u"}, []*lineage.Node{unique("a", "t", nil)}, []string{"k"}, "key"},
		"unique_key":                    {spec, []string{"u", "v"}, []*lineage.Node{unique("a", "t", nil)}, []string{"u", "v"}, "unique_key"},
		"unique_key that is the period": {spec, []string{"ts"}, nil, nil, ""},
		"test":                          {spec, nil, []*lineage.Node{unique("a", "half", "kind = 1"), unique("b", "t", nil)}, []string{"t"}, "unique test"},
		"nothing":                       {spec, nil, nil, nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := model("n", "incremental")
			n.Build.UniqueKey = test.unique
			specs := derive(t, project(append(test.tests, n)), test.override)
			require.Equal(t, test.want, specs.Of(n.ID).Key)
			require.Equal(t, test.from, specs.Of(n.ID).KeyFrom)
		})
	}
}

func TestWhatIsWrongInTheProjectIsAProblem(t *testing.T) {
	t.Parallel()
	a, b, c := model("a", "table"), model("b", "incremental"), model("c", "table")
	a.Meta = meta(map[string]any{"timezon": "UTC"})
	b.Build = lineage.Build{IncrementalStrategy: "microbatch", BatchSize: "day", EventTime: "ts", Begin: "yesterday"}
	c.Meta = meta(map[string]any{"grain": "dya", "window": 1})
	specs := derive(t, project([]*lineage.Node{a, b, c}))
	problems := specs.Problems()
	require.Len(t, problems, 3)
	require.Contains(t, problems[0], `model.p.a, meta.headwater.partition: there is no key "timezon". Did you mean time or timezone?`)
	require.Contains(t, problems[1], `model.p.b, dbt microbatch: begin is "yesterday"`)
	require.Contains(t, problems[2], `grain: "dya" is not a grain`)
	for _, id := range []string{a.ID, b.ID, c.ID} {
		require.False(t, specs.Of(id).Partitioned(), id)
	}
	require.Contains(t, specs.Of(a.ID).Reason, "timezon")
}

func TestVariablesThatConfineARunAreRead(t *testing.T) {
	t.Parallel()
	n := model("n", "incremental")
	n.Meta = meta(map[string]any{"grain": "day", "time": "d", "vars": map[string]any{"first": "since", "end": "until"}})
	g := project([]*lineage.Node{n})
	specs := derive(t, g)
	require.Empty(t, specs.Problems())
	require.Equal(t, partition.Vars{First: "since", End: "until"}, specs.Of(n.ID).Vars)
	text, err := json.Marshal(specs.Of(n.ID))
	require.NoError(t, err)
	require.JSONEq(t, `{"grain":"day","time":"d","timezone":"UTC","vars":{"first":"since","end":"until"}}`, string(text))

	own := partition.Vars{Start: "a", Last: "b"}
	specs, err = partition.Derive(g, []partition.Override{{Node: "n", Vars: own}}, nil)
	require.NoError(t, err)
	require.Equal(t, own, specs.Of(n.ID).Vars, "headwater.yaml goes first")
}

func TestWhatIsWrongInTheFileIsAnError(t *testing.T) {
	t.Parallel()
	g := project([]*lineage.Node{model("orders", "table")})
	for name, test := range map[string]struct {
		overrides []partition.Override
		kind      fault.Kind
		says      string
	}{
		"unknown node": {[]partition.Override{{Node: "order", Grain: "day"}}, fault.NotFound, "Did you mean orders"},
		"grain":        {[]partition.Override{{Node: "orders", Grain: "hours"}}, fault.Invalid, "node orders: grain"},
		"zone":         {[]partition.Override{{Node: "orders", Timezone: "Seoul"}}, fault.Invalid, "not an IANA time zone"},
		"begin":        {[]partition.Override{{Node: "orders", Begin: "soon"}}, fault.Invalid, "begin: "},
		"span":         {[]partition.Override{{Node: "orders", ExpectedBy: "3"}}, fault.Invalid, "expected_by: "},
		"window":       {[]partition.Override{{Node: "orders", Window: -1}}, fault.Invalid, "window: -1"},
		"one end":      {[]partition.Override{{Node: "orders", Vars: partition.Vars{First: "since"}}}, fault.Invalid, "vars: both ends of a run are needed"},
		"twice":        {[]partition.Override{{Node: "orders", Grain: "day"}, {Node: "model.p.orders", Time: "ts"}}, fault.Invalid, "two entries mean model.p.orders"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := partition.Derive(g, test.overrides, nil)
			require.ErrorContains(t, err, test.says)
			require.Equal(t, test.kind, fault.KindOf(err))
		})
	}
}

// TestPublicManifests derives from what real projects say.
func TestPublicManifests(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]map[string]int{
		"yu-iskw_dbt-artifacts-parser__v4_bigquery": {"partition_by": 1},
		"fivetran_dbt_zendesk__v12_bigquery":        {"partition_by": 3},
		"dbt-labs_dbt-core__v12_postgres":           {},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			artifacts, err := dbt.Load(sharedtest.Dir(t, "manifests/"+name))
			require.NoError(t, err)
			specs := derive(t, artifacts.Graph)
			require.Empty(t, specs.Problems())
			got := map[string]int{}
			for _, id := range specs.IDs() {
				got[specs.Of(id).From]++
			}
			require.Equal(t, want, got)
		})
	}
}
