package platform

import (
	"context"

	"github.com/headwater-mcp/headwater/lineage"
	"github.com/headwater-mcp/headwater/page"
)

// FindRequest selects nodes, searches them by text, or both: the text ranks what the selection gives.
type FindRequest struct {
	Select        string   `json:"select,omitempty" jsonschema_description:"dbt selector, such as tag:nightly,+fct_orders+ (comma intersects, space unites)."`
	Exclude       string   `json:"exclude,omitempty" jsonschema_description:"dbt selector of what to leave out."`
	Text          string   `json:"text,omitempty" jsonschema_description:"Words looked for in names, descriptions, columns and tags; ranked, typos forgiven."`
	ResourceTypes []string `json:"resource_types,omitempty" jsonschema_description:"As dbt's --resource-type."`
	Indirect      string   `json:"indirect,omitempty" jsonschema:"enum=eager,enum=cautious,enum=buildable,enum=empty" jsonschema_description:"Which tests a selection brings along."`
	State         string   `json:"state,omitempty" jsonschema_description:"What state: compares with: previous, an invocation id, or a folder of the project."`
	Limit         int      `json:"limit,omitempty" jsonschema:"minimum=1,maximum=1000" jsonschema_description:"Default: as many as fit a short answer, at most 50."`
	Cursor        string   `json:"cursor,omitempty"`
}

// FindAnswer lists nodes: by score for a text, else by id.
type FindAnswer struct {
	Nodes    []FoundNode `json:"nodes"`
	Warnings []string    `json:"warnings"`
	page.Info
	Stamp
}

// FoundNode is a node in a list.
type FoundNode struct {
	ID           string       `json:"id"`
	Name         string       `json:"name"`
	Type         lineage.Type `json:"type"`
	Project      string       `json:"project,omitempty"` // where several are stitched into one graph
	Materialized string       `json:"materialized,omitempty"`
	Relation     string       `json:"relation,omitempty"`
	Description  string       `json:"description,omitempty"`
	Tags         []string     `json:"tags,omitempty"`
	// Score is the rank of a text search, between 0 and 1.
	Score float64 `json:"score,omitempty"`
}

// descriptionLength bounds a description in a list; get_node has it whole.
const descriptionLength = 120

// FindNodes answers without the warehouse.
func (p *Platform) FindNodes(ctx context.Context, q FindRequest) (FindAnswer, error) {
	answer := FindAnswer{Nodes: []FoundNode{}, Warnings: []string{}, Stamp: p.Stamp}
	graph, err := p.graph()
	if err != nil {
		return answer, err
	}
	request := lineage.SelectRequest{
		Select: q.Select, Exclude: q.Exclude, ResourceTypes: q.ResourceTypes, Indirect: lineage.Indirect(q.Indirect),
	}
	if request.Before, err = p.compared(ctx, q.State); err != nil {
		return answer, err
	}
	if err := p.named(&request, q.Text == ""); err != nil {
		return answer, err
	}
	nodes, warnings, err := graph.Select(request)
	if err != nil {
		return answer, err
	}
	answer.Warnings = append(answer.Warnings, warnings...)
	hits := make([]lineage.Hit, len(nodes))
	for k, n := range nodes {
		hits[k].Node = n
	}
	if q.Text != "" {
		if hits, _ = graph.Search(q.Text, nodes, 0); len(hits) == 0 {
			answer.Warnings = append(answer.Warnings, "No node holds at least half of the words; try fewer or other words, or select without text.")
		}
	}
	found := func(h lineage.Hit) FoundNode { return foundNode(h.Node, h.Score) }
	answer.Nodes, answer.Info, err = page.FitAs(hits, found, q.Limit, q.Cursor)
	return answer, err
}

func foundNode(n *lineage.Node, score float64) FoundNode {
	return FoundNode{
		ID: n.ID, Name: n.Name, Type: n.Type, Project: n.Project, Materialized: n.Materialized, Relation: n.Relation,
		Description: short(n.Description, descriptionLength), Tags: n.Tags, Score: rounded(score),
	}
}
