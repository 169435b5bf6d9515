package observe_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/lineage"
	"github.com/headwater-mcp/headwater/partition"
	"github.com/headwater-mcp/headwater/period"
)

// checked judges the first fifteen days of June of a source over table t, by day.
func (s shopWarehouse) checked(t *testing.T, o partition.Override, loadedAt string) partition.NodeReport {
	t.Helper()
	o.Grain = "day"
	return s.checkedBy(t, o, loadedAt, "2026-06-01", "2026-06-15")
}

func (s shopWarehouse) checkedBy(t *testing.T, o partition.Override, loadedAt, first, last string) partition.NodeReport {
	t.Helper()
	const id = "source.shop.raw.t"
	graph := lineage.New("shop", []*lineage.Node{{
		ID: id, Name: "t", Type: lineage.TypeSource, Relation: "main.t", Source: &lineage.Source{Name: "raw", LoadedAtField: loadedAt},
	}}, nil)
	o.Node = id
	specs, err := partition.Derive(graph, []partition.Override{o}, nil)
	require.NoError(t, err)
	answer, err := partition.New(partition.Deps{Observer: s.observer}).Check(t.Context(), graph, specs, partition.CheckRequest{
		Nodes: []string{id}, First: &first, Last: &last, Only: partition.OnlyAll, Limit: 100, AsOf: time.Date(2026, 6, 16, 6, 0, 0, 0, time.UTC),
	})
	require.NoError(t, err)
	return answer.Nodes[0]
}

// duplicates are the days that are duplicated, with the evidence.
func duplicates(n partition.NodeReport) map[string]string {
	out := map[string]string{}
	for _, r := range n.Ranges {
		for _, f := range r.Findings {
			if f.Finding == partition.Duplicated {
				for p := r.First; p.Index <= r.Last.Index; p = p.Next() {
					out[p.String()] = f.Evidence
				}
			}
		}
	}
	return out
}

// TestAKeyInTwoDaysIsDuplicatedWhereItCameLater: where rows say when they were loaded it is the later day, else it is both.
func TestAKeyInTwoDaysIsDuplicatedWhereItCameLater(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		loadedAt  string
		loads     [2]string // of the rows of 4 and 9 June that have the same key
		duplicate []string
	}{
		"the second came later":      {"loaded", [2]string{"'2026-06-05'", "'2026-06-10'"}, []string{"2026-06-09"}},
		"the first came later":       {"loaded", [2]string{"'2026-06-11'", "'2026-06-10'"}, []string{"2026-06-04"}},
		"both came at once":          {"loaded", [2]string{"'2026-06-10'", "'2026-06-10'"}, []string{"2026-06-04", "2026-06-09"}},
		"one does not say":           {"loaded", [2]string{"'2026-06-05'", "null"}, []string{"2026-06-04", "2026-06-09"}},
		"no column says":             {"", [2]string{"'2026-06-05'", "'2026-06-10'"}, []string{"2026-06-04", "2026-06-09"}},
		"the column is no timestamp": {"id", [2]string{"'2026-06-05'", "'2026-06-10'"}, []string{"2026-06-04", "2026-06-09"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShop(t,
				`create table t as select range as id, timestamp '2026-06-01 10:00' + to_days((range // 20)::integer) as ts,
					timestamp '2026-06-02 01:00' + to_days((range // 20)::integer) as loaded from range(300)`,
				"insert into t values (1000, '2026-06-04 11:00', "+test.loads[0]+"), (1000, '2026-06-09 11:00', "+test.loads[1]+"), (null, '2026-06-03 11:00', null), (null, '2026-06-05 11:00', null)",
			)
			n := s.checked(t, partition.Override{Time: "ts", Key: "id", Begin: "2026-06-01"}, test.loadedAt)
			got := duplicates(n)
			for _, day := range test.duplicate {
				other := map[string]string{"2026-06-04": "2026-06-09", "2026-06-09": "2026-06-04"}[day]
				require.Equal(t, "1 of 21 rows have the key id of rows in "+other+", too; none may.", got[day])
			}
			require.Len(t, got, len(test.duplicate))
			require.EqualValues(t, 1, s.queries.Load())
		})
	}
}

// TestADailySnapshotMayRepeatItsUsers: a key of user and day is in one day only, and the user alone is no key that anybody declared.
func TestADailySnapshotMayRepeatItsUsers(t *testing.T) {
	t.Parallel()
	s := newShop(t, "create table t as select range % 20 as id, date '2026-06-01' + (range // 20)::integer as day from range(300)")
	require.Empty(t, duplicates(s.checked(t, partition.Override{Time: "day", Key: "id, day"}, "")))
	require.Empty(t, duplicates(s.checked(t, partition.Override{Time: "day"}, "")))
	got := duplicates(s.checked(t, partition.Override{Time: "day", Key: "id"}, ""))
	require.Len(t, got, 15)
	require.Equal(t, "20 of 20 rows a day have the key id of rows in days from 2026-06-01 to 2026-06-15, too; none may.", got["2026-06-07"])
}

// TestAKeyThatRepeatsInAndBetweenDays is said once of each.
func TestAKeyThatRepeatsInAndBetweenDays(t *testing.T) {
	t.Parallel()
	s := newShop(t,
		`create table t ("a, b" integer, "from" integer, headwater_k0 timestamp)`,
		"insert into t select range, range // 10, timestamp '2026-06-01 10:00' + to_days((range // 10)::integer) from range(150)",
		"insert into t values (5, 0, '2026-06-02 10:00'), (5, 0, '2026-06-02 11:00'), (5, 1, '2026-06-03 10:00')",
	)
	sp := spec(t, period.Day, "UTC", "", "headwater_k0", "a, b", "FROM")
	o := s.look(t, "t", sp, "2026-06-01", "2026-06-15")
	require.Empty(t, o.Unobserved)
	days := named(sp, o)
	index := func(day string) int {
		p, err := sp.Calendar.Parse(period.Day, day)
		require.NoError(t, err)
		return p.Index
	}
	require.Equal(t, partition.Count{Rows: 10, Keyed: 10, Distinct: 10, Elsewhere: partition.Elsewhere{Rows: 1, First: index("2026-06-02"), Last: index("2026-06-02")}}, days["2026-06-01"])
	require.Equal(t, partition.Count{Rows: 12, Keyed: 12, Distinct: 11, Elsewhere: partition.Elsewhere{Rows: 2, First: index("2026-06-01"), Last: index("2026-06-01")}}, days["2026-06-02"])
	require.Equal(t, partition.Count{Rows: 11, Keyed: 11, Distinct: 11}, days["2026-06-03"], "5, 1 is another key than 5, 0")
}
