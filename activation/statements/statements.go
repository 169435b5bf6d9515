// Package statements renders the SQL of the activation engine: one template a statement, in the dialect of a warehouse.
// What a statement means stands at its top; values are bound by the caller in the order that its `args` line gives.
//
// It leaves to activation when and in which order statements run. Invariant: nothing of a user reaches SQL except through
// the dialect's quoting.
package statements

import (
	"embed"
	"fmt"
	"strings"
	"text/template"
	"time"

	"github.com/headwater-mcp/headwater/warehouse"
)

//go:embed *.sql
var files embed.FS

// Values is what the templates know of one fact and grain.
type Values struct {
	Name  string
	Grain string

	Fact       warehouse.Relation
	User, Time warehouse.Ident
	TimeKind   warehouse.TimeKind
	// ColumnZone is the zone of a time column without one, Zone the calendar's.
	ColumnZone, Zone string
	WeekStart        time.Weekday
	Dimensions       []warehouse.Ident
	// Skipped are the local dates that the zone skipped, as yyyy-mm-dd.
	Skipped []string

	Schema                                                           warehouse.Ident
	FirstLast, Base, Activation, Status, Transitions, Periods, Reads warehouse.Relation
	AllTransitions, Registry                                         warehouse.Relation
	// Daily: the source is the day grain's activation table, whose rows of nobody are counted in DailyPeriods.
	Daily        bool
	DailyPeriods warehouse.Relation

	// The rest is set for single statements.

	// Upstream is a relation that the fact is made from; User and Time are columns of it, and Loaded says when a row was loaded.
	Upstream   warehouse.Relation
	Loaded     warehouse.Ident
	LoadedKind warehouse.TimeKind
	// Upstreams are several such, each with what it needs.
	Upstreams []Values
	// Key are columns of it that name a row. Shifted: its rows are compared with those of other times, by ShiftMinutes.
	Key          []warehouse.Ident
	Shifted      bool
	ShiftMinutes int

	// Single: the scan covers one period, whose date is bound.
	Single bool
	// Earlier: only rows before a bound count.
	Earlier bool
	// Changed: only users in headwater_changed count.
	Changed bool
	// Fresh: nothing is built, so that nothing comes before the range.
	Fresh bool
	// KeepBase: FirstLast's base is older than the range.
	KeepBase bool
	// Activity is what the statement `states` chains.
	Activity Activity
	// Rows is how many rows an insert binds.
	Rows []struct{}
	// Members are the tables of the view over all transitions.
	Members []Member
	// Target is what a drop removes.
	Target warehouse.Relation

	days func(from, to string) string
}

// Activity is a set of active periods.
type Activity string

const (
	// Scanned: what was read of the range.
	Scanned Activity = "scanned"
	// Restated: of the changed users, what was read of the range and what the outputs hold after it.
	Restated Activity = "restated"
	// Before: of the changed users, what the outputs hold.
	Before Activity = "before"
)

// Read are the columns that the outputs follow from.
func (v Values) Read() []warehouse.Ident {
	return append([]warehouse.Ident{v.User, v.Time}, v.Dimensions...)
}

// epochWeekday is the weekday of 1970-01-01.
const epochWeekday = time.Thursday

// Index writes period.Period.Index of a start date as SQL, so that a difference of two is a gap in periods: months since
// year 0, weeks since the one that starts in the days around 1970-01-01, days since then less those that the zone skipped.
func (v Values) Index(date string) string {
	switch v.Grain {
	case "month":
		return fmt.Sprintf("(extract(year from %s) * 12 + extract(month from %s) - 1)", date, date)
	case "week":
		first := time.Unix(0, 0).UTC().AddDate(0, 0, int(v.WeekStart-epochWeekday))
		return fmt.Sprintf("cast(%s / 7 as bigint)", v.days("date '"+first.Format(time.DateOnly)+"'", date))
	}
	var index strings.Builder
	index.WriteString("(" + v.days("date '1970-01-01'", date))
	for _, day := range v.Skipped {
		fmt.Fprintf(&index, " - case when %s > date '%s' then 1 else 0 end", date, day)
	}
	return index.String() + ")"
}

// Seeded: what is counted for a range goes on from the period before it, and is no difference to what was counted.
func (v Values) Seeded() bool { return !v.Fresh && !v.Changed }

// State writes the state of a row of headwater_states as SQL, which follows from the rest of the row.
func (Values) State() string {
	return "case when gap is null then 'new' when gap = 1 then 'retained' else 'reactivated' end"
}

// FromState writes the state one period before a row of headwater_states.
func (Values) FromState() string {
	return "case when gap is null then 'none' when gap > 1 then 'inactive' when streak > 2 then 'retained'" +
		" when active_periods = 2 then 'new' else 'reactivated' end"
}

// SameLeaf writes that two relations have the same values in d0, d1 …, NULL being one.
func (v Values) SameLeaf(a, b string) string {
	if len(v.Dimensions) == 0 {
		return "true"
	}
	same := make([]string, len(v.Dimensions))
	for i := range v.Dimensions {
		same[i] = fmt.Sprintf("%s.d%d is not distinct from %s.d%d", a, i, b, i)
	}
	return strings.Join(same, " and ")
}

// SameMove writes that two relations count the same transition of the same period between the same leaves.
func (Values) SameMove(a, b string) string {
	return fmt.Sprintf("%[1]s.period = %[2]s.period and %[1]s.from_state = %[2]s.from_state and %[1]s.to_state = %[2]s.to_state"+
		" and %[1]s.from_dimensions is not distinct from %[2]s.from_dimensions and %[1]s.dimensions = %[2]s.dimensions", a, b)
}

// Member is one fact's transitions table.
type Member struct {
	Fact, Grain string
	Relation    warehouse.Relation
}

// Set renders statements in one dialect.
type Set struct {
	templates *template.Template
	days      func(from, to string) string
}

// New parses the templates for a dialect.
func New(d warehouse.Dialect) (*Set, error) {
	days, ok := d.Funcs["days"].(func(string, string) string)
	if !ok {
		return nil, fmt.Errorf("dialect %s lacks the function days", d.Name)
	}
	t, err := template.New("").Funcs(d.Funcs).Funcs(template.FuncMap{"text": text}).ParseFS(files, "*.sql")
	if err != nil {
		return nil, fmt.Errorf("parse the statements for %s: %w", d.Name, err)
	}
	return &Set{templates: t, days: days}, nil
}

// Render returns the text of the statement of that name (its file without .sql).
func (s *Set) Render(name string, v Values) (string, error) {
	v.days = s.days
	var b strings.Builder
	if err := s.templates.ExecuteTemplate(&b, name+".sql", v); err != nil {
		return "", fmt.Errorf("render statement %s: %w", name, err)
	}
	return b.String(), nil
}

// text quotes a value that headwater itself has checked: a fact's or a grain's name.
func text(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }
