package lineage_test

import (
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/internal/sharedtest"
	"github.com/headwater-mcp/headwater/lineage"
	"github.com/headwater-mcp/headwater/lineage/dbt"
)

// selectorCase is one recorded answer of dbt.
type selectorCase struct {
	ID            string           `json:"id"`
	Manifest      string           `json:"manifest"`
	Method        string           `json:"method"`
	Select        []string         `json:"select"`
	Exclude       []string         `json:"exclude"`
	ResourceTypes []string         `json:"resource_types"`
	Indirect      lineage.Indirect `json:"indirect"`
	RunResults    bool             `json:"run_results"`
	PreviousState bool             `json:"previous_state"`
	Previous      *earlier         `json:"previous"`
	Unrendered    bool             `json:"compare_more_unrendered_values"`
	Warnings      []string         `json:"warnings"`
	Expect        []string         `json:"expect"`
	ExpectCount   int              `json:"expect_count"`
	ExpectSHA     string           `json:"expect_sha256"`
	Selector      string           `json:"selector"`
	SelectorsYML  string           `json:"selectors_yml"`
	What          string           `json:"what"`
	Error         *struct {
		Type string `json:"type"`
	} `json:"error"`
}

// cannotBeRight lists recorded answers that dbt would not give over a project on disk, with the reason.
func cannotBeRight() map[string]string {
	return map[string]string{
		"dbt-labs_dbt-core__v12_postgres/0046": "path:* was asked over a stand-in tree that holds the files of all nodes but " +
			"functions; on disk functions/ is there, and dbt selects what lies in it",
	}
}

// corpus is a file of recorded cases.
type corpus struct {
	Cases []selectorCase `json:"cases"`
}

func readCorpus(t *testing.T, path string) corpus {
	t.Helper()
	f, err := os.Open(path)
	require.NoError(t, err)
	defer func() { require.NoError(t, f.Close()) }()
	r, err := gzip.NewReader(f)
	require.NoError(t, err)
	var c corpus
	require.NoError(t, json.NewDecoder(r).Decode(&c))
	return c
}

// TestSelectAnswersAsDBT runs dbt's recorded answers. Compare has to agree on every pair of manifests that they compare.
func TestSelectAnswersAsDBT(t *testing.T) {
	t.Parallel()
	dir := sharedtest.Dir(t, "selectors")
	manifests := sharedtest.Dir(t, "manifests")
	byManifest := map[string][]selectorCase{}
	for _, c := range readCorpus(t, filepath.Join(dir, "cases.json.gz")).Cases {
		folder := filepath.Join(manifests, c.Manifest)
		byManifest[folder] = append(byManifest[folder], c)
	}
	small := filepath.Join(dir, "small")
	byManifest[small] = readCorpus(t, filepath.Join(small, "cases.json.gz")).Cases

	tally := &tally{ran: map[string]int{}}
	t.Run("cases", func(t *testing.T) {
		t.Parallel()
		for folder, cases := range byManifest {
			t.Run(filepath.Base(folder), func(t *testing.T) {
				t.Parallel()
				checkFolder(t, folder, cases, tally)
			})
		}
	})
	t.Cleanup(func() { t.Logf("ran %d cases: %v", sum(tally.ran), tally.ran) })
}

// tally counts cases by method.
type tally struct {
	mu  sync.Mutex
	ran map[string]int
}

func (y *tally) count(c selectorCase) {
	y.mu.Lock()
	defer y.mu.Unlock()
	y.ran[c.Method]++
}

func checkFolder(t *testing.T, folder string, cases []selectorCase, tally *tally) {
	t.Helper()
	a, err := dbt.Load(folder)
	require.NoError(t, err)
	before := earlierRuns(t, folder)
	states := earlierStates{folder: folder, graphs: map[string]*lineage.Graph{}}
	for _, c := range cases {
		if why, listed := cannotBeRight()[c.ID]; listed {
			t.Logf("%s is not compared: %s", c.ID, why)
			continue
		}
		tally.count(c)
		with := before
		if c.Previous != nil {
			with = &lineage.Before{Graph: states.graph(t, c.Previous), Unrendered: c.Unrendered}
		}
		checkCase(t, a.Graph, with, c)
	}
	for _, base := range states.graphs {
		requireAgreement(t, base, a.Graph)
	}
}

