package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/headwater-mcp/headwater/agentops/executor"
	"github.com/headwater-mcp/headwater/agentops/explain"
	"github.com/headwater-mcp/headwater/agentops/platform"
	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/internal/app"
	"github.com/headwater-mcp/headwater/internal/config"
	"github.com/headwater-mcp/headwater/internal/demo"
)

func (r *root) demoCommand() *cobra.Command {
	var keep string
	var serve bool
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Build a small world with one incident, ask why users moved, and repair it",
		Long: "Build a small world in a temporary folder: a dbt project's artifacts, 120 days of events in a DuckDB file, and one\n" +
			"incident. Then build the activation outputs, ask why users moved, plan the repair, run it, and ask again. Needs no\n" +
			"network and takes seconds.\n\n" +
			"With --keep and --mcp the story ends at the question: the incident is left for you or your assistant to repair, and\n" +
			"the commands that do it are printed.",
		Args: arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			dir, remove, err := demoFolder(keep)
			if err != nil {
				return err
			}
			defer remove()
			t := &tale{root: *r, dir: dir, kept: keep != "", served: serve}
			t.root.output = "table"
			if serve {
				t.root.Out = r.Err
			}
			return t.tell(cmd.Context(), r.Out)
		},
	}
	cmd.Flags().StringVar(&keep, "keep", "", "make the world in this folder and leave it there, the incident unrepaired")
	cmd.Flags().BoolVar(&serve, "mcp", false, "then serve the world over MCP on stdio, the incident unrepaired")
	return cmd
}

// demoFolder is where the world goes, and how it is removed.
func demoFolder(keep string) (dir string, remove func(), err error) {
	if keep != "" {
		if dir, err = filepath.Abs(keep); err != nil {
			return "", nil, fault.Wrap(err, fault.Invalid, "--keep %s is no folder that can be made: %s.", keep, err)
		}
		return dir, func() {}, nil
	}
	dir, err = os.MkdirTemp("", "headwater-demo-")
	if err != nil {
		return "", nil, fault.Wrap(err, fault.Unavailable, "No temporary folder can be made: %s. Name one with --keep DIR.", err)
	}
	return dir, func() { _ = os.RemoveAll(dir) }, nil
}

// tale is one telling of the demo.
type tale struct {
	// root prints for people: tables, on stdout or, where that holds a protocol, on stderr.
	root         root
	dir          string
	kept, served bool
	world        demo.Summary
}

// tell tells the story. protocol is where a served world answers.
func (t *tale) tell(ctx context.Context, protocol io.Writer) (err error) {
	t.say("\nA small shop: web and app visits, modelled with dbt, loaded every night. One night something went wrong.\n\n")
	started := t.root.now()
	program, err := t.program()
	if err != nil {
		return err
	}
	if t.world, err = demo.WorldLoadedBy(ctx, t.dir, program); err != nil {
		return err
	}
	t.step(started, "1. The world", "120 days of visits in a DuckDB file, and the artifacts that dbt wrote")

	loaded, err := config.Load(config.Flags{Project: t.dir}, config.Env{}, t.dir)
	if err != nil {
		return err
	}
	crew := &crew{root: &t.root, ctx: ctx}
	a, err := app.Open(ctx, app.Options{
		Config: loaded, Log: t.root.log, Purpose: "demo", Now: t.root.now, AsOf: t.world.AsOf, Work: crew.work,
	})
	if err != nil {
		return err
	}
	defer a.Close() //nolint:errcheck // the story is told; SQLite keeps what was committed
	crew.app = a
	defer crew.dismiss()
	if err := t.build(ctx, a); err != nil {
		return err
	}
	day, err := t.ask(ctx, a, "3. The question")
	if err != nil {
		return err
	}
	if !t.kept && !t.served {
		if err := t.repair(ctx, a, day); err != nil {
			return err
		}
		if _, err := t.ask(ctx, a, "6. Asked again"); err != nil {
			return err
		}
	}
	t.say("\n" + t.ending(day))
	if !t.served {
		return nil
	}
	server, err := t.root.server(a.Current, t.root.log, nil)
	if err != nil {
		return err
	}
	return server.ServeStdio(ctx, t.root.In, protocol)
}

