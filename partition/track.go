package partition

import (
	"context"
	"math"
	"time"

	"github.com/headwater-mcp/headwater/lineage"
)

// track is the partitions of one node in one call. Numbers are period indices.
type track struct {
	node *lineage.Node
	spec Spec
	// first and last are judged; from and until, which hold them, are observed, so that there are peers to compare with.
	first, last, from, until int
	// closed is the last period that is closed, due the last one whose arrival is due, expired the last one that is
	// older than the retention.
	closed, due, expired int
	// begin is the first expected period, nil where unknown; beginPartial where not all of it is expected.
	begin        *int
	beginPartial bool

	observed bool
	reason   string // why not
	keyNote  string
	latest   *time.Time
	// untimed and ahead are rows of no period, and of periods that begin after the question.
	untimed, ahead int64
	// loadedAhead counts periods whose rows were loaded after the question.
	loadedAhead int
	// future: begin lies after the question.
	future bool
	// blurred says which inputs were not compared with what they were, and why.
	blurred string
	untold  map[int]string // why single periods were not observed
	seen    map[int]Sight  // what those of a node that was not observed held before
	build   *BuildRecord
	batched interval // what the recorded batches span; zero where there are none
	arrival arrival
	// definitions are those by which periods were built, by index.
	definitions map[int]string
	// notes are the periods that are noted as built, by index.
	notes map[int]Count
	// counts and kind are of the observed periods; periods of one kind are comparable.
	counts []Count
	kind   []int

	verdicts  []verdict // of first to last
	witnessed bool
}

// at is the verdict on a period, nil outside the judged range.
func (t *track) at(index int) *verdict {
	if index < t.first || index > t.last {
		return nil
	}
	return &t.verdicts[index-t.first]
}

func (t *track) rows(index int) int64 { return t.counts[index-t.from].Rows }

// track returns a node's partitions, judged by themselves. The node has a spec and is in scope.
func (s *survey) track(ctx context.Context, id string) *track {
	if t, ok := s.tracks[id]; ok {
		return t
	}
	t := s.newTrack(id)
	s.tracks[id] = t
	s.observe(ctx, t)
	s.recall(ctx, t)
	s.judge(t)
	s.findMoved(ctx, t)
	s.judgeLedger(t)
	s.judgeCode(t)
	t.judgeDefinition()
	return t
}

func (s *survey) newTrack(id string) *track {
	n, _ := s.graph.Node(id)
	spec := s.specs.Of(id)
	first, last := spec.overlapping(s.scope[id])
	t := &track{node: n, spec: spec, first: first.Index, last: last.Index, expired: math.MinInt}
	if b, ok := s.builds[id]; ok {
		t.build = &b
	}
	t.closed = spec.Calendar.LastClosed(spec.Grain, s.asOf, spec.Settle).Index
	t.arrival = s.arrivalOf(t)
	t.due = t.dueBy(s.asOf)
	if spec.ExpiresAfter > 0 {
		t.expired = spec.Calendar.LastClosed(spec.Grain, s.asOf, spec.ExpiresAfter).Index
	}
	lowest := t.expired
	if !spec.Begin.IsZero() {
		p := spec.At(spec.Begin)
		t.begin, t.beginPartial, t.future = &p.Index, p.Start().Before(spec.Begin), spec.Begin.After(s.asOf)
		lowest = max(lowest, p.Index-1)
	}
	t.from = min(t.first, max(t.first-stretch(spec.Grain, peersBefore), lowest+1))
	t.until = max(t.last, min(t.last+stretch(spec.Grain, peersAfter), t.due))
	t.counts = make([]Count, t.until-t.from+1)
	t.kind = make([]int, len(t.counts))
	for i := range t.kind {
		t.kind[i] = kindOf(spec.period(t.from + i))
	}
	t.verdicts = make([]verdict, t.last-t.first+1)
	t.listen(s.batches[id])
	return t
}

// expected reports whether a period is to be there, and to be compared with others, by now.
func (t *track) expected(index int) bool {
	return index <= t.due && index > t.expired && (t.begin == nil || index >= *t.begin)
}

// comparable reports whether the row count of a period says what is usual.
func (s *survey) comparable(t *track, index int) bool {
	return t.expected(index) && t.untold[index] == "" && t.rows(index) > 0 && (!t.beginPartial || index != *t.begin) && !s.closure(t, index)
}

