package initialise_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/activation"
	"github.com/headwater-mcp/headwater/internal/config"
	"github.com/headwater-mcp/headwater/internal/initialise"
	"github.com/headwater-mcp/headwater/internal/sharedtest"
	"github.com/headwater-mcp/headwater/lineage"
	"github.com/headwater-mcp/headwater/lineage/dbt"
)

// model is a table with columns, "name" or "name type".
func model(name string, columns ...string) *lineage.Node {
	n := &lineage.Node{ID: "model.shop." + name, Name: name, Type: lineage.TypeModel, Package: "shop", Materialized: "table"}
	for _, c := range columns {
		column, typ, _ := strings.Cut(c, " ")
		n.Columns = append(n.Columns, lineage.Column{Name: column, Type: typ})
	}
	return n
}

func propose(nodes ...*lineage.Node) []initialise.Proposal {
	return initialise.Propose(lineage.New("shop", nodes, nil))
}

// loads renders proposals and loads the file.
func loads(t *testing.T, proposals []initialise.Proposal) []activation.Fact {
	t.Helper()
	text, err := initialise.Render(initialise.Draft{Proposals: proposals})
	require.NoError(t, err)
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, config.FileName), []byte(text), 0o600))
	l, err := config.Load(config.Flags{}, nil, dir)
	require.NoError(t, err, text)
	for i := range l.Facts {
		require.Equal(t, "UTC", l.Facts[i].Timezone)
		l.Facts[i].Timezone = ""
	}
	return l.Facts
}

// On real projects the first proposal is what a person would have said, and every file loads as it was proposed.
func TestPublicManifests(t *testing.T) {
	t.Parallel()
	dir := sharedtest.Dir(t, "manifests")
	fact := func(name, model, user, when string, dimensions ...string) *activation.Fact {
		return &activation.Fact{
			Name: name, Model: model, User: user, Time: when, Grains: []string{"day", "week", "month"}, Dimensions: dimensions,
		}
	}
	want := map[string]*activation.Fact{
		"DataRecce_recce__v12_duckdb":                fact("order", "orders", "customer_id", "order_date", "status"),
		"yu-iskw_dbt-artifacts-parser__v12_duckdb":   fact("order", "orders", "customer_id", "ordered_at"),
		"K12-Analytics-Engineering_dbt__v4_bigquery": fact("student_attendance", "fct_student_attendance", "student_key", "date"),
		"fivetran_dbt_zendesk__v12_bigquery": fact("ticket_enriched", "zendesk__ticket_enriched", "requester_id", "created_at",
			"created_channel", "status", "type", "requester_locale"),
		"matsonj_nba-monte-carlo__v12_duckdb":        nil, // basketball has no users
		"brooklyn-data_dbt_artifacts__v10_snowflake": nil,
	}
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	checked := 0
	for _, e := range entries {
		if !e.IsDir() {
			continue
		}
		t.Run(e.Name(), func(t *testing.T) {
			a, err := dbt.Load(filepath.Join(dir, e.Name()))
			require.NoError(t, err)
			proposals := initialise.Propose(a.Graph)
			facts := loads(t, proposals)
			require.Len(t, facts, len(proposals))
			for i, p := range proposals {
				require.Equal(t, p.Fact, facts[i])
				found, err := a.Graph.Resolve(p.Fact.Model)
				require.NoError(t, err)
				require.Equal(t, lineage.TypeModel, found.Type)
			}
			if first, ok := want[e.Name()]; ok {
				checked++
				if first == nil {
					require.Empty(t, proposals)
					return
				}
				require.NotEmpty(t, proposals)
				require.Equal(t, *first, proposals[0].Fact)
			}
		})
	}
	require.Equal(t, len(want), checked)
}

func TestProposeRanks(t *testing.T) {
	t.Parallel()
	got := propose(
		model("stg_app_visits", "user_id", "event_at"),
		model("fct_app_visit", "event_id", "user_id VARCHAR", "event_at TIMESTAMP", "country VARCHAR", "platform VARCHAR", "amount_type DOUBLE"),
		model("fct_item_sold", "customer_id", "sold_at", "channel"),
		model("orders", "account_id", "order_date"),
		model("page_views", "visitor_id", "ts"),
		model("dim_users", "user_id", "created_at", "country"),
	)
	names := []string{}
	for _, p := range got {
		names = append(names, p.Fact.Name)
	}
	require.Equal(t, []string{"app_visit", "item_sold", "page_view"}, names, "the staging model is the same fact, a dimension is none")
	require.Equal(t, []string{"country", "platform"}, got[0].Fact.Dimensions, "a number is nothing to slice by")
	require.Equal(t, "fct_app_visit is a table and named like a fact: user_id looks like the user key, event_at like the time of the event.", got[0].Why)
}

