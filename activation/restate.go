package activation

import (
	"context"
	"time"

	"github.com/headwater-mcp/headwater/activation/statements"
	"github.com/headwater-mcp/headwater/period"
	"github.com/headwater-mcp/headwater/warehouse"
)

// restate reads a span again and corrects, from there on, the users of whom the source now says something else. Nobody else's
// rows are touched, and counts move by the difference.
func (s *step) restate(ctx context.Context, work span) error {
	if err := s.scan(ctx, work.first, work.last); err != nil {
		return err
	}
	if err := s.stage(ctx, "changed", work.first.UTCDate(), work.last.UTCDate()); err != nil {
		return err
	}
	if err := s.nobody(ctx, work.first); err != nil {
		return err
	}
	now, err := s.readNow(ctx, work.first, work.last)
	if err != nil {
		return err
	}
	if err := s.rewrite(ctx, work.first, &work.last); err != nil {
		return err
	}
	return s.remember(ctx, work.first, work.last, now)
}

// rewrite replaces the rows of the changed users from first on by what follows from headwater_scan up to last, and from what
// the outputs hold after it. Without last nothing was read: the changed users lose all rows. headwater_leaves, headwater_changed
// and headwater_nobody are there.
func (s *step) rewrite(ctx context.Context, first period.Period, last *period.Period) error {
	from, lastRead := first.UTCDate(), first.Prev().UTCDate()
	if last != nil {
		lastRead = last.UTCDate()
	}
	end, err := s.builtUntil(ctx, last)
	if err != nil {
		return err
	}
	if err := s.fillCalendar(ctx, first, end); err != nil {
		return err
	}
	if err := s.countChanged(ctx, from); err != nil {
		return err
	}
	if err := s.stageCorrection(ctx, first, last); err != nil {
		return err
	}
	if err := s.stage(ctx, "restate_periods", lastRead, s.definition.Hash(), s.request.AsOf.UTC(), s.request.Run); err != nil {
		return err
	}
	if err := s.settle(ctx); err != nil {
		return err
	}
	if err := s.correct(ctx, first); err != nil {
		return err
	}
	return s.run(ctx, []statement{{"delete_periods", []any{from}}, {"restate_insert_periods", nil}})
}

// stageCorrection computes the states of the changed users as the outputs have them and as they have to be, and by what the
// counts differ.
func (s *step) stageCorrection(ctx context.Context, first period.Period, last *period.Period) error {
	if s.changed.users == 0 {
		return s.stage(ctx, "count_none")
	}
	from := first.UTCDate()
	v := s.values
	v.Changed, v.KeepBase = true, s.baseUntil.Before(from)
	since := []any{from}
	if v.KeepBase {
		since = []any{s.baseUntil, from}
	}
	prepare := append([]statement{{"before", []any{from}}, {"prior", since}}, leavesBefore(v)...)
	v.Activity = statements.Before
	if err := s.stageAll(ctx, v, append(prepare, statement{"states", nil})); err != nil {
		return err
	}
	now := statement{"states_none", nil}
	if last != nil {
		v.Activity = statements.Restated
		now = statement{"states", []any{last.UTCDate()}}
	}
	if err := s.stageAll(ctx, v, []statement{now}); err != nil {
		return err
	}
	if err := s.count(ctx, v, first); err != nil {
		return err
	}
	return s.stageAll(ctx, v, []statement{{"count_merged", []any{from}}})
}

// correct replaces the changed users' rows and moves the counts by the difference.
func (s *step) correct(ctx context.Context, first period.Period) error {
	if s.changed.users == 0 {
		return nil
	}
	from := first.UTCDate()
	v := s.values
	v.Changed = true
	if err := s.runWith(ctx, v, []statement{
		{"restate_delete_transitions", []any{from}},
		{"insert_transitions", nil},
		{"restate_delete_activation", []any{from}},
		{"insert_activation", nil},
	}); err != nil {
		return err
	}
	return s.correctBase(ctx, first)
}

// correctBase replaces the changed users in a base of FirstLast that is newer than the span.
func (s *step) correctBase(ctx context.Context, first period.Period) error {
	if s.baseUntil.Before(first.UTCDate()) {
		return nil
	}
	if err := s.exec(ctx, "restate_delete_base"); err != nil {
		return err
	}
	return s.exec(ctx, "restate_insert_base", s.baseUntil)
}

// builtUntil is the later of the last built period and another.
func (s *step) builtUntil(ctx context.Context, other *period.Period) (period.Period, error) {
	built, err := s.engine.periods(ctx, s, s.definition, s.request.Grain)
	if err != nil {
		return period.Period{}, err
	}
	end := built[len(built)-1].Period
	if other != nil && other.Index > end.Index {
		end = *other
	}
	return end, nil
}

// countChanged learns how much there is to correct.
func (s *step) countChanged(ctx context.Context, from time.Time) error {
	text, err := s.engine.sql.Render("changed_counts", s.values)
	if err != nil {
		return err
	}
	counts, err := warehouse.Collect(ctx, s, func(rows warehouse.Rows) (changes, error) {
		var c changes
		err := rows.Scan(&c.users, &c.rows)
		return c, err
	}, text, from)
	if err == nil {
		s.changed = counts[0]
		s.result.ChangedUsers += counts[0].users
	}
	return err
}

// changes is what a rewrite touches: users, and their rows as they were.
type changes struct{ users, rows int64 }
