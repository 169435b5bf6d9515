package app_test

import (
	"encoding/json"
	"io/fs"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/activation/activationtest"
	"github.com/headwater-mcp/headwater/agentops/platform"
	"github.com/headwater-mcp/headwater/internal/app"
	"github.com/headwater-mcp/headwater/internal/demo"
	"github.com/headwater-mcp/headwater/testdata/shop"
)

// rebuild is the statements that make the shop's incremental models again from all that is there.
func rebuild(t *testing.T) (statements []string) {
	t.Helper()
	text, err := fs.ReadFile(shop.Files(), "target/manifest.json")
	require.NoError(t, err)
	type node struct {
		Relation string `json:"relation_name"`
		Code     string `json:"raw_code"`
	}
	var manifest struct{ Nodes map[string]node }
	require.NoError(t, json.Unmarshal(text, &manifest))
	config, ref := regexp.MustCompile(`(?s)\{\{ config\(.*?\) \}\}`), regexp.MustCompile(`\{\{ ref\('(\w+)'\) \}\}`)
	for _, name := range []string{"int_user_events", "fct_app_visit"} {
		n := manifest.Nodes["model.shop."+name]
		code := ref.ReplaceAllStringFunc(config.ReplaceAllString(n.Code, ""), func(call string) string {
			return manifest.Nodes["model.shop."+ref.FindStringSubmatch(call)[1]].Relation
		})
		require.NotContains(t, code, "{{")
		statements = append(statements, "create or replace table "+n.Relation+" as ("+code+")")
	}
	return statements
}

// doubted is what is said of suspect periods: in list_facts, by day, week and month, and in the notes of query_activation.
func doubted(t *testing.T, p *platform.Platform) (suspect [][]string, notes []string) {
	t.Helper()
	facts, err := p.ListFacts(t.Context(), platform.FactsRequest{})
	require.NoError(t, err)
	for _, g := range facts.Facts[0].Grains {
		suspect = append(suspect, g.Suspect)
	}
	answer, err := p.QueryActivation(t.Context(), platform.QueryRequest{Fact: "app_visit", Grain: "day", First: "2026-06-08", Last: "2026-06-15", Limit: 100})
	require.NoError(t, err)
	for _, n := range answer.Notes {
		if strings.Contains(n, "suspect") {
			notes = append(notes, n)
		}
	}
	return suspect, notes
}

// TestARepairedDayIsSuspectNoMore: a day of a source is lost and the models are built over the hole; it comes back; the models run;
// the outputs are restated. What is said follows each step, and in the end the numbers are those of before.
func TestARepairedDayIsSuspectNoMore(t *testing.T) {
	t.Parallel()
	a, _ := built(t)
	w := activationtest.World{Path: filepath.Join(a.Config().Root, demo.Warehouse)}
	rows := func() (active []any) {
		p, err := a.Current(t.Context())
		require.NoError(t, err)
		answer, err := p.QueryActivation(t.Context(), platform.QueryRequest{Fact: "app_visit", Grain: "day", First: "2026-06-08", Last: "2026-06-13"})
		require.NoError(t, err)
		for _, r := range answer.Rows {
			active = append(active, r)
		}
		return active
	}
	models := func() {
		w.Do(t, rebuild(t)...)
		_, err := a.Build(t.Context(), app.BuildRequest{})
		require.NoError(t, err)
	}
	const (
		incident = "2026-06-14 is suspect: raw.app_events 2026-06-14 is missing."
		ofTwo    = "2026-06-11 and 2026-06-15: their transitions are suspect too (echo)."
		ofOne    = "2026-06-15: its transitions are suspect too (echo)."
		lostDay  = "2026-06-10"
	)
	p, err := a.Current(t.Context())
	require.NoError(t, err)
	before := rows()
	suspect, notes := doubted(t, p)
	require.Equal(t, [][]string{{"2026-06-14"}, {"2026-06-08"}, {}}, suspect)
	require.Equal(t, []string{incident, ofOne}, notes)

	w.Do(t, "create table kept as select * from raw.app_events where cast(occurred_at as date) = date '"+lostDay+"'",
		"delete from raw.app_events where cast(occurred_at as date) = date '"+lostDay+"'")
	models()
	require.NotEqual(t, before, rows())
	suspect, notes = doubted(t, p)
	require.Equal(t, [][]string{{"2026-06-14", "2026-06-10"}, {"2026-06-08"}, {}}, suspect)
	require.Equal(t, []string{"2026-06-10 is suspect: raw.app_events 2026-06-10 is missing.", incident, ofTwo}, notes)

	w.Do(t, "insert into raw.app_events from kept")
	suspect, notes = doubted(t, p)
	require.Equal(t, [][]string{{"2026-06-14", "2026-06-10"}, {"2026-06-08"}, {}}, suspect)
	require.Equal(t, []string{"2026-06-10 is suspect: int_user_events 2026-06-10 is partial.", incident, ofTwo}, notes)

	models()
	require.Equal(t, before, rows())
	suspect, notes = doubted(t, p)
	require.Equal(t, [][]string{{"2026-06-14"}, {"2026-06-08"}, {}}, suspect)
	require.Equal(t, []string{incident, ofOne}, notes)
}
