package app_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/agentops/platform"
	"github.com/headwater-mcp/headwater/internal/app"
	"github.com/headwater-mcp/headwater/internal/config"
	"github.com/headwater-mcp/headwater/partition"
	"github.com/headwater-mcp/headwater/warehouse"
	"github.com/headwater-mcp/headwater/warehouse/duckdb"
)

// ownBuilds is a fact without a dbt project, from Monday, 1 June, whose outputs our own engine builds.
type ownBuilds struct {
	t   *testing.T
	dir string
	app *app.App
	db  *duckdb.Warehouse
	now time.Time
}

func newOwnBuilds(t *testing.T, lines ...string) *ownBuilds {
	t.Helper()
	return newOwnBuildsIn(t, t.TempDir(), lines...)
}

const visitFact = "  - {name: visit, relation: main.visits, user: user_id, time: at, begin: 2026-06-01, dimensions: [country]}"

// newOwnBuildsIn makes the world in a folder; lines are further ones of headwater.yaml.
func newOwnBuildsIn(t *testing.T, dir string, lines ...string) *ownBuilds {
	t.Helper()
	o := &ownBuilds{t: t, dir: dir, now: time.Date(2026, 6, 15, 6, 0, 0, 0, time.UTC)}
	var err error
	o.db, err = duckdb.New(duckdb.Options{Path: filepath.Join(dir, "w.duckdb"), Create: true})
	require.NoError(t, err)
	// Ten users, every one of them on each of 14 days.
	o.do(`create table visits as select u as user_id, timestamp '2026-06-01 12:00:00' + to_days(d::integer) as "at", 'KR' as country, 'a' as page from range(10) x(u), range(14) y(d)`)
	return o.opened(visitFact, lines...)
}

// opened opens the project with a fact, as another process would.
func (o *ownBuilds) opened(fact string, lines ...string) *ownBuilds {
	o.t.Helper()
	text := append([]string{"project: shop", "warehouse: {type: duckdb, path: w.duckdb}", "facts:", fact}, lines...)
	require.NoError(o.t, os.WriteFile(filepath.Join(o.dir, "headwater.yaml"), []byte(strings.Join(text, "\n")+"\n"), 0o600))
	loaded, err := config.Load(config.Flags{Project: o.dir}, config.Env{}, o.dir)
	require.NoError(o.t, err)
	next := *o
	next.app, err = app.Open(o.t.Context(), app.Options{Config: loaded, Log: zerolog.Nop(), Purpose: "test", Now: func() time.Time { return next.now }})
	require.NoError(o.t, err)
	o.t.Cleanup(func() { require.NoError(o.t, next.app.Close()) })
	return &next
}

func (o *ownBuilds) do(statements ...string) {
	o.t.Helper()
	require.NoError(o.t, o.db.Write(o.t.Context(), func(ctx context.Context, w warehouse.Writer) error {
		for _, s := range statements {
			if err := w.Exec(ctx, s); err != nil {
				return err
			}
		}
		return nil
	}))
}

// later moves the clock.
func (o *ownBuilds) later(d time.Duration) *ownBuilds {
	o.now = o.now.Add(d)
	return o
}

func (o *ownBuilds) build() {
	o.t.Helper()
	_, err := o.app.Build(o.t.Context(), app.BuildRequest{})
	require.NoError(o.t, err)
}

// found lists what is said of the tables of the fact, as "day activation 2026-06-03 stale", sorted, and the evidence by that name;
// what is only a volume, or odd of the fact's relation itself, is left out.
func (o *ownBuilds) found(kinds ...string) (list []string, evidence map[string]string) {
	o.t.Helper()
	o.later(time.Minute)
	p, err := o.app.Current(o.t.Context())
	require.NoError(o.t, err)
	evidence = map[string]string{}
	for _, g := range []struct{ adverb, name string }{{"daily", "day"}, {"weekly", "week"}, {"monthly", "month"}} {
		for _, kind := range kinds {
			answer, err := p.CheckPartitions(o.t.Context(), platform.PartitionsRequest{
				Nodes: []string{"activation.shop.visit_" + kind + "_" + g.adverb}, First: "2026-06-01", Last: "2026-06-16", Only: "all", Limit: 100,
			})
			require.NoError(o.t, err)
			require.Equal(o.t, "output of fact visit", answer.Nodes[0].SpecFrom)
			for _, r := range answer.Nodes[0].Ranges {
				require.NotEqual(o.t, partition.Unknown, r.Presence, r.Detail)
				words := []string{}
				if r.Presence == partition.Missing {
					words = append(words, "missing")
				}
				for _, f := range r.Findings {
					if f.Finding != partition.LowVolume {
						words = append(words, string(f.Finding))
					}
				}
				for q := r.First; q.Index <= r.Last.Index; q = q.Next() {
					for _, word := range words {
						name := strings.Join([]string{g.name, kind, q.String(), word}, " ")
						list = append(list, name)
						for _, f := range r.Findings {
							if string(f.Finding) == word {
								evidence[name] = f.Evidence
							}
						}
					}
				}
			}
		}
	}
	slices.Sort(list)
	return list, evidence
}

