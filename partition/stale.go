package partition

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/headwater-mcp/headwater/lineage"
)

// change is how an input differs from what a partition was built from.
type change struct {
	// node and period are the input; no period where it is needed as a whole.
	node   string
	period string
	was    Version
	now    Version
	// built is when the partition was built, or, seen, by when its content was first seen.
	built time.Time
	seen  bool
}

// findStale looks at what each judged period of a node was built from. It asks for fingerprints only, never for rows.
func (s *survey) findStale(ctx context.Context, t *track) {
	if s.deps.History == nil || !t.observed || isView(t.node) || len(s.graph.Parents(t.node.ID)) == 0 {
		return
	}
	above := s.alteredAbove(ctx, t.node)
	t.blurred = s.blurredIn(above.unread)
	if len(above.changed) == 0 {
		return
	}
	for i := t.first; i <= t.last; i++ {
		v := t.at(i)
		if v.presence != Present || v.has(EmptyAsUsual) {
			continue
		}
		p := t.spec.period(i)
		at := t.spec.reads(interval{p.Start(), p.End()})
		if c, ok := s.changeSince(above.changed, t.node.ID, at, s.builtAt(ctx, t, i)); ok {
			v.changed = &c
			v.add(Stale)
		}
	}
}

// history is what was ever seen of a node, once it has been looked at now.
func (s *survey) history(ctx context.Context, n *lineage.Node) map[string][]Version {
	if known, ok := s.versions[n.ID]; ok {
		return known
	}
	s.versions[n.ID] = nil
	request := ObserveRequest{Node: n.ID, Relation: n.Relation, AsOf: s.asOf}
	if spec := s.specs.Of(n.ID); spec.Partitioned() {
		t := s.track(ctx, n.ID)
		if !t.observed {
			return nil
		}
		request.Spec, request.First, request.Last = spec, spec.period(t.first), spec.period(t.last)
	} else if !s.lookAtWhole(ctx, n) {
		return nil
	}
	versions, err := s.deps.History.Versions(ctx, request)
	if err != nil {
		s.forget(err)
		return nil
	}
	s.versions[n.ID] = versions
	return versions
}

// lookAtWhole observes a node without partitions and reports whether that could be done.
func (s *survey) lookAtWhole(ctx context.Context, n *lineage.Node) bool {
	if s.down != "" || s.deps.Observer == nil || n.Relation == "" {
		return false
	}
	seen, err := s.deps.Observer.Whole(ctx, WholeRequest{Node: n.ID, Relation: n.Relation, AsOf: s.asOf})
	s.looking.next()
	if err != nil {
		s.down = unavailable(err)
		return false
	}
	if seen.Unobserved != "" {
		s.unread[n.ID] = seen.Unobserved
	}
	return seen.Unobserved == ""
}

// blurredIn says which inputs, by id, could not be read whole, so that nothing is stale by them: of the first one why, of the
// others how many they are. "" where there are none.
func (s *survey) blurredIn(ids []string) string {
	if len(ids) == 0 {
		return ""
	}
	who := ids[0]
	if more := len(ids) - 1; more > 0 {
		who += fmt.Sprintf(" and %d more", more)
	}
	return fmt.Sprintf("Not compared with what it was, so that nothing is stale by it: %s. %s", who, s.unread[ids[0]])
}

// built is when a partition was built; seen where nothing is recorded, and it is when its content was first looked at.
type built struct {
	at   time.Time
	seen bool
}

// builtAt is when what a period of a node holds was built. Where no run says that it wrote the period, what is known is when it
// was first seen as it is.
func (s *survey) builtAt(ctx context.Context, t *track, index int) built {
	if at := t.recorded(index); !at.IsZero() {
		return built{at: at}
	}
	if list := s.history(ctx, t.node)[t.spec.period(index).String()]; len(list) > 0 {
		return built{list[len(list)-1].Since, true}
	}
	return built{}
}

// changeSince finds, in the order of ids, the first of some inputs of a node that is not what it was at an instant, in what an
// interval that the node reads needs of it.
func (s *survey) changeSince(inputs []string, node string, at interval, b built) (change, bool) {
	if b.at.IsZero() {
		return change{}, false
	}
	needed := s.inputs.needed(node, at)
	for _, id := range inputs {
		a := s.altered[id]
		if !a.last.After(b.at) {
			continue
		}
		part, ok := needed(id)
		if !ok {
			continue
		}
		for _, name := range s.names(id, part) {
			if was, now, ok := changed(a.versions[name], b.at); ok {
				return change{node: id, period: name, was: was, now: now, built: b.at, seen: b.seen}, true
			}
		}
	}
	return change{}, false
}

// names are the periods of a node that overlap an interval and are not expired; of a node without periods its whole.
func (s *survey) names(id string, at interval) []string {
	spec := s.specs.Of(id)
	if !spec.Partitioned() {
		return []string{""}
	}
	var out []string
	first, last := spec.overlapping(at)
	for p := first; p.Index <= last.Index; p = p.Next() {
		if t := s.tracks[id]; t == nil || p.Index > t.expired { // what is older than the retention may go
			out = append(out, p.String())
		}
	}
	return out
}

// changed compares the newest of some versions with the one that was there at an instant. Where nobody looked between a change
// and the instant it cannot be told which came first: that is no change.
func changed(versions []Version, at time.Time) (was, now Version, ok bool) {
	if len(versions) == 0 {
		return was, now, false
	}
	now = versions[len(versions)-1]
	next := slices.IndexFunc(versions, func(v Version) bool { return v.Since.After(at) })
	if next < 0 || versions[next].Before.Before(at) {
		return was, now, false
	}
	if next > 0 {
		was = versions[next-1]
	}
	return was, now, !same(was, now)
}

// same reports whether two versions hold the same rows, or cannot be compared.
func same(a, b Version) bool {
	if a.Rows != b.Rows {
		return false
	}
	made, _, _ := strings.Cut(a.Fingerprint, ":")
	as, _, _ := strings.Cut(b.Fingerprint, ":")
	return a.Fingerprint == b.Fingerprint || made != as
}

// words says what changed, and since when.
func (c *change) words() string {
	name := c.node
	if c.period != "" {
		name += " " + c.period
	}
	when := "when this was built ("
	if c.seen {
		when = "when this was first seen as it is ("
	}
	difference := fmt.Sprintf("%s instead of %s rows", number(c.now.Rows), number(c.was.Rows))
	if c.now.Rows == c.was.Rows {
		difference = number(c.now.Rows) + " rows as before, and not the same"
	}
	return fmt.Sprintf("%s is not what it was %s%s): %s, since %s at the latest",
		name, when, c.built.UTC().Format(time.RFC3339), difference, c.now.Since.UTC().Format(time.RFC3339))
}