// judge gives each period its presence and the findings that need no other node.
func (s *survey) judge(t *track) {
	kinds := t.kinds(func(i int) bool { return t.expected(i) && t.untold[i] == "" })
	volumes := t.kinds(func(i int) bool { return s.comparable(t, i) })
	for i := t.first; i <= t.last; i++ {
		v := t.at(i)
		t.look(i, v)
		if v.presence == Missing {
			s.explainEmpty(t, i, v, kinds)
		}
		if (v.repeats() || v.strays()) && v.presence != Expired && v.presence != NotExpected {
			v.add(Duplicated)
		}
		if v.presence == Present || v.presence == Missing {
			v.band = newBand(t.peers(i, volumes, t.rows))
		}
		if v.presence == Present && v.count.Rows > 0 && !t.noted() && s.comparable(t, i) && v.band.proven() {
			switch {
			case v.count.Rows < v.band.lower:
				v.add(LowVolume)
			case v.count.Rows > v.band.upper:
				t.high(i, v, volumes)
			}
		}
		if t.runFailed(i, v) {
			v.add(Failed)
		}
	}
}

// high says what more rows than usual are: loaded twice, where there is a second witness.
func (t *track) high(i int, v *verdict, volumes map[int][]int) {
	v.witness, v.usualWaves = t.waves(i, volumes)
	switch {
	case v.witness == "":
		v.add(HighVolume)
	case !v.has(Duplicated):
		v.add(Duplicated)
	}
}

// look notes what was observed of a period, and its presence by that alone.
func (t *track) look(i int, v *verdict) {
	v.observed, v.reason = t.observed && t.untold[i] == "", t.reason+t.untold[i]
	if v.observed {
		v.count = t.counts[i-t.from]
	}
	if sight, ok := t.seen[i]; ok {
		v.seen = &sight
	}
	v.presence = t.presence(i, v.observed)
}

func (t *track) presence(i int, observed bool) Presence {
	switch {
	case t.begin != nil && i < *t.begin:
		return NotExpected
	case i <= t.expired:
		return Expired
	case i > t.closed:
		return Open
	case i > t.due:
		return Pending
	case !observed:
		return Unknown
	case t.rows(i) > 0:
		return Present
	}
	return Missing
}

// explainEmpty makes a period without rows present where something explains it.
func (s *survey) explainEmpty(t *track, i int, v *verdict, kinds map[int][]int) {
	v.closure = s.closure(t, i)
	switch {
	case v.closure || v.told.failed == nil && t.emptyAsUsual(i, kinds):
		v.presence = Present
		v.add(EmptyAsUsual)
	case t.rebuiltEmpty(i) || t.batchedEmpty(i, v) || t.notedEmpty(i, v):
		v.presence = Present
		v.add(Empty)
	}
}

// full reports whether each run makes the whole table again.
func (t *track) full() bool {
	return t.node.Type == lineage.TypeSeed || t.node.Type == lineage.TypeModel && t.node.Materialized == "table"
}

// rebuiltEmpty reports whether the whole table was made again after the period closed, by a run that does not say that it
// wrote rows.
func (t *track) rebuiltEmpty(i int) bool {
	b := t.build
	if !t.full() || b == nil || b.Status != success || b.Rows != nil && *b.Rows > 0 {
		return false
	}
	return !b.started().Before(t.spec.period(i).End())
}

// runFailed reports whether the last batches of this period failed; where none is recorded, whether the node's last run failed
// and was to make this period: one that ended after the last good run started. Where no good run is recorded, those are the
// newest period and those without rows.
func (t *track) runFailed(i int, v *verdict) bool {
	b := t.build
	if b == nil || isView(t.node) || v.presence == NotExpected || v.presence == Expired || v.presence == Open {
		return false
	}
	if broken, known := t.batchFailed(v); known || !failed(b.Status) {
		return broken
	}
	p := t.spec.period(i)
	if !b.CompletedAt.IsZero() && !p.Start().Before(b.CompletedAt) {
		return false
	}
	rowless := v.observed && v.count.Rows == 0
	switch {
	case b.Status == partialSuccess:
		return rowless && p.End().After(b.GoodAt)
	case !b.GoodAt.IsZero():
		return p.End().After(b.GoodAt)
	}
	newest := t.closed
	if !b.CompletedAt.IsZero() {
		newest = min(newest, t.spec.Calendar.LastClosed(t.spec.Grain, b.CompletedAt, 0).Index)
	}
	return rowless || i == newest
}
