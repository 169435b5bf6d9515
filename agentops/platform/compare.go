package platform

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/aymanbagabas/go-udiff"

	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/lineage"
	"github.com/headwater-mcp/headwater/lineage/dbt"
)

// Previous names the artifacts before the present ones, by the ledger.
const Previous = "previous"

// CompareRequest asks what changed since earlier artifacts.
type CompareRequest struct {
	Base   string `json:"base,omitempty" jsonschema_description:"previous (default), an invocation id, or a folder of the project with a manifest.json."`
	Select string `json:"select,omitempty" jsonschema_description:"dbt selector; only these nodes."`
	Limit  int    `json:"limit,omitempty" jsonschema:"minimum=1,maximum=1000" jsonschema_description:"Default: what fits a short answer."`
	Cursor string `json:"cursor,omitempty"`
}

// CompareAnswer lists changes: the worst category first, then by id. unknown is to be treated as breaking.
type CompareAnswer struct {
	Base Base `json:"base"`
	lineage.Comparison

	// Notice says what was cut, or what the categories rest on.
	Notice string `json:"notice,omitempty"`
	Stamp
}

// Base names what was compared with.
type Base struct {
	InvocationID string    `json:"invocation_id,omitempty"`
	GeneratedAt  time.Time `json:"generated_at"`
}

// CompareArtifacts answers without the warehouse.
func (p *Platform) CompareArtifacts(ctx context.Context, q CompareRequest) (CompareAnswer, error) {
	answer := CompareAnswer{
		Comparison: lineage.Comparison{Changes: []lineage.NodeChange{}, ByCategory: map[lineage.Category]int{}, Warnings: []string{}},
		Stamp:      p.Stamp,
	}
	base, err := p.earlier(ctx, cmp.Or(q.Base, Previous))
	if err != nil {
		return answer, err
	}
	answer.Base = Base{InvocationID: base.InvocationID, GeneratedAt: base.GeneratedAt}
	chosen := lineage.SelectRequest{Select: q.Select, Before: p.before(base)}
	if err := p.named(&chosen, false); err != nil {
		return answer, err
	}
	answer.Comparison, err = lineage.Compare(base.Graph, p.Artifacts.Graph, lineage.CompareRequest{
		Select:     chosen,
		Unrendered: p.Artifacts.ComparesUnrendered(), Downstream: p.Graph, Limit: q.Limit, Cursor: q.Cursor,
	})
	if err != nil {
		return answer, err
	}
	cut := false
	if len(answer.Changes) == 1 && answer.Total == 1 {
		answer.Changes[0].Diff, cut = codeDiff(base.Graph, p.Artifacts.Graph, answer.Changes[0].ID)
	}
	if base.Project != p.Artifacts.Project {
		answer.Warnings = append(answer.Warnings, fmt.Sprintf("The base is of project %s, the present artifacts of %s.", base.Project, p.Artifacts.Project))
	}
	switch n := answer.ByCategory[lineage.CategoryUnknown]; {
	case answer.Truncated:
		answer.Notice = fmt.Sprintf("%d of %d changes are shown, the worst first; go on with cursor, or narrow with select.", answer.Returned, answer.Total)
	case answer.Total == 0:
		answer.Notice = "Nothing differs."
	case n > 0:
		answer.Notice = fmt.Sprintf("%d unknown: treat as breaking until proven otherwise.", n)
	}
	if cut {
		answer.Notice = strings.TrimSpace(fmt.Sprintf("%s The diff is longer; its first %d characters are shown. get_node has the code of now.", answer.Notice, maxDiff))
	}
	return answer, nil
}

// maxDiff bounds the characters of a diff; the whole is in the files.
const maxDiff = 3000

// codeDiff is how the code of a node that both graphs have differs, as a unified diff without names of files, and whether it is
// cut; "" where it does not differ.
func codeDiff(base, current *lineage.Graph, id string) (diff string, cut bool) {
	before, had := base.Node(id)
	now, has := current.Node(id)
	if !had || !has || before.RawCode == now.RawCode {
		return "", false
	}
	old, edited := ended(before.RawCode), ended(now.RawCode)
	text, err := udiff.ToUnified("", "", old, udiff.Lines(old, edited), udiff.DefaultContextLines)
	if err != nil {
		return "", false // edits of the same text fit it
	}
	_, text, _ = strings.Cut(text, "@@")
	runes := []rune("@@" + text)
	if len(runes) > maxDiff {
		return string(runes[:maxDiff]), true
	}
	return string(runes), false
}

// ended ends a text with its line, so that the end of a file is no difference.
func ended(text string) string { return strings.TrimRight(text, "\n") + "\n" }

// earlier loads the artifacts that a request compares with.
func (p *Platform) earlier(ctx context.Context, name string) (*dbt.Artifacts, error) {
	if _, err := p.graph(); err != nil {
		return nil, err
	}
	if p.Artifacts == nil || p.Earlier == nil {
		return nil, fault.New(fault.Unavailable, "There are no dbt artifacts here to compare. Run `dbt parse` in a dbt project.")
	}
	return p.Earlier(ctx, name)
}

// before is what state:, result: and source_status: selectors compare with: earlier artifacts, or, where none are named,
// the last run.
func (p *Platform) before(base *dbt.Artifacts) *lineage.Before {
	if p.Artifacts == nil {
		return &lineage.Before{}
	}
	before := &lineage.Before{
		Results: p.Artifacts.RunResults.Statuses(), CurrentSources: p.Artifacts.Sources.LoadedAt(), Project: p.Project,
		Unrendered: p.Artifacts.ComparesUnrendered(),
	}
	if base != nil {
		before.Graph, before.Sources = base.Graph, base.Sources.LoadedAt()
		if base.RunResults != nil {
			before.Results = base.RunResults.Statuses()
		}
	}
	return before
}
