package activation

import (
	"context"
	"strings"
	"time"

	"github.com/headwater-mcp/headwater/activation/statements"
	"github.com/headwater-mcp/headwater/period"
	"github.com/headwater-mcp/headwater/warehouse"
)

// schemaVersion is the shape of the tables that this engine writes; outputs of another version are built again.
const schemaVersion = 1

// BuildRequest asks for the outputs of one fact and grain to be brought up to date.
type BuildRequest struct {
	Grain period.Grain
	// AsOf is the clock: periods up to and including the one open then are built.
	AsOf time.Time
	// From restates built periods from that one on; nil builds what is unbuilt and what was open when last built.
	From *period.Period
	// Until ends the build earlier than the open period.
	Until *period.Period
	// Run marks the periods that it writes.
	Run string
}

// BuildResult says what was written. First and Last are nil where nothing had to be.
type BuildResult struct {
	Fact  string         `json:"fact"`
	Grain period.Grain   `json:"grain"`
	First *period.Period `json:"first,omitempty"`
	Last  *period.Period `json:"last,omitempty"`
	// Periods is how many were written, Rows how many user periods the outputs hold for them.
	Periods int `json:"periods"`
	// Active is the number of active users in Last.
	Active int64 `json:"active"`
	// Why says what made the build necessary, or that nothing did.
	Why string `json:"why"`
}

// Build writes what is missing in one transaction: all of it becomes visible, or nothing. Repeating it changes nothing.
func (e *Engine) Build(ctx context.Context, d *Definition, q BuildRequest) (BuildResult, error) {
	result := BuildResult{Fact: d.Fact.Name, Grain: q.Grain}
	v, err := e.bind(ctx, d, q.Grain)
	if err != nil {
		return result, err
	}
	err = e.warehouse.Write(ctx, func(ctx context.Context, w warehouse.Writer) error {
		s := &step{Writer: w, engine: e, definition: d, values: v, request: q}
		if err := s.prepare(ctx); err != nil {
			return err
		}
		first, last, why, err := s.span(ctx)
		result.Why = why
		if err != nil || first == nil {
			return err
		}
		result.First, result.Last, result.Periods = first, last, last.Index-first.Index+1
		if err := s.write(ctx, *first, *last); err != nil {
			return err
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

// maxPeriods bounds one fact and grain: beyond it a begin is missing and some row has a broken date.
const maxPeriods = 100_000

// span decides which periods to write: everything from the first that needs it, since what follows depends on it.
func (s *step) span(ctx context.Context) (first, last *period.Period, why string, err error) {
	d, q := s.definition, s.request
	open := d.Calendar.At(q.Grain, q.AsOf)
	if q.Until != nil && q.Until.Index < open.Index {
		open = *q.Until
	}
	built, err := s.engine.periods(ctx, s, d, q.Grain)
	if err != nil {
		return nil, nil, "", err
	}
	start, why, err := s.firstToWrite(ctx, built)
	if err != nil || start == nil {
		return nil, nil, why, err
	}
	end := open
	if n := len(built); n > 0 && built[n-1].Period.Index > end.Index {
		end = built[n-1].Period
	}
	if start.Index > end.Index || start.Index > open.Index {
		return nil, nil, "up to date", nil
	}
	if end.Index-start.Index >= maxPeriods {
		return nil, nil, "", d.invalid("begin", "the first row is of %s, which makes more than %d %ss to build. Set begin to the first date that can be trusted.",
			start, maxPeriods, q.Grain)
	}
	return start, &end, why, nil
}

// firstToWrite is the first period that was asked for, is unbuilt, or was open when it was built.
func (s *step) firstToWrite(ctx context.Context, built []Built) (*period.Period, string, error) {
	d, q := s.definition, s.request
	if len(built) == 0 {
		p, err := s.begin(ctx)
		switch {
		case p == nil || err != nil:
			return nil, "the fact has no rows", err
		case s.replaced:
			return p, "built again: the fact's definition or the outputs' shape changed", nil
		}
		return p, "first build", nil
	}
	begin := built[0].Period
	if q.From != nil {
		p := *q.From
		if p.Index < begin.Index {
			p = begin
		}
		if last := built[len(built)-1].Period; p.Index > last.Index+1 {
			p = last.Next()
		}
		return &p, "restated from " + p.String(), nil
	}
	for _, b := range built {
		if b.Open(d.Settle) && b.BuiltAt.Before(q.AsOf) {
			return &b.Period, "was open when last built", nil
		}
	}
	next := built[len(built)-1].Period.Next()
	return &next, "unbuilt", nil
}

// begin is the first period that counts: the fact's begin, or the first with a row of a user.
func (s *step) begin(ctx context.Context) (*period.Period, error) {
	d, q := s.definition, s.request
	query, err := s.engine.sql.Render("first_row", s.values)
	if err != nil {
		return nil, err
	}
	dates, err := warehouse.Collect(ctx, s, func(rows warehouse.Rows) (*time.Time, error) {
		var low, high *time.Time
		err := rows.Scan(&low, &high)
		return low, err
	}, query)
	if err != nil || len(dates) == 0 || dates[0] == nil {
		return nil, err
	}
	p := onDate(d.Calendar, q.Grain, *dates[0])
	if !d.Begin.IsZero() {
		p = d.Calendar.FirstFrom(q.Grain, d.Begin)
	}
	return &p, nil
}

func (e *Engine) exec(ctx context.Context, w warehouse.Writer, name string, v statements.Values, args ...any) error {
	text, err := e.sql.Render(name, v)
	if err != nil {
		return err
	}
	return w.Exec(ctx, text, args...)
}

func listed(names []string) string { return strings.Join(names, ", ") }
