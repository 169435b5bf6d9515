package activation_test

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/activation"
	"github.com/headwater-mcp/headwater/activation/activationtest"
	"github.com/headwater-mcp/headwater/internal/sharedtest"
	"github.com/headwater-mcp/headwater/period"
)

// newCustomers are the published counts of first purchases by month, 2010-12 to 2011-12.
var newCustomers = []int64{948, 421, 380, 440, 299, 279, 235, 191, 167, 298, 352, 321, 41}

const customers = 4372

func retail(t *testing.T) (activationtest.World, *activation.Engine, *activation.Definition) {
	t.Helper()
	csv := filepath.Join(sharedtest.Dir(t, "events/online_retail"), "invoices.csv")
	w := activationtest.World{Path: filepath.Join(t.TempDir(), "retail.duckdb")}
	w.Do(t, fmt.Sprintf("create table purchases as select * from read_csv('%s')", csv))
	def, err := activation.Define(activation.Fact{
		Name: "purchase", Relation: "purchases", User: "user_id", Time: "ts", Dimensions: []string{"country"},
	}, activation.Defaults{})
	require.NoError(t, err)
	return w, open(t, w.Path), def
}

// TestOnlineRetailEqualsItsPublishedFigures reads the UCI Online Retail data as a fact, at every grain.
func TestOnlineRetailEqualsItsPublishedFigures(t *testing.T) {
	t.Parallel()
	w, e, def := retail(t)
	ctx := context.Background()
	asOf := time.Date(2011, 12, 10, 0, 0, 0, 0, time.UTC)
	for _, g := range def.Grains {
		_, err := e.Build(ctx, def, activation.BuildRequest{Grain: g, AsOf: asOf, Run: "test"})
		require.NoError(t, err)
		built, err := e.Periods(ctx, def, g)
		require.NoError(t, err)
		last := built[len(built)-1]
		require.EqualValues(t, customers, last.Known, "known customers by %s", g)
		w.RequireEqual(t, activationtest.Case{
			Definition: def, Grain: g, First: built[0].Period, Last: last.Period,
			Label: activationtest.Label("ts", "date", "", "monday", g),
		})
	}

	first := def.Calendar.On(period.Month, 2010, 12, 1)
	answer, err := e.Query(ctx, def, activation.Query{
		Grain: period.Month, First: &first, Metrics: []string{"new", "known"}, AsOf: asOf,
		Last: new(def.Calendar.On(period.Month, 2011, 12, 1)),
	})
	require.NoError(t, err)
	var got []int64
	for _, row := range answer.Rows {
		got = append(got, row["new"].(int64))
	}
	require.Equal(t, newCustomers, got)
	require.Contains(t, answer.Notes, "2011-12-01 is open: its numbers still grow.")
}

// TestSlicesOfACountryAddUp: the slices of a dimension add up to the whole, movers cancel, and each slice's own bridge holds.
func TestSlicesOfACountryAddUp(t *testing.T) {
	t.Parallel()
	_, e, def := retail(t)
	ctx := context.Background()
	_, err := e.Build(ctx, def, activation.BuildRequest{Grain: period.Week, AsOf: time.Date(2011, 12, 10, 0, 0, 0, 0, time.UTC), Run: "test"})
	require.NoError(t, err)
	first, last := def.Calendar.On(period.Week, 2011, 1, 3), def.Calendar.On(period.Week, 2011, 12, 5)
	q := activation.Query{
		Grain: period.Week, First: &first, Last: &last, Metrics: []string{"active", "new", "churned", "inactive"}, Limit: 1000,
		AsOf: time.Date(2011, 12, 10, 0, 0, 0, 0, time.UTC),
	}
	whole, err := e.Query(ctx, def, q)
	require.NoError(t, err)
	q.By, q.Top = []string{"country"}, 4
	sliced, err := e.Query(ctx, def, q)
	require.NoError(t, err)
	require.Len(t, sliced.Rows, 5*len(whole.Rows), "four countries and the rest")
	for _, metric := range q.Metrics {
		sums := map[string]int64{}
		for _, row := range sliced.Rows {
			sums[row["period"].(period.Period).String()] += row[metric].(int64)
		}
		for _, row := range whole.Rows {
			require.Equal(t, row[metric], sums[row["period"].(period.Period).String()], "%s in %s", metric, row["period"])
		}
	}
}
