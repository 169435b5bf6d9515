package partition_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/lineage"
	"github.com/headwater-mcp/headwater/partition"
	"github.com/headwater-mcp/headwater/period"
)

// TestCodeChanged: what older code built says so, with both dates, and stays ready.
func TestCodeChanged(t *testing.T) {
	t.Parallel()
	change := partition.CodeChange{Checksum: "new", Before: at(t, "2026-06-10T00:00:00Z"), Since: at(t, "2026-06-12T00:00:00Z")}
	build := func(started string) partition.BuildRecord {
		return partition.BuildRecord{Status: "success", StartedAt: at(t, started), GoodAt: at(t, started)}
	}
	for name, test := range map[string]struct {
		build        partition.BuildRecord
		checksum     string
		materialized string
		want         bool
	}{
		"built before":                {build("2026-06-09T03:00:00Z"), "new", "table", true},
		"built between the manifests": {build("2026-06-11T03:00:00Z"), "new", "table", true},
		"built since":                 {build("2026-06-12T00:01:00Z"), "new", "table", false},
		"today's is yet another":      {build("2026-06-09T03:00:00Z"), "newer", "table", false},
		"a view is not built":         {build("2026-06-09T03:00:00Z"), "new", "view", false},
		"never built":                 {partition.BuildRecord{Status: "error"}, "new", "table", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m, whole, reader := model("m", test.materialized), model("whole", test.materialized), model("r", "table")
			m.Checksum, whole.Checksum = test.checksum, test.checksum
			g := project([]*lineage.Node{source("a"), m, whole, reader}, [2]string{sourceA, m.ID}, [2]string{sourceA, whole.ID}, [2]string{m.ID, reader.ID})
			specs := derive(t, g, partition.Override{Node: "m", Grain: "day", Time: "ts", Begin: "2026-01-01"}, partition.Override{Node: "r", Grain: "day", Time: "ts", Begin: "2026-01-01"})
			c := partition.New(partition.Deps{
				Observer: &held{tables: map[string]table{m.ID: daily(100, nil), reader.ID: daily(100, nil)}},
				Ledger: recorded{
					builds:  map[string]partition.BuildRecord{m.ID: test.build, whole.ID: test.build},
					changes: map[string]partition.CodeChange{m.ID: change, whole.ID: change},
				},
			})
			asOf := at(t, "2026-06-15T08:00:00Z")
			nodes := check(t, c, g, specs, partition.CheckRequest{Nodes: []string{m.ID, whole.ID, reader.ID}, AsOf: asOf})
			require.Equal(t, test.want, nodes[m.ID].Findings[partition.CodeChanged] == 14)
			require.Equal(t, test.want, nodes[whole.ID].Findings[partition.CodeChanged] == 1)
			if test.want {
				require.Empty(t, nodes[reader.ID].Ranges, "no reader waits for it")
				troubles, err := c.Upstream(t.Context(), g, specs, reader.ID, []period.Period{day(t, "2026-06-10"), day(t, "2026-06-12")}, asOf)
				require.NoError(t, err)
				require.Empty(t, troubles, "nor is it a trouble upstream")
				evidence := nodes[m.ID].Ranges[0].Findings[0].Evidence
				require.Contains(t, evidence, "Its code is today's since the manifest of 2026-06-12T00:00:00Z, and was another in that of 2026-06-10T00:00:00Z.")
				require.Contains(t, evidence, test.build.GoodAt.Format("2006-01-02T15:04:05Z"))
				require.Equal(t, evidence, nodes[whole.ID].Table[0].Evidence)
			}
		})
	}
}

// TestCodeChangedByBatch: of a microbatch model each partition is of the code of its own batch.
func TestCodeChangedByBatch(t *testing.T) {
	t.Parallel()
	m := microbatch()
	m.Checksum = "new"
	g := project([]*lineage.Node{source("a"), m}, [2]string{sourceA, m.ID})
	c := partition.New(partition.Deps{
		Observer: &held{tables: map[string]table{m.ID: daily(100, nil)}},
		Ledger: recorded{
			builds:  map[string]partition.BuildRecord{m.ID: {Status: "success", Batched: true, GoodAt: at(t, "2026-06-14T11:00:00Z")}},
			changes: map[string]partition.CodeChange{m.ID: {Checksum: "new", Before: at(t, "2026-06-12T13:00:00Z"), Since: at(t, "2026-06-13T00:00:00Z")}},
			batches: map[string][]partition.BatchRecord{m.ID: {batch(t, 14, 10, "ok"), batch(t, 12, 11, "ok"), batch(t, 11, 10, "ok")}},
		},
	})
	n := check(t, c, g, derive(t, g), partition.CheckRequest{Nodes: []string{m.ID}, First: new("2026-06-09"), Last: new("2026-06-12"), AsOf: at(t, "2026-06-15T08:00:00Z")})[m.ID]
	require.Len(t, n.Ranges, 1)
	require.Equal(t, "2026-06-11", n.Ranges[0].First.String(), "of 9 and 12 no batch is known, and 10 was built again")
	require.Equal(t, 1, n.Findings[partition.CodeChanged])
	require.Contains(t, n.Ranges[0].Findings[0].Evidence, "by the run that started 2026-06-12T11:00:00Z")
}

