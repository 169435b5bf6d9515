package explain_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/agentops/explain"
)

// TestAnEntryForEverybodyGoesWithASliceOnlyWhereTheWholeMoved: a holiday that names no slice explains one that fell furthest, and does
// not explain one that fell while the whole stayed where it was.
func TestAnEntryForEverybodyGoesWithASliceOnlyWhereTheWholeMoved(t *testing.T) {
	t.Parallel()
	holiday := []explain.CalendarEntry{{Date: day(asked), Type: explain.Holiday, Name: "New year"}}
	everybody := func(user) bool { return true }
	web := func(u user) bool { return u.platform == "web" }
	few := func(u user) bool { return u.platform == "web" && u.country == "DE" }

	in := newTown(1, together(stay(everybody, 0.8), stay(web, 0.4))).question(asked)
	in.Calendar = holiday
	answer := explained(t, in)
	require.Equal(t, explain.HolidayCause, answer.Verdict.Cause, answer.Verdict.Summary)
	require.NotEmpty(t, answer.Segments)

	in = newTown(1, stay(few, 0.2)).question(asked)
	in.Calendar = holiday
	answer = explained(t, in)
	require.Equal(t, explain.Churn, answer.Verdict.Cause, answer.Verdict.Summary)
}
