package platform

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/lineage"
	"github.com/headwater-mcp/headwater/partition"
)

// NodeRequest asks for one node.
type NodeRequest struct {
	Node    string   `json:"node" jsonschema_description:"unique_id, name or relation name."`
	Include []string `json:"include,omitempty" jsonschema_description:"Any of columns, code, tests, config, runs, partitions (the last 14)."`
}

// includes are the parts of a node that are given when asked for.
func includes() []string { return []string{"columns", "code", "tests", "config", "runs", "partitions"} }

// NodeAnswer is a node with its neighbours.
type NodeAnswer struct {
	ID           string              `json:"id"`
	Name         string              `json:"name"`
	Type         lineage.Type        `json:"type"`
	Package      string              `json:"package,omitempty"`
	Project      string              `json:"project,omitempty"` // where several are stitched into one graph
	Path         string              `json:"path,omitempty"`
	Materialized string              `json:"materialized,omitempty"`
	Relation     string              `json:"relation,omitempty"`
	Description  string              `json:"description,omitempty"`
	Tags         []string            `json:"tags,omitempty"`
	Owner        string              `json:"owner,omitempty"`
	Group        string              `json:"group,omitempty"`
	Access       string              `json:"access,omitempty"`
	Parents      []string            `json:"parents"`
	Children     []string            `json:"children"`
	TestCount    int                 `json:"test_count,omitempty"`
	Facts        []string            `json:"facts,omitempty"`
	Partition    *partition.Override `json:"partition,omitempty"`
	SpecFrom     string              `json:"spec_from,omitempty"`
	Columns      []lineage.Column    `json:"columns,omitempty"`
	Code         *Code               `json:"code,omitempty"`
	Tests        []NodeTest          `json:"tests,omitempty"`
	Config       map[string]any      `json:"config,omitempty"`
	Runs         []NodeRun           `json:"runs,omitempty"`
	// Partitions are the last closed ones, as ranges of which the same is to be said.
	Partitions []partition.Range `json:"partitions,omitempty"`
	// Notice says what was cut and how to get the rest.
	Notice []string `json:"notice,omitempty"`
	Stamp
}

// Code is the SQL or Python of a node, cut to what an answer may hold.
type Code struct {
	Language string `json:"language,omitempty"`
	Raw      string `json:"raw,omitempty"`
	Compiled string `json:"compiled,omitempty"`
}

// NodeTest is a test on the node.
type NodeTest struct {
	ID     string `json:"id"`
	Test   string `json:"test,omitempty"`
	Column string `json:"column,omitempty"`
	Status string `json:"status,omitempty"`
}

// NodeRun is what the newest run_results say of the node.
type NodeRun struct {
	InvocationID string `json:"invocation_id"`
	Command      string `json:"command,omitempty"`
	Status       string `json:"status"`
	CompletedAt  string `json:"completed_at,omitempty"`
	Message      string `json:"message,omitempty"`
	RowsAffected *int64 `json:"rows_affected,omitempty"`
}

// The bounds of an answer's parts.
const (
	maxNeighbours  = 50
	maxCode        = 6000
	maxColumns     = 200
	messageLength  = 500
	descriptionMax = 1000
)

// GetNode answers without the warehouse, unless partitions are asked for.
func (p *Platform) GetNode(ctx context.Context, q NodeRequest) (NodeAnswer, error) {
	graph, err := p.graph()
	if err != nil {
		return NodeAnswer{}, err
	}
	for _, part := range q.Include {
		if !slices.Contains(includes(), part) {
			return NodeAnswer{}, invalidInclude(part)
		}
	}
	n, err := graph.Resolve(q.Node)
	if err != nil {
		return NodeAnswer{}, err
	}
	a := NodeAnswer{
		ID: n.ID, Name: n.Name, Type: n.Type, Package: n.Package, Project: n.Project, Path: n.Path,
		Materialized: n.Materialized, Relation: n.Relation,
		Description: short(n.Description, descriptionMax), Tags: n.Tags, Owner: n.Owner, Group: n.Group, Access: n.Access,
		Stamp: p.Stamp,
	}
	tests := p.neighbours(graph, n, &a)
	for _, f := range p.Facts {
		if f.ModelID == n.ID {
			a.Facts = append(a.Facts, f.Name)
		}
	}
	if spec := p.Specs.Of(n.ID); spec.Partitioned() {
		declared := spec.Override()
		a.Partition, a.SpecFrom = &declared, spec.From
	}
	p.include(q.Include, n, tests, &a)
	if slices.Contains(q.Include, "partitions") {
		err = p.includePartitions(ctx, graph, n, &a)
	}
	return a, err
}

