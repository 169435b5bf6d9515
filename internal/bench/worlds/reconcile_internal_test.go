package main

import (
	"database/sql"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// seoul is a case of four users in a zone nine hours ahead: ann stays, bob is new, cy comes back, and dee leaves; a row without a user,
// and one of the next day, count for nobody.
func seoul(t *testing.T) oneCase {
	t.Helper()
	dir := t.TempDir()
	db, err := sql.Open("duckdb", filepath.Join(dir, "warehouse.duckdb"))
	require.NoError(t, err)
	_, err = db.ExecContext(t.Context(), `CREATE TABLE visits AS SELECT * FROM (VALUES
		('ann', TIMESTAMP '2026-06-08 15:00:00', 'KR', 'ios'), ('ann', TIMESTAMP '2026-06-09 16:00:00', 'KR', 'ios'),
		('ann', TIMESTAMP '2026-06-09 16:00:00', 'JP', 'ios'), ('ann', TIMESTAMP '2026-06-09 16:00:00', 'KR', NULL),
		('bob', TIMESTAMP '2026-06-10 14:59:59', NULL, 'web'), ('cy', TIMESTAMP '2026-06-05 01:00:00', 'KR', 'web'),
		('cy', TIMESTAMP '2026-06-09 15:00:00', 'US', 'web'), ('dee', TIMESTAMP '2026-06-08 15:00:00', 'US', 'web'),
		('dee', TIMESTAMP '2026-06-10 15:00:00', 'KR', 'web'), (NULL, TIMESTAMP '2026-06-10 01:00:00', 'KR', 'web')) AS v (who, "at", country, platform)`)
	require.NoError(t, err)
	require.NoError(t, db.Close())
	return oneCase{
		dir: dir, question: question{Period: "2026-06-10"}, relation: `"warehouse"."main"."visits"`,
		fact: fact{User: "who", Time: "at", Dimensions: []string{"country", "platform"}, Zone: "Asia/Seoul", Begin: "2026-06-01"},
	}
}

const honest = `{"observed": 3, "change": 1, "expected": 7, "bridge": [
	{"transition": "new", "observed": 1, "expected": 2, "delta": 1, "in_sum": true}, {"transition": "retained", "observed": 1, "expected": 4, "delta": -1},
	{"transition": "reactivated", "observed": 1, "expected": 1, "delta": 1, "in_sum": true}, {"transition": "churned", "observed": 1, "expected": 9, "delta": -1, "in_sum": true}],
	"segments": [{"where": {"country": "KR"}, "of": "active", "observed": 1}, {"where": {"country": null, "platform": "web"}, "of": "new", "observed": 1},
	{"where": {"country": "US"}, "of": "churned", "observed": 1}]}`

func TestAnAnswerIsComparedWithTheRowsOfTheFact(t *testing.T) {
	t.Parallel()
	c := seoul(t)
	require.NoError(t, c.reconcile(t.Context(), []byte(honest)))
	for name, lie := range map[string]struct{ from, to, said string }{
		"the whole":         {`"observed": 3`, `"observed": 4`, "observed is said to be 4, and is 3"},
		"a transition":      {`"new", "observed": 1`, `"new", "observed": 2`, "new is said to be 2, and is 1"},
		"the change":        {`"change": 1`, `"change": 2`, "the change is said to be 2, and is 1"},
		"the expectation":   {`"expected": 7`, `"expected": 8`, "expected is said to be 8, and is 7"},
		"a slice":           {`{"country": "KR"}, "of": "active", "observed": 1`, `{"country": "KR"}, "of": "active", "observed": 2`, "active of map[country:KR] is said to be 2, and is 1"},
		"a slice of nobody": {`{"country": "US"}, "of": "churned"`, `{"country": "KR"}, "of": "churned"`, "churned of map[country:KR] is said to be 1, and is 0"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text := replaced(t, honest, lie.from, lie.to)
			require.ErrorContains(t, c.reconcile(t.Context(), []byte(text)), lie.said)
		})
	}
}

func replaced(t *testing.T, text, from, to string) string {
	t.Helper()
	require.Contains(t, text, from)
	return strings.Replace(text, from, to, 1)
}

func TestExplanationsFailBelowTheFloorAndWhereNumbersAreWrong(t *testing.T) {
	t.Parallel()
	none, some := 0.0, 0.5
	for name, c := range map[string]struct {
		floor float64
		apart int
		score scored
		says  string
	}{
		"no floor":            {0, 0, scored{Total: 3, FalseBlame: &some}, ""},
		"above it":            {90, 0, scored{Total: 90, FalseBlame: &none}, ""},
		"below it":            {90, 0, scored{Total: 89.9}, "score 89.9 of 100, and have to reach 90.0"},
		"blame for nothing":   {90, 0, scored{Total: 99, FalseBlame: &some}, "blamed where nothing happened"},
		"numbers that differ": {0, 1, scored{Total: 99}, "1 answers do not agree"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := explanations{options: options{floor: c.floor}, apart: c.apart}
			if err := e.judged(c.score); c.says == "" {
				require.NoError(t, err)
			} else {
				require.ErrorContains(t, err, c.says)
			}
		})
	}
}
