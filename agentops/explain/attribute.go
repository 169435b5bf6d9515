package explain

import (
	"cmp"
	"math"
	"slices"
)

// loneRow is how far, in half-widths of its band, a single transition must stray before it is blamed although active
// users as a whole are where they should be and no slice stands out: four rows stray more often than one total.
const loneRow = 1.5

// attribute turns deviations, faults and slices into causes and the verdict.
func (w *weighing) attribute() {
	var causes []Attribution
	rest := w.slices
	if f, found := w.fault(); found {
		lost := w.lost(f)
		causes = append(causes, w.faulty(f, lost))
		rest = w.beside(f)
		if len(lost) > 0 {
			w.slices = slices.Concat(lost, rest)
		}
	}
	for _, s := range w.slices {
		w.out.Segments = append(w.out.Segments, s.segment(w.shareBase()))
	}
	causes = append(causes, w.behaved(rest, len(causes) > 0)...)
	if len(causes) == 0 {
		shift, found := w.shifted()
		if !found {
			w.quiet()
			return
		}
		causes = append(causes, shift)
	}
	slices.SortStableFunc(causes, func(a, b Attribution) int {
		return cmp.Compare(gravity(b), gravity(a))
	})
	w.out.Causes = causes
	first := causes[0]
	w.out.Verdict = Verdict{Class: first.Class, Cause: first.Cause, Confidence: first.Confidence, Summary: summarise(w, first)}
	w.whence()
}

// gravity orders causes: by users, a fault of data three times as grave. Until it is repaired, what people did cannot be told
// well.
func gravity(a Attribution) int64 {
	const fault = 3
	if a.Node != "" {
		return fault * abs(a.Users)
	}
	return abs(a.Users)
}

// beside are the slices that a fault leaves to be explained: none where it was not counted.
func (w *weighing) beside(f suspected) []slice {
	switch _, counted := f.users(); {
	case counted && !f.echo:
		return w.unexplained(f)
	case f.cause == CodeChange:
		return w.others(w.recoded(f))
	}
	return nil
}

// fault is the first fault on the path that fits the move.
func (w *weighing) fault() (suspected, bool) {
	for _, f := range suspects(w.in) {
		if w.belied(f) {
			f.Leaves = nil
			if w.silenced() {
				continue
			}
		}
		if w.fits(f) {
			return f, true
		}
	}
	return suspected{}, false
}

// The confidence in a fault: high where its partition was seen to be wrong and users left the band its way, or where a slice is
// gone since the code changed; lower where only slices moved, lowest for changed code that all may have lost users by.
const (
	sureOfFault   = 0.95
	sureOfEcho    = 0.92
	sureOfShape   = 0.92
	fairlySure    = 0.85
	unsureOfLoss  = 0.75
	unsureOfCode  = 0.7
	sureOfCalmDay = 0.95
)

// faulty attributes the move to a fault: as many users as were counted for it, which it lost most of in some slices, or else the
// unexpected part.
func (w *weighing) faulty(f suspected, lost []slice) Attribution {
	a := Attribution{
		Class: DataFault, Cause: f.cause, Users: w.effect(w.slices), Confidence: sureOfFault, Transition: w.furthest().String(),
		Node: f.Node, Partition: f.Partition, Last: f.Last,
	}
	users, counted := f.users()
	switch {
	case f.echo:
		// They are active as ever, and only come from elsewhere.
		a.Users, a.Confidence, a.Transition = 0, sureOfEcho, came.String()
	case counted:
		a.Users = users
		if f.Problem == Thin {
			a.Confidence = unsureOfLoss
		}
		if f.cause == CodeChange && len(lost) > 0 {
			a.Transition = lost[0].transition().String()
		}
	case f.cause == CodeChange:
		a.Confidence = unsureOfCode
		if gone := w.recoded(f); len(gone) > 0 {
			a.Users, a.Confidence, a.Transition = w.effect(gone), sureOfFault, gone[0].transition().String()
		}
	case math.Abs(w.deviation(active)) <= 1:
		a.Confidence = fairlySure
	}
	a.Share = share(a.Users, w.shareBase())
	return a
}

// effect is what slices add to active users; without slices it is the unexpected part.
func (w *weighing) effect(of []slice) int64 {
	if len(of) == 0 {
		return *w.out.Unexpected
	}
	total := 0.0
	for _, s := range of {
		total += s.effect
	}
	return int64(math.Round(total))
}

