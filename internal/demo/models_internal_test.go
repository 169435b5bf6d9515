package demo

import (
	"database/sql"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A world builds a microbatch model in one batch; dbt would have built it night by night. Both give the same rows.
func testOneBatchEqualsItsNights(t *testing.T, _ string, db *sql.DB) {
	t.Helper()
	m, err := readManifest()
	require.NoError(t, err)
	batched := 0
	for _, n := range m.models() {
		if n.Config.Strategy != "microbatch" {
			continue
		}
		batched++
		for _, night := range []int{0, 27, 28, 90, 118, 119} {
			day := days().first.AddDate(0, 0, night)
			b := batch{first: day, end: day.AddDate(0, 0, 1)}
			query, err := m.query(n, b)
			require.NoError(t, err)
			built := confined(n, b)
			require.Positive(t, one[int](t, db, "select count(*) from "+built))
			for _, difference := range []string{"(" + query + ") except all from " + built, "from " + built + " except all (" + query + ")"} {
				require.Zero(t, one[int](t, db, "select count(*) from ("+difference+")"), "%s on %s", n.Name, day.Format(time.DateOnly))
			}
		}
	}
	require.Equal(t, 2, batched)
}

func TestModelsStandAfterTheirParents(t *testing.T) {
	t.Parallel()
	m, err := readManifest()
	require.NoError(t, err)
	built := map[string]bool{}
	for _, n := range m.models() {
		for _, parent := range n.DependsOn.Nodes {
			require.True(t, built[parent] || m.Sources[parent].RelationName != "", "%s before %s", n.UniqueID, parent)
		}
		built[n.UniqueID] = true
	}
	require.Len(t, built, 6)
}

func TestQueryRefusesWhatItCannotRender(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]string{
		"select * from {{ ref('nothing') }}":                           "nothing",
		"select * from {{ source('raw', 'nothing') }}":                 "nothing",
		"select {{ dbt.current_timestamp() }}":                         "Jinja",
		"{% if true %} select 1 {% endif %}":                           "Jinja",
		"{{ config(x=1) }} select '{{ var('x') }}' from elsewhere.now": "Jinja",
	} {
		t.Run(code, func(t *testing.T) {
			t.Parallel()
			_, err := manifest{}.query(node{UniqueID: "model.shop.m", RawCode: code}, batch{})
			require.ErrorContains(t, err, want)
			require.ErrorContains(t, err, "model.shop.m")
		})
	}
}
