package partition

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/headwater-mcp/headwater/period"
)

// serving is how the last good build of a node without partitions served a need.
type serving int

const (
	// unserved: it started before what is needed was there.
	unserved serving = iota
	// presumed: it started after what is needed had ended, and of some of that nobody knows when it was loaded.
	presumed
	// served: it started after all that is needed was loaded.
	served
)

// lastGood says whether the last good build of a node without partitions, whose last run failed, still serves an interval of it:
// whether it started after the partitions that the interval needs of the node's parents were loaded. Where that is not known of
// one, it is taken to have been loaded when it ended. A node without parents that have partitions is served until its last good
// build.
func (s *survey) lastGood(ctx context.Context, id string, at interval) serving {
	good := s.builds[id].GoodAt
	if good.IsZero() {
		return unserved
	}
	out, partitioned := served, false
	needed := s.inputs.of(id, at)
	for _, parent := range slices.Sorted(maps.Keys(needed)) {
		if n, _ := s.graph.Node(parent); isView(n) || !s.specs.Of(parent).Partitioned() {
			continue
		}
		partitioned = true
		s.track(ctx, parent).each(needed[parent], func(d dated) {
			loaded, known := s.tracks[parent].loadedAt(d)
			switch {
			case good.Before(loaded):
				out = unserved
			case !known:
				out = min(out, presumed)
			}
		})
	}
	if !partitioned && good.Before(at.end) {
		return unserved
	}
	if !partitioned {
		return presumed
	}
	return out
}

// loadedAt is when all of a partition was there: by the column that says when rows were loaded, else by the recorded run that
// built it; else, not known, no earlier than its end.
func (t *track) loadedAt(d dated) (at time.Time, known bool) {
	switch {
	case d.presence == NotExpected || d.presence == Expired:
		return time.Time{}, true // nothing of it has to be there
	case d.observed && d.count.Loaded != nil:
		return *d.count.Loaded, true
	}
	if d.told.succeeded() {
		return slices.MaxFunc(d.told.good, func(a, b BatchRecord) int { return a.ended().Compare(b.ended()) }).ended(), true
	}
	if built := t.recorded(d.period.Index); !built.IsZero() {
		return built, true
	}
	return d.period.End(), false
}

// presumedWords is added where nobody knows when inputs were loaded.
const presumedWords = " When its inputs were loaded is not recorded everywhere; periods that had ended by then are taken as served."

// fails lists the asked periods that the failed last run of a node without partitions left without a good build, and whether
// others are only presumed to have one.
func (w *walk) fails(ctx context.Context, id string) (affected []period.Period, guessed bool) {
	for i, at := range w.needed[id].at {
		switch w.lastGood(ctx, id, at) {
		case unserved:
			affected = append(affected, w.asked[i])
		case presumed:
			guessed = true
		case served:
		}
	}
	return affected, guessed
}
