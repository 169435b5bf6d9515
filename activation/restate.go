package activation

import (
	"context"
	"time"

	"github.com/headwater-mcp/headwater/activation/statements"
	"github.com/headwater-mcp/headwater/period"
	"github.com/headwater-mcp/headwater/warehouse"
)

// restate reads a span again and corrects, from there on, the users of whom the source now says something else. Nobody else's rows
// are touched, and counts move by the difference.
func (s *step) restate(ctx context.Context, work span) error {
	if err := s.scan(ctx, work.first, work.last); err != nil {
		return err
	}
	if err := s.exec(ctx, "changed", work.first.UTCDate(), work.last.UTCDate()); err != nil {
		return err
	}
	if err := s.nobody(ctx, work.first); err != nil {
		return err
	}
	if err := s.rewrite(ctx, work.first, &work.last); err != nil {
		return err
	}
	return s.remember(ctx, work.first, work.last)
}

// rewrite replaces the rows of the changed users from first on by what follows from headwater_scan up to last, and from what
// the outputs hold after it. Without last nothing was read: the changed users lose all rows. headwater_changed and
// headwater_nobody are there.
func (s *step) rewrite(ctx context.Context, first period.Period, last *period.Period) error {
	from, before := first.UTCDate(), first.Prev().UTCDate()
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
	if s.changed.users == 0 {
		err = s.exec(ctx, "delta_none")
	} else {
		err = s.correct(ctx, first, last)
	}
	if err != nil {
		return err
	}
	lastRead := before
	if last != nil {
		lastRead = last.UTCDate()
	}
	return s.run(ctx, []statement{
		{"restate_periods", []any{lastRead, s.definition.Hash(), s.request.AsOf.UTC(), s.request.Run}},
		{"delete_periods", []any{from}},
		{"restate_insert_periods", nil},
	})
}

// correct replaces the changed users' rows and moves the counts by the difference.
func (s *step) correct(ctx context.Context, first period.Period, last *period.Period) error {
	from, before := first.UTCDate(), first.Prev().UTCDate()
	if err := s.exec(ctx, "before", from); err != nil {
		return err
	}
	if err := s.chain(ctx, first, last); err != nil {
		return err
	}
	if err := s.run(ctx, []statement{
		{"delta", []any{before}},
		{"delta_inactive", nil},
		{"delta_merged", []any{from}},
		{"delta_delete", []any{from}},
		{"delta_insert", nil},
		{"restate_delete_activation", []any{from}},
		{"insert_activation", nil},
	}); err != nil {
		return err
	}
	return s.correctBase(ctx, first)
}

// chain computes the states of the changed users as the outputs have them and as they have to be.
func (s *step) chain(ctx context.Context, first period.Period, last *period.Period) error {
	v := s.values
	v.Changed, v.KeepBase = true, s.baseUntil.Before(first.UTCDate())
	args := []any{first.UTCDate()}
	if v.KeepBase {
		args = []any{s.baseUntil, first.UTCDate()}
	}
	if err := s.engine.exec(ctx, s.Writer, "prior", v, args...); err != nil {
		return err
	}
	v.Activity = statements.Before
	if err := s.engine.exec(ctx, s.Writer, "states", v); err != nil {
		return err
	}
	if last == nil {
		return s.exec(ctx, "states_none")
	}
	v.Activity = statements.Restated
	return s.engine.exec(ctx, s.Writer, "states", v, last.UTCDate())
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
