package cli

import (
	"fmt"

	"github.com/spf13/cobra"
)

func (r *root) forgetCommand() *cobra.Command {
	var yes bool
	cmd := &cobra.Command{
		Use:   "forget FACT USER",
		Short: "Erase one user's rows from all outputs of a fact",
		Long: "Erase one user from all activation outputs of a fact, counts included, in one transaction, and say what remains. The\n" +
			"fact's own relation is not touched. The key is written as the warehouse shows it.",
		Args: cobra.ExactArgs(2), //nolint:mnd // fact and user
		RunE: func(cmd *cobra.Command, args []string) error {
			a, err := r.open(cmd.Context(), "forget")
			if err != nil {
				return err
			}
			defer a.Close() //nolint:errcheck // everything was committed
			forgotten, err := a.Forget(cmd.Context(), args[0], args[1], yes)
			if err != nil {
				return err
			}
			if !r.tables() {
				return r.printValue(forgotten)
			}
			for _, g := range forgotten.Grains {
				fmt.Fprintf(r.Out, "%s by %s: %d active periods erased, the first %s\n", forgotten.Fact, g.Grain, g.Rows, g.First)
			}
			for _, says := range forgotten.Remains {
				fmt.Fprintln(r.Out, says)
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&yes, "yes", false, "write although headwater.yaml says policy.writes: deny")
	return cmd
}
