package cli

import (
	"context"
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/headwater-mcp/headwater/activation"
	"github.com/headwater-mcp/headwater/agentops/explain"
	"github.com/headwater-mcp/headwater/internal/app"
)

// buildPurpose is what a build tells others that it is.
const buildPurpose = "build"

func (r *root) buildCommand() *cobra.Command {
	var q app.BuildRequest
	var drop string
	cmd := &cobra.Command{
		Use:   "build [FACT …] [--from DATE] [--until DATE]",
		Short: "Bring activation outputs up to date",
		Long: "Bring the activation outputs of all facts, or of those named, up to date: what is unbuilt, and what was open when it\n" +
			"was last built, up to and including the period open now. --from restates built periods from there on.\n" +
			"It is a plan and its run, which headwater audit tells of; this command executes it, unless a worker does already.",
		RunE: func(cmd *cobra.Command, facts []string) error {
			a, err := r.open(cmd.Context(), buildPurpose)
			if err != nil {
				return err
			}
			defer a.Close() //nolint:errcheck // everything was committed
			if drop != "" {
				return r.drop(cmd.Context(), a, drop, q.Yes)
			}
			q.Facts = facts
			return r.build(cmd.Context(), a, q)
		},
	}
	cmd.Flags().StringVar(&q.From, "from", "", "restate built periods from the one that holds this date")
	cmd.Flags().StringVar(&q.Until, "until", "", "build no further than the period that holds this date")
	cmd.Flags().StringVar(&drop, "drop", "", "remove the outputs of this fact instead")
	cmd.Flags().BoolVar(&q.Yes, "yes", false, "write although headwater.yaml says policy.writes: deny")
	return cmd
}

func (r *root) build(ctx context.Context, a *app.App, q app.BuildRequest) error {
	q.Progress = func(fact, grain string) {
		if r.tables() {
			fmt.Fprintf(r.Err, "building %s by %s …\n", fact, grain)
		}
	}
	q.Note = func(text string) { r.notes([]string{text}) }
	results, err := a.Build(ctx, q)
	if err != nil {
		return err
	}
	if !r.tables() {
		return r.printValue(results)
	}
	return r.printBuilds(results)
}

func (r *root) printBuilds(results []activation.BuildResult) error {
	w := tabwriter.NewWriter(r.Out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "FACT\tGRAIN\tPERIODS\tFROM\tTO\tACTIVE IN LAST\tWHY")
	for _, b := range results {
		if b.First == nil {
			fmt.Fprintf(w, "%s\t%s\t0\t\t\t\t%s\n", b.Fact, b.Grain, b.Why)
			continue
		}
		fmt.Fprintf(w, "%s\t%s\t%d\t%s\t%s\t%s\t%s\n", b.Fact, b.Grain, b.Periods, b.First, b.Last, explain.Thousands(b.Active), b.Why)
	}
	if err := w.Flush(); err != nil {
		return printed(err)
	}
	for _, b := range results {
		if b.ChangedUsers > 0 {
			fmt.Fprintf(r.Out, "%s by %s: %s users were not what the fact says now, and were rewritten.\n", b.Fact, b.Grain, explain.Thousands(b.ChangedUsers))
		}
		for _, note := range b.Notes {
			fmt.Fprintf(r.Out, "%s by %s: %s\n", b.Fact, b.Grain, note)
		}
	}
	return nil
}

func (r *root) drop(ctx context.Context, a *app.App, name string, yes bool) error {
	dropped, err := a.Drop(ctx, name, yes)
	if err != nil {
		return err
	}
	if !r.tables() {
		return r.printValue(map[string]any{"fact": name, "dropped": dropped})
	}
	for _, table := range dropped {
		fmt.Fprintln(r.Out, "dropped", table)
	}
	return nil
}
