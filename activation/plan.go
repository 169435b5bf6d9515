package activation

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/headwater-mcp/headwater/activation/statements"
	"github.com/headwater-mcp/headwater/period"
	"github.com/headwater-mcp/headwater/warehouse"
)

// span is a run of consecutive periods that one pass reads.
type span struct {
	first, last period.Period
	// restate: later periods stand and are corrected for the users who changed. Otherwise the span ends what is built, and
	// whatever stood from its first period on is replaced.
	restate bool
}

// maxPeriods bounds one fact and grain: beyond it a begin is missing and some row has a broken date.
const maxPeriods = 100_000

// plan decides which periods to read, in order: built ones that were asked for or have changed, then those that were open when
// built and those that are unbuilt.
func (s *step) plan(ctx context.Context) ([]span, error) {
	d, q := s.definition, s.request
	end := d.Calendar.At(q.Grain, q.AsOf)
	if q.Until != nil && q.Until.Index < end.Index {
		end = *q.Until
	}
	if s.fresh {
		return s.firstBuild(ctx, end)
	}
	built, err := s.engine.periods(ctx, s, d, q.Grain)
	if err != nil {
		return nil, err
	}
	if len(built) == 0 {
		s.fresh = true
		return s.firstBuild(ctx, end)
	}
	again, why, err := s.readAgain(ctx, built, end)
	if err != nil {
		return nil, err
	}
	last := built[len(built)-1].Period
	next := last.Next()
	// What ends the built periods and was open is replaced as a whole with what follows.
	begin := built[0].Period.Index
	for next.Index > begin && s.replaceable(built[next.Index-1-begin], end) {
		next = next.Prev()
		delete(again, next.Index)
	}
	todo := spans(d.Calendar, q.Grain, again)
	if next.Index <= end.Index {
		if next.Index <= last.Index {
			why = append(why, "was open when last built")
			end.Index = max(end.Index, last.Index)
		} else {
			why = append(why, "unbuilt")
		}
		todo = append(todo, span{first: next, last: end})
	}
	s.result.Why = cmp.Or(strings.Join(why, "; "), "up to date")
	return todo, s.bounded(todo)
}

// firstBuild begins with the fact's begin.
func (s *step) firstBuild(ctx context.Context, end period.Period) ([]span, error) {
	begin, err := s.begin(ctx)
	switch {
	case err != nil:
		return nil, err
	case begin == nil:
		s.result.Why = "the fact has no rows"
		return nil, nil
	case begin.Index > end.Index:
		s.result.Why = "up to date"
		return nil, nil
	}
	s.result.Why = "first build"
	if s.replaced {
		s.result.Why = "built again: the fact's definition changed"
	}
	todo := []span{{first: *begin, last: end}}
	return todo, s.bounded(todo)
}

// replaceable: it was open, and neither FirstLast's base holds it nor has the source lost rows of it.
func (s *step) replaceable(b Built, end period.Period) bool {
	return s.open(b, end) && s.baseUntil.Before(b.Period.UTCDate()) && !s.frozen(b.Period)
}

// open reports whether a built period was open when it was last built, and the clock has moved on.
func (s *step) open(b Built, end period.Period) bool {
	return b.Period.Index <= end.Index && b.Open(s.definition.Settle) && b.BuiltAt.Before(s.request.AsOf)
}

// readAgain collects the indexes of the built periods up to end that have to be read again, and says why.
func (s *step) readAgain(ctx context.Context, built []Built, end period.Period) (again map[int]bool, why []string, err error) {
	again = map[int]bool{}
	first, last := built[0].Period, built[len(built)-1].Period
	if early, err := s.earlier(ctx, first); err != nil {
		return nil, nil, err
	} else if early != nil {
		why = append(why, "rows before the first built period")
		s.mark(again, *early, first.Prev())
	}
	if from := s.request.From; from != nil && from.Index <= min(last.Index, end.Index) {
		why = append(why, "read again from "+from.String())
		s.mark(again, later(*from, first), end)
		maps.DeleteFunc(again, func(i int, _ bool) bool { return i > last.Index })
	}
	for _, b := range built {
		if s.open(b, end) {
			again[b.Period.Index] = true
		}
	}
	changed, err := s.changedPeriods(ctx, built, again, end)
	if err != nil {
		return nil, nil, err
	}
	for _, p := range changed {
		again[p.Index] = true
	}
	s.thaw(again)
	if n := len(changed); n > 0 {
		why = append(why, fmt.Sprintf("%s changed since built%s", changed[0], others(n-1)))
	}
	return again, why, nil
}

