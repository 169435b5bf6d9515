package activation

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/page"
	"github.com/headwater-mcp/headwater/period"
)

// Query asks for metrics of one fact and grain.
type Query struct {
	Grain period.Grain
	// First and Last are inclusive; nil are the last 14 closed periods.
	First, Last *period.Period
	Metrics     []string
	// By lists dimensions; each combination of their values is a series.
	By []string
	// Where keeps users whose leaf has one of the values: dimension → a value or a list of values; null is a value.
	Where map[string]any
	// Top is how many series are listed, the largest by users; the rest are folded as "other".
	Top    int
	Limit  int
	Cursor string
	AsOf   time.Time
}

// Row is one period of one series: "period", each of By, and each metric.
type Row map[string]any

// Answer is what a query gives.
type Answer struct {
	Fact  string       `json:"fact"`
	Grain period.Grain `json:"grain"`
	Rows  []Row        `json:"rows"`
	page.Info
	Notes []string `json:"notes"`
}

const (
	defaultPeriods = 14
	defaultTop     = 10
	other          = "other"
)

// Query answers from the transitions; it never reads the fact.
func (e *Engine) Query(ctx context.Context, d *Definition, q Query) (Answer, error) {
	answer := Answer{Fact: d.Fact.Name, Grain: q.Grain, Rows: []Row{}, Notes: []string{}}
	metrics, err := parseMetrics(q.Metrics)
	if err != nil {
		return answer, err
	}
	slice, err := d.newSlicer(q.By, q.Where)
	if err != nil {
		return answer, err
	}
	cover, err := e.Coverage(ctx, d, q.Grain)
	if err != nil {
		return answer, err
	}
	first, last := d.queryRange(q)
	if first.Index > last.Index {
		return answer, fault.New(fault.Invalid, "first (%s) is after last (%s).", first, last)
	}
	answer.Notes = d.notes(q, cover, first, last)
	if len(cover.Built) == 0 || first.Index > cover.Last().Index || last.Index < cover.First().Index {
		return answer, nil
	}
	transitions, err := e.Transitions(ctx, d, first.Prev(), last)
	if err != nil {
		return answer, err
	}
	series, err := slice.tally(transitions)
	if err != nil {
		return answer, err
	}
	rows := rowsOf(slice, series.fold(cmp.Or(q.Top, defaultTop)), metrics, cover, first, last)
	answer.Rows, answer.Info, err = page.Fit(rows, q.Limit, q.Cursor)
	return answer, err
}

func (d *Definition) queryRange(q Query) (first, last period.Period) {
	last = d.Calendar.LastClosed(q.Grain, q.AsOf, d.Settle)
	if q.Last != nil {
		last = *q.Last
	}
	first = last.Add(1 - defaultPeriods)
	if q.First != nil {
		first = *q.First
		if q.Last == nil && last.Index < first.Index {
			last = first
		}
	}
	return first, last
}

// notes says what a reader of the numbers has to know.
func (d *Definition) notes(q Query, cover Coverage, first, last period.Period) []string {
	notes := []string{}
	if len(cover.Built) == 0 {
		return append(notes, fmt.Sprintf("Nothing is built for %s by %s: run headwater build %s.", d.Fact.Name, q.Grain, d.Fact.Name))
	}
	if first.Index < cover.First().Index || last.Index > cover.Last().Index {
		notes = append(notes, fmt.Sprintf("Built are %s to %s; periods outside have no rows.", cover.First(), cover.Last()))
	}
	for _, b := range cover.Built {
		if b.Period.Index < first.Index || b.Period.Index > last.Index {
			continue
		}
		if !b.Period.Closed(q.AsOf, d.Settle) {
			notes = append(notes, fmt.Sprintf("%s is open: its numbers still grow.", b.Period))
		} else if b.Open(d.Settle) {
			notes = append(notes, fmt.Sprintf("%s was open when it was built: run headwater build.", b.Period))
		}
	}
	if until := cover.CensoredUntil; until != nil && first.Index <= until.Index && last.Index >= cover.First().Index {
		notes = append(notes, fmt.Sprintf("Censored up to %s: new, reactivated and inactive cannot be told so close to the start of the data (%s).",
			until, cover.First()))
	}
	if len(q.Where) > 0 || len(q.By) > 0 {
		notes = append(notes, "A user counts under the last value in the period, so a slice is not COUNT(DISTINCT) of the filtered rows.")
	}
	return notes
}

func rowsOf(s *slicer, all *tallies, metrics []Metric, cover Coverage, first, last period.Period) []Row {
	rows := []Row{}
	for _, b := range cover.Built {
		if b.Period.Index < first.Index || b.Period.Index > last.Index {
			continue
		}
		for _, key := range all.order {
			before, now := all.of(key, b.Period.Prev()), all.of(key, b.Period)
			row := Row{"period": b.Period}
			for i, dim := range s.by {
				row[dim] = all.values[key][i]
			}
			for _, m := range metrics {
				row[string(m)] = m.value(now, before)
			}
			if slices.Contains(metrics, MetricNullUserRows) && len(s.by) == 0 && len(s.where) == 0 {
				row[string(MetricNullUserRows)] = b.NullUserRows
			}
			rows = append(rows, row)
		}
	}
	return rows
}

// jsonText is the canonical text of a JSON value, by which values are compared and ordered.
func jsonText(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(text)
}
