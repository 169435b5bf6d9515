package dbtpackage_test

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/activation"
	"github.com/headwater-mcp/headwater/activation/activationtest"
	"github.com/headwater-mcp/headwater/activation/dbtpackage/dbttest"
	"github.com/headwater-mcp/headwater/internal/sharedtest"
	"github.com/headwater-mcp/headwater/period"
)

const purchases = `models:
  - name: fct_purchase
    config:
      meta: {headwater: {fact: {name: purchase, user: user_id, time: ts, dimensions: [country]}}}
`

// retail is UCI Online Retail as a dbt project whose outputs the package makes.
func retail(t *testing.T) (dbttest.Project, subject) {
	t.Helper()
	csv := filepath.Join(sharedtest.Dir(t, "events/online_retail"), "invoices.csv")
	files := dbttest.Outputs("purchase", "fct_purchase")
	files["models/fct_purchase.sql"] = "select * from main.purchases\n"
	files["models/fct_purchase.yml"] = purchases
	p := dbttest.New(t, files)
	do(t, p, fmt.Sprintf("create table purchases as select * from read_csv('%s')", csv))
	return p, subject{
		definition: define(t, activation.Fact{Name: "purchase", Relation: "purchases", User: "user_id", Time: "ts", Dimensions: []string{"country"}}),
		label:      func(g period.Grain) string { return activationtest.Label("ts", "date", "", "monday", g) },
	}
}

// TestDBTOnlineRetailEqualsTheEngine: day, week and month, built in three runs: up to a day in the middle, a month onwards, and to the end
// with a restatement. dbt's tests of the identities hold, and fail where a table was tampered with.
func TestDBTOnlineRetailEqualsTheEngine(t *testing.T) {
	t.Parallel()
	p, s := retail(t)
	for _, run := range []struct{ asOf, from string }{{"2011-06-05", ""}, {"2011-07-08", ""}, {"2011-12-10", "2011-03-02"}} {
		at, err := time.Parse(time.DateOnly, run.asOf)
		require.NoError(t, err)
		vars := map[string]string{"headwater_as_of": run.asOf}
		if run.from != "" {
			vars["headwater_from"] = run.from
		}
		p.Run(t, vars, "build")
		s.engine(t, p, at, run.from)
		s.requireEqual(t, p)
	}
	s.requireOracle(t, p)
	require.Equal(t,
		[]string{"948", "421", "380", "440", "299", "279", "235", "191", "167", "298", "352", "321", "41"},
		p.Ask(t, "select sum(users)::bigint from activation.purchase_transitions_monthly where to_state = 'new' group by period order by period"),
		"published counts of new customers")
	tampered(t, p)
}

// tampered breaks one identity per grain and asks which tests see it.
func tampered(t *testing.T, p dbttest.Project) {
	t.Helper()
	do(t, p,
		"insert into activation.purchase_activation_daily select * from activation.purchase_activation_daily where state = 'new' limit 1",
		"update activation.purchase_transitions_weekly set from_state = 'new' where period = '2011-05-02' and to_state = 'reactivated'",
		"update activation.purchase_activation_weekly set from_state = 'retained' where state = 'reactivated' and period = '2011-05-02'",
		"update activation.purchase_transitions_monthly set users = users + 1 where period = '2011-05-01' and to_state = 'retained'",
		"update activation.purchase_periods_monthly set known = known - 1 where period = '2011-07-01'")
	p.Fails(t, nil, "test")
	var failed []string
	for id, status := range p.Statuses(t) {
		if status != "pass" {
			require.Equal(t, "fail", status, id)
			failed = append(failed, id[len("test.shop.headwater_"):len(id)-len(".0123456789")])
		}
	}
	require.ElementsMatch(t, []string{
		"one_row_per_user_and_period_purchase_activation_daily_",
		"active_is_new_retained_reactivated_purchase_periods_daily_",
		"known_grows_by_new_purchase_periods_daily_",
		"legal_transitions_purchase_transitions_weekly_",
		"legal_transitions_purchase_activation_weekly_",
		"retained_is_active_before_less_churned_purchase_transitions_monthly_",
		"active_is_new_retained_reactivated_purchase_periods_monthly_",
		"known_grows_by_new_purchase_periods_monthly_",
	}, failed)
}
