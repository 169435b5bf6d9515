package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/internal/app"
	"github.com/headwater-mcp/headwater/internal/config"
	"github.com/headwater-mcp/headwater/internal/store"
	"github.com/headwater-mcp/headwater/internal/worker"
)

// workerPurpose is what the worker tells others that it is.
const workerPurpose = "worker"

func (r *root) workerCommand() *cobra.Command {
	var idle time.Duration
	var once, stopJobs bool
	cmd := &cobra.Command{
		Use:   "worker",
		Short: "Execute the runs of a project (started by itself when needed)",
		Long: "Execute the runs of a project until there has been none for a while. One worker lives for a project; a second one says\n" +
			"who it is and ends. Every command that sees runs to be executed starts one, unless headwater.yaml says worker: external.\n" +
			"Told to end (SIGTERM), it leaves dbt and other programs that it started to the next worker, or ends them with --stop-jobs.",
		Args: arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			a, err := r.live(cmd.Context(), workerPurpose)
			if err != nil {
				return err
			}
			defer a.Close() //nolint:errcheck // everything was committed
			o, err := a.WorkerOptions(cmd.Context())
			if err != nil {
				return err
			}
			if o.Idle, o.StopJobs = idle, stopJobs; once {
				o.Idle = 0
			}
			err = worker.Run(cmd.Context(), o)
			if held, ok := errors.AsType[*worker.HeldError](err); ok {
				fmt.Fprintln(r.Err, held.Error())
				return nil
			}
			return err
		},
	}
	cmd.Flags().DurationVar(&idle, "idle", time.Minute, "end after this long without a run to execute")
	cmd.Flags().BoolVar(&once, "once", false, "end as soon as no run is left to execute")
	cmd.Flags().BoolVar(&stopJobs, "stop-jobs", false, "when told to end, end the programs that were started, too")
	return cmd
}

// ensureWorker starts a worker where runs are to be executed and none lives. That it cannot be started stops no other command.
func (r *root) ensureWorker(ctx context.Context, a *app.App) {
	s, err := a.Store()
	if err != nil || a.Config().Worker != config.WorkerAuto {
		return
	}
	if err := r.startWorker(ctx, a.Config(), s); err != nil {
		r.log.Warn().Err(err).Msg("no worker")
	}
}

// startWorker starts a worker process for the project where one is needed.
func (r *root) startWorker(ctx context.Context, c *config.Loaded, s *store.Store) error {
	program, err := os.Executable()
	if err != nil {
		return fault.Wrap(err, fault.Unavailable, "The run is kept, and no worker could be started for it. Run `headwater worker` in the project's folder.")
	}
	_, err = worker.Ensure(ctx, s, worker.Command{Path: program, Args: r.workerArgs(c), Log: r.log})
	return err
}

// workerArgs are those of a worker for the same project and configuration.
func (r *root) workerArgs(c *config.Loaded) []string {
	args := []string{os.Args[0], "--project", c.Root}
	for _, f := range []struct{ name, value string }{
		{"config", r.flags.Config},
		{"project-dir", r.flags.ProjectDir},
		{"profiles-dir", r.flags.ProfilesDir},
		{"profile", r.flags.Profile},
		{"target", r.flags.Target},
		{"log-level", r.logLevel},
		{"log-format", r.logFormat},
	} {
		if f.value != "" {
			args = append(args, "--"+f.name, f.value)
		}
	}
	return append(args, "worker")
}
