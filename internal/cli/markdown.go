package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/headwater-mcp/headwater/agentops/platform"
	"github.com/headwater-mcp/headwater/lineage"
)

// pullRequestRows is how many changes a page of Markdown holds where no limit is given: a comment has room for them.
const pullRequestRows = 200

// markdown writes the answer of a tool as Markdown, for those that have a form for people to read in a pull request.
type markdown struct {
	tool string
	// rows is the limit where none is given.
	rows  int
	write func(w io.Writer, answer json.RawMessage) error
}

func (r *root) markdownFor(tool string) *markdown {
	if r.output != "markdown" || tool != "compare_artifacts" {
		return nil
	}
	return &markdown{tool: tool, rows: pullRequestRows, write: writeComparison}
}

// writeComparison puts what consumers have to know into a table, and what computes nothing behind a fold.
func writeComparison(w io.Writer, answer json.RawMessage) error {
	var a platform.CompareAnswer
	if err := json.Unmarshal(answer, &a); err != nil {
		return fmt.Errorf("decode an answer: %w", err)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "### %s\n\nCompared with the artifacts of %s", headline(a), a.Base.GeneratedAt.UTC().Format(time.RFC3339))
	if a.Base.InvocationID != "" {
		fmt.Fprintf(&b, " (%s)", code(a.Base.InvocationID))
	}
	b.WriteString(".\n")
	var folded []lineage.NodeChange
	rows := 0
	for _, c := range a.Changes {
		if c.Category == lineage.CategoryMetadata {
			folded = append(folded, c)
			continue
		}
		if rows == 0 {
			b.WriteString("\n| | node | change | why | downstream |\n| --- | --- | --- | --- | --- |\n")
		}
		rows++
		row(&b, c)
	}
	if len(folded) > 0 {
		fmt.Fprintf(&b, "\n<details><summary>%d where nothing that is computed changes</summary>\n\n", len(folded))
		for _, c := range folded {
			fmt.Fprintf(&b, "- %s: %s\n", code(c.ID), what(c))
		}
		b.WriteString("\n</details>\n")
	}
	if a.ByCategory[lineage.CategoryUnknown] > 0 {
		b.WriteString("\n*unknown*: could not be proved harmless from the artifacts; treat it as breaking.\n")
	}
	if a.Truncated {
		fmt.Fprintf(&b, "\n%d of %d changes are shown, the worst first.\n", a.Returned, a.Total)
	}
	for _, warning := range a.Warnings {
		fmt.Fprintf(&b, "\n> %s\n", plain(warning))
	}
	_, err := io.WriteString(w, b.String())
	return err //nolint:wrapcheck // names the file
}

// headline counts the categories that there are, the worst first.
func headline(a platform.CompareAnswer) string {
	var parts []string
	for _, c := range lineage.Categories() {
		if n := a.ByCategory[c]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, strings.ReplaceAll(string(c), "_", "-")))
		}
	}
	if len(parts) == 0 {
		return "Nothing changes"
	}
	return strings.Join(parts, ", ")
}

func row(b *strings.Builder, c lineage.NodeChange) {
	category := strings.ReplaceAll(string(c.Category), "_", "-")
	if c.Category == lineage.CategoryBreaking {
		category = "**" + category + "**"
	}
	downstream := strconv.Itoa(c.Affected)
	if len(c.Exposures) > 0 {
		names := make([]string, len(c.Exposures))
		for i, name := range c.Exposures {
			names[i] = code(name)
		}
		downstream += ", among them " + strings.Join(names, ", ")
	}
	fmt.Fprintf(b, "| %s | %s | %s | %s | %s |\n", category, code(c.ID), what(c), plain(c.Why), downstream)
}

// what says in what a node differs.
func what(c lineage.NodeChange) string {
	if len(c.Reasons) == 0 {
		return string(c.Change)
	}
	reasons := make([]string, len(c.Reasons))
	for i, r := range c.Reasons {
		reasons[i] = strings.ReplaceAll(string(r), "_", " ")
	}
	return string(c.Change) + ": " + strings.Join(reasons, ", ")
}

// code is the project's text as code, plain the same as text: neither ends its cell, its line or its span.
func code(s string) string { return "`" + strings.ReplaceAll(cell(s), "`", "'") + "`" }

func plain(s string) string {
	return strings.NewReplacer("`", "'", "<", "&lt;", "[", `\[`, "*", `\*`, "_", `\_`, "@", "@\u200b").Replace(cell(s))
}

func cell(s string) string {
	return strings.Join(strings.Fields(strings.ReplaceAll(s, "|", `\|`)), " ")
}
