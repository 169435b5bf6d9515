package platform

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/lineage"
	"github.com/headwater-mcp/headwater/page"
	"github.com/headwater-mcp/headwater/period"
)

// ImpactRequest asks what a change affects.
type ImpactRequest struct {
	Node   string `json:"node" jsonschema_description:"unique_id, name, relation name, or node.column."`
	Change string `json:"change,omitempty" jsonschema:"enum=drop,enum=rename,enum=type,enum=logic,enum=data" jsonschema_description:"Default logic."`
	Depth  int    `json:"depth,omitempty" jsonschema:"minimum=1" jsonschema_description:"Steps downstream; default all."`
	Limit  int    `json:"limit,omitempty" jsonschema:"minimum=1,maximum=1000" jsonschema_description:"Default: what fits a short answer."`
	Cursor string `json:"cursor,omitempty"`
}

// ImpactAnswer lists what is affected: the most severe first, then the nearest.
type ImpactAnswer struct {
	Subject    ImpactSubject              `json:"subject"`
	BySeverity map[lineage.Severity]int   `json:"by_severity"`
	Affected   []lineage.Affected         `json:"affected"`
	Exposures  []lineage.AffectedExposure `json:"exposures"`
	Facts      []lineage.AffectedFact     `json:"facts"`
	Owners     []lineage.AffectedOwner    `json:"owners"`
	// Rebuild are the partitioned tables whose rows stay wrong until they are built again, of a change of logic or data.
	Rebuild *Rebuild `json:"rebuild,omitempty"`
	// Notes say what is true of the changed node itself, and what cannot be known.
	Notes []string `json:"notes"`
	// Notice says what was cut and how to get the rest.
	Notice string `json:"notice,omitempty"`
	page.Info
	Stamp
}

// ImpactSubject is what changes.
type ImpactSubject struct {
	ID     string         `json:"id"`
	Column string         `json:"column,omitempty"`
	Change lineage.Change `json:"change"`
	Owner  string         `json:"owner,omitempty"`
}

// Rebuild lists tables; plan_backfill makes a plan of their partitions.
type Rebuild struct {
	Total int           `json:"total"`
	Nodes []RebuildNode `json:"nodes"`
}

// RebuildNode is a partitioned table.
type RebuildNode struct {
	ID    string       `json:"id"`
	Grain period.Grain `json:"grain"`
}

// The bounds of a default answer: the bytes of the whole, the entries of the lists beside the affected nodes, and the bytes of
// the facts among them, which name their outputs.
const (
	impactBytes = 7200
	besides     = 10
	factBytes   = 2000
)

// AssessImpact answers without the warehouse.
func (p *Platform) AssessImpact(_ context.Context, q ImpactRequest) (ImpactAnswer, error) {
	graph, err := p.graph()
	if err != nil {
		return ImpactAnswer{}, err
	}
	node, column, err := graph.ResolveColumn(q.Node)
	if err != nil {
		return ImpactAnswer{}, err
	}
	if column != "" && node.Type != lineage.TypeModel && len(node.Columns) == 0 && node.Relation == "" {
		return ImpactAnswer{}, fault.New(fault.Invalid, "%s has no columns, as %ss have none. Name the node alone.", node.ID, node.Type)
	}
	m, err := graph.Impact(lineage.ImpactRequest{
		Node: node.ID, Column: column, Change: lineage.Change(q.Change), Depth: q.Depth, Facts: p.impactFacts(graph),
	})
	if err != nil {
		return ImpactAnswer{}, err
	}
	a := ImpactAnswer{
		Subject:    ImpactSubject{ID: node.ID, Column: m.Column, Change: m.Change, Owner: node.Owner},
		BySeverity: m.Severity, Facts: m.Facts, Notes: m.Notes, Affected: []lineage.Affected{}, Stamp: p.Stamp,
	}
	a.besides(m, p.rebuild(m), q.Limit)
	err = a.fill(m, q)
	return a, err
}

