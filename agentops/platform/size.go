package platform

import (
	"context"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/headwater-mcp/headwater/activation"
	"github.com/headwater-mcp/headwater/agentops/explain"
	"github.com/headwater-mcp/headwater/partition"
	"github.com/headwater-mcp/headwater/period"
	"github.com/headwater-mcp/headwater/warehouse"
)

// sizing counts the users whom a fault costs the period asked.
type sizing struct {
	*Platform

	engine *activation.Engine
	fact   Fact
	in     explain.Input
}

// size counts by leaf the users whom partitions of one node that are wrong in the same way cost the period asked, or if they do
// not touch it the one before: those whose rows came late and who are not in it, or of missing and partial partitions those who
// were there because of the same part of a period before, all of them negative; and of duplicated ones, positive, those who are
// there by repeated rows alone. counted is false where that cannot be told: the fault is of another kind, the partitions touch
// neither period or have gaps between them, or neither the node nor a view of nothing but it holds the fact's user.
func (s sizing) size(ctx context.Context, group []partition.Trouble) (users map[activation.Leaf]int64, counted bool, err error) {
	first, last := group[0], group[len(group)-1]
	if first.Partition() == "" || first.Consequence || last.Period.Index-first.Period.Index != len(group)-1 {
		return nil, false, nil
	}
	p := s.in.Period
	if !slices.Contains(first.Affects, p) {
		p = p.Prev() // of which the period asked may have the echo
	}
	part := activation.Part{Period: p, Start: later(first.Period.Start(), p.Start()), End: earlier(last.Period.End(), p.End())}
	if !part.Start.Before(part.End) {
		return nil, false, nil
	}
	for _, of := range s.shownBy(first) {
		if users, counted, err = s.sizeBy(ctx, of, part, group); counted || err != nil {
			break
		}
	}
	if err != nil {
		// What cannot be counted is weighed without its size, unless nobody waits for the answer any more.
		return nil, false, ctx.Err() //nolint:wrapcheck // said by the caller
	}
	return users, counted, nil
}

// sizeBy is size by what one relation shows.
func (s sizing) sizeBy(
	ctx context.Context, of activation.Upstream, part activation.Part, group []partition.Trouble,
) (users map[activation.Leaf]int64, counted bool, err error) {
	switch problemOf(group[0]) {
	case explain.Late:
		if group[0].Built.IsZero() {
			return nil, false, nil
		}
		users, counted, err = s.engine.Absent(ctx, s.fact.Definition, of, part, group[0].Built)
	case explain.Missing, explain.Empty, explain.Partial, explain.Thin:
		users, counted, err = s.short(ctx, of, part)
	case explain.Duplicated:
		return s.again(ctx, of, part, group)
	default:
	}
	for leaf, n := range users {
		users[leaf] = -n
	}
	return users, counted, err
}

// shownBy are the relations that show the rows of the node at fault: its own, and those of the views on the way to the fact that
// read nothing else, in which columns often have their names first.
func (s sizing) shownBy(t partition.Trouble) []activation.Upstream {
	var out []activation.Upstream
	loaded := ""
	for i, id := range t.Path {
		n, _ := s.Graph.Node(id)
		if i > 0 && (!strings.EqualFold(n.Materialized, "view") || len(s.Graph.Parents(id)) != 1) {
			break
		}
		if of, placed := s.upstream(id); placed {
			if i == 0 {
				loaded = of.Loaded
			}
			of.Loaded = loaded
			out = append(out, of)
		}
	}
	return out
}

// short counts the users whom lost rows of a part cost: those whom the same part of a period before brought, as large a share of
// them as is missing now. Users lack less than rows where part of a day is gone.
func (s sizing) short(
	ctx context.Context, of activation.Upstream, part activation.Part,
) (users map[activation.Leaf]int64, counted bool, err error) {
	of.Loaded = ""
	before, known := s.before(part)
	if !known {
		return nil, false, nil
	}
	left, counted, err := s.engine.Footprint(ctx, s.fact.Definition, of, part)
	if err != nil || !counted {
		return nil, false, err
	}
	if users, counted, err = s.engine.Footprint(ctx, s.fact.Definition, of, before); err != nil || !counted {
		return nil, false, err
	}
	usual := float64(total(users)) * s.growth(part.Period, before.Period, total(left), total(users))
	if usual <= 0 {
		return nil, false, nil
	}
	share := max(0, 1-float64(total(left))/usual)
	for leaf, n := range users {
		users[leaf] = int64(math.Round(share * float64(n)))
	}
	return users, true, nil
}

