package platform

import (
	"context"
	"math"

	"github.com/headwater-mcp/headwater/activation"
	"github.com/headwater-mcp/headwater/partition"
	"github.com/headwater-mcp/headwater/period"
)

// recoded is recoding, nil where it does not count or what it reads cannot be read: a change is weighed without its size then.
func (s sizing) recoded(ctx context.Context, r partition.Recoding) (map[activation.Leaf]int64, error) {
	users, counted, err := s.recoding(ctx, r)
	if err != nil || !counted {
		return nil, ctx.Err() //nolint:wrapcheck // said by the caller
	}
	return users, nil
}

// recoding counts by leaf the users whom changed code keeps out of the period asked, negative, or lets in: how many more than in
// a period before are shown by what the code reads and are not in the fact. counted is false where what is read does not show
// nearly all users, no period before can be trusted, or so many are kept out as a rule that a difference says little.
func (s sizing) recoding(ctx context.Context, r partition.Recoding) (users map[activation.Leaf]int64, counted bool, err error) {
	p := s.in.Period
	before, known := s.before(activation.Part{Period: p, Start: p.Start(), End: p.End()})
	if !known {
		return nil, false, nil
	}
	of, err := s.readBy(ctx, r, before.Period)
	if err != nil || of == nil {
		return nil, false, err
	}
	now, counted, err := s.engine.Dropped(ctx, s.fact.Definition, of, p)
	if err != nil || !counted {
		return nil, false, err
	}
	then, counted, err := s.engine.Dropped(ctx, s.fact.Definition, of, before.Period)
	if err != nil || !counted {
		return nil, false, err
	}
	users, counted = moreDropped(now, then)
	return users, counted, nil
}

// moreDropped is by how many users more are dropped than before, negative; nobody where chance makes such a difference.
func moreDropped(now, then map[activation.Leaf]int64) (users map[activation.Leaf]int64, counted bool) {
	const chance = 3 // standard deviations of the difference of two counts
	more, always := total(now)-total(then), min(total(now), total(then))
	if math.Abs(float64(more)) <= chance*math.Sqrt(float64(total(now)+total(then))) {
		return map[activation.Leaf]int64{}, true
	}
	if always > max(more, -more) {
		return nil, false
	}
	users = map[activation.Leaf]int64{}
	for leaf, n := range now {
		users[leaf] -= n
	}
	for leaf, n := range then {
		users[leaf] += n
	}
	return users, true
}

// readBy are the nodes beside a change's way to the fact, from the change on, that together show nearly all users of a period
// before it; nil where there are none.
func (s sizing) readBy(ctx context.Context, r partition.Recoding, before period.Period) ([]activation.Upstream, error) {
	const nearlyAll = 0.9
	enough := nearlyAll * float64(s.active(before))
	var of []activation.Upstream
	for _, id := range r.Path {
		more := s.beside(r, id)
		if len(more) == 0 {
			continue
		}
		of = append(of, more...)
		shown, counted, err := s.engine.Shown(ctx, s.fact.Definition, of, before)
		if err != nil {
			return nil, err
		}
		if counted && float64(shown) >= enough {
			return of, nil
		}
	}
	return nil, nil
}

// beside are the parents of a node that the change does not reach, and whose rows have a place in time.
func (s sizing) beside(r partition.Recoding, id string) []activation.Upstream {
	var out []activation.Upstream
	for _, parent := range s.Graph.Parents(id) {
		if len(s.Graph.ShortestPath(r.Node, parent.ID)) > 0 {
			continue
		}
		if of, placed := s.upstream(parent.ID); placed {
			out = append(out, of)
		}
	}
	return out
}
