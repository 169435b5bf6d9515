package explain_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/agentops/explain"
	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/period"
)

func mobile(u user) bool { return u.platform != "web" }

// scenarios are one incident each, with what the answer must say about it.
func scenarios() map[string]struct {
	hit      incident
	day      int
	adjust   func(*explain.Input)
	class    explain.Class
	cause    explain.Cause
	segments []map[string]any
} {
	type where = map[string]any
	return map[string]struct {
		hit      incident
		day      int
		adjust   func(*explain.Input)
		class    explain.Class
		cause    explain.Cause
		segments []map[string]any
	}{
		"noise": {hit: nothing, class: explain.None, cause: explain.NoCause},
		"acquisition drop in one country": {
			hit: func(u user, d int) float64 {
				if u.country == "US" && u.since >= asked && d >= asked {
					return 0.05
				}
				return 1
			},
			class: explain.Behaviour, cause: explain.Acquisition, segments: []where{{"country": "US"}},
		},
		"churn on one version": {
			hit: func(u user, d int) float64 {
				if u.version == "5.1" && u.platform == "ios" && d >= asked && u.since < d {
					return 0.4
				}
				return 1
			},
			class: explain.Behaviour, cause: explain.Churn, segments: []where{{"platform": "ios", "version": "5.1"}},
		},
		"missing partition": {
			hit: func(u user, d int) float64 {
				if mobile(u) && d == asked {
					return 0
				}
				return 1
			},
			adjust: func(in *explain.Input) { in.Health = []explain.Health{lost(explain.Missing, asked, asked)} },
			class:  explain.DataFault, cause: explain.MissingPartition, segments: []where{{"platform": "android"}, {"platform": "ios"}},
		},
		"echo of a missing partition": {
			hit: func(u user, d int) float64 {
				if mobile(u) && d == asked-1 {
					return 0
				}
				return 1
			},
			adjust: func(in *explain.Input) {
				in.Health = []explain.Health{lost(explain.Missing, asked-1, asked-1)}
				in.Suspect = map[period.Period]string{day(asked - 1): "raw.app_events is missing"}
			},
			class: explain.DataFault, cause: explain.MissingPartition,
		},
		"offsetting": {
			hit: func(u user, d int) float64 {
				switch {
				case d < asked || u.since == d:
					return 1
				case u.country == "BR":
					return 0.55
				case u.country == "DE":
					return 1.7
				}
				return 1
			},
			class: explain.Behaviour, cause: explain.Offsetting, segments: []where{{"country": "BR"}, {"country": "DE"}},
		},
		"holiday in one country": {
			hit: func(u user, d int) float64 {
				if u.country == "DE" && d == asked && u.since < d {
					return 0.5
				}
				return 1
			},
			adjust: func(in *explain.Input) {
				in.Calendar = []explain.CalendarEntry{{Date: day(asked), Type: explain.Holiday, Name: "Fronleichnam", Dimension: "country", Value: "DE"}}
			},
			class: explain.CalendarEvent, cause: explain.HolidayCause, segments: []where{{"country": "DE"}},
		},
		"even loss": {
			hit: func(_ user, d int) float64 {
				if d == asked {
					return 0.8
				}
				return 1
			},
			class: explain.Behaviour, cause: explain.Churn,
		},
		"open period": {
			hit: nothing, adjust: func(in *explain.Input) { in.AsOf = in.Period.End().Add(-time.Hour) },
			class: explain.NotClosed, cause: explain.NoCause,
		},
		"settling period": {
			hit: nothing, adjust: func(in *explain.Input) { in.Settle = 24 * time.Hour },
			class: explain.NotClosed, cause: explain.NoCause,
		},
		"pending partition": {
			hit: nothing, adjust: func(in *explain.Input) { in.Health = []explain.Health{lost(explain.Pending, asked, asked)} },
			class: explain.NotLoaded, cause: explain.NoCause,
		},
		"three weeks of history": {hit: nothing, day: 21, class: explain.Inconclusive, cause: explain.NoCause},
		"first period":           {hit: nothing, day: -1, class: explain.Inconclusive, cause: explain.NoCause},
		"fault beside the path": {
			hit: nothing, adjust: func(in *explain.Input) {
				h := lost(explain.Missing, asked, asked)
				h.OffPath = true
				in.Health = []explain.Health{h}
			},
			class: explain.None, cause: explain.NoCause,
		},
		"fault that moved nobody": {
			hit: nothing, adjust: func(in *explain.Input) { in.Health = []explain.Health{lost(explain.Duplicated, asked, asked)} },
			class: explain.None, cause: explain.NoCause,
		},
	}
}

