package activation

import (
	"context"

	"github.com/headwater-mcp/headwater/activation/statements"
	"github.com/headwater-mcp/headwater/period"
	"github.com/headwater-mcp/headwater/warehouse"
)

// append writes the periods from first to last, which become the last that are built; whatever stood from first on is replaced.
func (s *step) append(ctx context.Context, first, last period.Period) error {
	v := s.values
	v.Fresh = s.fresh
	if err := s.stageAppend(ctx, v, first, last); err != nil {
		return err
	}
	now, err := s.readNow(ctx, first, last)
	if err != nil {
		return err
	}
	if err := s.settle(ctx); err != nil {
		return err
	}
	from := first.UTCDate()
	if err := s.run(ctx, []statement{
		{"delete_activation", []any{from}},
		{"delete_transitions", []any{from}},
		{"delete_periods", []any{from}},
		{"insert_activation", nil},
		{"insert_transitions", nil},
		{"insert_periods", []any{s.definition.Hash(), s.request.AsOf.UTC(), s.request.Run}},
	}); err != nil {
		return err
	}
	if err := s.remember(ctx, first, last, now); err != nil {
		return err
	}
	return s.fold(ctx, last)
}

// stageAppend computes all that append writes: headwater_states, headwater_moves and headwater_nobody.
func (s *step) stageAppend(ctx context.Context, v statements.Values, first, last period.Period) error {
	if err := s.fillCalendar(ctx, first, last); err != nil {
		return err
	}
	if err := s.scan(ctx, first, last); err != nil {
		return err
	}
	if err := s.states(ctx, v, first, last); err != nil {
		return err
	}
	if err := s.nobody(ctx, first); err != nil {
		return err
	}
	return s.count(ctx, v, first)
}

// count counts the moves that follow from headwater_states.
func (s *step) count(ctx context.Context, v statements.Values, first period.Period) error {
	var seed []any
	if v.Seeded() {
		seed = append(seed, first.Prev().UTCDate())
	}
	return s.stageAll(ctx, v, []statement{{"count_moves", nil}, {"count_churned", seed}, {"count_inactive", seed}})
}

// states chains the scanned periods to what came before them.
func (s *step) states(ctx context.Context, v statements.Values, first, last period.Period) error {
	v.Activity = statements.Scanned
	switch since := []any{s.baseUntil, first.UTCDate()}; {
	case v.Fresh:
		return s.stageAll(ctx, v, []statement{{"states", nil}})
	case first == last:
		v.Single = true
		return s.stageAll(ctx, v, append(leavesBefore(v, since...), statement{"states_single", since}))
	default:
		v.KeepBase = true
		return s.stageAll(ctx, v, append([]statement{{"prior", since}}, append(leavesBefore(v), statement{"states", nil})...))
	}
}

// leavesBefore numbers the leaves of earlier rows, if there are dimensions.
func leavesBefore(v statements.Values, args ...any) []statement {
	if len(v.Dimensions) == 0 {
		return nil
	}
	return []statement{{"leaves_before", args}}
}

// scan reads the source's rows of the range.
func (s *step) scan(ctx context.Context, first, last period.Period) error {
	v := s.values
	v.Single = first == last
	within := bounds(v, first, last)
	var leaves, named []any
	if len(v.Dimensions) > 0 {
		leaves = within
	}
	if v.Single {
		named = append(named, first.UTCDate())
	}
	return s.stageAll(ctx, v, []statement{{"leaves", leaves}, {"scan", append(named, within...)}})
}

// nobody counts the rows without a user. Days do not tell of those before the first of them, which the first week or month may
// hold.
func (s *step) nobody(ctx context.Context, first period.Period) error {
	if err := s.stage(ctx, "nobody"); err != nil || s.request.Days == nil || !s.definition.Begin.IsZero() {
		return err
	}
	days, err := s.engine.periods(ctx, s, s.request.Days, period.Day)
	if err != nil {
		return err
	}
	holds, before, ok := s.beforeDays(days)
	if !ok || holds.Index < first.Index {
		return nil
	}
	args := append([]any{holds.UTCDate()}, bounds(s.fact, before, days[0].Period.Prev())...)
	return s.stageAll(ctx, s.fact, []statement{{"nobody_before", args}})
}

// beforeDays are the period that holds the first built day and its first day; false where they are the same.
func (s *step) beforeDays(days []Built) (holds, first period.Period, ok bool) {
	begin := days[0].Period
	holds = onDate(s.definition.Calendar, s.request.Grain, begin.UTCDate())
	first = onDate(s.definition.Calendar, period.Day, holds.UTCDate())
	return holds, first, first != begin
}

// bounds are the arguments of `within`: dates or instants.
func bounds(v statements.Values, first, last period.Period) []any {
	if v.TimeKind == warehouse.Date {
		return []any{first.UTCDate(), last.Next().UTCDate()}
	}
	return []any{first.Start().UTC(), last.End().UTC()}
}

// foldAt is how large the rows after the base may grow, as a fraction of the base, before they are folded into it. Reading
// FirstLast stays O(known users), and a user is rewritten once in many periods instead of in every one.
const foldAt = 1

// fold brings the base of FirstLast up to the period before last, which may be open and written again, where it has fallen
// behind.
func (s *step) fold(ctx context.Context, last period.Period) error {
	from := last.UTCDate()
	text, err := s.engine.sql.Render("tail_size", s.values)
	if err != nil {
		return err
	}
	type size struct{ tail, base int64 }
	sizes, err := warehouse.Collect(ctx, s, func(rows warehouse.Rows) (size, error) {
		var n size
		err := rows.Scan(&n.tail, &n.base)
		return n, err
	}, text, s.baseUntil, from)
	if err != nil {
		return err
	}
	if n := sizes[0]; n.tail == 0 || float64(n.tail) < foldAt*float64(n.base) {
		return nil
	}
	if s.fresh {
		err = s.exec(ctx, "rebase_states", from) // nothing was there before these states
	} else {
		err = s.exec(ctx, "rebase", s.baseUntil, from, s.baseUntil, from)
	}
	if err != nil {
		return err
	}
	// Complete up to the day before the date, which is no period's start of its own, and need not be.
	return s.setBase(ctx, from.AddDate(0, 0, -1))
}
