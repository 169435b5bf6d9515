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
		Short: "Build a small world with one incident and ask why users moved",
		Long: "Build a small world in a temporary folder: a dbt project's artifacts, 120 days of events in a DuckDB file, and one\n" +
			"incident. Then build the activation outputs and ask why users moved. Needs no network and takes seconds.",
		Args: arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			dir, remove, err := demoFolder(keep)
			if err != nil {
				return err
			}
			defer remove()
			t := &tale{root: r, out: r.Out, dir: dir, kept: keep != ""}
			if serve {
				t.out = r.Err
			}
			return t.tell(cmd.Context(), serve)
		},
	}
	cmd.Flags().StringVar(&keep, "keep", "", "make the world in this folder and leave it there")
	cmd.Flags().BoolVar(&serve, "mcp", false, "then serve the world over MCP on stdio")
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
	root  *root
	out   io.Writer
	dir   string
	kept  bool
	world demo.Summary
}

func (t *tale) tell(ctx context.Context, serve bool) error {
	t.say("\nA small shop: web and app visits, modelled with dbt, loaded every night. One night something went wrong.\n\n")
	started := t.root.now()
	world, err := demo.World(ctx, t.dir)
	if err != nil {
		return err
	}
	t.world = world
	t.step(started, "1. The world", "120 days of visits in a DuckDB file, and the artifacts that dbt wrote")

	loaded, err := config.Load(config.Flags{Project: t.dir}, config.Env{}, t.dir)
	if err != nil {
		return err
	}
	a, err := app.Open(ctx, app.Options{Config: loaded, Log: t.root.log, Purpose: "demo", Now: t.root.now, AsOf: world.AsOf})
	if err != nil {
		return err
	}
	defer a.Close() //nolint:errcheck // the story is told; SQLite keeps what was committed
	if err := t.build(ctx, a); err != nil {
		return err
	}
	if err := t.ask(ctx, a); err != nil {
		return err
	}
	if !serve {
		return nil
	}
	server, err := t.root.server(a)
	if err != nil {
		return err
	}
	return server.ServeStdio(ctx, t.root.In, t.root.Out)
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

func (t *tale) ask(ctx context.Context, a *app.App) error {
	started := t.root.now()
	p, err := a.Current(ctx)
	if err != nil {
		return err
	}
	answer, err := p.ExplainActiveUsers(ctx, platform.ExplainRequest{Fact: t.world.Fact, Grain: "day"})
	if err != nil {
		return err
	}
	t.step(started, "3. The question", fmt.Sprintf("It is the morning of %s. Why did active users move on %s?",
		t.world.AsOf.Format(time.DateOnly), answer.Period))
	t.say("\n")
	if err := explain.Render(t.out, answer.Answer, t.root.width()); err != nil {
		return err
	}
	t.say("\n" + t.ending())
	return nil
}

func (t *tale) ending() string {
	if !t.kept {
		return "The world is gone again. `headwater demo --keep DIR` leaves it to play with, `headwater demo --mcp` serves it to your assistant.\n"
	}
	asOf := t.world.AsOf.Format(time.RFC3339)
	return "The world stays in " + t.dir + ". Ask it something:\n\n" +
		fmt.Sprintf("  headwater --project %s --as-of %s explain %s\n", t.dir, asOf, t.world.Fact) +
		fmt.Sprintf("  headwater --project %s --as-of %s call check_partitions --select +fct_app_visit\n", t.dir, asOf) +
		fmt.Sprintf("  headwater --project %s --as-of %s call query_activation --fact %s --grain day --by platform\n", t.dir, asOf, t.world.Fact)
}

// step is a line of the story, with what it took.
func (t *tale) step(started time.Time, title, text string) {
	t.say(fmt.Sprintf("%-16s %s (%.1f s)\n", title, text, t.root.now().Sub(started).Seconds()))
}

func (t *tale) say(text string) { fmt.Fprint(t.out, text) }
