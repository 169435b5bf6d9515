package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/internal/demo"
)

// TestACaseIsAskedAsAUserAsks runs all of it on the demo's world, whose incident is known: it passes by the truth, and fails by a
// truth in which something else happened.
func TestACaseIsAskedAsAUserAsks(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	worlds, truths := filepath.Join(root, "worlds"), filepath.Join(root, "truths")
	dir := filepath.Join(worlds, "case_1")
	s, err := demo.World(t.Context(), dir)
	require.NoError(t, err)
	config := filepath.Join(dir, "headwater.yaml")
	text, err := os.ReadFile(config)
	require.NoError(t, err)
	text = append(text, "\nfacts:\n  - {name: app_visit, model: fct_app_visit, user: user_id, time: event_at, grains: [day]}\n"...)
	require.NoError(t, os.WriteFile(config, text, 0o600))
	write(t, filepath.Join(dir, "question.json"),
		question{Fact: s.Fact, Grain: "day", Period: s.Incident.Period, AsOf: s.AsOf.Format("2006-01-02T15:04:05Z07:00")})
	require.NoError(t, os.Mkdir(truths, 0o700))
	file := filepath.Join(truths, "case_1.json")
	args := []string{"-worlds", worlds, "-truths", truths}

	node := strings.TrimPrefix(s.Incident.Node, "source.shop.")
	write(t, file, truth{Kind: "missing_partition", Class: dataFault, Causes: []cause{{"missing_partition", node, s.Incident.Period}}})
	var out, progress bytes.Buffer
	require.NoError(t, run(t.Context(), args, &out, &progress))
	require.Contains(t, out.String(), "1 cases: 1 of 1 injected partition faults found; 0 findings that no truth explains")
	require.Contains(t, out.String(), "partial fct_app_visit "+s.Incident.Period)
	require.NoDirExists(t, filepath.Join(dir, ".headwater"), "what asks leaves nothing in the case")

	write(t, file, truth{Kind: "late_data", Class: dataFault, Causes: []cause{{"late_data", "raw.web_events", s.Incident.Period}}})
	require.ErrorIs(t, run(t.Context(), args, &out, &progress), errWrong)

	text, err = os.ReadFile(file)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(truths, "case_2.json"), text, 0o600))
	out.Reset()
	require.ErrorContains(t, run(t.Context(), args, &out, &progress), "case_2")
	require.Contains(t, out.String(), "1 cases: 0 of 1", "what was measured before a case that cannot be read is not lost")
}

func write(t *testing.T, file string, v any) {
	t.Helper()
	text, err := json.Marshal(v)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(file, text, 0o600))
}

func TestWhatIsMissingIsNamed(t *testing.T) {
	t.Parallel()
	empty := t.TempDir()
	for words, args := range map[string][]string{
		"world.py is absent":    {"-tool", empty},
		"go together":           {"-worlds", empty},
		"holds no truths":       {"-worlds", empty, "-truths", empty},
		`-seeds "3..1"`:         {"-seeds", "3..1"},
		"leaves nothing to do":  {"-check=false"},
		`"-kinds" is no flag`:   {"--", "-kinds"},
		"flag provided but not": {"-sedes", "1"},
	} {
		require.ErrorContains(t, run(t.Context(), args, &bytes.Buffer{}, &bytes.Buffer{}), words)
	}
}

func TestAKindThatIsNotKnownIsRefusedWithThoseThatAre(t *testing.T) {
	t.Parallel()
	_, err := options{kinds: []string{"holidy"}}.chosen([]string{"holiday", "late_data"})
	require.ErrorContains(t, err, `no kind "holidy"; valid are holiday, late_data`)
	kinds, err := options{kinds: []string{"late_data"}}.chosen([]string{"holiday", "late_data"})
	require.NoError(t, err)
	require.Equal(t, []string{"late_data"}, kinds)
}
