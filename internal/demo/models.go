package demo

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/headwater-mcp/headwater/testdata/shop"
)

// manifest is what building the models needs of dbt's manifest.
type manifest struct {
	Nodes   map[string]node `json:"nodes"`
	Sources map[string]node `json:"sources"`
}

type node struct {
	UniqueID     string `json:"unique_id"`
	Name         string `json:"name"`
	SourceName   string `json:"source_name"`
	ResourceType string `json:"resource_type"`
	RelationName string `json:"relation_name"`
	RawCode      string `json:"raw_code"`
	// LoadedAtField is a source's column, or an expression of columns.
	LoadedAtField string `json:"loaded_at_field"`
	Config        struct {
		Materialized string `json:"materialized"`
		Strategy     string `json:"incremental_strategy"`
		EventTime    string `json:"event_time"`
	} `json:"config"`
	DependsOn struct {
		Nodes []string `json:"nodes"`
	} `json:"depends_on"`
}

func readManifest() (manifest, error) {
	var m manifest
	text, err := fs.ReadFile(shop.Files(), "target/manifest.json")
	if err != nil {
		return m, fmt.Errorf("read the shop's manifest: %w", err)
	}
	if err := json.Unmarshal(text, &m); err != nil {
		return m, fmt.Errorf("decode the shop's manifest: %w", err)
	}
	return m, nil
}

// models lists the project's models, parents first, ties by unique_id.
func (m manifest) models() []node {
	var order []node
	seen := map[string]bool{}
	var visit func(id string)
	visit = func(id string) {
		n, ok := m.Nodes[id]
		if !ok || n.ResourceType != "model" || seen[id] {
			return
		}
		seen[id] = true
		for _, parent := range slices.Sorted(slices.Values(n.DependsOn.Nodes)) {
			visit(parent)
		}
		order = append(order, n)
	}
	ids := make([]string, 0, len(m.Nodes))
	for id := range m.Nodes {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	for _, id := range ids {
		visit(id)
	}
	return order
}

// batch is the half-open interval of event time that a microbatch run confines a model's inputs to.
type batch struct{ first, end time.Time }

var (
	jinjaConfig = regexp.MustCompile(`(?s)\{\{ config\(.*?\) \}\}`)
	jinjaInput  = regexp.MustCompile(`\{\{ (ref|source)\('(\w+)'(?:, '(\w+)')?\) \}\}`)
)

// query is the SQL that dbt would run for the model: inputs by their relation names, and for a microbatch model those
// inputs that have an event_time confined to b. Jinja beyond config, ref and source is an error.
func (m manifest) query(n node, b batch) (string, error) {
	var missing error
	text := jinjaConfig.ReplaceAllString(n.RawCode, "")
	text = jinjaInput.ReplaceAllStringFunc(text, func(call string) string {
		parts := jinjaInput.FindStringSubmatch(call)
		input, ok := m.input(parts[1], parts[2], parts[3])
		if !ok {
			missing = fmt.Errorf("%s reads %s, which the manifest does not hold", n.UniqueID, call)
		}
		if n.Config.Strategy != "microbatch" || input.Config.EventTime == "" {
			return input.RelationName
		}
		return confined(input, b)
	})
	if missing != nil {
		return "", missing
	}
	if strings.Contains(text, "{{") || strings.Contains(text, "{%") {
		return "", fmt.Errorf("%s holds Jinja other than config, ref and source", n.UniqueID)
	}
	return strings.TrimSpace(text), nil
}

// confined is the input as a microbatch sees it: dbt writes the bounds into the SQL as literals.
func confined(input node, b batch) string {
	const instant = "2006-01-02 15:04:05"
	column := quoted(input.Config.EventTime)
	return "(from " + input.RelationName +
		" where " + column + " >= timestamp '" + b.first.Format(instant) + "'" +
		" and " + column + " < timestamp '" + b.end.Format(instant) + "')"
}

func (m manifest) input(kind, first, second string) (node, bool) {
	if kind == "source" {
		for _, s := range m.Sources {
			if s.SourceName == first && s.Name == second {
				return s, true
			}
		}
		return node{}, false
	}
	for _, n := range m.Nodes {
		if n.Name == first && (n.ResourceType == "model" || n.ResourceType == "snapshot") {
			return n, true
		}
	}
	return node{}, false
}
