package activation

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/headwater-mcp/headwater/period"
	"github.com/headwater-mcp/headwater/warehouse"
)

// DueRequest asks what a build of all grains of one fact would write; its fields are those of UpdateRequest.
type DueRequest struct {
	AsOf        time.Time
	From, Until time.Time
	Days        *Definition
	// DaysDue are the days of Days that are due themselves and will be written before, ascending.
	DaysDue []period.Period
}

// Due is what a build of one grain would write.
type Due struct {
	// Result says why, and what is to be known besides; nothing is written, so its periods and counts are empty.
	Result BuildResult
	// Periods are ascending; none where the outputs are up to date. Reasons say why each is due.
	Periods []period.Period
	Reasons []string
}

// Due says what Update would write now, days first, and writes nothing. What changes between this and the build is found by the
// build. A week or month that was built before days of it were is due with them, and may be found to be as it should.
func (e *Engine) Due(ctx context.Context, d *Definition, q DueRequest) ([]Due, error) {
	var out []Due
	days := q.DaysDue
	for _, g := range grains() {
		if !slices.Contains(d.Grains, g) {
			continue
		}
		source := q.Days
		if g != period.Day && d.followsDays() {
			source = d
		}
		request := BuildRequest{Grain: g, AsOf: q.AsOf, From: d.PeriodOn(g, q.From), Until: d.PeriodOn(g, q.Until)}
		due, err := e.due(ctx, d, request, source, days)
		if err != nil {
			return out, err
		}
		out = append(out, due)
		if g == period.Day && d.followsDays() {
			days = due.Periods
		}
	}
	return out, nil
}

// due looks at one grain: source is the fact whose days may stand for the rows, of which days will be written before; it may be
// nil.
func (e *Engine) due(ctx context.Context, d *Definition, q BuildRequest, source *Definition, days []period.Period) (Due, error) {
	due := Due{Result: BuildResult{Fact: d.Fact.Name, Grain: q.Grain}}
	if d.ByDBT(q.Grain) {
		due.Result.Why = d.madeByDBT(q.Grain)
		return due, nil
	}
	if source == nil {
		days = nil
	} else if stands, err := e.standing(ctx, source, q, days); err != nil {
		return due, err
	} else if stands {
		q.Days = source
	}
	v, err := e.bind(ctx, d, q.Grain)
	if err != nil {
		return due, err
	}
	fact := v
	if q.Days != nil {
		v = e.fromDays(q.Days, v)
	}
	err = e.warehouse.Read(ctx, func(ctx context.Context, r warehouse.Reader) error {
		s := &step{Writer: looking{r}, engine: e, definition: d, fact: fact, values: v, request: q, result: &due.Result}
		if err := s.look(ctx); err != nil {
			return err
		}
		todo, err := s.plan(ctx)
		if err != nil {
			return err
		}
		return s.list(ctx, &due, todo, days)
	})
	return due, err
}

// standing reports whether the days of source stand for the rows once those that are due have been written. Days of which none is
// built cannot be looked at yet.
func (e *Engine) standing(ctx context.Context, source *Definition, q BuildRequest, due []period.Period) (bool, error) {
	built, err := e.Periods(ctx, source, period.Day)
	if err != nil || len(built) == 0 {
		return false, err
	}
	last := built[len(built)-1].Period
	if len(due) > 0 {
		last = later(last, due[len(due)-1])
	}
	return e.suffice(ctx, source, q, last)
}

// list fills in the periods of what is to be done, and of those that follow from days which will be written before.
func (s *step) list(ctx context.Context, due *Due, todo []span, days []period.Period) error {
	d, q := s.definition, s.request
	known := map[int]Built{}
	if !s.fresh {
		built, err := s.engine.periods(ctx, s, d, q.Grain)
		if err != nil {
			return err
		}
		for _, b := range built {
			known[b.Period.Index] = b
		}
	}
	listed := map[int]bool{}
	for _, work := range todo {
		s.mark(listed, work.first, work.last)
	}
	for _, day := range days {
		p := onDate(d.Calendar, q.Grain, day.UTCDate())
		// What is not built is in todo, or is not to be; what is frozen although days stand for its rows stays as it is.
		if _, built := known[p.Index]; built && !s.dropped(lastDate(p)) {
			listed[p.Index] = true
		}
	}
	for _, work := range spans(d.Calendar, q.Grain, listed) {
		for p := work.first; p.Index <= work.last.Index; p = p.Next() {
			due.Periods = append(due.Periods, p)
			due.Reasons = append(due.Reasons, s.reason(p, known))
		}
	}
	if len(todo) == 0 && len(due.Periods) > 0 {
		due.Result.Why = "its days are written anew"
	}
	return nil
}

// reason says why a period is due.
func (s *step) reason(p period.Period, known map[int]Built) string {
	b, built := known[p.Index]
	switch from := s.request.From; {
	case s.fresh:
		return s.result.Why
	case !built:
		return "unbuilt"
	case b.Open(s.definition.Settle) && b.BuiltAt.Before(s.request.AsOf):
		return "was open when last built"
	case from != nil && p.Index >= from.Index:
		return "read again from " + from.String()
	}
	return "changed since built"
}

// looking is the session of a step that only looks.
type looking struct{ warehouse.Reader }

var errLooking = errors.New("activation: a step that only looks was to write")

func (looking) Stage(context.Context, string, ...any) error { return errLooking }
func (looking) Exec(context.Context, string, ...any) error  { return errLooking }
