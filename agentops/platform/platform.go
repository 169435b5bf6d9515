// Package platform is one view of a user's data platform and the questions that agents and people ask of it: what there is,
// what depends on what, which partitions are there, who is active, and why that moved.
//
// A Platform is one snapshot: every answer is computed from the same artifacts, specs and facts, whatever is replaced
// meanwhile. Each question is a method with a request and an answer, named as in the tools that call it. Reading files,
// opening the warehouse and the clock are left to the roof, which makes a Platform for every request; algorithms are left
// to lineage, partition, activation and explain.
package platform

import (
	"context"
	"time"

	"github.com/headwater-mcp/headwater/activation"
	"github.com/headwater-mcp/headwater/agentops/explain"
	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/lineage"
	"github.com/headwater-mcp/headwater/lineage/dbt"
	"github.com/headwater-mcp/headwater/partition"
	"github.com/headwater-mcp/headwater/period"
)

// Platform is what one request is answered from.
type Platform struct {
	Stamp

	Project string
	// Artifacts is nil where ArtifactsError says why there are none, and where facts stand for themselves, without a dbt
	// project: then Graph holds their relations.
	Artifacts      *dbt.Artifacts
	ArtifactsError error
	Graph          *lineage.Graph
	// Selectors are the named selections of selectors.yml; nil where SelectorsError says why it cannot be read.
	Selectors      *lineage.Selectors
	SelectorsError error
	// Earlier loads the artifacts that state: and compare_artifacts compare with: Previous, an invocation id, or a folder of
	// the project.
	Earlier func(ctx context.Context, name string) (*dbt.Artifacts, error)
	// Specs are empty where SpecsError says which of them cannot be read.
	Specs      partition.Specs
	SpecsError error
	// Facts are sorted by name.
	Facts []Fact
	// Engine is nil where WarehouseError says why no rows can be read. Checker then answers unknown, and why.
	Engine         *activation.Engine
	WarehouseError error
	Checker        *partition.Checker
	// Repairs is nil where no plans are made.
	Repairs *Repairs
	// Patience is how long list_facts looks for suspect periods; 0 is 20 s.
	Patience time.Duration
	// Calendar holds what else happened, by local date.
	Calendar []CalendarEntry
	// MinUsers is the size of a slice below which answers fold it.
	MinUsers int
	// Probe looks at what cannot be derived from the rest, when the status is asked for.
	Probe func(context.Context) Health
}

// Heard is the platform with somebody who listens while tables are looked at, one by one: how many of how many at the most. What
// takes no time is not told.
func (p *Platform) Heard(fn func(done, of int)) *Platform {
	out := *p
	if p.Checker != nil {
		out.Checker = p.Checker.Heard(fn)
	}
	return &out
}

// Stamp stands in every answer: when it was asked, and from what it was computed.
type Stamp struct {
	AsOf     time.Time `json:"as_of"`
	Snapshot Snapshot  `json:"snapshot"`
}

// Snapshot names the artifacts behind an answer. ID is empty where there are none.
type Snapshot struct {
	ID          string     `json:"id"`
	GeneratedAt *time.Time `json:"generated_at,omitempty"`
}

// Fact is a declared fact: its definition, or why it cannot be used.
type Fact struct {
	Name       string
	Definition *activation.Definition
	// ModelID is the unique_id of its node; empty for a fact without a project.
	ModelID string
	Problem error
}

// CalendarEntry is a line of the calendar file; Date is local, like 2026-06-09.
type CalendarEntry struct {
	Date string
	explain.CalendarEntry
}

// Fact finds a usable fact by name.
func (p *Platform) Fact(name string) (Fact, error) {
	names := make([]string, len(p.Facts))
	for i, f := range p.Facts {
		if f.Name == name {
			return f, f.Problem
		}
		names[i] = f.Name
	}
	if len(names) == 0 {
		return Fact{}, fault.New(fault.NotFound,
			"No fact is declared, so there is no %q. Declare one under facts in headwater.yaml or in a model's meta.headwater.fact; headwater init proposes some.", name)
	}
	return Fact{}, fault.New(fault.NotFound, "There is no fact %q.%s Declared are: %s.", name, fault.DidYouMean(name, names), list(names))
}

// subject is what a question about a fact by a grain is answered from.
func (p *Platform) subject(fact, grain string) (Fact, period.Grain, *activation.Engine, error) {
	f, err := p.Fact(fact)
	if err != nil {
		return f, "", nil, err
	}
	engine, err := p.rows()
	if err != nil {
		return f, "", nil, err
	}
	g, err := f.Definition.Grain(grain)
	return f, g, engine, err
}

// rows returns the engine, or why no rows can be read.
func (p *Platform) rows() (*activation.Engine, error) {
	if p.Engine == nil {
		return nil, p.WarehouseError
	}
	return p.Engine, nil
}

// graph returns the lineage graph, or why there is none.
func (p *Platform) graph() (*lineage.Graph, error) {
	if p.ArtifactsError != nil {
		return nil, p.ArtifactsError
	}
	return p.Graph, nil
}

// specified is the graph for questions about partitions, or why there is none or its specs cannot be read: without them every
// node would look like one without partitions, and nothing wrong with any.
func (p *Platform) specified() (*lineage.Graph, error) {
	if p.ArtifactsError == nil && p.SpecsError != nil {
		return nil, p.SpecsError
	}
	return p.graph()
}

// runs are the newest run_results; nil where there are none.
func (p *Platform) runs() *dbt.RunResults {
	if p.Artifacts == nil {
		return nil
	}
	return p.Artifacts.RunResults
}
