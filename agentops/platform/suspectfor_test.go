package platform_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/agentops/platform"
	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/lineage"
	"github.com/headwater-mcp/headwater/partition"
	"github.com/headwater-mcp/headwater/period"
)

// builds is a Ledger that knows last builds and no tests.
type builds map[string]partition.BuildRecord

func (b builds) LastBuild(context.Context, []string, time.Time) (map[string]partition.BuildRecord, error) {
	return b, nil
}

func (builds) LastTests(context.Context, []string, time.Time) (map[string]partition.TestRecord, error) {
	return map[string]partition.TestRecord{}, nil
}

func (builds) Batches(context.Context, []string, time.Time, time.Time, time.Time) (map[string][]partition.BatchRecord, error) {
	return map[string][]partition.BatchRecord{}, nil
}

func (builds) CodeChanges(context.Context, []string, time.Time) (map[string]partition.CodeChange, error) {
	return map[string]partition.CodeChange{}, nil
}

func (builds) Runs(context.Context, []string, int, time.Time) (map[string][]partition.RunTime, error) {
	return map[string][]partition.RunTime{}, nil
}

// unread is a Ledger that cannot be read.
type unread struct{ builds }

func (unread) LastBuild(context.Context, []string, time.Time) (map[string]partition.BuildRecord, error) {
	return nil, fault.New(fault.Unavailable, "The store is locked.")
}

// TestWhatMakesAPeriodSuspect: missing, partial, failed and empty do; open, pending, and empty as usual do not; what is not known
// is said and suspects nothing.
func TestWhatMakesAPeriodSuspect(t *testing.T) {
	t.Parallel()
	day := func(d int) period.Period { return period.UTC().On(period.Day, 2026, time.June, d) }
	days := func(from, until int) (out []period.Period) {
		for d := from; d <= until; d++ {
			out = append(out, day(d))
		}
		return out
	}
	noon := time.Date(2026, time.June, 16, 12, 0, 0, 0, time.UTC)
	rebuilt := builds{logs: {Status: "success", StartedAt: noon}}
	cases := map[string]struct {
		gone, thin []period.Period
		source     partition.Override
		ledger     partition.Ledger
		down       error
		model      string
		seed       bool
		suspect    string
		notes      []string
	}{
		"all there":    {},
		"missing":      {gone: days(14, 14), suspect: "2026-06-14", notes: []string{"2026-06-14 is suspect: raw.log 2026-06-14 is missing.", "2026-06-15: its transitions are suspect too (echo)."}},
		"with partial": {gone: days(14, 14), thin: days(14, 14), suspect: "2026-06-14", notes: []string{"2026-06-14 is suspect: raw.log 2026-06-14 is missing.", "2026-06-15: its transitions are suspect too (echo)."}},
		"partial, for what it reads did not fall": {thin: days(14, 14), suspect: "2026-06-14", notes: []string{
			"2026-06-14 is suspect: fct 2026-06-14 is partial.", "2026-06-15: its transitions are suspect too (echo).",
		}},
		"still open":     {gone: days(17, 17)},
		"not due yet":    {gone: days(16, 16), source: partition.Override{ExpectedBy: "2d"}},
		"never on these": {gone: []period.Period{day(14), day(7), day(14).Add(-14), day(14).Add(-21), day(14).Add(-28), day(14).Add(-35)}},
		"not expected":   {gone: days(4, 15), source: partition.Override{ExpiresAfter: "1d"}},
		"empty, though it was rebuilt whole": {gone: days(14, 14), seed: true, ledger: rebuilt, suspect: "2026-06-14", notes: []string{
			"2026-06-14 is suspect: raw.log 2026-06-14 is empty.", "2026-06-15: its transitions are suspect too (echo).",
		}},
		"the last run failed": {ledger: builds{visits: {Status: "error", CompletedAt: noon, GoodAt: noon.Add(-24 * time.Hour)}}, suspect: "2026-06-16 2026-06-15", notes: []string{
			"2026-06-15 and 2026-06-16 are suspect: fct 2026-06-15 and 2026-06-16 have failed.",
		}},
		"the warehouse does not answer": {down: fault.New(fault.Unavailable, "The warehouse is locked."), notes: []string{
			"Not everything could be checked for suspect periods. raw.log was not observed: The warehouse is locked; and 1 more.",
		}},
		"nor does the ledger": {ledger: unread{}, gone: days(14, 14), notes: []string{
			"Not everything could be checked for suspect periods. The store is locked.",
		}},
		"a fact without a node": {model: "none", gone: days(14, 14), notes: []string{
			"Not everything could be checked for suspect periods. The fact's relation is no node of the lineage graph.",
		}},
	}
	built := newWorld(t, "UTC", "")
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := *built
			w.observer = &raw{gone: c.gone, thin: c.thin, down: c.down}
			c.source.Grain = "day"
			if c.seed {
				w.graph = project(lineage.TypeSeed)
			}
			p, _ := w.seen(t, c.source, 0)
			p.Checker = partition.New(partition.Deps{Observer: w.observer, Ledger: c.ledger})
			if c.model != "" {
				p.Facts[0].ModelID = ""
			}
			facts, err := p.ListFacts(t.Context(), platform.FactsRequest{})
			require.NoError(t, err)
			require.Equal(t, strings.Fields(c.suspect), facts.Facts[0].Grains[0].Suspect)
			answer, err := p.QueryActivation(t.Context(), platform.QueryRequest{Fact: "visit", Grain: "day"})
			require.NoError(t, err)
			require.Equal(t, append([]string{}, c.notes...), answer.Notes)
			require.Len(t, answer.Rows, 14)
			if strings.HasPrefix(strings.Join(c.notes, ""), "Not everything") {
				require.Contains(t, facts.Notice, strings.TrimPrefix(c.notes[0], "Not everything could be checked for suspect periods."))
			} else {
				require.Empty(t, facts.Notice)
			}
		})
	}
}

// TestListingFactsDoesNotWaitForever: what takes too long is not known, and that is said; what is built is.
func TestListingFactsDoesNotWaitForever(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "UTC", "")
	w.observer.slow = true
	p, _ := w.seen(t, partition.Override{Grain: "day"}, 0)
	p.Patience = time.Millisecond
	facts, err := p.ListFacts(t.Context(), platform.FactsRequest{})
	require.NoError(t, err)
	require.Equal(t, "Not everything of visit could be checked for suspect periods. It took too long; query_activation looks at fewer periods.", facts.Notice)
	require.Equal(t, "2026-06-16", facts.Facts[0].Grains[0].LastClosed)
	require.Equal(t, []string{}, facts.Facts[0].Grains[0].Suspect)
}
