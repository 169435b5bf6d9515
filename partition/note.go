package partition

import (
	"fmt"
	"strings"
)

// note says what holds for all of a node's partitions.
func (t *track) note(all []judgement) string {
	parts := []string{t.spec.Conflict, t.beginNote(), t.strayNote(), t.arrivalNote(all), t.unprovenNote(all), t.keyNote, t.blurred}
	said := parts[:0]
	for _, text := range parts {
		if text != "" {
			said = append(said, text)
		}
	}
	return strings.Join(said, " ")
}

// unlikely is the year before which a time is mostly a stand-in for none.
const unlikely = 1971

// beginNote says from when on partitions are expected, where that is not what one would think.
func (t *track) beginNote() string {
	switch {
	case t.future:
		return "begin, " + t.spec.begin() + ", lies after the question: nothing is expected yet."
	case !t.spec.Begin.IsZero() || !t.observed:
		return ""
	case t.begin == nil:
		return "The relation has no rows, and begin is not declared."
	}
	p := t.spec.period(*t.begin)
	text := fmt.Sprintf("begin is not declared: the first observed partition, %s, counts as begin.", p)
	if p.Start().Year() < unlikely {
		text += " Such a time mostly stands for none: declare begin under partitions in headwater.yaml."
	}
	return text
}

// strayNote says which rows belong to no partition that could be asked about, and which clocks are wrong.
func (t *track) strayNote() string {
	var parts []string
	if t.untimed > 0 {
		parts = append(parts, fmt.Sprintf("%s no time (%s is NULL), so no partition counts them.", have(t.untimed), t.spec.Time))
	}
	if t.ahead > 0 {
		parts = append(parts, have(t.ahead)+" a time in periods that begin after the question: a clock that is ahead, or a time that "+
			"stands for none; no open partition counts as loaded by them.")
	}
	if t.loadedAhead > 0 {
		parts = append(parts, fmt.Sprintf(
			"Rows of %s were loaded after the question, says %s: its clock is ahead, or the question is of the past; that makes nothing late.",
			plural(t.loadedAhead, "partition"), t.node.Source.LoadedAtField))
	}
	return strings.Join(parts, " ")
}

// have is "1 row has", "3 rows have".
func have(n int64) string {
	if n == 1 {
		return "1 row has"
	}
	return number(n) + " rows have"
}

// unprovenNote says how many partitions have too few to compare with.
func (t *track) unprovenNote(all []judgement) string {
	unproven := 0
	for _, j := range all {
		if j.presence == Present && j.count.Rows > 0 && !j.band.proven() {
			unproven++
		}
	}
	if unproven == 0 {
		return ""
	}
	return fmt.Sprintf("Volume is unproven in %s: fewer than %d comparable ones.", plural(unproven, "partition"), minPeers)
}