func TestScenarios(t *testing.T) {
	t.Parallel()
	for name, s := range scenarios() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			at := s.day
			switch at {
			case 0:
				at = asked
			case -1:
				at = 0
			}
			in := newTown(1, s.hit).question(at)
			if s.adjust != nil {
				s.adjust(&in)
			}
			answer, err := explain.Explain(in)
			require.NoError(t, err)
			require.Equal(t, s.class, answer.Verdict.Class, answer.Verdict.Summary)
			require.Equal(t, s.cause, answer.Verdict.Cause, answer.Verdict.Summary)
			where := []map[string]any{}
			for _, segment := range answer.Segments {
				where = append(where, segment.Where)
			}
			if s.segments != nil || s.class == explain.None {
				require.ElementsMatch(t, s.segments, where, answer.Verdict.Summary)
			}
			requireWhole(t, answer)
		})
	}
}

func TestFaultNamesNodePartitionAndPath(t *testing.T) {
	t.Parallel()
	s := scenarios()["missing partition"]
	in := newTown(3, s.hit).question(asked)
	s.adjust(&in)
	answer, err := explain.Explain(in)
	require.NoError(t, err)
	require.Equal(t, "raw.app_events", answer.Causes[0].Node)
	require.Equal(t, day(asked).String(), answer.Causes[0].Partition)
	require.Contains(t, answer.Verdict.Summary, "raw.app_events → stg_app_events → int_user_days → fct_app_visit")
	require.Equal(t, in.Health[0].Path, answer.Evidence[0].Path)
	require.Equal(t, "check_partitions", answer.Next[0].Tool)
	require.Equal(t, []string{"raw.app_events"}, answer.Next[0].Arguments["nodes"])
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	in := newTown(1, nothing).question(asked)
	for name, c := range map[string]struct {
		change func(*explain.Input)
		kind   fault.Kind
	}{
		"before the first period": {func(in *explain.Input) { in.Period, in.CompareTo = day(-3), day(-4) }, fault.NotFound},
		"closed and not built":    {func(in *explain.Input) { in.BuiltUntil = day(asked - 1) }, fault.NotFound},
		"comparison not built":    {func(in *explain.Input) { in.CompareTo = day(-30) }, fault.NotFound},
		"comparison with later":   {func(in *explain.Input) { in.CompareTo = day(asked + 1) }, fault.Invalid},
		"another grain":           {func(in *explain.Input) { in.CompareTo = period.UTC().On(period.Week, 2026, time.March, 2) }, fault.Invalid},
		"a year": {func(in *explain.Input) {
			in.Period = period.UTC().On(period.Year, 2026, time.March, 2)
			in.CompareTo, in.First, in.BuiltUntil = in.Period.Prev(), in.Period.Prev(), in.Period
			in.AsOf = in.Period.End()
		}, fault.Invalid},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			asking := in
			c.change(&asking)
			_, err := explain.Explain(asking)
			require.Error(t, err)
			require.Equal(t, c.kind, fault.KindOf(err), err.Error())
		})
	}
}

// TestADayFollowsFromItsLostHours: hours of a source are lost, and the day of the model that reads them is short. What is blamed are the
// hours, all of them; the model's day follows, although it comes first by name, and so does the day after, as their echo.
func TestADayFollowsFromItsLostHours(t *testing.T) {
	t.Parallel()
	for name, at := range map[string]int{"missing partition": asked, "echo of a missing partition": asked - 1} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := scenarios()[name]
			in := newTown(1, s.hit).question(asked)
			s.adjust(&in)
			lost := in.Health[0]
			start := day(at).Start()
			lost.Partition, lost.Last, lost.Named = "03:00Z", "09:00Z", "03:00Z to 09:00Z"
			lost.Start, lost.End = start.Add(3*time.Hour), start.Add(10*time.Hour)
			short := lost
			short.Problem, short.Node, short.Path = explain.Partial, lost.Path[2], lost.Path[2:]
			short.Partition, short.Last, short.Named, short.Start, short.End = day(at).String(), "", "", start, day(at).End()
			in.Health = []explain.Health{short, lost}
			answer, err := explain.Explain(in)
			require.NoError(t, err)
			require.Len(t, answer.Causes, 1)
			require.Equal(t, lost.Node, answer.Causes[0].Node)
			require.Equal(t, "03:00Z", answer.Causes[0].Partition)
			require.Equal(t, "09:00Z", answer.Causes[0].Last)
			require.Contains(t, answer.Verdict.Summary, "artitions 03:00Z to 09:00Z of "+lost.Node+" are missing")
			require.Equal(t, "03:00Z", answer.Next[0].Arguments["first"])
			require.Equal(t, "09:00Z", answer.Next[0].Arguments["last"])
			require.Equal(t, "09:00Z", answer.Evidence[0].Last)
		})
	}
}
