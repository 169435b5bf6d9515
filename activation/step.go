package activation

import (
	"context"
	"strings"
	"time"

	"github.com/headwater-mcp/headwater/activation/statements"
	"github.com/headwater-mcp/headwater/period"
	"github.com/headwater-mcp/headwater/warehouse"
)

// step is one build inside its transaction.
type step struct {
	warehouse.Writer

	engine     *Engine
	definition *Definition
	values     statements.Values
	request    BuildRequest
	// baseUntil is the date up to which the base of FirstLast is complete.
	baseUntil time.Time
	// replaced is set where outputs of another definition had to go.
	replaced bool
}

// never is before every period: an empty base is complete up to it.
var never = time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC) //nolint:gochecknoglobals // a constant that Go cannot write as one

func (s *step) exec(ctx context.Context, name string, args ...any) error {
	return s.engine.exec(ctx, s.Writer, name, s.values, args...)
}

// prepare creates what is absent and removes outputs that another definition or version of the engine wrote: they are built
// again from begin in the same transaction.
func (s *step) prepare(ctx context.Context) error {
	for _, name := range []string{"create_schema", "create_outputs"} {
		if err := s.exec(ctx, name); err != nil {
			return err
		}
	}
	current, err := s.register(ctx)
	if err != nil {
		return err
	}
	if !current {
		if err := s.dropTables(ctx); err != nil {
			return err
		}
	}
	for _, name := range []string{"create_activation", "create_base", "create_transitions", "create_periods"} {
		if err := s.exec(ctx, name); err != nil {
			return err
		}
	}
	return nil
}

// register reports whether the registry's entry is of this definition, and makes it so.
func (s *step) register(ctx context.Context) (bool, error) {
	type entry struct {
		version    int
		definition string
		baseUntil  time.Time
	}
	text, err := s.engine.sql.Render("registry_get", s.values)
	if err != nil {
		return false, err
	}
	entries, err := warehouse.Collect(ctx, s, func(rows warehouse.Rows) (entry, error) {
		var e entry
		err := rows.Scan(&e.version, &e.definition, &e.baseUntil)
		return e, err
	}, text, s.values.Name, s.values.Grain)
	if err != nil {
		return false, err
	}
	s.replaced = len(entries) == 1
	if s.replaced && entries[0].version == schemaVersion && entries[0].definition == s.definition.Hash() {
		s.baseUntil, s.replaced = entries[0].baseUntil, false
		return true, nil
	}
	return false, s.setBase(ctx, never)
}

// setBase records up to when the base of FirstLast is complete.
func (s *step) setBase(ctx context.Context, until time.Time) error {
	s.baseUntil = until
	if err := s.exec(ctx, "registry_delete", s.values.Name, s.values.Grain); err != nil {
		return err
	}
	return s.exec(ctx, "registry_insert", s.values.Name, s.values.Grain, schemaVersion, s.definition.Hash(), until)
}

func (s *step) dropTables(ctx context.Context) error {
	for _, o := range removals(s.values.Name, s.request.Grain) {
		if err := s.engine.exec(ctx, s.Writer, o.statement, statements.Values{Target: s.engine.Relation(o.name)}); err != nil {
			return err
		}
	}
	return nil
}

// write replaces the outputs of the periods from first to last, which is the last one built or to be built.
func (s *step) write(ctx context.Context, first, last period.Period) error {
	from := first.UTCDate()
	if err := s.fold(ctx, from); err != nil {
		return err
	}
	for _, name := range []string{"delete_activation", "delete_transitions", "delete_periods"} {
		if err := s.exec(ctx, name, from); err != nil {
			return err
		}
	}
	if err := s.fillCalendar(ctx, first, last); err != nil {
		return err
	}
	if err := s.scan(ctx, first, last); err != nil {
		return err
	}
	before := first.Prev().UTCDate()
	if err := s.states(ctx, from, first == last); err != nil {
		return err
	}
	for _, statement := range []struct {
		name string
		args []any
	}{
		{"insert_churned_transitions", []any{before}},
		{"insert_activation", nil},
		{"insert_active_transitions", nil},
		{"insert_inactive_transitions", []any{before}},
		{"insert_periods", []any{s.definition.Hash(), s.request.AsOf.UTC(), s.request.Run}},
	} {
		if err := s.exec(ctx, statement.name, statement.args...); err != nil {
			return err
		}
	}
	return nil
}

