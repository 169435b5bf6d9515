package activation_test

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/activation"
	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/period"
)

// lost is a Suspects that knows which days of a source are missing: a period is suspect when it overlaps one of them.
type lost struct {
	days      []period.Period
	unchecked string
	err       error
	// asked are the ranges it was asked about.
	asked []string
}

func (l *lost) Suspects(_ context.Context, _ *activation.Definition, first, last period.Period) (activation.Suspicion, error) {
	l.asked = append(l.asked, first.String()+" "+last.String())
	out := activation.Suspicion{Unchecked: l.unchecked}
	for p := first; p.Index <= last.Index; p = p.Next() {
		doubt := activation.Doubt{Node: "raw.log", What: "missing"}
		for _, day := range l.days {
			if p.Start().Before(day.End()) && day.Start().Before(p.End()) {
				doubt.Partitions = append(doubt.Partitions, day)
			}
		}
		if len(doubt.Partitions) > 0 {
			out.Periods = append(out.Periods, activation.Suspect{Period: p, Causes: []activation.Doubt{doubt}})
		}
	}
	return out, l.err
}

// suspicious are the notes that speak of suspect periods.
func suspicious(notes []string) []string {
	out := []string{}
	for _, n := range notes {
		if strings.Contains(n, "suspect") {
			out = append(out, n)
		}
	}
	return out
}

