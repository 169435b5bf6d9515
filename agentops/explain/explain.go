package explain

import (
	"cmp"
	"fmt"
	"math"

	"github.com/headwater-mcp/headwater/fault"
)

// Explain answers why active users moved. A period that the outputs do not hold is fault.NotFound, a question that makes
// no sense fault.Invalid; too little history, an open period and a quiet one are answers.
func Explain(in Input) (Answer, error) {
	in.MinUsers = cmp.Or(in.MinUsers, DefaultMinUsers)
	in.MaxSegments = cmp.Or(in.MaxSegments, DefaultMaxSegments)
	if err := check(in); err != nil {
		return Answer{}, err
	}
	r, err := rhythmOf(in.Period.Grain)
	if err != nil {
		return Answer{}, err
	}
	first, last, err := Needs(in.Period, in.CompareTo)
	if err != nil {
		return Answer{}, err
	}
	c, err := newCube(in.History, in.Dimensions, first, last)
	if err != nil {
		return Answer{}, err
	}
	w := &weighing{in: in, cube: c, past: newPast(in, c, r), t: c.index(in.Period), q: c.index(in.CompareTo)}
	return w.answer(), nil
}

// check refuses questions that cannot be asked of these outputs. An open period need not be built yet.
func check(in Input) error {
	p, q := in.Period, in.CompareTo
	if q.Grain != p.Grain || q.Calendar != p.Calendar || q.Index >= p.Index {
		return fault.New(fault.Invalid, "%s %s cannot be compared with %s %s; compare with an earlier period of the same grain and calendar.", p.Grain, p, q.Grain, q)
	}
	open := !p.Closed(in.AsOf, in.Settle)
	if p.Index < in.First.Index || p.Index > in.BuiltUntil.Index && !open {
		return fault.New(fault.NotFound, "%s %s of %s is not built; %s to %s are. Ask about one of these, or run headwater build first.", p.Grain, p, in.Fact, in.First, in.BuiltUntil)
	}
	if q != p.Prev() && q.Index < in.First.Index {
		return fault.New(fault.NotFound, "%s %s of %s, to compare with, is not built; the first is %s.", q.Grain, q, in.Fact, in.First)
	}
	return nil
}

// weighing is one question on its way to an answer.
type weighing struct {
	in   Input
	cube *cube
	past past
	// t and q are the positions of the period asked and the one compared with.
	t, q    int
	outlook *outlook
	// search is nil where nothing could be compared, or there is nothing to slice by.
	search *search
	slices []slice
	// nearest is how near a slice came to standing out that did not, below 1.
	nearest float64
	out     Answer
}

// answer walks the order: closed? → real? → unusual? → which transition? → which slices? → calendar → next.
func (w *weighing) answer() Answer {
	in := w.in
	w.out = Answer{
		Fact: in.Fact, Grain: string(in.Period.Grain), Period: in.Period.String(), ComparedTo: in.CompareTo.String(),
		Causes: []Attribution{}, Observed: w.cube.total(active, w.t), Band: []int64{}, Bridge: []BridgeRow{}, Segments: []Segment{},
		Evidence: evidenceOf(in), EvidenceLeftOut: max(0, len(in.Health)-maxEvidence), Calendar: notes(in), Next: []Action{},
	}
	switch pending := pendingOf(in); {
	case !in.Period.Closed(in.AsOf, in.Settle):
		w.conclude(NotClosed, 1, summaryNotClosed(w))
	case pending != nil:
		w.conclude(NotLoaded, 1, summaryNotLoaded(w, *pending))
	default:
		w.compare()
	}
	w.out.Next = nextSteps(w)
	return w.out
}

// conclude ends without a cause.
func (w *weighing) conclude(class Class, confidence float64, summary string) {
	w.out.Verdict = Verdict{Class: class, Cause: NoCause, Confidence: confidence, Summary: summary}
}

// compare fills the bridge, the expectation and the slices, and weighs the causes.
func (w *weighing) compare() {
	change := w.out.Observed - w.cube.total(active, w.q)
	w.out.Change = &change
	foreseen, reason := w.foresee()
	if reason == "" {
		w.outlook = &foreseen
	}
	w.out.Bridge = bridge(w)
	if w.outlook == nil {
		w.inconclusive(reason)
		return
	}
	expected := foreseen.expected[active]
	unexpected := w.out.Observed - expected
	w.out.Expected, w.out.Unexpected, w.out.Band = &expected, &unexpected, foreseen.band(active)
	if len(w.cube.dims) > 0 && len(w.cube.leaves) > 0 {
		w.search = newSearch(w.in, w.cube, w.past, foreseen, w.t)
		w.search.find()
		w.slices, w.nearest = w.search.found, w.search.nearest
	}
	w.attribute()
}

// foresee is the outlook of the period asked, or why there is none.
func (w *weighing) foresee() (outlook, string) {
	if w.in.Period.Index <= w.in.First.Index {
		return outlook{}, "it is the first period built, in which everybody looks new"
	}
	o, reason := foresee(w.cube, w.past, w.t)
	if reason != "" {
		reason += w.suspected()
	}
	return o, reason
}

// suspected says how many of the periods that a baseline would be made of are suspect; "" where none is.
func (w *weighing) suspected() string {
	n, last := 0, w.cube.first
	for p := range w.in.Suspect {
		if p.Index < w.in.Period.Index && p.Index >= w.cube.first.Index {
			n++
			last.Index = max(last.Index, p.Index)
		}
	}
	if n == 0 {
		return ""
	}
	return fmt.Sprintf(" (suspect for what they are made from: %d, the last of them %s; a closure in the calendar makes an empty day no fault)", n, last)
}

// shareBase is what shares are relative to: the unexpected part, or nothing where that is within the band.
func (w *weighing) shareBase() *int64 {
	if math.Abs(w.deviation(active)) <= 1 {
		return nil
	}
	return w.out.Unexpected
}

func (w *weighing) deviation(s series) float64 { return w.outlook.deviation(w.cube, s, w.t) }

// before reports whether the question is what changed since the period before.
func (w *weighing) before() bool { return w.in.CompareTo == w.in.Period.Prev() }
