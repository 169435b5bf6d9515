package activation

import (
	"context"
	"strings"
	"time"

	"github.com/headwater-mcp/headwater/activation/statements"
	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/period"
	"github.com/headwater-mcp/headwater/warehouse"
)

// step is one build inside its transaction.
type step struct {
	warehouse.Writer

	engine     *Engine
	definition *Definition
	// fact is what the templates know of the fact, values of what is read instead of it, if it is.
	fact, values statements.Values
	request      BuildRequest
	result       *BuildResult
	// baseUntil is the date up to which the base of FirstLast is complete.
	baseUntil time.Time
	// version of the engine that wrote what stands; 0 where nothing does.
	version int
	// replaced is set where outputs of another definition have to go.
	replaced bool
	// fresh is set where nothing is built that counts.
	fresh bool
	// settled is set once the tables are there to be written.
	settled bool
	// changed is what the last rewrite touched.
	changed changes
}

// never is before every period: an empty base is complete up to it.
var never = time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC) //nolint:gochecknoglobals // a constant that Go cannot write as one

func (s *step) exec(ctx context.Context, name string, args ...any) error {
	return s.engine.exec(ctx, s.Writer, name, s.values, args...)
}

// stage fills a temporary table of the session.
func (s *step) stage(ctx context.Context, name string, args ...any) error {
	return s.stageAll(ctx, s.values, []statement{{name, args}})
}

func (s *step) stageAll(ctx context.Context, v statements.Values, all []statement) error {
	for _, x := range all {
		text, err := s.engine.sql.Render(x.name, v)
		if err != nil {
			return err
		}
		if err := s.Stage(ctx, text, x.args...); err != nil {
			return err
		}
	}
	return nil
}

// statement is one of a sequence: its name and what is bound.
type statement struct {
	name string
	args []any
}

// run executes statements in order, up to the first that fails.
func (s *step) run(ctx context.Context, all []statement) error {
	return s.runWith(ctx, s.values, all)
}

func (s *step) runWith(ctx context.Context, v statements.Values, all []statement) error {
	for _, x := range all {
		if err := s.engine.exec(ctx, s.Writer, x.name, v, x.args...); err != nil {
			return err
		}
	}
	return nil
}

// look finds out what stands and by which definition it was written, and changes nothing. Outputs of another definition do not
// count: they are built again from begin.
func (s *step) look(ctx context.Context) error {
	s.baseUntil, s.fresh = never, true
	known, err := s.engine.exists(ctx, s, string(s.values.Registry.Name))
	if err != nil || !known {
		return err
	}
	type entry struct {
		version    int
		definition string
		baseUntil  time.Time
	}
	text, err := s.engine.sql.Render("registry_get", s.values)
	if err != nil {
		return err
	}
	entries, err := warehouse.Collect(ctx, s, func(rows warehouse.Rows) (entry, error) {
		var e entry
		err := rows.Scan(&e.version, &e.definition, &e.baseUntil)
		return e, err
	}, text, s.values.Name, s.values.Grain)
	if err != nil || len(entries) == 0 {
		return err
	}
	was := entries[0]
	if was.version > schemaVersion {
		return fault.New(fault.Conflict, "The outputs of fact %s in schema %s were written by a newer headwater (their version is %d, this one writes %d). "+
			"Upgrade headwater, or remove them with headwater build --drop %s.",
			s.values.Name, s.values.Schema, was.version, schemaVersion, s.values.Name)
	}
	s.version = was.version
	if was.definition == s.definition.Hash() {
		s.baseUntil, s.fresh = was.baseUntil, false
		return nil
	}
	s.replaced = true
	return s.mayReplace(ctx)
}

// schemaVersion is the shape of the tables that this engine writes. Version 1 knew no reads.
const (
	schemaVersion = 2
	withReads     = 2
)

// settle begins to write: it removes what is replaced, creates what is absent and says in the registry who wrote it. Tables of an
// earlier version lack only what is created where it is absent.
func (s *step) settle(ctx context.Context) error {
	if s.settled {
		return nil
	}
	s.settled = true
	if err := s.run(ctx, []statement{{"create_schema", nil}, {"create_outputs", nil}}); err != nil {
		return err
	}
	if s.fresh {
		if err := s.dropTables(ctx); err != nil {
			return err
		}
	}
	if err := s.run(ctx, []statement{
		{"create_activation", nil}, {"create_base", nil}, {"create_transitions", nil}, {"create_periods", nil}, {"create_reads", nil},
	}); err != nil {
		return err
	}
	if s.fresh || s.version < schemaVersion {
		return s.setBase(ctx, s.baseUntil)
	}
	return nil
}

// mayReplace refuses to build everything again where frozen periods would be lost: the fact does not hold their rows any more.
func (s *step) mayReplace(ctx context.Context) error {
	d, q := s.definition, s.request
	if d.ExpiresAfter == 0 {
		return nil
	}
	dates, err := s.engine.builtDates(ctx, s, s.values)
	if err != nil || len(dates) == 0 || dates[0].After(s.expired()) {
		return err
	}
	return fault.New(fault.Conflict, "The definition of fact %s changed, but its %s outputs reach back to %s and the fact keeps rows for %s only, so they cannot be computed again. "+
		"Go back to the definition they were built by, give the fact another name, or remove the outputs with headwater build --drop %s.",
		d.Fact.Name, q.Grain, dates[0].Format(time.DateOnly), d.Fact.ExpiresAfter, d.Fact.Name)
}

// expired is the last local date whose rows the fact does not keep any more.
func (s *step) expired() time.Time {
	return s.definition.Calendar.LastClosed(period.Day, s.request.AsOf, s.definition.ExpiresAfter).UTCDate()
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

// insertedRows is how many rows one insert binds.
const insertedRows = 500

func (s *step) fillCalendar(ctx context.Context, first, last period.Period) error {
	if err := s.stage(ctx, "calendar_create"); err != nil {
		return err
	}
	return s.insertRows(ctx, s.Stage, "calendar_fill", first, last, func(p period.Period) []any {
		return []any{p.UTCDate(), p.Prev().UTCDate()}
	})
}

// insertRows binds a row for each period of a range, many to a statement, which write runs.
func (s *step) insertRows(
	ctx context.Context, write func(context.Context, string, ...any) error, name string,
	first, last period.Period, row func(period.Period) []any,
) error {
	for p := first; p.Index <= last.Index; {
		var args []any
		v := s.values
		for ; p.Index <= last.Index && len(v.Rows) < insertedRows; p = p.Next() {
			args = append(args, row(p)...)
			v.Rows = append(v.Rows, struct{}{})
		}
		text, err := s.engine.sql.Render(name, v)
		if err != nil {
			return err
		}
		if err := write(ctx, text, args...); err != nil {
			return err
		}
	}
	return nil
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