func others(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf(" and %d more", n)
}

func later(a, b period.Period) period.Period {
	if a.Index > b.Index {
		return a
	}
	return b
}

func (s *step) mark(again map[int]bool, first, last period.Period) {
	for i := first.Index; i <= last.Index; i++ {
		again[i] = true
	}
}

// earlier is the period of the first row where the fact declares no begin and rows have come from before what is built.
func (s *step) earlier(ctx context.Context, first period.Period) (*period.Period, error) {
	d := s.definition
	if !d.Begin.IsZero() {
		return nil, nil //nolint:nilnil // begin does not move
	}
	v := s.values
	v.Earlier = true
	date, err := s.firstRow(ctx, v, bounds(v, first, first)[0])
	if err != nil || date == nil {
		return nil, err
	}
	p := onDate(d.Calendar, s.request.Grain, *date)
	if first.Index-p.Index >= maxPeriods {
		s.notef("Rows of %s, long before %s, are left out. Set begin to the first date that can be trusted.", p, first)
		return nil, nil //nolint:nilnil // as said
	}
	return &p, nil
}

// thaw leaves out periods that are frozen: the fact has dropped some of their rows, so the outputs are all that is left of them.
func (s *step) thaw(again map[int]bool) {
	d, q := s.definition, s.request
	frozen := 0
	for i := range again {
		if s.frozen(period.Period{Grain: q.Grain, Calendar: d.Calendar, Index: i}) {
			delete(again, i)
			frozen++
		}
	}
	if frozen > 0 && q.From != nil {
		s.notef("%d %ss are frozen: they begin before rows that the fact keeps (expires_after %s).", frozen, q.Grain, d.Fact.ExpiresAfter)
	}
}

// frozen reports whether the source does not hold all rows of a period any more. Days keep what the fact has dropped, so a week
// or month that is computed from them is frozen no earlier than its last day.
func (s *step) frozen(p period.Period) bool {
	if s.request.Days != nil {
		return s.dropped(lastDate(p))
	}
	return s.dropped(p.UTCDate())
}

// dropped reports whether the fact does not keep the rows of a date any more.
func (s *step) dropped(date time.Time) bool {
	return s.definition.ExpiresAfter != 0 && !date.After(s.expired())
}

func lastDate(p period.Period) time.Time { return p.Next().UTCDate().AddDate(0, 0, -1) }

func (s *step) notef(format string, args ...any) {
	s.result.Notes = append(s.result.Notes, fmt.Sprintf(format, args...))
}

// spans groups indexes into runs.
func spans(c period.Calendar, g period.Grain, indexes map[int]bool) []span {
	var out []span
	for _, i := range slices.Sorted(maps.Keys(indexes)) {
		p := period.Period{Grain: g, Calendar: c, Index: i}
		if n := len(out); n > 0 && out[n-1].last.Index == i-1 {
			out[n-1].last = p
			continue
		}
		out = append(out, span{first: p, last: p, restate: true})
	}
	return out
}

func (s *step) bounded(todo []span) error {
	for _, work := range todo {
		if work.last.Index-work.first.Index >= maxPeriods {
			return s.definition.invalid("begin", "the first row is of %s, which makes more than %d %ss to build. Set begin to the first date that can be trusted.",
				work.first, maxPeriods, s.request.Grain)
		}
	}
	return nil
}

// begin is the first period that counts: the fact's begin, or the first with a row of a user.
func (s *step) begin(ctx context.Context) (*period.Period, error) {
	d, q := s.definition, s.request
	v := s.values
	if !d.Begin.IsZero() {
		v = s.fact // days tell nothing of rows before begin, which are enough to count from there
	}
	date, err := s.firstRow(ctx, v)
	if err != nil || date == nil {
		return nil, err
	}
	p := onDate(d.Calendar, q.Grain, *date)
	if !d.Begin.IsZero() {
		p = d.Calendar.FirstFrom(q.Grain, d.Begin)
	}
	return &p, nil
}

// firstRow is the local date of the source's first row; nil where it has none.
func (s *step) firstRow(ctx context.Context, v statements.Values, args ...any) (*time.Time, error) {
	query, err := s.engine.sql.Render("first_row", v)
	if err != nil {
		return nil, err
	}
	dates, err := warehouse.Collect(ctx, s, func(rows warehouse.Rows) (*time.Time, error) {
		var low *time.Time
		err := rows.Scan(&low)
		return low, err
	}, query, args...)
	if err != nil || len(dates) == 0 {
		return nil, err
	}
	return dates[0], nil
}
