package platform_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/agentops/explain"
	"github.com/headwater-mcp/headwater/agentops/platform"
	"github.com/headwater-mcp/headwater/partition"
	"github.com/headwater-mcp/headwater/period"
)

// TestTheLostHoursOfADayAreOnePieceOfEvidence: fifteen hours of a source are lost in two stretches and one by itself, and one
// more a day earlier. Each day's are one piece, with the day that they make suspect and the one that echoes it, whichever of the
// two is asked about; and the day of the model that fell with them is named after them and not blamed.
func TestTheLostHoursOfADayAreOnePieceOfEvidence(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "UTC", "")
	p, source := w.seen(t, partition.Override{Grain: "hour"}, 0)
	day := func(d int) period.Period { return period.UTC().On(period.Day, 2026, time.June, d) }
	lose := func(d int, hours ...int) {
		for _, h := range hours {
			w.observer.gone = append(w.observer.gone, source.At(day(d).Start().Add(time.Duration(h)*time.Hour)))
		}
	}
	lose(13, 5)
	lose(14, 0, 1, 2, 3, 4, 5, 9, 12, 13, 14, 15, 16, 17, 18, 19)
	w.observer.thin = []period.Period{day(14)}
	evidence := func(name string) (of map[string]explain.Evidence, answer platform.ExplainAnswer) {
		answer, err := p.ExplainActiveUsers(t.Context(), platform.ExplainRequest{Fact: "visit", Grain: "day", Period: name})
		require.NoError(t, err)
		of = map[string]explain.Evidence{}
		for _, e := range answer.Evidence {
			require.NotContains(t, of, e.Node+" "+e.Partition)
			of[e.Node+" "+e.Partition] = e
		}
		return of, answer
	}
	for _, asked := range []string{"2026-06-14", "2026-06-15"} {
		of, _ := evidence(asked)
		lost := of["raw.log 2026-06-14T00:00Z"]
		require.Equal(t, "2026-06-14T19:00Z", lost.Last)
		require.Equal(t, []string{"raw.log", "stg", "fct"}, lost.Path)
		require.Equal(t, "15 hours, 2026-06-14T00:00Z to 2026-06-14T05:00Z, 2026-06-14T09:00Z, 2026-06-14T12:00Z to 2026-06-14T19:00Z; the first of them: "+
			"No rows, where 8 other Sundays at 00:00 have 1,000. It makes 2026-06-14 of visit by day suspect, and by its echo the transitions of 2026-06-15.", lost.Detail)
		require.Contains(t, of, "fct 2026-06-14")
		require.NotContains(t, of["fct 2026-06-14"].Detail, "echo", "of the fact's own day that needs no word")
		require.Equal(t, asked == "2026-06-14", len(of) == 3, "%v", of)
	}
	of, _ := evidence("2026-06-14")
	alone := of["raw.log 2026-06-13T05:00Z"]
	require.Empty(t, alone.Last)
	require.Equal(t, "No rows, where 8 other Saturdays at 05:00 have 1,000. It makes 2026-06-13 of visit by day suspect, and by its echo the transitions of 2026-06-14.", alone.Detail)

	_, answer := evidence("2026-06-16")
	require.Empty(t, answer.Evidence, "neither the day nor the one before")
}