// TestAChangedViewChangesWhatIsBuiltOnIt: a view has no build, so the tables that read it, through views, are of its old code until
// they are built again; what reads those tables is not.
func TestAChangedViewChangesWhatIsBuiltOnIt(t *testing.T) {
	t.Parallel()
	const since = "2026-06-12T00:00:00Z"
	change := partition.CodeChange{Checksum: "new", Before: at(t, "2026-06-10T00:00:00Z"), Since: at(t, since)}
	for name, test := range map[string]struct {
		checksum, built string
		own             bool // the reader's own code changed, too
		want            string
	}{
		"built before the view changed":    {"new", "2026-06-11T03:00:00Z", false, "It reads the view model.p.stg, whose code is today's since the manifest of " + since},
		"built since":                      {"new", "2026-06-12T03:00:00Z", false, ""},
		"today's code of it is another":    {"newer", "2026-06-11T03:00:00Z", false, ""},
		"its own code changed, which says": {"new", "2026-06-11T03:00:00Z", true, "Its code is today's since the manifest of " + since},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			stg, top, fct, whole, last := model("stg", "view"), model("top", "ephemeral"), model("fct", "incremental"), model("whole", "table"), model("last", "incremental")
			stg.Checksum, fct.Checksum, whole.Checksum = test.checksum, "new", "new"
			g := project([]*lineage.Node{source("a"), stg, top, fct, whole, last}, [2]string{sourceA, stg.ID}, [2]string{stg.ID, top.ID},
				[2]string{top.ID, fct.ID}, [2]string{top.ID, whole.ID}, [2]string{fct.ID, last.ID})
			var overrides []partition.Override
			for _, name := range []string{"stg", "fct", "last"} {
				overrides = append(overrides, partition.Override{Node: name, Grain: "day", Time: "ts", Begin: "2026-01-01"})
			}
			build := partition.BuildRecord{Status: "success", StartedAt: at(t, test.built), GoodAt: at(t, test.built)}
			ledger := recorded{
				builds:  map[string]partition.BuildRecord{stg.ID: build, fct.ID: build, whole.ID: build, last.ID: build},
				changes: map[string]partition.CodeChange{stg.ID: change},
			}
			if test.own {
				ledger.changes[fct.ID], ledger.changes[whole.ID] = change, change
			}
			c := partition.New(partition.Deps{
				Observer: &held{tables: map[string]table{stg.ID: daily(100, nil), fct.ID: daily(100, nil), last.ID: daily(100, nil)}}, Ledger: ledger,
			})
			nodes := check(t, c, g, derive(t, g, overrides...), partition.CheckRequest{
				Nodes: []string{stg.ID, fct.ID, whole.ID, last.ID}, Only: partition.OnlyAll, AsOf: at(t, "2026-06-15T08:00:00Z"),
			})
			require.Zero(t, nodes[stg.ID].Findings[partition.CodeChanged], "a view is of no build")
			require.Zero(t, nodes[last.ID].Findings[partition.CodeChanged], "there is a table between")
			if test.want == "" {
				require.Zero(t, nodes[fct.ID].Findings[partition.CodeChanged])
				require.Zero(t, nodes[whole.ID].Findings[partition.CodeChanged])
				return
			}
			require.Equal(t, 14, nodes[fct.ID].Findings[partition.CodeChanged])
			require.Contains(t, nodes[fct.ID].Ranges[0].Findings[0].Evidence, test.want)
			require.Equal(t, 1, nodes[whole.ID].Findings[partition.CodeChanged])
			require.Contains(t, nodes[whole.ID].Table[0].Evidence, test.want)
			alone := check(t, c, g, derive(t, g, overrides...), partition.CheckRequest{Nodes: []string{whole.ID}, AsOf: at(t, "2026-06-15T08:00:00Z")})
			require.Equal(t, 1, alone[whole.ID].Findings[partition.CodeChanged], "asked for alone as well")
		})
	}
}
