package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/headwater-mcp/headwater/internal/app"
)

func (r *root) ingestCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "ingest PATH …",
		Short: "Read archived dbt artifacts into the ledger",
		Long: "Read archived dbt artifacts into the ledger: folders with run_results.json and, if there, manifest.json and sources.json,\n" +
			"plain or gzipped; folders of such folders, however deep; or patterns of either. In any order, and as often as you like:\n" +
			"a run is recorded once. What cannot be read is named, and the rest is taken.",
		Example: "  headwater ingest archive\n  headwater ingest 's3-copy/2026-*/target'",
		Args:    arguments(cobra.MinimumNArgs(1)),
		RunE: func(cmd *cobra.Command, paths []string) error {
			a, err := r.open(cmd.Context(), "ingest")
			if err != nil {
				return err
			}
			defer a.Close() //nolint:errcheck // everything was committed
			q := app.IngestRequest{Paths: paths}
			if terminal(r.Err) {
				q.Progress = func(done, of int) { fmt.Fprintf(r.Err, "\rread %d of %d folders", done, of) }
			}
			read, err := a.Ingest(cmd.Context(), q)
			if q.Progress != nil && read.Folders > 0 {
				fmt.Fprintln(r.Err)
			}
			if err != nil {
				return err
			}
			if !r.tables() {
				return r.printValue(read)
			}
			return r.printIngested(read)
		},
	}
}

func (r *root) printIngested(read app.Ingested) error {
	_, err := fmt.Fprintf(r.Out, "%d folders with artifacts: %d runs are new, %d were known; %d manifests are new.\n",
		read.Folders, read.New, read.Known, read.Manifests)
	if len(read.Skipped) > 0 {
		fmt.Fprintln(r.Out, "Not taken:")
	}
	for _, s := range read.Skipped {
		fmt.Fprintf(r.Out, "  %s: %s\n", s.Path, s.Reason)
	}
	return printed(err)
}
