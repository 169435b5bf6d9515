package cli

import (
	"github.com/spf13/cobra"

	"github.com/headwater-mcp/headwater/internal/demo"
)

// demoLoadCommand is what the executors of a demo world start in its folder. People have no use for it, so no help lists it.
func (r *root) demoLoadCommand() *cobra.Command {
	const node, nodeAndDays = 1, 3
	return &cobra.Command{
		Use:    demo.LoadCommand + " NODE [FIRST LAST]",
		Short:  "Load a source's days again, or build a model's, in the demo's world",
		Hidden: true,
		Args:   arguments(cobra.RangeArgs(node, nodeAndDays)),
		RunE: func(cmd *cobra.Command, args []string) error {
			args = append(args, "", "")
			rows, err := demo.Load(cmd.Context(), or(r.flags.Project, "."), args[0], args[1], args[2])
			if err != nil {
				return err
			}
			return r.line("%d rows", rows)
		},
	}
}
