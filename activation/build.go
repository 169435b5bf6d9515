package activation

import (
	"context"
	"strings"
	"time"

	"github.com/headwater-mcp/headwater/activation/statements"
	"github.com/headwater-mcp/headwater/period"
	"github.com/headwater-mcp/headwater/warehouse"
)

// BuildRequest asks for the outputs of one fact and grain to be brought up to date.
type BuildRequest struct {
	Grain period.Grain
	// AsOf is the clock: periods up to and including the one open then are built.
	AsOf time.Time
	// From reads built periods from that one on again, whether they seem to have changed or not.
	From *period.Period
	// Until ends the build, and what From reads again, earlier than the open period.
	Until *period.Period
	// Run marks the periods that it writes; no two runs have the same, since weeks are built again where a day's run is another.
	Run string
	// Days, where given, is the fact whose activation table of the day grain is read instead of this fact's rows; it is up to
	// date. A user is active in a week exactly when in one of its days, with the leaf of the last of them.
	Days *Definition
}

// BuildResult says what was written. First and Last are nil where nothing had to be.
type BuildResult struct {
	Fact  string         `json:"fact"`
	Grain period.Grain   `json:"grain"`
	First *period.Period `json:"first,omitempty"`
	Last  *period.Period `json:"last,omitempty"`
	// Periods is how many were read and written.
	Periods int `json:"periods"`
	// ChangedUsers is how many users' rows of built periods were not what the fact says now; they were rewritten from there on.
	ChangedUsers int64 `json:"changed_users,omitempty"`
	// Active is the number of active users in the last built period.
	Active int64 `json:"active"`
	// Why says what made the build necessary, or that nothing did.
	Why string `json:"why"`
	// CheckedFrom is the first built period that was looked through for changes; nil where every one was.
	CheckedFrom *period.Period `json:"-"`
	// Notes say what a reader has to know besides: periods that are frozen, or were not checked for changes.
	Notes []string `json:"notes,omitempty"`
}

// Build writes what is missing in one transaction: all of it becomes visible, or nothing. Repeating it changes nothing.
func (e *Engine) Build(ctx context.Context, d *Definition, q BuildRequest) (BuildResult, error) {
	result := BuildResult{Fact: d.Fact.Name, Grain: q.Grain}
	if d.ByDBT(q.Grain) {
		result.Why = d.madeByDBT(q.Grain)
		return result, nil
	}
	v, err := e.bind(ctx, d, q.Grain)
	if err != nil {
		return result, err
	}
	fact := v
	if q.Days != nil {
		v = e.fromDays(q.Days, v)
	}
	err = e.warehouse.Write(ctx, func(ctx context.Context, w warehouse.Writer) error {
		s := &step{Writer: w, engine: e, definition: d, fact: fact, values: v, request: q, result: &result}
		if err := s.look(ctx); err != nil {
			return err
		}
		todo, err := s.plan(ctx)
		if err != nil || len(todo) == 0 {
			return err
		}
		for _, work := range todo {
			if err := s.do(ctx, work); err != nil {
				return err
			}
		}
		built, err := e.periods(ctx, w, d, q.Grain)
		if err != nil {
			return err
		}
		result.Active = built[len(built)-1].Active
		return s.publish(ctx)
	})
	return result, err
}

// fromDays makes an activation table of the day grain the source: a relation of users and local dates.
func (e *Engine) fromDays(days *Definition, v statements.Values) statements.Values {
	daily := e.values(days, period.Day)
	v.Daily, v.DailyPeriods = true, daily.Periods
	v.Fact, v.User, v.Time, v.TimeKind = daily.Activation, "user_id", "period", warehouse.Date
	return v
}

// do reads the periods of a span and writes what follows from them.
func (s *step) do(ctx context.Context, work span) error {
	if s.result.First == nil {
		s.result.First = &work.first
	}
	s.result.Last = &work.last
	s.result.Periods += work.last.Index - work.first.Index + 1
	if work.restate {
		return s.restate(ctx, work)
	}
	return s.append(ctx, work.first, work.last)
}

func (e *Engine) exec(ctx context.Context, w warehouse.Writer, name string, v statements.Values, args ...any) error {
	text, err := e.sql.Render(name, v)
	if err != nil {
		return err
	}
	return w.Exec(ctx, text, args...)
}

func listed(names []string) string { return strings.Join(names, ", ") }
