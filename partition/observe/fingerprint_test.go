package observe_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/partition"
	"github.com/headwater-mcp/headwater/period"
)

// TestFingerprintsAreOfTheRows: not of their order, nor of when they were loaded; and of every other column.
func TestFingerprintsAreOfTheRows(t *testing.T) {
	t.Parallel()
	s := newShop(t,
		"create table t (ts timestamp, id integer, name varchar, _loaded_at timestamp, dbt_updated_at timestamp)",
		`insert into t values ('2026-06-09 01:00', 1, 'a', '2026-06-10', '2026-06-10'), ('2026-06-09 02:00', 2, null, '2026-06-10', null), ('2026-06-10', 3, 'c', null, null)`,
		"create table again as select ts, id, name, timestamp '2030-01-01' as _loaded_at, timestamp '2030-01-01' as dbt_updated_at from t order by id desc",
		"create table twice as select * from t union all select * from t where id = 2",
		"create table other as select ts, id, coalesce(name, '') as name, _loaded_at, dbt_updated_at from t",
		"create table renamed as select ts, id, name as title, _loaded_at, dbt_updated_at from t",
		"create table nothing as select * from t limit 0",
	)
	sp := spec(t, period.Day, "UTC", "", "ts")
	first, last := sp.Calendar.On(period.Day, 2026, 6, 8), sp.Calendar.On(period.Day, 2026, 6, 10)
	look := func(relation string) map[string]partition.Count {
		o, err := s.observer.Observe(t.Context(), partition.ObserveRequest{
			Relation: relation, Spec: sp, First: first, Last: last, PrintFirst: new(first.Next()), PrintLast: new(first.Next()),
		})
		require.NoError(t, err)
		require.Empty(t, o.Unobserved)
		return named(sp, o)
	}
	whole := func(relation string) partition.Count {
		o, err := s.observer.Whole(t.Context(), partition.WholeRequest{Relation: relation})
		require.NoError(t, err)
		require.Empty(t, o.Unobserved)
		return o.Count
	}
	base := look("t")
	require.EqualValues(t, 2, base["2026-06-09"].Rows)
	require.NotEmpty(t, base["2026-06-09"].Fingerprint)
	require.Empty(t, base["2026-06-10"].Fingerprint, "only of the periods for which it was asked")
	require.Equal(t, base["2026-06-09"], look("again")["2026-06-09"])
	require.Equal(t, whole("t"), whole("again"))
	require.Equal(t, partition.Count{}, whole("nothing"))
	for _, relation := range []string{"twice", "other", "renamed"} {
		require.NotEqual(t, base["2026-06-09"].Fingerprint, look(relation)["2026-06-09"].Fingerprint, relation)
		require.NotEqual(t, whole("t").Fingerprint, whole(relation).Fingerprint, relation)
	}
	o, err := s.observer.Whole(t.Context(), partition.WholeRequest{Relation: "gone"})
	require.NoError(t, err)
	require.Contains(t, o.Unobserved, "has no relation gone")
}
