package partition

import (
	"fmt"
	"time"
)

// CodeChange is the last change of a node's code that the manifests in the ledger tell of.
type CodeChange struct {
	// Checksum is of the code since the change, as dbt writes it.
	Checksum string
	// Since is when the first manifest with that code was written, Before when the last one before it was, which has another.
	// dbt writes a manifest before it builds.
	Since, Before time.Time
}

// older reports whether a build was of the code before the change.
func (c CodeChange) older(started time.Time) bool {
	return !started.IsZero() && started.Before(c.Since)
}

// change is the last change of a node's code, where it led to the code of today; nil where none is known.
func (s *survey) change(id string) *CodeChange {
	c, ok := s.changes[id]
	n, _ := s.graph.Node(id)
	if !ok || isView(n) || n.Checksum != c.Checksum {
		return nil
	}
	return &c
}

// builtBefore is when the newest good build of a partition started, or of the whole table where no batches tell, if that was
// before the code changed.
func (t *track) builtBefore(v *verdict, c *CodeChange) (time.Time, bool) {
	if v.presence != Present || v.count.Rows == 0 || t.build == nil {
		return time.Time{}, false
	}
	if !v.told.ran() {
		return t.build.GoodAt, c.older(t.build.GoodAt)
	}
	for _, b := range v.told.good {
		if c.older(b.started()) {
			return b.started(), true
		}
	}
	return time.Time{}, false
}

// judgeCode finds the partitions that older code built.
func (s *survey) judgeCode(t *track) {
	c := s.change(t.node.ID)
	if c == nil {
		return
	}
	t.change = *c
	for i := range t.verdicts {
		v := &t.verdicts[i]
		if started, ok := t.builtBefore(v, c); ok {
			v.built = started
			v.add(CodeChanged)
		}
	}
}

// buildSaid judges a table without partitions by its last build.
func (s *survey) buildSaid(id string) []Found {
	b, ok := s.builds[id]
	if !ok {
		return nil
	}
	var out []Found
	if failed(b.Status) {
		out = append(out, Found{Failed, failedRun(b)})
	}
	if c := s.change(id); c != nil && c.older(b.GoodAt) {
		out = append(out, Found{CodeChanged, codeWords(b.GoodAt, b.GoodAt, *c)})
	}
	return out
}

// changedWords is the evidence of code_changed.
func (t *track) changedWords(run []judgement) string {
	first, last := run[0].built, run[0].built
	for _, j := range run {
		if j.built.Before(first) {
			first = j.built
		}
		if j.built.After(last) {
			last = j.built
		}
	}
	return codeWords(first, last, t.change)
}

func codeWords(first, last time.Time, c CodeChange) string {
	built := "by the run that started " + first.UTC().Format(time.RFC3339)
	if !first.Equal(last) {
		built = "by runs that started " + first.UTC().Format(time.RFC3339) + " to " + last.UTC().Format(time.RFC3339)
	}
	return fmt.Sprintf("Built %s. Its code is today's since the manifest of %s, and was another in that of %s.",
		built, c.Since.UTC().Format(time.RFC3339), c.Before.UTC().Format(time.RFC3339))
}
