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
