package activation

import (
	"context"
	"slices"
	"time"

	"github.com/headwater-mcp/headwater/activation/statements"
	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/period"
	"github.com/headwater-mcp/headwater/warehouse"
)

// Engine computes and reads the outputs of facts in one schema of a warehouse.
type Engine struct {
	warehouse warehouse.Warehouse
	schema    warehouse.Ident
	sql       *statements.Set
}

// NewEngine makes an engine that writes to a schema of the warehouse, which it creates when it first builds.
func NewEngine(w warehouse.Warehouse, schema string) (*Engine, error) {
	set, err := statements.New(w.Dialect())
	if err != nil {
		return nil, err
	}
	return &Engine{warehouse: w, schema: warehouse.Ident(schema), sql: set}, nil
}

// AtOnce calls fn with a context in which everything that is read comes from one session of the warehouse.
func (e *Engine) AtOnce(ctx context.Context, fn func(context.Context) error) error {
	return e.warehouse.Read(ctx, func(ctx context.Context, _ warehouse.Reader) error { return fn(ctx) })
}

// Relation is where an output of that name stands.
func (e *Engine) Relation(name string) warehouse.Relation {
	return warehouse.Relation{Schema: e.schema, Name: warehouse.Ident(name)}
}

// bind completes the values of a fact and grain with what the relation's columns are today. A relation or column that does
// not exist is an error that names what does.
func (e *Engine) bind(ctx context.Context, d *Definition, g period.Grain) (statements.Values, error) {
	v := e.values(d, g)
	table, err := e.warehouse.Relation(ctx, d.Relation)
	if err != nil {
		if fault.KindOf(err) == fault.NotFound {
			return v, fault.Wrap(err, fault.Invalid, "Fact %s, relation: %s", d.Fact.Name, err)
		}
		return v, err
	}
	if v.User, err = d.column(table, "user", d.Fact.User); err != nil {
		return v, err
	}
	if v.Time, err = d.column(table, "time", d.Fact.Time); err != nil {
		return v, err
	}
	for i, dim := range d.Fact.Dimensions {
		if v.Dimensions[i], err = d.column(table, "dimensions", dim); err != nil {
			return v, err
		}
	}
	at, _ := table.Column(string(v.Time))
	if v.TimeKind = at.Time; v.TimeKind == "" {
		return v, d.invalid("time", "column %s of %s is %s; a fact's time is a date or a timestamp.", v.Time, d.Relation, at.Type)
	}
	return v, nil
}

// column finds a declared column and returns it as the warehouse spells it.
func (d *Definition) column(table warehouse.Table, field, name string) (warehouse.Ident, error) {
	if c, ok := table.Column(name); ok {
		return warehouse.Ident(c.Name), nil
	}
	names := make([]string, len(table.Columns))
	for i, c := range table.Columns {
		names[i] = c.Name
	}
	return "", d.invalid(field, "%s has no column %q.%s Its columns: %s.", d.Relation, name, fault.DidYouMean(name, names), listed(names))
}

// Built is a period whose outputs are written.
type Built struct {
	Period       period.Period
	Active       int64
	Known        int64
	NullUserRows int64
	// Definition is the hash of what it was built by.
	Definition string
	// BuiltAt is the logical time of the build.
	BuiltAt time.Time
	Run     string
}

// Open reports whether the period was open when it was last built, so that it has to be built again.
func (b Built) Open(settle time.Duration) bool { return !b.Period.Closed(b.BuiltAt, settle) }

// Periods lists the built periods of a fact and grain, ascending; none where nothing was built yet.
func (e *Engine) Periods(ctx context.Context, d *Definition, g period.Grain) ([]Built, error) {
	var built []Built
	if err := d.readable(g); err != nil {
		return nil, err
	}
	err := e.warehouse.Read(ctx, func(ctx context.Context, r warehouse.Reader) error {
		exists, err := e.holds(ctx, r, e.values(d, g).Periods)
		if err != nil || !exists {
			return err
		}
		built, err = e.periods(ctx, r, d, g)
		return err
	})
	return built, err
}

func (e *Engine) periods(ctx context.Context, r warehouse.Reader, d *Definition, g period.Grain) ([]Built, error) {
	query, err := e.sql.Render("built_periods", e.values(d, g))
	if err != nil {
		return nil, err
	}
	return warehouse.Collect(ctx, r, func(rows warehouse.Rows) (Built, error) {
		var b Built
		var date time.Time
		err := rows.Scan(&date, &b.Active, &b.Known, &b.NullUserRows, &b.Definition, &b.BuiltAt, &b.Run)
		b.Period = onDate(d.Calendar, g, date)
		return b, err
	}, query)
}

// builtDates are the start dates of the built periods, ascending, whatever calendar they were built in.
func (e *Engine) builtDates(ctx context.Context, r warehouse.Reader, v statements.Values) ([]time.Time, error) {
	exists, err := e.exists(ctx, r, string(v.Periods.Name))
	if err != nil || !exists {
		return nil, err
	}
	query, err := e.sql.Render("built_dates", v)
	if err != nil {
		return nil, err
	}
	return warehouse.Collect(ctx, r, func(rows warehouse.Rows) (time.Time, error) {
		var date time.Time
		err := rows.Scan(&date)
		return date, err
	}, query)
}

// exists reports whether the output schema holds a table or view of that name.
func (e *Engine) exists(ctx context.Context, r warehouse.Reader, name string) (bool, error) {
	names, err := e.tables(ctx, r)
	if err != nil {
		return false, err
	}
	return slices.Contains(names, name), nil
}

// tables lists the tables and views of the output schema by name.
func (e *Engine) tables(ctx context.Context, r warehouse.Reader) ([]string, error) {
	return e.tablesOf(ctx, r, e.schema)
}

func (e *Engine) tablesOf(ctx context.Context, r warehouse.Reader, schema warehouse.Ident) ([]string, error) {
	query, err := e.sql.Render("output_tables", statements.Values{})
	if err != nil {
		return nil, err
	}
	return warehouse.Collect(ctx, r, func(rows warehouse.Rows) (string, error) {
		var name string
		err := rows.Scan(&name)
		return name, err
	}, query, string(schema))
}

// onDate is the period that a DATE of the outputs names.
func onDate(c period.Calendar, g period.Grain, date time.Time) period.Period {
	y, m, d := date.Date()
	return c.On(g, y, m, d)
}

// Check reports whether the fact's relation and columns are there and of a kind that can be used.
func (e *Engine) Check(ctx context.Context, d *Definition) error {
	_, err := e.bind(ctx, d, d.Grains[0])
	return err
}