// besides fills the lists beside the affected nodes, the first entries of each, and says what was cut.
func (a *ImpactAnswer) besides(m *lineage.Impact, rebuild *Rebuild, limit int) {
	var cut []string
	most := max(limit, besides)
	a.Exposures = beside(&cut, m.Exposures, "exposures", most)
	a.Owners = beside(&cut, m.Owners, "owners", most)
	facts := most
	if limit == 0 {
		facts = min(most, len(fitting(m.Facts, factBytes)))
	}
	a.Facts = beside(&cut, m.Facts, "facts", facts)
	if a.Rebuild = rebuild; rebuild != nil {
		rebuild.Nodes = beside(&cut, rebuild.Nodes, "tables to rebuild", most)
	}
	if len(cut) > 0 {
		a.Notice = "Listed are " + strings.Join(cut, ", ") + "; a higher limit lists more."
	}
}

// beside is what is listed of a list.
func beside[T any](cut *[]string, all []T, what string, limit int) []T {
	if len(all) <= limit {
		return all
	}
	*cut = append(*cut, fmt.Sprintf("%d of %d %s", limit, len(all), what))
	return all[:limit]
}

// fill takes a page of affected nodes: as many as were asked for, else as many as a short answer holds.
func (a *ImpactAnswer) fill(m *lineage.Impact, q ImpactRequest) (err error) {
	if a.Affected, a.Info, err = m.Page(q.Limit, q.Cursor); err != nil {
		return err
	}
	if q.Limit == 0 {
		if fits := a.fits(); fits < len(a.Affected) {
			if a.Affected, a.Info, err = m.Page(fits, q.Cursor); err != nil {
				return err
			}
		}
	}
	if a.Truncated {
		a.Notice = strings.TrimSpace(fmt.Sprintf("%d of %d affected nodes are shown, the worst and nearest first: "+
			"cursor gives the next, limit more at once; depth 1 asks only for what reads the node directly, node.column for one column. %s",
			a.Returned, a.Total, a.Notice))
	}
	return nil
}

// fits says how many of the affected nodes an answer of the default size holds, at least one.
func (a *ImpactAnswer) fits() int {
	all := a.Affected
	a.Affected = nil
	left := impactBytes - size(a)
	a.Affected = all
	for k, one := range all {
		if left -= size(one); left < 0 {
			return max(k, 1)
		}
	}
	return len(all)
}

// size is the length of a value as JSON; what cannot be written has none.
func size(v any) int {
	text, err := json.Marshal(v)
	if err != nil {
		return 0
	}
	return len(text)
}

// impactFacts tells the graph about facts: their models, outputs, and what their columns are for.
func (p *Platform) impactFacts(graph *lineage.Graph) []lineage.ImpactFact {
	var out []lineage.ImpactFact
	for _, f := range p.Facts {
		if f.ModelID == "" {
			continue
		}
		fact := lineage.ImpactFact{Name: f.Name, Model: f.ModelID, Roles: map[string]string{}}
		if d := f.Definition; d != nil {
			for _, dimension := range d.Fact.Dimensions {
				fact.Roles[strings.ToLower(dimension)] = "dimension"
			}
			fact.Roles[strings.ToLower(d.Fact.Time)] = "time"
			fact.Roles[strings.ToLower(d.Fact.User)] = "user"
			names := map[string]bool{}
			for _, o := range d.Outputs() {
				names[o.Name] = true
			}
			for _, child := range graph.Children(f.ModelID) {
				if names[child.Name] {
					fact.Outputs = append(fact.Outputs, child.ID)
				}
			}
		}
		out = append(out, fact)
	}
	return out
}

// rebuild lists the partitioned tables among the affected nodes, nil where a change of that kind leaves rows as they are.
func (p *Platform) rebuild(m *lineage.Impact) *Rebuild {
	if m.Change != lineage.ChangeData && m.Change != lineage.ChangeLogic {
		return nil
	}
	out := &Rebuild{Nodes: []RebuildNode{}}
	for _, n := range m.Nodes() {
		if n.Type == lineage.TypeSource || n.Materialized == "view" || n.Materialized == "ephemeral" {
			continue
		}
		if spec := p.Specs.Of(n.ID); spec.Partitioned() {
			out.Nodes = append(out.Nodes, RebuildNode{ID: n.ID, Grain: spec.Grain})
		}
	}
	out.Total = len(out.Nodes)
	return out
}
