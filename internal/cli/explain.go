package cli

import (
	"os"

	"github.com/charmbracelet/x/term"
	"github.com/spf13/cobra"

	"github.com/headwater-mcp/headwater/agentops/explain"
	"github.com/headwater-mcp/headwater/agentops/platform"
)

func (r *root) explainCommand() *cobra.Command {
	var q platform.ExplainRequest
	cmd := &cobra.Command{
		Use:   "explain FACT [PERIOD]",
		Short: "Say why the active users of a fact moved",
		Args:  arguments(cobra.RangeArgs(1, 2)), //nolint:mnd // the fact and the period
		RunE: func(cmd *cobra.Command, args []string) error {
			q.Fact = args[0]
			if len(args) > 1 {
				q.Period = args[1]
			}
			a, err := r.open(cmd.Context(), "explain")
			if err != nil {
				return err
			}
			defer a.Close() //nolint:errcheck // the answer is out; SQLite keeps what was committed
			p, err := a.Current(cmd.Context())
			if err != nil {
				return err
			}
			if q.Grain == "" {
				f, err := p.Fact(q.Fact)
				if err != nil {
					return err
				}
				q.Grain = string(f.Definition.Grains[0])
			}
			answer, err := p.ExplainActiveUsers(cmd.Context(), q)
			if err != nil {
				return err
			}
			if !r.tables() {
				return r.printValue(answer)
			}
			return explain.Render(r.Out, answer.Answer, r.width())
		},
	}
	cmd.Flags().StringVar(&q.Grain, "grain", "", "day, week or month (default: the first that the fact declares)")
	cmd.Flags().StringVar(&q.CompareTo, "compare-to", "", "previous (default), same_weekday or a date")
	cmd.Flags().StringSliceVar(&q.Dimensions, "dimensions", nil, "dimensions to look for slices in (default: all)")
	cmd.Flags().IntVar(&q.MaxSegments, "max-segments", 0, "slices to name at most (default 5)")
	return cmd
}

// defaultWidth is that of a terminal which does not tell.
const defaultWidth = 100

// width is how wide a page may be.
func (r *root) width() int {
	if f, ok := r.Out.(*os.File); ok {
		if width, _, err := term.GetSize(f.Fd()); err == nil && width > 0 {
			return min(width, defaultWidth)
		}
	}
	return defaultWidth
}
