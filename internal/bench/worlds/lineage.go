package main

import (
	"fmt"
	"slices"
	"strings"
)

// lineage is what the artifacts say of who reads whom, as dbt wrote it.
type lineage map[string][]string

func readLineage(manifest string) (lineage, error) {
	var m struct {
		ChildMap lineage `json:"child_map"`
	}
	if err := readJSON(manifest, &m); err != nil {
		return nil, err
	}
	if len(m.ChildMap) == 0 {
		return nil, fmt.Errorf("%s has no child_map, without which consequences cannot be told from faults", manifest)
	}
	return m.ChildMap, nil
}

// id is the node that a truth calls by a short name: stg_app_events, raw.app_events.
func (l lineage) id(name string) (string, error) {
	var found []string
	for id := range l {
		kind, _, _ := strings.Cut(id, ".")
		if (kind == "model" || kind == "source") && strings.HasSuffix(id, "."+name) {
			found = append(found, id)
		}
	}
	if len(found) != 1 {
		slices.Sort(found)
		return "", fmt.Errorf("the truth names %q, which is %d nodes of the project: %s", name, len(found), strings.Join(found, ", "))
	}
	return found[0], nil
}

// reach is a node and all that reads it, over any number of steps.
func (l lineage) reach(id string) map[string]bool {
	out := map[string]bool{id: true}
	for left := []string{id}; len(left) > 0; left = left[1:] {
		for _, child := range l[left[0]] {
			if !out[child] {
				out[child] = true
				left = append(left, child)
			}
		}
	}
	return out
}
