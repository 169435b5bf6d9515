package partition

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/headwater-mcp/headwater/lineage"
)

// CodeChange is the last change of a node's code that the manifests in the ledger tell of.
type CodeChange struct {
	// Checksum is of the code since the change, as dbt writes it.
	Checksum string
	// Since is when the first manifest with that code was written, Before when the last one before it was, which has another.
	// dbt writes a manifest before it builds.
	Since, Before time.Time
	// Base is the invocation that wrote the manifest of Before; "" where it is not known.
	Base string
}

// older reports whether a build was of the code before the change.
func (c CodeChange) older(started time.Time) bool {
	return !started.IsZero() && started.Before(c.Since)
}

// recoded is a node whose code changed: a built one, or a view that is read in its build.
type recoded struct {
	CodeChange

	node *lineage.Node
}

// recoded are the nodes whose changed code is in what a node builds: itself and the views that it reads, through views, in that
// order and by id; of each the last change, where it led to the code of today. A view has no build of its own.
func (s *survey) recoded(id string) []recoded {
	if n, _ := s.graph.Node(id); isView(n) {
		return nil
	}
	var out []recoded
	for _, id := range append([]string{id}, s.views([]string{id})...) {
		n, _ := s.graph.Node(id)
		if c, ok := s.changes[id]; ok && n.Checksum == c.Checksum {
			out = append(out, recoded{c, n})
		}
	}
	return out
}

// views are the views that nodes read, through views, sorted.
func (s *survey) views(ids []string) []string {
	seen := map[string]bool{}
	queue := slices.Clone(ids)
	for len(queue) > 0 {
		for _, parent := range s.graph.Parents(queue[0]) {
			if isView(parent) && !seen[parent.ID] {
				seen[parent.ID] = true
				queue = append(queue, parent.ID)
			}
		}
		queue = queue[1:]
	}
	return slices.Sorted(maps.Keys(seen))
}

// builtBefore is when the newest good build of a partition started, or of the whole table where no batches tell, if that was
// before the code changed.
func (t *track) builtBefore(v *verdict, c CodeChange) (time.Time, bool) {
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
	changed := s.recoded(t.node.ID)
	for i := range t.verdicts {
		v := &t.verdicts[i]
		for _, c := range changed {
			if started, ok := t.builtBefore(v, c.CodeChange); ok {
				v.built, v.recoded = started, c
				v.add(CodeChanged)
				break
			}
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
		text := failedRun(b)
		if !b.GoodAt.IsZero() {
			text += good(b)
		}
		out = append(out, Found{Failed, text})
	}
	for _, c := range s.recoded(id) {
		if c.older(b.GoodAt) {
			out = append(out, Found{CodeChanged, c.words(id, b.GoodAt, b.GoodAt)})
			break
		}
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
	return run[0].recoded.words(t.node.ID, first, last)
}

// words says by which runs a node was built and which code has changed since.
func (c recoded) words(id string, first, last time.Time) string {
	built := "by the run that started " + first.UTC().Format(time.RFC3339)
	if !first.Equal(last) {
		built = "by runs that started " + first.UTC().Format(time.RFC3339) + " to " + last.UTC().Format(time.RFC3339)
	}
	whose := "Its code"
	if c.node.ID != id {
		whose = "It reads the " + c.node.Materialized + " " + c.node.ID + ", whose code"
	}
	return fmt.Sprintf("Built %s. %s is today's since the manifest of %s, and was another in that of %s.",
		built, whose, c.Since.UTC().Format(time.RFC3339), c.Before.UTC().Format(time.RFC3339))
}
