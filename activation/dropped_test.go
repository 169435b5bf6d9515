package activation_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/headwater-mcp/headwater/activation"
	"github.com/headwater-mcp/headwater/activation/activationtest"
	"github.com/headwater-mcp/headwater/period"
	"github.com/headwater-mcp/headwater/warehouse"
)

// keptVisit is a row of one of two relations that a fact reads, in a country; the fact leaves some rows out.
type keptVisit struct {
	user, day, relation int
	kept                bool
}

// TestTheDroppedAreShownUpstreamAndNotInThePeriod: by either of two relations, under the country that was last known of them.
func TestTheDroppedAreShownUpstreamAndNotInThePeriod(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		visits := []keptVisit{{user: 1, kept: true}}
		for range rapid.IntRange(1, 20).Draw(t, "visits") {
			visits = append(visits, keptVisit{
				user: rapid.IntRange(1, 6).Draw(t, "user"), day: rapid.IntRange(0, 2).Draw(t, "day"),
				relation: rapid.IntRange(0, 1).Draw(t, "relation"), kept: rapid.Bool().Draw(t, "kept"),
			})
		}
		engine, d, done := buildKept(t, visits)
		defer done()
		of := []activation.Upstream{
			{Relation: warehouse.Relation{Name: "app"}, Time: "happened", ColumnZone: "UTC"},
			{Relation: warehouse.Relation{Name: "totals"}, Time: "happened", ColumnZone: "UTC"},
			{Relation: warehouse.Relation{Name: "web"}, Time: "happened", ColumnZone: "UTC"},
		}
		if rapid.Bool().Draw(t, "the first only") {
			of = of[:1]
		}
		day := rapid.IntRange(0, 2).Draw(t, "asked")
		shown, dropped := int64(0), map[activation.Leaf]int64{}
		for user := range 7 {
			read, active, leaf := false, false, activation.Leaf("")
			for _, v := range visits {
				if v.user != user {
					continue
				}
				read = read || v.day == day && (v.relation == 0 || len(of) > 1)
				active = active || v.day == day && v.kept
				if v.kept {
					leaf = activation.Leaf(fmt.Sprintf(`{"country":"%d"}`, user%2))
				}
			}
			switch {
			case read && active:
				shown++
			case read:
				dropped[leaf]++
			}
		}
		p := d.Calendar.On(period.Day, 2026, 3, 9+day)
		got, counted, err := engine.Shown(context.Background(), d, of, p)
		require.NoError(t, err)
		require.True(t, counted)
		require.Equal(t, shown, got)
		byLeaf, counted, err := engine.Dropped(context.Background(), d, of, p)
		require.NoError(t, err)
		require.True(t, counted)
		require.Equal(t, dropped, byLeaf)
		if len(of) > 1 {
			_, counted, err = engine.Dropped(context.Background(), d, of[1:2], p)
			require.NoError(t, err)
			require.False(t, counted, "totals show no user")
		}
	})
}

// buildKept builds a fact over the visits that are kept.
func buildKept(t *rapid.T, visits []keptVisit) (*activation.Engine, *activation.Definition, func()) {
	memory := activationtest.NewMemory(t)
	world := activationtest.World{Memory: memory}
	var values [2][]string
	for _, v := range visits {
		at := time.Date(2026, 3, 9+v.day, 10, 0, 0, 0, time.UTC)
		values[v.relation] = append(values[v.relation], fmt.Sprintf("(%d, '%s', '%d', %t)", v.user, at.Format(time.DateTime), v.user%2, v.kept))
	}
	world.Do(t, "create table totals (happened timestamp, users bigint)")
	for i, name := range []string{"app", "web"} {
		world.Do(t, "create table "+name+" (user_id bigint, happened timestamp, country varchar, kept boolean)")
		if len(values[i]) > 0 {
			world.Do(t, "insert into "+name+" values "+strings.Join(values[i], ", "))
		}
	}
	world.Do(t, "create view visits as select * from app where kept union all select * from web where kept")
	d, err := activation.Define(activation.Fact{
		Name: "visit", Relation: "visits", User: "user_id", Time: "happened", Begin: "2026-03-09", Dimensions: []string{"country"}, Timezone: "UTC",
	}, activation.Defaults{})
	require.NoError(t, err)
	engine, err := activation.NewEngine(memory, "activation")
	require.NoError(t, err)
	_, err = engine.Build(context.Background(), d, activation.BuildRequest{Grain: period.Day, AsOf: time.Date(2026, 3, 13, 0, 0, 0, 0, time.UTC), Run: "r"})
	require.NoError(t, err)
	return engine, d, memory.Close
}
