package partition

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// judgement is everything said of one partition of a checked node.
type judgement struct {
	dated

	ready  bool
	causes []cause
}

// sameAs reports whether the same is to be said of neighbours, so that they are of one range.
func (j judgement) sameAs(k judgement) bool {
	return j.presence == k.presence && j.ready == k.ready && j.reason == k.reason && j.closure == k.closure &&
		j.sighting() == k.sighting() && j.told.source() == k.told.source() && j.recoded.node == k.recoded.node &&
		j.repeats() == k.repeats() && j.strays() == k.strays() &&
		slices.Equal(j.findings, k.findings) && slices.Equal(j.causes, k.causes)
}

func (j judgement) rank() int { return rankOf(j.presence, j.findings, j.ready) }

func (r Range) rank() int {
	findings := make([]Finding, len(r.Findings))
	for i, f := range r.Findings {
		findings[i] = f.Finding
	}
	return rankOf(r.Presence, findings, r.Ready)
}

func rankOf(p Presence, findings []Finding, ready bool) int {
	switch {
	case p == Missing || slices.ContainsFunc(findings, Finding.blocks):
		return rankFault
	case p == Unknown:
		return rankUnknown
	case !ready && p != NotExpected && p != Expired:
		return rankNotReady
	case slices.ContainsFunc(findings, func(f Finding) bool { return !f.harmless() }):
		return rankOdd
	}
	return calm
}

// compress cuts ascending judgements of consecutive periods into runs of which the same is to be said.
func compress(all []judgement) [][]judgement {
	var runs [][]judgement
	start := 0
	for i := range all {
		if i > 0 && !all[i-1].sameAs(all[i]) {
			runs = append(runs, all[start:i])
			start = i
		}
	}
	if len(all) > 0 {
		runs = append(runs, all[start:])
	}
	return runs
}

// describe words a run.
func (t *track) describe(run []judgement) Range {
	one := run[0]
	r := Range{
		First: one.period, Last: run[len(run)-1].period, Presence: one.presence, Findings: []Found{}, Ready: one.ready,
	}
	for _, f := range one.findings {
		r.Findings = append(r.Findings, Found{Finding: f, Evidence: t.evidence(f, run)})
	}
	r.Detail = t.detail(run)
	return r
}

// detail says what was seen, and what a run waits for.
func (t *track) detail(run []judgement) string {
	one := run[0]
	var parts []string
	switch one.presence {
	case Missing:
		if t.noted() {
			parts = append(parts, "Not built. "+t.spec.Noted.Again+" builds it.")
			break
		}
		parts = append(parts, "No rows"+t.usual(run)+".")
		if text := t.missingWords(run); text != "" {
			parts = append(parts, text)
		}
	case Unknown:
		parts = append(parts, one.reason)
	case Present:
		if len(one.findings) == 0 {
			parts = append(parts, counted(run)+".")
		}
	case Open, Pending:
		parts = append(parts, t.soFar(run))
	case NotExpected, Expired:
	}
	if text := t.seenWords(run); text != "" && one.presence != NotExpected && one.presence != Expired {
		parts = append(parts, text)
	}
	if len(one.causes) > 0 {
		parts = append(parts, waits(one.causes))
	}
	return strings.Join(parts, " ")
}

// soFar says until when periods are waited for and what they hold by now.
func (t *track) soFar(run []judgement) string {
	last := run[len(run)-1]
	text := "Open until " + last.period.End().Add(t.spec.Settle).UTC().Format(time.RFC3339)
	if last.presence == Pending {
		text = "Expected by " + last.period.End().Add(t.arrival.lag).UTC().Format(time.RFC3339)
	}
	if !last.observed {
		return text + "."
	}
	return text + "; " + strings.ToLower(counted(run)) + " so far."
}

// maxCauses is how many first causes a detail names.
const maxCauses = 3

func waits(causes []cause) string {
	names := make([]string, 0, maxCauses)
	for _, c := range causes[:min(len(causes), maxCauses)] {
		names = append(names, fmt.Sprintf("%s (%s)", c.node, c.what))
	}
	text := "Not ready: waits for " + strings.Join(names, ", ")
	if more := len(causes) - maxCauses; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text + "."
}