// TestOutputsAreStaleExactlyWhereTheFactHasChanged: a past day of the fact is edited, and nobody says so. The outputs of that day, and
// of no later one, are not of what it holds now, until they are built again; what the build had to correct in later days is restated
// and not stale.
func TestOutputsAreStaleExactlyWhereTheFactHasChanged(t *testing.T) {
	t.Parallel()
	o := newOwnBuilds(t)
	o.build()
	list, _ := o.found("activation", "transitions", "periods")
	require.Empty(t, list, "nobody has looked before the build, and nothing has changed since")

	o.do(`delete from visits where user_id = 3 and cast("at" as date) = date '2026-06-04'`)
	list, evidence := o.found("activation", "transitions", "periods")
	require.Equal(t, []string{"day activation 2026-06-04 stale", "day periods 2026-06-04 stale", "day transitions 2026-06-04 stale"}, slices.DeleteFunc(slices.Clone(list), func(s string) bool { return !strings.HasPrefix(s, "day") }))
	require.Contains(t, list, "week activation 2026-06-01 stale")
	require.NotContains(t, list, "week activation 2026-06-08 stale")
	require.Contains(t, evidence["day activation 2026-06-04 stale"],
		"source.shop.main.visits 2026-06-04 is not what it was when this was built (2026-06-15T06:00:00Z): 9 instead of 10 rows")

	o.later(time.Hour).build()
	list, _ = o.found("activation", "transitions", "periods")
	require.Empty(t, list)

	// What the outputs do not follow from is a change, too, until a build has seen that it changes nothing.
	o.do(`update visits set page = 'b' where user_id = 1 and cast("at" as date) = date '2026-06-09'`)
	list, _ = o.found("activation")
	require.Contains(t, list, "day activation 2026-06-09 stale")
	o.later(time.Hour).build()
	list, _ = o.found("activation", "transitions", "periods")
	require.Empty(t, list)

	// And again, after a build that wrote nothing of that day.
	o.do(`insert into visits values (11, timestamp '2026-06-09 13:00:00', 'KR', 'a')`)
	list, _ = o.found("periods")
	require.Contains(t, list, "day periods 2026-06-09 stale")
	require.NotContains(t, list, "day periods 2026-06-10 stale")
}

// TestTheLedgerAndTheOutputsDiffer: a day on which nobody was active is empty, since the build says so; a day whose rows somebody has
// deleted from an output is missing, since the build says that it wrote them.
func TestTheLedgerAndTheOutputsDiffer(t *testing.T) {
	t.Parallel()
	o := newOwnBuilds(t)
	o.do(`delete from visits where cast("at" as date) = date '2026-06-10'`)
	o.build()
	list, evidence := o.found("activation", "periods")
	require.Equal(t, []string{"day activation 2026-06-10 empty"}, list)
	require.Contains(t, evidence["day activation 2026-06-10 empty"], "the last batch succeeded in the run that ended 2026-06-15T06:00:00Z, and wrote none.")

	o.do("delete from activation.visit_activation_daily where period = date '2026-06-05'")
	list, evidence = o.found("activation", "periods")
	require.Equal(t, []string{"day activation 2026-06-05 ledger_mismatch", "day activation 2026-06-05 missing", "day activation 2026-06-10 empty"}, list)
	require.Contains(t, evidence["day activation 2026-06-05 ledger_mismatch"], "says that it wrote 10 rows, and the warehouse has none")
}

// TestAFailedBuildIsOfThePeriodsThatItWasToMake: a column of the fact is gone when the next days have to be built.
func TestAFailedBuildIsOfThePeriodsThatItWasToMake(t *testing.T) {
	t.Parallel()
	o := newOwnBuilds(t)
	o.do(`insert into visits select user_id, "at" + interval 14 day, country, page from visits where cast("at" as date) = date '2026-06-01'`)
	o.build()
	o.later(48 * time.Hour)
	o.do("alter table visits rename country to land")
	_, err := o.app.Build(t.Context(), app.BuildRequest{})
	require.Error(t, err)
	list, evidence := o.found("activation")
	require.Equal(t, []string{"day activation 2026-06-15 failed", "day activation 2026-06-16 failed", "day activation 2026-06-16 missing"}, list,
		"the 15th was open when it was last built; weeks and months were not tried")
	require.Contains(t, evidence["day activation 2026-06-16 failed"], "failed in the run that ended 2026-06-17T06:00:00Z: Fact visit, dimensions: main.visits has no column \"country\"")

	o.do("alter table visits rename land to country")
	o.later(time.Hour).build()
	list, _ = o.found("activation")
	require.Equal(t, []string{"day activation 2026-06-16 empty"}, list, "nobody came that day")
}
