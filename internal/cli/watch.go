package cli

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/headwater-mcp/headwater/agentops/backfill"
	"github.com/headwater-mcp/headwater/agentops/explain"
	"github.com/headwater-mcp/headwater/agentops/platform"
	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/internal/app"
)

// watchWait is how long one look of watch waits for a change, in seconds.
const watchWait = 5

// watch follows a run to its end, with a bar on a terminal and a line an outcome elsewhere, and tells what came of it. A run that
// did not succeed is an error.
func (r *root) watch(ctx context.Context, a *app.App, id string) error {
	shown := progress{root: r}
	q := platform.RunRequest{RunID: id}
	for {
		p, err := a.Current(ctx)
		if err != nil {
			return err
		}
		answer, err := p.GetBackfill(ctx, q)
		if err != nil {
			return err
		}
		if err := shown.show(ctx, a, answer); err != nil {
			return err
		}
		if answer.Status.Ended() {
			shown.end()
			if r.tables() {
				r.notes(answer.Notes)
			}
			return r.told(answer)
		}
		if q.WaitSeconds == 0 {
			r.notes(answer.Notes)
		}
		q.WaitSeconds = watchWait
	}
}

func eta(seconds *float64) string {
	if seconds == nil || *seconds < 1 {
		return ""
	}
	return ", about " + (time.Duration(*seconds) * time.Second).String() + " left"
}

// told prints what came of a run.
func (r *root) told(answer platform.RunAnswer) error {
	if !r.tables() {
		if err := r.printValue(answer); err != nil {
			return err
		}
	} else if err := r.printRun(answer); err != nil {
		return err
	}
	if answer.Status == backfill.Succeeded {
		return nil
	}
	return fault.New(fault.Conflict, "Run %s has %s.", answer.RunID, strings.Replace(string(answer.Status), "cancelled", "been cancelled", 1))
}

func (r *root) printRun(answer platform.RunAnswer) error {
	p := answer.Progress
	lines := []string{fmt.Sprintf("Run %s %s: %d done, %d failed, %d blocked, %d cancelled.",
		answer.RunID, answer.Status, p.Done, p.Failed, p.Blocked, p.Cancelled)}
	for _, f := range answer.Failures {
		lines = append(lines, fmt.Sprintf("  %s %s, attempt %d: %s", f.Node, f.Period, f.Attempt, f.Error))
		for line := range strings.Lines(f.LogTail) {
			lines = append(lines, "    | "+strings.TrimRight(line, "\n"))
		}
	}
	if answer.Receipt != nil {
		lines = append(lines, receiptLines(answer)...)
	}
	return r.line("%s", strings.Join(lines, "\n"))
}

// receiptLines compare what was promised with what came.
func receiptLines(answer platform.RunAnswer) []string {
	var out []string
	for _, s := range answer.Receipt.Ready {
		out = append(out, "  ready now: "+spanText(s))
	}
	for _, s := range answer.Receipt.NotReady {
		out = append(out, fmt.Sprintf("  not ready: %s; headwater call explain_staleness --node %s says why", spanText(s), s.Node))
	}
	for _, fact := range slices.Sorted(maps.Keys(answer.Receipt.Users)) {
		out = append(out, fmt.Sprintf("  %s: %s active users came back; %s were expected.",
			fact, explain.Thousands(answer.Receipt.Users[fact]), explain.Thousands(answer.Promised[fact])))
	}
	if answer.Receipt.Note != "" {
		out = append(out, "  "+answer.Receipt.Note)
	}
	return out
}

func spanText(s backfill.Span) string {
	switch s.First {
	case "":
		return s.Node
	case s.Last:
		return s.Node + " " + s.First
	}
	return fmt.Sprintf("%s %s to %s", s.Node, s.First, s.Last)
}

func (r *root) printPlan(answer platform.PlanAnswer) error {
	w := tabwriter.NewWriter(r.Out, 0, 0, 2, ' ', 0)
	if len(answer.Waves) > 0 {
		fmt.Fprintln(w, "WAVE\tNODE\tFIRST\tLAST\tCOUNT\tBY\tWHY")
	}
	for i, wave := range answer.Waves {
		for _, p := range wave.Pairs {
			fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%d\t%s\t%s\n", i+1, p.Node, p.First, p.Last, p.Count, p.Executor, p.Reason)
		}
	}
	if err := w.Flush(); err != nil {
		return printed(err)
	}
	for _, x := range answer.Refused {
		if err := r.line("Refused (%s): %s. %s", x.Why, spanText(backfill.Span{Node: x.Node, First: x.First, Last: x.Last}), x.Remedy); err != nil {
			return err
		}
	}
	if len(answer.Commands) > 0 {
		if err := r.line("\nBy hand it would be:\n  %s", strings.Join(answer.Commands, "\n  ")); err != nil {
			return err
		}
	}
	r.notes(append(answer.Warnings, answer.Notes...))
	for _, fact := range slices.Sorted(maps.Keys(answer.UsersBack)) {
		if err := r.line("%s active users of %s are expected back.", explain.Thousands(answer.UsersBack[fact]), fact); err != nil {
			return err
		}
	}
	if answer.PlanID == "" {
		return nil
	}
	return r.line("\n%s%s, good until %s. Run it:\n  headwater backfill start %s --reason '…'", partitions(answer.Estimate.Pairs),
		eta(answer.Estimate.Seconds), answer.ExpiresAt.UTC().Format(time.RFC3339), answer.PlanID)
}

// partitions counts them in words.
func partitions(n int) string {
	if n == 1 {
		return "1 partition"
	}
	return fmt.Sprintf("%d partitions", n)
}

func (r *root) printRuns(answer platform.RunAnswer) error {
	r.notes(answer.Notes)
	if len(answer.Runs) == 0 {
		return r.line("There are no runs yet. headwater backfill plan makes a plan, headwater backfill start runs it.")
	}
	w := tabwriter.NewWriter(r.Out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "RUN\tSTATUS\tSTARTED\tREASON")
	for _, run := range answer.Runs {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", run.RunID, run.Status, run.CreatedAt.UTC().Format(time.RFC3339), run.Reason)
	}
	if err := w.Flush(); err != nil {
		return printed(err)
	}
	if answer.Info != nil && answer.NextCursor != "" {
		return r.line("%d of %d. --cursor %s shows more.", len(answer.Runs), answer.Total, answer.NextCursor)
	}
	return nil
}

// notes are for the person, beside the answer.
func (r *root) notes(notes []string) {
	for _, n := range notes {
		fmt.Fprintln(r.Err, n)
	}
}

func (r *root) line(format string, args ...any) error {
	_, err := fmt.Fprintf(r.Out, format+"\n", args...)
	return printed(err)
}
