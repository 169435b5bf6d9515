package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/headwater-mcp/headwater/agentops/platform"
	"github.com/headwater-mcp/headwater/tools"
	"github.com/headwater-mcp/headwater/wire"
)

// toolRow is a tool in the list.
type toolRow struct {
	Name        string `json:"name"`
	Title       string `json:"title"`
	Description string `json:"description"`
	// Tokens is what its name, description and input schema cost in every conversation; EntryTokens with the output schema.
	Tokens      int             `json:"tokens"`
	EntryTokens int             `json:"entry_tokens"`
	Input       json.RawMessage `json:"input_schema,omitempty"`
	Output      json.RawMessage `json:"output_schema,omitempty"`
}

func (r *root) toolsCommand() *cobra.Command {
	var schema bool
	cmd := &cobra.Command{
		Use:   "tools",
		Short: "List the tools and what each costs in tokens",
		Args:  arguments(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error {
			// No tool is called, so none needs a project.
			all := tools.All(func(context.Context) (*platform.Platform, error) { return &platform.Platform{}, nil })
			rows := make([]toolRow, len(all))
			for i, t := range all {
				rows[i] = toolRow{
					Name: t.Name, Title: t.Title, Description: t.Description, Tokens: wire.TokenCost(t), EntryTokens: wire.EntryCost(t),
				}
				if schema {
					rows[i].Input, rows[i].Output = t.Input, t.Output
				}
			}
			if schema || !r.tables() {
				return r.printValue(rows)
			}
			return r.printTools(rows)
		},
	}
	cmd.Flags().BoolVar(&schema, "schema", false, "print the schemas too, as JSON")
	return cmd
}

func (r *root) printTools(rows []toolRow) error {
	w := tabwriter.NewWriter(r.Out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "TOOL\tTOKENS\tWITH OUTPUT\tWHAT IT ANSWERS")
	tokens, entries := 0, 0
	for _, t := range rows {
		tokens, entries = tokens+t.Tokens, entries+t.EntryTokens
		fmt.Fprintf(w, "%s\t%d\t%d\t%s\n", t.Name, t.Tokens, t.EntryTokens, t.Description)
	}
	fmt.Fprintf(w, "all\t%d\t%d\t\n", tokens, entries)
	return printed(w.Flush())
}
