package cli

import (
	"fmt"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"

	"github.com/spf13/cobra"

	"github.com/headwater-mcp/headwater/internal/store"
	"github.com/headwater-mcp/headwater/page"
)

// auditPage is a page of the audit log.
type auditPage struct {
	Entries []store.AuditEntry `json:"entries"`
	page.Info
}

func (r *root) auditCommand() *cobra.Command {
	var limit int
	var cursor string
	cmd := &cobra.Command{
		Use:   "audit",
		Short: "Who asked for runs, when and why",
		Long: "Who asked for runs, when and why, and what people did to them, the newest first. Nothing is ever removed from this log.\n" +
			"Reasons are in the words of who gave them.",
		Args: arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			a, err := r.open(cmd.Context(), "audit")
			if err != nil {
				return err
			}
			defer a.Close() //nolint:errcheck // nothing was written
			s, err := a.Store()
			if err != nil {
				return err
			}
			entries, info, err := s.AuditLog(cmd.Context(), limit, cursor)
			if err != nil {
				return err
			}
			if !r.tables() {
				return r.printValue(auditPage{entries, info})
			}
			return r.printAudit(entries, info)
		},
	}
	cmd.Flags().IntVar(&limit, "limit", page.DefaultLimit, fmt.Sprintf("how many entries, 1 to %d", page.MaxLimit))
	cmd.Flags().StringVar(&cursor, "cursor", "", "next_cursor of the page before")
	return cmd
}

func (r *root) printAudit(entries []store.AuditEntry, info page.Info) error {
	if len(entries) == 0 {
		_, err := fmt.Fprintln(r.Out, "Nobody has asked for a run yet.")
		return printed(err)
	}
	w := tabwriter.NewWriter(r.Out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "AT\tWHO\tACTION\tRUN OR PLAN\tWHY")
	for _, e := range entries {
		what := or(e.RunID, e.PlanID)
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", e.At.Format(time.RFC3339), line(who(e)), line(e.Action), line(what), line(e.Detail))
	}
	if err := w.Flush(); err != nil {
		return printed(err)
	}
	if info.Truncated {
		fmt.Fprintf(r.Out, "%d of %d; go on with --cursor %s\n", info.Returned, info.Total, info.NextCursor)
	}
	return nil
}

func who(e store.AuditEntry) string {
	if e.By.Client != "" && e.By.User != "" {
		return e.By.User + " by " + e.By.Client
	}
	return or(e.By.User, e.By.Client, "unknown")
}

// line keeps a text of somebody else's in its cell: without what moves a terminal's cursor or ends a line.
func line(s string) string {
	return strings.Join(strings.Fields(strings.Map(func(c rune) rune {
		if unicode.IsSpace(c) || !unicode.IsPrint(c) {
			return ' '
		}
		return c
	}, s)), " ")
}