// states chains the scanned periods to what came before them.
func (s *step) states(ctx context.Context, from time.Time, single bool) error {
	if single {
		return s.exec(ctx, "states_single", s.baseUntil, from)
	}
	if err := s.exec(ctx, "prior", s.baseUntil, from); err != nil {
		return err
	}
	return s.exec(ctx, "states")
}

// scan reads the fact's rows of the range.
func (s *step) scan(ctx context.Context, first, last period.Period) error {
	v := s.values
	v.Single = first == last
	var args []any
	if v.Single {
		args = append(args, first.UTCDate())
	}
	if v.TimeKind == warehouse.Date {
		args = append(args, first.UTCDate(), last.Next().UTCDate())
	} else {
		args = append(args, first.Start().UTC(), last.End().UTC())
	}
	return s.engine.exec(ctx, s.Writer, "scan", v, args...)
}

// calendarRows is how many rows one insert binds.
const calendarRows = 500

func (s *step) fillCalendar(ctx context.Context, first, last period.Period) error {
	if err := s.exec(ctx, "calendar_create"); err != nil {
		return err
	}
	for p := first; p.Index <= last.Index; {
		var args []any
		for ; p.Index <= last.Index && len(args) < 2*calendarRows; p = p.Next() {
			args = append(args, p.Index, p.UTCDate())
		}
		v := s.values
		v.Rows = make([]struct{}, len(args)/2)
		if err := s.engine.exec(ctx, s.Writer, "calendar_fill", v, args...); err != nil {
			return err
		}
	}
	return nil
}

// foldAt is how large the rows after the base may grow, as a fraction of the base, before they are folded into it. Reading
// FirstLast stays O(known users), and a user is rewritten once in many periods instead of in every one.
const foldAt = 0.5

// fold makes FirstLast ready to be read as it was before a date.
func (s *step) fold(ctx context.Context, from time.Time) error {
	v := s.values
	v.KeepBase = s.baseUntil.Before(from)
	args := []any{from}
	if v.KeepBase {
		text, err := s.engine.sql.Render("tail_size", v)
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
		args = []any{s.baseUntil, from}
	}
	if err := s.engine.exec(ctx, s.Writer, "rebase", v, args...); err != nil {
		return err
	}
	// Complete up to the day before the date, which is no period's start of its own, and need not be.
	return s.setBase(ctx, from.AddDate(0, 0, -1))
}

// publish makes the views over what was written.
func (s *step) publish(ctx context.Context) error {
	for _, name := range []string{"view_first_last", "view_status"} {
		if err := s.exec(ctx, name); err != nil {
			return err
		}
	}
	return s.engine.publishAll(ctx, s.Writer)
}

// publishAll makes the view over the transitions of every fact whose tables stand in the schema.
func (e *Engine) publishAll(ctx context.Context, w warehouse.Writer) error {
	names, err := e.tables(ctx, w)
	if err != nil {
		return err
	}
	v := statements.Values{AllTransitions: e.Relation("activation_transitions")}
	for _, name := range names {
		for _, g := range grains() {
			if fact, ok := strings.CutSuffix(name, "_transitions_"+g.Adverb()); ok {
				v.Members = append(v.Members, statements.Member{Fact: fact, Grain: string(g), Relation: e.Relation(name)})
			}
		}
	}
	if len(v.Members) == 0 {
		v.Target = v.AllTransitions
		return e.exec(ctx, w, "drop_view", v)
	}
	return e.exec(ctx, w, "view_all_transitions", v)
}
