package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
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

// factModel is the model of a fact of a project.
func factModel(dir, fact string) (string, error) {
	file := filepath.Join(dir, "headwater.yaml")
	text, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("reading a case: %w", err)
	}
	var c struct {
		Facts []struct {
			Name  string `yaml:"name"`
			Model string `yaml:"model"`
		} `yaml:"facts"`
	}
	if err := yaml.Unmarshal(text, &c); err != nil {
		return "", fmt.Errorf("%s: %w", file, err)
	}
	for _, f := range c.Facts {
		if f.Name == fact && f.Model != "" {
			return f.Model, nil
		}
	}
	return "", fmt.Errorf("%s has no fact %q with a model", file, fact)
}