// TestWhatIsSuspectIsSaidOfWhatWasAsked: the period itself in all that is shown; its echo in transitions, gaps and streaks alone;
// windows as far as they reach.
func TestWhatIsSuspectIsSaidOfWhatWasAsked(t *testing.T) {
	t.Parallel()
	a := ask(t, slicedFact(), []period.Grain{period.Day, period.Week, period.Month}, twoUsers()...)
	const (
		fourth = "2026-03-04 is suspect: raw.log 2026-03-04 is missing."
		echo   = "2026-03-05: its transitions are suspect too (echo)."
	)
	cases := map[string]struct {
		grain       period.Grain
		lost        []int
		first, last int
		metrics     string
		notes       []string
	}{
		"the period alone in active":           {period.Day, []int{4}, 3, 8, "active null_user_rows", []string{fourth}},
		"with its echo in transitions":         {period.Day, []int{4}, 3, 8, "active new", []string{fourth, echo}},
		"which net and known are, too":         {period.Day, []int{4}, 3, 8, "net", []string{fourth, echo}},
		"no echo of another day's active":      {period.Day, []int{4}, 5, 8, "active null_user_rows", []string{}},
		"an echo names a day that is not here": {period.Day, []int{4}, 5, 8, "churn_rate", []string{fourth, echo}},
		"nor is there one two days later":      {period.Day, []int{4}, 6, 8, "churn_rate gaps streaks transition_matrix", []string{}},
		"gaps and streaks": {period.Day, []int{4}, 5, 5, "gaps streaks", []string{
			fourth, "2026-03-05: its gaps and streaks are suspect too (echo).",
		}},
		"and all together": {period.Day, []int{4}, 5, 8, "transition_matrix cohort_retention gaps streaks new", []string{
			fourth, "2026-03-05: its transitions, gaps and streaks are suspect too (echo).",
		}},
		"a window that holds it": {period.Day, []int{4}, 9, 10, "l7", []string{
			fourth, "l7 of 2026-03-10 is suspect too: its window holds 2026-03-04.",
		}},
		"and one that has passed it":   {period.Day, []int{4}, 9, 11, "l7", []string{}},
		"a window that ends with it":   {period.Day, []int{4}, 3, 4, "l7", []string{fourth}},
		"rows are not of the window":   {period.Day, []int{4}, 3, 11, "l7", []string{}},
		"a longer window":              {period.Day, []int{4}, 11, 11, "active l28", []string{fourth, "l28 of 2026-03-11 is suspect too: its window holds 2026-03-04."}},
		"states of growth look back":   {period.Day, []int{4, 6}, 7, 9, "growth_states", []string{fourth, "2026-03-06 is suspect: raw.log 2026-03-06 is missing.", "growth_states of 2026-03-07 to 2026-03-09 are suspect too: their windows hold 2026-03-04 and 2026-03-06."}},
		"days in a row are one note":   {period.Day, []int{4, 5}, 3, 8, "new", []string{"2026-03-04 and 2026-03-05 are suspect: raw.log 2026-03-04 and 2026-03-05 are missing.", "2026-03-06: its transitions are suspect too (echo)."}},
		"and three are a range":        {period.Day, []int{4, 5, 6}, 3, 8, "active", []string{"2026-03-04 to 2026-03-06 are suspect: raw.log 2026-03-04 to 2026-03-06 are missing."}},
		"a week that overlaps it":      {period.Week, []int{4}, 2, 9, "active", []string{"2026-03-02 is suspect: raw.log 2026-03-04 is missing."}},
		"with the echo of weeks":       {period.Week, []int{4}, 2, 9, "new", []string{"2026-03-02 is suspect: raw.log 2026-03-04 is missing.", "2026-03-09: its transitions are suspect too (echo)."}},
		"whose stickiness has no echo": {period.Week, []int{4}, 9, 9, "stickiness_day_week", []string{}},
		"but is suspect itself":        {period.Week, []int{4}, 2, 9, "stickiness_day_week", []string{"2026-03-02 is suspect: raw.log 2026-03-04 is missing."}},
		"and the month":                {period.Month, []int{4, 6, 8, 9, 11}, 1, 1, "active", []string{"2026-03-01 is suspect: raw.log 2026-03-04, 2026-03-06, 2026-03-08 and 2 more are missing."}},
		"several days in a week": {period.Week, []int{2, 4, 6, 8}, 2, 2, "active", []string{
			"2026-03-02 is suspect: raw.log 2026-03-02, 2026-03-04, 2026-03-06 and 1 more are missing.",
		}},
		"a few are told, and how to see the rest": {period.Day, []int{2, 4, 6, 8, 10}, 2, 11, "active", []string{
			"2026-03-02 is suspect: raw.log 2026-03-02 is missing.", fourth, "2026-03-06 is suspect: raw.log 2026-03-06 is missing.",
			`2 more periods are suspect; see check_partitions {"nodes":["raw.log"],"first":"2026-03-02","last":"2026-03-10"}.`,
		}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var days []period.Period
			for _, day := range c.lost {
				days = append(days, period.UTC().On(period.Day, 2026, 3, day))
			}
			q := activation.Query{
				Grain: c.grain, First: a.on(c.grain, c.first), Last: a.on(c.grain, c.last), Metrics: strings.Fields(c.metrics), Limit: 1000,
			}
			plain := a.answer(q)
			require.Empty(t, suspicious(plain.Notes), "nobody was asked")
			l := &lost{days: days}
			q.Suspects = l
			answer := a.answer(q)
			require.Equal(t, c.notes, suspicious(answer.Notes))
			require.Equal(t, plain.Rows, answer.Rows, "suspect values are shown as they are")
			require.Equal(t, plain.Tables, answer.Tables)
			require.LessOrEqual(t, len(l.asked), 1)
		})
	}
}

// TestOnlyWhatAnAnswerRestsOnIsAskedAbout: not a day more, and none before the first built one.
func TestOnlyWhatAnAnswerRestsOnIsAskedAbout(t *testing.T) {
	t.Parallel()
	a := ask(t, slicedFact(), []period.Grain{period.Day}, twoUsers()...)
	for metrics, asked := range map[string]string{
		"active": "2026-03-10 2026-03-11", "new": "2026-03-09 2026-03-11", "l7": "2026-03-05 2026-03-11", "l28": "2026-03-02 2026-03-11",
		"streaks": "2026-03-09 2026-03-11", "growth_states": "2026-03-02 2026-03-11",
	} {
		l := &lost{}
		a.answer(activation.Query{Grain: period.Day, First: a.on(period.Day, 10), Last: a.on(period.Day, 11), Metrics: []string{metrics}, Suspects: l})
		require.Equal(t, []string{asked}, l.asked, metrics)
	}
	l := &lost{}
	a.answer(activation.Query{Grain: period.Day, Metrics: []string{"gaps"}, Suspects: l})
	require.Equal(t, []string{"2026-03-10 2026-03-11"}, l.asked, "a histogram without first is of the last period")
	l = &lost{}
	a.answer(activation.Query{Grain: period.Day, Last: new(a.definition.Calendar.On(period.Day, 2026, 2, 1)), Suspects: l})
	require.Empty(t, l.asked, "nothing is shown")
}

