package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"go.yaml.in/yaml/v4"
)

// fact is the declaration of a fact of a project. Zone "" is UTC, and Begin "" is before all rows.
type fact struct {
	Name       string   `yaml:"name"`
	Model      string   `yaml:"model"`
	User       string   `yaml:"user"`
	Time       string   `yaml:"time"`
	Dimensions []string `yaml:"dimensions"`
	Zone       string   `yaml:"timezone"`
	Begin      string   `yaml:"begin"`
}

// readFact is the fact of a name that a project declares.
func readFact(dir, name string) (fact, error) {
	file := filepath.Join(dir, "headwater.yaml")
	text, err := os.ReadFile(file)
	if err != nil {
		return fact{}, fmt.Errorf("reading a case: %w", err)
	}
	var c struct {
		Facts []fact `yaml:"facts"`
	}
	if err := yaml.Unmarshal(text, &c); err != nil {
		return fact{}, fmt.Errorf("%s: %w", file, err)
	}
	for _, f := range c.Facts {
		if f.Name == name && f.Model != "" {
			return f, nil
		}
	}
	return fact{}, fmt.Errorf("%s has no fact %q with a model", file, name)
}

// relationOf is the table of a model, as the artifacts quote it.
func relationOf(manifest, model string) (string, error) {
	var m struct {
		Nodes map[string]struct {
			Name     string `json:"name"`
			Kind     string `json:"resource_type"`
			Relation string `json:"relation_name"`
		} `json:"nodes"`
	}
	if err := readJSON(manifest, &m); err != nil {
		return "", err
	}
	for id, n := range m.Nodes {
		if n.Kind == "model" && (n.Name == model || id == model || strings.HasSuffix(id, "."+model)) && n.Relation != "" {
			return n.Relation, nil
		}
	}
	return "", fmt.Errorf("%s names no table of the model %q", manifest, model)
}