// behaved attributes what faults leave: slice by slice, those of one cause together, or evenly where the whole moved.
func (w *weighing) behaved(of []slice, faulty bool) []Attribution {
	if len(of) == 0 {
		if faulty || !w.moved() {
			return nil
		}
		return []Attribution{w.even()}
	}
	if !faulty && w.offset(of) {
		return []Attribution{{
			Class: Behaviour, Cause: Offsetting, Users: w.effect(of), Confidence: confidence(of[0].strength),
			Transition: of[0].transition().String(), Where: of[0].where,
		}}
	}
	var out []Attribution
	for _, s := range of {
		a := w.classify(s)
		same := slices.IndexFunc(out, func(b Attribution) bool { return a.Class == b.Class && a.Cause == b.Cause })
		if same < 0 {
			out = append(out, a)
			continue
		}
		out[same].Users += a.Users
		out[same].Confidence = min(out[same].Confidence, a.Confidence) // what is said of all is as sure as of the least sure
		out[same].Share = share(out[same].Users, w.shareBase())
	}
	return out
}

// moved reports whether anything left its band although no slice stands out.
func (w *weighing) moved() bool {
	return math.Abs(w.deviation(active)) > 1 || math.Abs(w.deviation(w.furthest())) > loneRow
}

// furthest is the transition that strays most: in users, among those out of their band, or else in half-widths.
func (w *weighing) furthest() series {
	best, users, most, strayed := arrived, 0.0, arrived, 0.0
	for s := range active {
		deviation := math.Abs(w.deviation(s))
		if gap := deviation * w.outlook.half(s); deviation > 1 && gap > users {
			best, users = s, gap
		}
		if deviation > strayed {
			most, strayed = s, deviation
		}
	}
	if users > 0 {
		return best
	}
	return most
}

// even attributes a move that all slices share.
func (w *weighing) even() Attribution {
	row := w.furthest()
	way, strength := down, math.Abs(w.deviation(active))
	if *w.out.Unexpected > 0 {
		way = up
	}
	a := Attribution{Class: Behaviour, Users: *w.out.Unexpected, Transition: row.String()}
	a.Share = share(a.Users, w.shareBase())
	if strength <= 1 {
		strength = math.Abs(w.deviation(row)) / loneRow
		if a.Users = w.out.Bridge[row].Observed - *w.out.Bridge[row].Expected; row == left {
			a.Users = -a.Users
		}
	}
	a.Confidence = confidence(strength)
	whole := slice{of: active}
	for s := range seriesCount {
		whole.observed[s], whole.expected[s] = float64(w.cube.total(s, w.t)), float64(w.outlook.expected[s])
	}
	a.Cause = behaviourOf(row, towards(w.deviation(row)))
	if row == came && strength > 1 {
		a.Cause = w.behaviour(whole)
	}
	if cause, found := w.coincidence(nil, way); found {
		a.Class, a.Cause = CalendarEvent, cause
	}
	return a
}

// offset reports whether slices moved against each other and the whole stayed where it was.
func (w *weighing) offset(of []slice) bool {
	rise, fall := 0.0, 0.0
	for _, s := range of {
		rise += max(s.effect, 0)
		fall += max(-s.effect, 0)
	}
	const alike = 0.5
	return math.Abs(w.deviation(active)) <= 1 && min(rise, fall) > alike*max(rise, fall)
}

func towards(deviation float64) direction {
	if deviation < 0 {
		return down
	}
	return up
}

// confidence grows with the strength of a signal, 1 being the threshold that an ordinary date hardly reaches; metrics
// alone never make it certain.
func confidence(strength float64) float64 {
	const least, most, steep, hundred = 0.8, 0.97, 3, 100
	value := most - (most-least)*math.Exp(steep*(1-max(strength, 1)))
	return math.Round(hundred*value) / hundred
}

// quiet concludes that nothing unusual happened: surer the deeper inside the band, the further from standing out the slices, and
// the narrower the band. What a wide band hides cannot be denied.
func (w *weighing) quiet() {
	const doubt, cubed, wide, blind, hundred = 0.4, 3, 0.05, 0.15, 100
	near := max(min(math.Pow(w.deviation(active), 2), 1), math.Pow(w.nearest, cubed))
	width := w.outlook.half(active) / max(float64(w.outlook.expected[active]), 1)
	sure := sureOfCalmDay - doubt*near - min(max(width-wide, 0), blind)
	w.conclude(None, math.Round(hundred*sure)/hundred, summaryQuiet(w))
}

// inconclusive concludes that the past does not say what was to be expected. The bridge stands: it needs no past.
func (w *weighing) inconclusive(reason string) {
	w.conclude(Inconclusive, 0, summaryInconclusive(w, reason))
}

func abs(n int64) int64 { return max(n, -n) }