func TestWhatCouldNotBeCheckedForSuspectPeriodsIsSaidOnce(t *testing.T) {
	t.Parallel()
	a := ask(t, slicedFact(), []period.Grain{period.Day}, twoUsers()...)
	q := activation.Query{Grain: period.Day, Metrics: []string{"active", "l7"}, Suspects: &lost{unchecked: "raw.log was not observed: no time column."}}
	require.Equal(t, []string{"Not everything could be checked for suspect periods. raw.log was not observed: no time column."}, suspicious(a.answer(q).Notes))
	q.Suspects, q.AsOf = &lost{err: fault.New(fault.Unavailable, "stopped")}, noon
	_, err := a.engine.Query(t.Context(), a.definition, q)
	require.Equal(t, fault.Unavailable, fault.KindOf(err))
}

func TestDoubtsInWords(t *testing.T) {
	t.Parallel()
	on := func(days ...int) (out []period.Period) {
		for _, day := range days {
			out = append(out, period.UTC().On(period.Day, 2026, 3, day))
		}
		return out
	}
	for want, d := range map[string]activation.Doubt{
		"dim failed when it was last run":                                           {Node: "dim", What: "failed"},
		"fct 2026-03-04 has failed":                                                 {Node: "fct", What: "failed", Partitions: on(4)},
		"fct 2026-03-04 and 2026-03-06 have failed":                                 {Node: "fct", What: "failed", Partitions: on(4, 6)},
		"fct 2026-03-04 is partial":                                                 {Node: "fct", What: "partial", Partitions: on(4)},
		"fct 2026-03-04 to 2026-03-07, 2026-03-09, 2026-03-11 and 1 more are empty": {Node: "fct", What: "empty", Partitions: on(4, 5, 6, 7, 9, 11, 13)},
	} {
		require.Equal(t, want, d.String())
	}
	require.Equal(t, []string{"2026-03-01", "2026-03-02", "2026-03-04 to 2026-03-06"}, activation.Names(on(1, 2, 4, 5, 6)))
	require.Equal(t, []string{}, activation.Names(nil))
}

// TestCausesOfARunAreToldTogether: a run has one first cause; the others are counted, with the call that shows them.
func TestCausesOfARunAreToldTogether(t *testing.T) {
	t.Parallel()
	a := ask(t, activation.Fact{}, []period.Grain{period.Day}, twoUsers()...)
	day := func(n int) period.Period { return *a.on(period.Day, n) }
	q := activation.Query{Grain: period.Day, Metrics: []string{"active"}, Suspects: fixed{
		{Period: day(4), Causes: []activation.Doubt{
			{Node: "raw.log", What: "missing", Partitions: []period.Period{day(4)}},
			{Node: "dim", What: "failed"},
			{Node: "raw.web", What: "partial", Partitions: []period.Period{day(4)}},
		}},
		{Period: day(5), Causes: []activation.Doubt{{Node: "raw.log", What: "missing", Partitions: []period.Period{day(4), day(5)}}}},
		{Period: day(6), Causes: []activation.Doubt{{Node: "dim", What: "failed"}}},
	}}
	require.Equal(t, []string{
		"2026-03-04 and 2026-03-05 are suspect: raw.log 2026-03-04 and 2026-03-05 are missing, dim failed when it was last run and 1 more.",
		"2026-03-06 is suspect: dim failed when it was last run.",
		`For all that makes them suspect see check_partitions {"nodes":["raw.log","dim","raw.web"],"first":"2026-03-04","last":"2026-03-05"}.`,
	}, suspicious(a.answer(q).Notes))
}

// fixed knows what it knows.
type fixed []activation.Suspect

func (f fixed) Suspects(context.Context, *activation.Definition, period.Period, period.Period) (activation.Suspicion, error) {
	return activation.Suspicion{Periods: f}, nil
}