// earlierRuns gives the small project its earlier run and freshness check, and the others their own run_results.
func earlierRuns(t *testing.T, folder string) *lineage.Before {
	t.Helper()
	if filepath.Base(folder) != "small" {
		a, err := dbt.Load(folder)
		require.NoError(t, err)
		return &lineage.Before{Results: a.RunResults.Statuses()}
	}
	load := func(prefix string) *dbt.Artifacts {
		dir := t.TempDir()
		for _, name := range []string{"manifest", "run_results", "sources"} {
			from := filepath.Join(folder, prefix+"_"+name+".json.gz")
			if name == "manifest" && prefix == "current" {
				from = filepath.Join(folder, "manifest.json.gz")
			}
			data, err := os.ReadFile(from)
			if os.IsNotExist(err) {
				continue
			}
			require.NoError(t, err)
			require.NoError(t, os.WriteFile(filepath.Join(dir, name+".json.gz"), data, 0o600))
		}
		a, err := dbt.Load(dir)
		require.NoError(t, err)
		return a
	}
	previous, current := load("previous"), load("current")
	return &lineage.Before{
		Graph: previous.Graph, Results: previous.RunResults.Statuses(), Sources: previous.Sources.LoadedAt(), CurrentSources: current.Sources.LoadedAt(),
	}
}

func checkCase(t *testing.T, g *lineage.Graph, before *lineage.Before, c selectorCase) {
	t.Helper()
	req := lineage.SelectRequest{
		Select: words(c.Select), Exclude: words(c.Exclude), ResourceTypes: c.ResourceTypes, Indirect: c.Indirect,
	}
	if c.RunResults || c.PreviousState || c.Previous != nil {
		req.Before = before
	}
	nodes, warnings, err := g.Select(req)
	name := fmt.Sprintf("%s select=%q exclude=%q types=%v indirect=%s", c.ID, c.Select, c.Exclude, c.ResourceTypes, c.Indirect)
	if c.Error != nil {
		if err == nil {
			t.Errorf("%s: dbt refuses it (%s), headwater found %d nodes", name, c.Error.Type, len(nodes))
		} else if fault.KindOf(err) != fault.Invalid {
			t.Errorf("%s: refused as %s: %s", name, fault.KindOf(err), err)
		}
		return
	}
	if err != nil {
		t.Errorf("%s: %s", name, err)
		return
	}
	ids := idsOf(nodes)
	if c.ExpectSHA != "" {
		sum := sha256.Sum256([]byte(strings.Join(ids, "\n")))
		if hex.EncodeToString(sum[:]) != c.ExpectSHA {
			t.Errorf("%s: %d nodes, dbt found %d others", name, len(ids), c.ExpectCount)
		}
	} else if missing, extra := diff(c.Expect, ids), diff(ids, c.Expect); len(missing)+len(extra) > 0 {
		t.Errorf("%s: of dbt's %d nodes missing %v, too many %v", name, len(c.Expect), missing[:min(3, len(missing))], extra[:min(3, len(extra))])
	}
	checkWarnings(t, name, warnings, c.Warnings)
}

func checkWarnings(t *testing.T, name string, got, want []string) {
	t.Helper()
	var parts []string
	for _, w := range want {
		parts = append(parts, `"`+strings.TrimPrefix(w, "no-match:")+`" `)
	}
	for _, part := range parts {
		if !slices.ContainsFunc(got, func(w string) bool { return strings.HasPrefix(w, part) }) {
			t.Errorf("%s: no warning about %s in %q", name, part, got)
		}
	}
	// What headwater says besides, dbt does not.
	got = slices.DeleteFunc(slices.Clone(got), func(w string) bool { return !strings.Contains(w, `" matches nothing.`) })
	if len(got) != len(want) {
		t.Errorf("%s: dbt warns of %q, headwater says %q", name, want, got)
	}
}

// words joins what dbt takes as several values of one option. An empty value is a selection for dbt and no selection for
// headwater, whose requests cannot tell an empty text from none: a space has dbt's meaning.
func words(values []string) string {
	if len(values) == 1 && values[0] == "" {
		return " "
	}
	return strings.Join(values, " ")
}

func diff(a, b []string) []string {
	return slices.DeleteFunc(slices.Clone(a), func(s string) bool { return slices.Contains(b, s) })
}

func sum(counts map[string]int) (n int) {
	for v := range maps.Values(counts) {
		n += v
	}
	return n
}
