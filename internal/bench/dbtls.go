package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/headwater-mcp/headwater/lineage"
	"github.com/headwater-mcp/headwater/lineage/dbt"
)

// listWithDBT writes the project's files from its manifest and measures `dbt ls`, once and without a partial parse: what an
// agent pays that starts dbt in a fresh checkout.
func listWithDBT(ctx context.Context, command string, w world) (*cost, error) {
	artifacts, err := dbt.Load(filepath.Dir(w.manifest))
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(w.dir, "dbt-")
	if err != nil {
		return nil, fmt.Errorf("making a folder: %w", err)
	}
	if err := writeProject(dir, artifacts.Graph); err != nil {
		return nil, err
	}
	c, _, err := once(ctx, dir, command, "ls", "--project-dir", dir, "--profiles-dir", dir, "--no-partial-parse", "--quiet",
		"--resource-type", "model")
	if err != nil {
		return nil, err
	}
	return &c, nil
}

// writeProject writes the models, sources and tests of a graph as dbt reads them.
func writeProject(dir string, g *lineage.Graph) error {
	files := map[string]string{
		"dbt_project.yml": "name: big\nversion: '1.0'\nprofile: big\n",
		"profiles.yml":    "big: {target: dev, outputs: {dev: {type: duckdb, path: ':memory:'}}}\n",
	}
	models, sources := strings.Builder{}, strings.Builder{}
	models.WriteString("version: 2\nmodels:\n")
	sources.WriteString("version: 2\nsources:\n  - name: raw\n    tables:\n")
	for _, n := range g.Nodes() {
		switch n.Type { //nolint:exhaustive // the generator makes no others
		case lineage.TypeSource:
			fmt.Fprintf(&sources, "      - name: %s\n", n.Name)
		case lineage.TypeModel:
			files[n.Path] = modelFile(g, n)
			fmt.Fprintf(&models, "  - name: %s\n    description: %q\n    columns:\n", n.Name, n.Description)
			for k, c := range n.Columns {
				fmt.Fprintf(&models, "      - {name: %s, description: %q, data_type: %s%s}\n", c.Name, c.Description, c.Type, firstTest(k))
			}
		}
	}
	files["models/schema.yml"], files["models/sources.yml"] = models.String(), sources.String()
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return fmt.Errorf("making a folder: %w", err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			return fmt.Errorf("writing the project: %w", err)
		}
	}
	return nil
}

func firstTest(column int) string {
	if column == 0 {
		return ", data_tests: [not_null]"
	}
	return ""
}

// modelFile is a model that reads its parents.
func modelFile(g *lineage.Graph, n *lineage.Node) string {
	text := strings.Builder{}
	fmt.Fprintf(&text, "{{ config(materialized='%s') }}\n", n.Materialized)
	for k, p := range g.Parents(n.ID) {
		if k > 0 {
			text.WriteString("union all\n")
		}
		from := fmt.Sprintf("ref('%s')", p.Name)
		if p.Source != nil {
			from = fmt.Sprintf("source('%s', '%s')", p.Source.Name, p.Name)
		}
		text.WriteString("select id from {{ " + from + " }}\n")
	}
	return text.String()
}
