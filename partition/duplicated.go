package partition

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/headwater-mcp/headwater/period"
)

// Again tells the rows of a partition that came again. Without any of it they repeat others of the partition.
type Again struct {
	// Key are columns by which they are the same as rows of the partitions from First to Last, both inclusive, others than their
	// own. Without a key they are rows of First, moved by whole periods into theirs.
	Key         []string
	First, Last period.Period
	// Waves: where there is no First, they came when as many waves of loads were over.
	Waves int64
}

// again tells which rows of a duplicated partition came again.
func (t *track) again(d dated) *Again {
	switch {
	case d.strays():
		return &Again{Key: t.spec.Key, First: t.spec.period(d.count.Elsewhere.First), Last: t.spec.period(d.count.Elsewhere.Last)}
	case d.movedFrom != nil:
		from := t.spec.period(*d.movedFrom)
		return &Again{First: from, Last: from}
	}
	return &Again{Waves: d.usualWaves}
}

// duplicatedWords is the evidence of duplicated.
func (t *track) duplicatedWords(run []judgement) string {
	var parts []string
	if run[0].repeats() {
		low, high := spread(run, func(j judgement) int64 { return j.count.Keyed - j.count.Distinct })
		parts = append(parts, fmt.Sprintf("%s of %s repeat the %s; none may.", between(low, high), counted(run), t.keyWords()))
	}
	if run[0].strays() {
		low, high := spread(run, func(j judgement) int64 { return j.count.Elsewhere.Rows })
		parts = append(parts, fmt.Sprintf("%s of %s have the %s of rows in %s, too; none may.",
			between(low, high), counted(run), t.keyWords(), t.elsewhere(run)))
	}
	if len(parts) == 0 {
		parts = append(parts, volume(HighVolume, run)+"; and "+run[0].witness+more(run, func(j judgement) string { return j.witness }))
	}
	return strings.Join(parts, " ")
}

func (t *track) keyWords() string {
	word := t.spec.KeyFrom
	if word == uniqueTest {
		word = "column that dbt tests to be unique,"
	}
	return word + " " + strings.Join(t.spec.Key, ", ")
}

// elsewhere names the partitions in which the keys of a run are, too: one, or the first and the last of several.
func (t *track) elsewhere(run []judgement) string {
	first, last := run[0].count.Elsewhere.First, run[0].count.Elsewhere.Last
	for _, j := range run {
		first, last = min(first, j.count.Elsewhere.First), max(last, j.count.Elsewhere.Last)
	}
	if first == last {
		return t.spec.period(first).String()
	}
	return fmt.Sprintf("%ss from %s to %s", t.spec.Grain, t.spec.period(first), t.spec.period(last))
}

// forgiveStrays takes keys that are in another partition, too, for the other one's fault where a view's inputs say so: which of
// two loads of a row came second is seen in the table that was loaded, and no more in the view.
func (s *survey) forgiveStrays(ctx context.Context, t *track) {
	if !isView(t.node) {
		return
	}
	for i := t.first; i <= t.last; i++ {
		v := t.at(i)
		if !v.strays() || v.repeats() || v.witness != "" || s.duplicatedAbove(ctx, t, i, i) {
			continue
		}
		if s.duplicatedAbove(ctx, t, v.count.Elsewhere.First, v.count.Elsewhere.Last) {
			v.count.Elsewhere = Elsewhere{}
			v.findings = slices.DeleteFunc(v.findings, func(f Finding) bool { return f == Duplicated })
		}
	}
}

// duplicatedAbove reports whether anything that some periods of a node read, and that is judged in this call, was loaded twice.
func (s *survey) duplicatedAbove(ctx context.Context, t *track, first, last int) bool {
	at := interval{t.spec.period(first).Start(), t.spec.period(last).End()}
	found := false
	for id, needed := range s.inputs.of(t.node.ID, at) {
		s.each(ctx, id, needed, func(d dated) { found = found || d.has(Duplicated) })
	}
	return found
}