// again counts the users whom repeated rows brought. Partitions that only repeat rows of their own bring nobody.
func (s sizing) again(
	ctx context.Context, of activation.Upstream, part activation.Part, group []partition.Trouble,
) (users map[activation.Leaf]int64, counted bool, err error) {
	how, ok := sameAgain(group)
	if !ok {
		return nil, false, nil
	}
	if how.Start.IsZero() && how.Waves == 0 {
		return map[activation.Leaf]int64{}, true, nil
	}
	return s.engine.Repeated(ctx, s.fact.Definition, of, part, how)
}

// sameAgain is how the rows of all partitions of a group came again; false where that differs or is not known.
func sameAgain(group []partition.Trouble) (activation.Again, bool) {
	first := group[0].Again
	if first == nil {
		return activation.Again{}, false
	}
	out := activation.Again{Key: first.Key, Waves: first.Waves}
	for _, t := range group {
		a := t.Again
		if a == nil || !slices.Equal(a.Key, first.Key) || a.Waves != first.Waves {
			return out, false
		}
		if a.First == (period.Period{}) {
			continue
		}
		start, end := a.First.Start(), a.Last.End()
		shift := t.Period.Start().Sub(start)
		if len(a.Key) == 0 && !out.Start.IsZero() && shift != out.Shift {
			return out, false
		}
		out.Shift = shift
		if out.Start.IsZero() || start.Before(out.Start) {
			out.Start = start
		}
		out.End = later(out.End, end)
	}
	return out, true
}

// growth is how much larger a period is than one before without the users whom an upstream part brought to either; 1 where
// it brought nearly all.
func (s sizing) growth(asked, before period.Period, brought, broughtBefore int64) float64 {
	const tenth = 10
	rest, restBefore := s.active(asked)-brought, s.active(before)-broughtBefore
	if restBefore <= 0 || restBefore < broughtBefore/tenth {
		return 1
	}
	return float64(rest) / float64(restBefore)
}

// active is how many users a period had.
func (s sizing) active(p period.Period) (users int64) {
	for _, b := range s.in.History.ByOrigin {
		if b.Period == p {
			users += b.New + b.Retained + b.Reactivated
		}
	}
	return users
}

func total(byLeaf map[activation.Leaf]int64) int64 {
	var sum int64
	for _, n := range byLeaf {
		sum += n
	}
	return sum
}

// upstream is a node as its users are counted; false where its rows have no place in time.
func (s sizing) upstream(id string) (activation.Upstream, bool) {
	n, _ := s.Graph.Node(id)
	spec := s.Specs.Of(id)
	relation, err := warehouse.ParseRelation(n.Relation)
	if err != nil || spec.Time == "" {
		return activation.Upstream{}, false
	}
	of := activation.Upstream{Relation: relation, Time: spec.Time, ColumnZone: spec.ColumnZone}
	if of.ColumnZone == "" {
		of.ColumnZone = "UTC"
	}
	if n.Source != nil {
		of.Loaded = n.Source.LoadedAtField
	}
	return of, true
}

// before is the same part of the last period of the same season that can be trusted.
func (s sizing) before(part activation.Part) (activation.Part, bool) {
	const seasons, week = 4, 7
	season := 1
	if part.Period.Grain == period.Day {
		season = week
	}
	for k := 1; k <= seasons; k++ {
		q := part.Period.Add(-k * season)
		_, suspect := s.in.Suspect[q]
		if suspect || q.Index <= s.in.First.Index {
			continue
		}
		shift := q.Start().Sub(part.Period.Start())
		return activation.Part{Period: q, Start: part.Start.Add(shift), End: part.End.Add(shift)}, true
	}
	return part, false
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