// neighbours lists parents and children apart from tests, which are counted, and returns the tests.
func (p *Platform) neighbours(graph *lineage.Graph, n *lineage.Node, a *NodeAnswer) []*lineage.Node {
	names := func(what string, nodes []*lineage.Node) []string {
		ids := []string{}
		for _, node := range nodes {
			ids = append(ids, node.ID)
		}
		if len(ids) > maxNeighbours {
			a.Notice = append(a.Notice, fmt.Sprintf("%d of %d %s are listed; trace_lineage lists the rest.", maxNeighbours, len(ids), what))
			ids = ids[:maxNeighbours]
		}
		return ids
	}
	var tests, children []*lineage.Node
	for _, c := range graph.Children(n.ID) {
		if c.Type == lineage.TypeTest || c.Type == lineage.TypeUnitTest {
			tests = append(tests, c)
		} else {
			children = append(children, c)
		}
	}
	a.Parents, a.Children, a.TestCount = names("parents", graph.Parents(n.ID)), names("children", children), len(tests)
	return tests
}

func (p *Platform) include(parts []string, n *lineage.Node, tests []*lineage.Node, a *NodeAnswer) {
	for _, part := range parts {
		switch part {
		case "columns":
			a.Columns = n.Columns
			if len(a.Columns) > maxColumns {
				a.Notice = append(a.Notice, fmt.Sprintf("%d of %d columns are listed.", maxColumns, len(a.Columns)))
				a.Columns = a.Columns[:maxColumns]
			}
		case "code":
			a.Code = &Code{Language: n.Language, Raw: a.cutCode("raw", n.RawCode), Compiled: a.cutCode("compiled", n.CompiledCode)}
		case "tests":
			for _, t := range tests {
				a.Tests = append(a.Tests, p.nodeTest(t))
			}
		case "config":
			a.Config = n.Config
		case "runs":
			a.Runs = p.nodeRuns(n.ID)
		}
	}
}

// includePartitions checks the last closed partitions of the node.
func (p *Platform) includePartitions(ctx context.Context, graph *lineage.Graph, n *lineage.Node, a *NodeAnswer) error {
	if p.SpecsError != nil {
		return p.SpecsError
	}
	only := partition.CheckRequest{Nodes: []string{n.ID}, Only: partition.OnlyAll, AsOf: p.AsOf}
	checked, err := p.Checker.Check(ctx, graph, p.Specs, only)
	if err != nil {
		return err
	}
	a.Partitions = checked.Nodes[0].Ranges
	if note := checked.Nodes[0].Note; note != "" {
		a.Notice = append(a.Notice, note)
	}
	return nil
}

func (a *NodeAnswer) cutCode(what, code string) string {
	if runes := []rune(code); len(runes) > maxCode {
		a.Notice = append(a.Notice, fmt.Sprintf("The %s code has %d characters; the first %d are shown. The whole is in %s.", what, len(runes), maxCode, a.Path))
		return string(runes[:maxCode])
	}
	return code
}

func (p *Platform) nodeTest(t *lineage.Node) NodeTest {
	out := NodeTest{ID: t.ID}
	if t.Test != nil {
		out.Test, out.Column = t.Test.Name, t.Test.Column
	}
	out.Status = p.runs().Statuses()[t.ID]
	return out
}

func (p *Platform) nodeRuns(id string) []NodeRun {
	runs := []NodeRun{}
	results := p.runs()
	if results == nil {
		return runs
	}
	for _, r := range results.Results {
		if r.UniqueID != id {
			continue
		}
		run := NodeRun{
			InvocationID: results.InvocationID, Command: results.Command, Status: r.Status,
			Message: short(r.Message, messageLength), RowsAffected: r.RowsAffected,
		}
		if !r.CompletedAt.IsZero() {
			run.CompletedAt = r.CompletedAt.UTC().Format(time.RFC3339)
		}
		runs = append(runs, run)
	}
	return runs
}

func invalidInclude(part string) error {
	return fault.New(fault.Invalid, "include holds %q.%s Valid: %s.", part, fault.DidYouMean(part, includes()), list(includes()))
}
