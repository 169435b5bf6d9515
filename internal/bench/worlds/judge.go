package main

import (
	"fmt"
	"slices"
)

// fault is what a cause of a truth is to the checker.
type fault struct {
	// word is what the partition has to be called; "" where no partition is at fault: its rows came, whole and once, and what is in
	// them is wrong.
	word string
	// follows are what else may truly be said of the partition and of those that are made from it.
	follows []string
	// lasts: later partitions are as wrong, and earlier ones may be called of older code.
	lasts bool
}

func faults() map[string]fault {
	return map[string]fault{
		"missing_partition": {word: "missing", follows: []string{"missing", "partial", "empty", "low_volume", "stale"}},
		"partial_partition": {word: "partial", follows: []string{"partial", "low_volume", "stale"}},
		"duplicate_load":    {word: "duplicated", follows: []string{"duplicated", "high_volume", "test_failed", "stale"}},
		"late_data":         {word: "late", follows: []string{"late", "partial", "low_volume", "stale"}},
		"code_change":       {follows: []string{"code_changed", "partial", "low_volume"}, lasts: true},
		"tracking_loss":     {follows: []string{"partial", "low_volume"}, lasts: true},
		"null_explosion":    {follows: []string{"test_failed"}, lasts: true},
	}
}

// graveWords are what no partition may be called that nothing happened to.
func graveWords() []string {
	return []string{"missing", "partial", "duplicated", "late", "stale", "failed", "unknown"}
}

// judgement is an answer beside the truth.
type judgement struct {
	found, lost []cause
	// content are causes for which no partition is at fault.
	content []cause
	// follow is what is said of partitions of which a truth explains it, besides the fault itself; strange what no truth explains.
	follow, strange []sighting
}

// wrong reports whether the checker missed a fault, or called broken what nothing broke.
func (j judgement) wrong() bool { return len(j.lost) > 0 || len(j.grave()) > 0 }

func (j judgement) grave() []sighting {
	return slices.DeleteFunc(slices.Clone(j.strange), func(s sighting) bool { return !slices.Contains(graveWords(), s.word) })
}

// judge compares what was said with what happened.
func judge(t truth, l lineage, seen []sighting) (judgement, error) {
	var out judgement
	explained := make([]bool, len(seen))
	named := make([]bool, len(seen)) // by a fault itself
	for _, c := range t.Causes {
		if c.Node == "" {
			continue // users did something; no node is to blame
		}
		f, ok := faults()[c.Cause]
		if !ok {
			return out, fmt.Errorf("the truth has a cause %q of which it is not known how a partition with it is called", c.Cause)
		}
		id, err := l.id(c.Node)
		if err != nil {
			return out, err
		}
		reach, found := l.reach(id), false
		for k, s := range seen {
			if f.word != "" && s == (sighting{id, c.Partition, f.word}) {
				found, named[k] = true, true
			}
			explained[k] = explained[k] || reach[s.node] && f.explains(c, s)
		}
		switch {
		case f.word == "":
			out.content = append(out.content, c)
		case found:
			out.found = append(out.found, c)
		default:
			out.lost = append(out.lost, c)
		}
	}
	for k, s := range seen {
		switch {
		case named[k]:
		case explained[k]:
			out.follow = append(out.follow, s)
		default:
			out.strange = append(out.strange, s)
		}
	}
	return out, nil
}

// explains reports whether a fault explains what is said of its own node or of one downstream.
func (f fault) explains(c cause, s sighting) bool {
	if !slices.Contains(f.follows, s.word) {
		return false
	}
	return s.period == "" || s.period == c.Partition || f.lasts && (s.period > c.Partition || s.word == "code_changed")
}