func TestProposeReadsDBT(t *testing.T) {
	t.Parallel()
	t.Run("event_time", func(t *testing.T) {
		t.Parallel()
		n := model("fct_visit", "user_id", "visited_at", "seen_ON date")
		n.Build.EventTime = "seen_on"
		got := propose(n)
		require.Len(t, got, 1)
		require.Equal(t, "seen_ON", got[0].Fact.Time)
		require.Contains(t, got[0].Why, "seen_ON is dbt's event_time")
	})
	t.Run("one row a user", func(t *testing.T) {
		t.Parallel()
		test := &lineage.Node{
			ID: "test.shop.u", Name: "u", Type: lineage.TypeTest,
			Test: &lineage.Test{Kind: lineage.KindGeneric, Name: "unique", Column: "USER_ID", Attached: "model.shop.fct_visit"},
		}
		require.Empty(t, propose(model("fct_visit", "user_id", "visited_at"), test))
	})
	t.Run("already declared", func(t *testing.T) {
		t.Parallel()
		before, n := model("stg_visits", "user_id", "visited_at"), model("fct_visit", "user_id", "visited_at")
		n.Meta = map[string]any{"headwater": map[string]any{"fact": map[string]any{"name": "visit"}}}
		g := lineage.New("shop", []*lineage.Node{before, n}, []lineage.Edge{{From: before.ID, To: n.ID}})
		require.Empty(t, initialise.Propose(g))
		require.Equal(t, []*lineage.Node{n}, initialise.Declared(g))
	})
	t.Run("a layer earlier", func(t *testing.T) {
		t.Parallel()
		before, n := model("app_events", "user_id", "visited_at"), model("fct_visit", "user_id", "visited_at")
		g := lineage.New("shop", []*lineage.Node{before, n}, []lineage.Edge{{From: before.ID, To: n.ID}})
		require.Len(t, initialise.Propose(g), 1)
	})
	t.Run("ephemeral", func(t *testing.T) {
		t.Parallel()
		n := model("fct_visit", "user_id", "visited_at")
		n.Materialized = "ephemeral"
		require.Empty(t, propose(n))
	})
	t.Run("a name that is given twice", func(t *testing.T) {
		t.Parallel()
		other := model("fct_visit")
		other.ID, other.Package = "model.core.fct_visit", "core"
		got := propose(model("fct_visit", "user_id", "visited_at"), other)
		require.Len(t, got, 1)
		require.Contains(t, []string{"fct_visit", "model.shop.fct_visit"}, got[0].Fact.Model)
		found, err := lineage.New("shop", []*lineage.Node{model("fct_visit"), other}, nil).Resolve(got[0].Fact.Model)
		require.NoError(t, err)
		require.Equal(t, "model.shop.fct_visit", found.ID)
	})
}

// What happens to a row is no event, and not every id is a user's.
func TestProposeRefusesColumns(t *testing.T) {
	t.Parallel()
	for _, columns := range [][]string{
		{"user_id", "updated_at"},
		{"user_id", "_loaded_at timestamp"},
		{"user_id", "first_order_date"},
		{"user_id", "valid_from"},
		{"user_id", "birth_date"},
		{"user_id", "paid_at integer"},
		{"user_id", "_fivetran_synced timestamp"},
		{"event_id", "event_at"},
		{"order_id", "event_at"},
		{"paid", "event_at"},
		{"user_name", "event_at"},
		{"user_id", "time_zone"},
		{"session.user_id", "event_at"},
		{"user_id struct<a", "event_at"},
		{"user_id"},
		{"event_at"},
		{},
	} {
		require.Empty(t, propose(model("fct_visit", columns...)), columns)
	}
}

// Whatever a project calls its things, the file loads and means the same.
func TestRenderQuotes(t *testing.T) {
	t.Parallel()
	proposals := []initialise.Proposal{{
		Fact: activation.Fact{
			Name: "on", Model: "model.shop.a#b: c", User: "user \"id\"", Time: "no", Grains: []string{"day"},
			Dimensions: []string{"Land, Ort", "null", "größe", "- x", "{{ y }}", "1e3"},
		},
		Why: "two\nlines # of it",
	}}
	require.Equal(t, []activation.Fact{proposals[0].Fact}, loads(t, proposals))
}
