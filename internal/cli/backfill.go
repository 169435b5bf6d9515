package cli

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/user"
	"slices"
	"strings"

	"github.com/mattn/go-isatty"
	"github.com/spf13/cobra"

	"github.com/headwater-mcp/headwater/agentops/backfill"
	"github.com/headwater-mcp/headwater/agentops/platform"
	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/internal/app"
)

func (r *root) backfillCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "backfill",
		Short: "Plan repairs, run them and follow them",
		Long: "Plan repairs, run them and follow them: the same as the tools plan_backfill, start_backfill, get_backfill and\n" +
			"control_backfill. A run goes on by itself when the command ends.",
		Args: arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error { return printed(cmd.Help()) },
	}
	cmd.AddCommand(r.planCommand(), r.startCommand(), r.watchCommand(), r.listCommand())
	for _, a := range []struct {
		name, short string
		action      backfill.Action
	}{
		{"cancel", "End a run; what runs is stopped", backfill.Cancel},
		{"pause", "Let what runs end, and begin nothing new", backfill.Pause},
		{"resume", "Go on with a paused run", backfill.Resume},
		{"retry", "Try again what failed, was blocked or cancelled", backfill.RetryFailed},
	} {
		cmd.AddCommand(r.controlCommand(a.name, a.short, a.action))
	}
	return cmd
}

// ask opens the project for one question.
func (r *root) ask(ctx context.Context, do func(*app.App, *platform.Platform) error) error {
	a, err := r.open(ctx, "backfill")
	if err != nil {
		return err
	}
	defer a.Close() //nolint:errcheck // the answer is out; SQLite keeps what was committed
	p, err := a.Current(ctx)
	if err != nil {
		return err
	}
	return do(a, p)
}

func (r *root) planCommand() *cobra.Command {
	var q platform.PlanRequest
	var alone bool
	cmd := &cobra.Command{
		Use:   "plan [NODE …] --first PERIOD --last PERIOD",
		Short: "The least set of partitions to run so that some are right",
		RunE: func(cmd *cobra.Command, nodes []string) error {
			q.Nodes = nodes
			if alone {
				q.Downstream = new(bool)
			}
			return r.ask(cmd.Context(), func(_ *app.App, p *platform.Platform) error {
				p, end := r.looking(p)
				answer, err := p.PlanBackfill(cmd.Context(), q)
				end()
				if err != nil {
					return err
				}
				if !r.tables() {
					return r.printValue(answer)
				}
				return r.printPlan(answer)
			})
		},
	}
	f := cmd.Flags()
	f.StringVar(&q.Select, "select", "", "dbt selector, instead of nodes")
	f.StringVar(&q.First, "first", "", "first period to make right, by date or hour")
	f.StringVar(&q.Last, "last", "", "last period, inclusive")
	f.StringVar(&q.Scope, "scope", "", "problems (default), missing, stale or all")
	f.BoolVar(&alone, "no-downstream", false, "leave out what reads them")
	return cmd
}

func (r *root) startCommand() *cobra.Command {
	var q platform.StartRequest
	var yes, detach bool
	cmd := &cobra.Command{
		Use:   "start PLAN --reason WHY",
		Short: "Run a plan, once, and watch it",
		Args:  arguments(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			q.PlanID = args[0]
			return r.ask(cmd.Context(), func(a *app.App, p *platform.Platform) error {
				by := platform.Starter{By: actor(), Consent: yes}
				if r.interactive() {
					by.Confirm = r.confirm
				}
				answer, err := p.StartBackfill(cmd.Context(), q, by)
				if err != nil {
					return err
				}
				if !r.tables() {
					return r.printValue(answer)
				}
				r.notes(answer.Notes)
				if detach {
					return r.line("Run %s is %s. Watch it: headwater backfill watch %s", answer.RunID, answer.Status, answer.RunID)
				}
				return r.watch(cmd.Context(), a, answer.RunID)
			})
		},
	}
	cmd.Flags().StringVar(&q.Reason, "reason", "", "why, in a sentence, for the audit log")
	cmd.Flags().BoolVar(&yes, "yes", false, "run although policy.writes denies it, and overwrite what is there")
	cmd.Flags().BoolVar(&detach, "detach", false, "do not watch it")
	return cmd
}

func (r *root) watchCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "watch RUN",
		Short: "Follow a run to its end",
		Args:  arguments(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			return r.ask(cmd.Context(), func(a *app.App, _ *platform.Platform) error { return r.watch(cmd.Context(), a, args[0]) })
		},
	}
}

func (r *root) listCommand() *cobra.Command {
	var q platform.RunRequest
	cmd := &cobra.Command{
		Use:   "list",
		Short: "The runs, the newest first",
		Args:  arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return r.ask(cmd.Context(), func(_ *app.App, p *platform.Platform) error {
				answer, err := p.GetBackfill(cmd.Context(), q)
				if err != nil {
					return err
				}
				if !r.tables() {
					return r.printValue(answer)
				}
				return r.printRuns(answer)
			})
		},
	}
	cmd.Flags().IntVar(&q.Limit, "limit", 0, "how many (default 50)")
	cmd.Flags().StringVar(&q.Cursor, "cursor", "", "next_cursor of the page before")
	return cmd
}

func (r *root) controlCommand(name, short string, action backfill.Action) *cobra.Command {
	var yes bool
	cmd := &cobra.Command{
		Use:   name + " RUN",
		Short: short,
		Args:  arguments(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			return r.ask(cmd.Context(), func(_ *app.App, p *platform.Platform) error {
				answer, err := p.ControlBackfill(cmd.Context(), platform.ControlRequest{RunID: args[0], Action: string(action)}, actor(), yes)
				if err != nil {
					return err
				}
				if !r.tables() {
					return r.printValue(answer)
				}
				r.notes(answer.Notes)
				return r.line("Run %s is %s; still running: %d.", args[0], answer.Status, answer.Running)
			})
		},
	}
	if action == backfill.Resume || action == backfill.RetryFailed {
		cmd.Flags().BoolVar(&yes, "yes", false, "run although policy.writes denies it")
	}
	return cmd
}

// interactive reports whether a person can be asked.
func (r *root) interactive() bool {
	f, ok := r.In.(*os.File)
	return ok && isatty.IsTerminal(f.Fd()) && terminal(r.Err)
}

// confirm asks the person at the terminal.
func (r *root) confirm(_ context.Context, question string) error {
	fmt.Fprint(r.Err, question+" [y/N] ")
	answer, err := bufio.NewReader(r.In).ReadString('\n')
	if err == nil && slices.Contains([]string{"y", "yes"}, strings.ToLower(strings.TrimSpace(answer))) {
		return nil
	}
	return fault.New(fault.Blocked, "Nothing was started.")
}

// actor is the person at the terminal.
func actor() backfill.Actor {
	by := backfill.Actor{Client: "headwater " + version()}
	if u, err := user.Current(); err == nil {
		by.User = u.Username
	}
	return by
}
