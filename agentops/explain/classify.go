package explain

import "math"

// classify says what one slice went through: values that were lost, tracking that stopped, a calendar entry that names
// it, traffic out of nowhere, or else behaviour.
func (w *weighing) classify(s slice) Attribution {
	a := Attribution{
		Class: Behaviour, Cause: w.behaviour(s), Users: int64(math.Round(s.effect)),
		Confidence: confidence(s.strength), Transition: s.transition().String(), Where: s.where,
	}
	a.Share = share(a.Users, w.shareBase())
	const even, hundred = 0.5, 100
	untracked := w.untracked(s)
	a.Confidence = min(a.Confidence, math.Round(hundred*max(untracked, 1-untracked))/hundred)
	if s.unwitnessed(untracked) {
		a.Confidence = min(a.Confidence, unsureOfLoss)
	}
	switch {
	case s.nulled():
		a.Class, a.Cause, a.Confidence = DataFault, NullExplosion, min(a.Confidence, sureOfShape)
	case untracked > even:
		a.Class, a.Cause, a.Confidence = DataFault, TrackingLoss, min(a.Confidence, sureOfShape)
	case s.sprung() && !w.campaigned(s):
		a.Class, a.Cause, a.Confidence = SuspiciousTraffic, Bots, min(a.Confidence, sureOfShape)
	default:
		if cause, found := w.coincidence(&s, towards(s.effect)); found {
			a.Class, a.Cause, a.Confidence = CalendarEvent, cause, min(a.Confidence, sureOfShape)
		}
	}
	return a
}

// behaviour names what the users of a slice did. Where fewer came back and fewer stayed they left, whichever row shows more
// of it.
func (w *weighing) behaviour(s slice) Cause {
	row := s.transition()
	gap := func(k series) float64 { return s.observed[k] - s.expected[k] }
	const notable = 0.2
	if row == came && gap(came) < 0 && gap(stayed) < notable*gap(came) {
		return Churn
	}
	return behaviourOf(row, towards(gap(row)))
}

// behaviourOf names what users did: arrive, leave, stay, come back.
func behaviourOf(row series, way direction) Cause {
	switch row {
	case arrived:
		return Acquisition
	case came:
		return Resurrection
	case stayed:
		if way == up {
			return Retention
		}
		return Churn
	case left:
		if way == down {
			return Retention
		}
		return Churn
	case active, seriesCount:
	}
	return NoCause
}

// nulled reports whether users who come from other leaves fell into a slice because a value of theirs was lost.
func (s slice) nulled() bool {
	const mostly = 0.5
	for _, value := range s.where {
		if value == nil {
			return s.current[active]-s.observed[active] > mostly*(s.current[active]-s.expected[active])
		}
	}
	return false
}

// What tells tracking that stopped from churn: users who leave do not keep others from arriving, a client that stopped
// reporting does. The odds are logarithms: of the new users seen under the one and the other, and how much a release of
// that day or the day before that names the slice, or none, speaks for it before.
const (
	oddsWithRelease    = 1.5
	oddsWithoutRelease = -4
)

// untracked is the chance, 0 to 1, that a slice which fell stopped reporting: that it lost new users as it lost old ones.
func (w *weighing) untracked(s slice) float64 {
	if s.of != active || s.effect >= 0 || s.expected[active] == 0 {
		return 0
	}
	const least = 0.01 // a share of zero would forbid a single user
	old := s.expected[active] - s.expected[arrived]
	kept := max((s.observed[active]-s.observed[arrived])/max(old, 1), least)
	odds := oddsWithoutRelease + s.observed[arrived]*math.Log(kept) + s.expected[arrived]*(1-kept)
	for _, e := range w.in.Calendar {
		recent := touches(e, w.in.Period) || touches(e, w.in.Period.Prev())
		if e.Type == Release && recent && e.concerns(s.where) {
			odds += oddsWithRelease - oddsWithoutRelease
			break
		}
	}
	return 1 / (1 + math.Exp(-odds))
}

// unwitnessed reports whether a slice may as well have lost rows: it is all of one value, as a source is, it kept so much that
// no partition check sees it, and its new users do not speak against it.
func (s slice) unwitnessed(untracked float64) bool {
	const seen, unlikely = 0.8, 0.02
	whole := len(s.where) == 1 && s.of == active
	return whole && s.effect < 0 && untracked > unlikely && s.observed[active] > seen*s.expected[active]
}

// sprung reports whether a slice brought many times its usual new users and hardly anybody else.
func (s slice) sprung() bool {
	const times, mostly = 5, 0.8
	gain := s.observed[arrived] - s.expected[arrived]
	return s.effect > 0 && s.observed[arrived] > times*max(s.expected[arrived], 1) && gain > mostly*s.effect
}

// campaigned reports whether a campaign of that day or the day before names the slice, or one of that day concerns everybody.
func (w *weighing) campaigned(s slice) bool {
	for _, e := range w.in.Calendar {
		now := touches(e, w.in.Period)
		named := (now || touches(e, w.in.Period.Prev())) && e.concerns(s.where)
		if e.Type == Campaign && (named || now && e.Dimension == "") {
			return true
		}
	}
	return false
}