// program is what loads the world's rows: this program, unless it is one that `go run` removes before a kept world is repaired.
func (t *tale) program() (string, error) {
	path, err := os.Executable()
	if err != nil {
		return "", fault.Wrap(err, fault.Unavailable, "The path of this program cannot be told: %s. Start it by its path.", err)
	}
	if t.kept && strings.HasPrefix(path, os.TempDir()+string(filepath.Separator)+"go-build") {
		return "headwater", nil
	}
	return path, nil
}

func (t *tale) build(ctx context.Context, a *app.App) error {
	started := t.root.now()
	results, err := a.Build(ctx, app.BuildRequest{})
	if err != nil {
		return err
	}
	periods, grains := 0, []string{}
	for _, b := range results {
		periods += b.Periods
		grains = append(grains, string(b.Grain))
	}
	t.step(started, "2. Activation", fmt.Sprintf("who is new, retained, reactivated or gone, by %s: %d periods of the fact %s",
		strings.Join(grains, ", "), periods, t.world.Fact))
	return nil
}

// ask asks why users moved, and returns the day that the answer is about.
func (t *tale) ask(ctx context.Context, a *app.App, title string) (day string, err error) {
	started := t.root.now()
	p, err := a.Current(ctx)
	if err != nil {
		return "", err
	}
	answer, err := p.ExplainActiveUsers(ctx, platform.ExplainRequest{Fact: t.world.Fact, Grain: "day"})
	if err != nil {
		return "", err
	}
	t.step(started, title, fmt.Sprintf("It is the morning of %s. Why did active users move on %s?",
		t.world.AsOf.Format(time.DateOnly), answer.Period))
	t.say("\n")
	return answer.Period, explain.Render(t.root.Out, answer.Answer, t.root.width())
}

// repair plans what makes the day right, runs it and follows it to its end.
func (t *tale) repair(ctx context.Context, a *app.App, day string) error {
	started := t.root.now()
	p, err := a.Current(ctx)
	if err != nil {
		return err
	}
	model := t.world.Incident.Path[len(t.world.Incident.Path)-1]
	plan, err := p.PlanBackfill(ctx, platform.PlanRequest{Nodes: []string{model, t.output()}, First: day, Last: day})
	if err != nil {
		return err
	}
	t.say("\n")
	t.step(started, "4. The plan", fmt.Sprintf("what makes %s right, from the source that lost it to all that reads it", day))
	t.say("\n")
	if err := t.root.printPlan(plan); err != nil {
		return err
	}

	started = t.root.now()
	const reason = "the app's file came after all"
	by := platform.Starter{By: actor(), Consent: true}
	run, err := p.StartBackfill(ctx, platform.StartRequest{PlanID: plan.PlanID, Reason: reason}, by)
	if err != nil {
		return err
	}
	t.say("\n")
	t.step(started, "5. The repair", "the plan is run, for the reason that "+reason)
	t.say("\n")
	if err := t.root.watch(ctx, a, run.RunID); err != nil {
		return err
	}
	t.say("\n")
	return nil
}

// output names the activation of the world's fact by day.
func (t *tale) output() string { return t.world.Fact + "_activation_daily" }

func (t *tale) ending(day string) string {
	if !t.kept && !t.served {
		return "The world is gone again. `headwater demo --keep DIR` leaves one to play with, `headwater demo --mcp` serves one to your assistant.\n"
	}
	if !t.kept {
		return "The world is served until stdin is closed, the incident unrepaired.\n"
	}
	headwater := fmt.Sprintf("  headwater --project %s --as-of %s ", executor.Quote([]string{t.dir}), t.world.AsOf.Format(time.RFC3339))
	return "The world stays in " + t.dir + ". Ask it something:\n\n" +
		headwater + "explain " + t.world.Fact + "\n" +
		headwater + "call check_partitions --select +fct_app_visit\n" +
		headwater + "call query_activation --fact " + t.world.Fact + " --grain day --by platform\n\n" +
		"The incident is still there. Plan its repair, run the plan by the id that is printed, and explain again:\n\n" +
		headwater + fmt.Sprintf("backfill plan fct_app_visit %s --first %s --last %s\n", t.output(), day, day) +
		headwater + "backfill start PLAN --reason 'the file came after all'\n"
}

// step is a line of the story, with what it took.
func (t *tale) step(started time.Time, title, text string) {
	t.say(fmt.Sprintf("%-16s %s (%.1f s)\n", title, text, t.root.now().Sub(started).Seconds()))
}

func (t *tale) say(text string) { fmt.Fprint(t.root.Out, text) }
