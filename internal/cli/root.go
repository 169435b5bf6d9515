package cli

import (
	"context"
	"io"
	"os"
	"slices"
	"time"

	"github.com/mattn/go-isatty"
	"github.com/rs/zerolog"
	"github.com/spf13/cobra"

	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/internal/app"
	"github.com/headwater-mcp/headwater/internal/config"
	"github.com/headwater-mcp/headwater/internal/store"
	"github.com/headwater-mcp/headwater/period"
)

// root holds the global flags and what is made of them.
type root struct {
	Streams

	env config.Env
	now func() time.Time
	log zerolog.Logger

	flags     config.Flags
	asOf      string
	logLevel  string
	logFormat string
	output    string
}

func (r *root) command() *cobra.Command {
	cmd := &cobra.Command{
		Use:           "headwater",
		Short:         "Why active users moved, what depends on what, and whether it is all there",
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.NoArgs,
		PersistentPreRunE: func(*cobra.Command, []string) error {
			return r.prepare()
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return printed(cmd.Help()) },
	}
	cmd.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return &usageError{err} })
	f := cmd.PersistentFlags()
	f.StringVar(&r.flags.Project, "project", "", "folder of the project (default: the nearest with headwater.yaml or dbt_project.yml)")
	f.StringVar(&r.flags.Config, "config", "", "the headwater.yaml, where it lies elsewhere")
	f.StringVar(&r.asOf, "as-of", "", "ask as of this instant: 2026-06-10 or 2026-06-10T09:00:00Z")
	f.StringVar(&r.logLevel, "log-level", "", "debug, info, warn (default) or error")
	f.StringVar(&r.logFormat, "log-format", "", "console (default) or json")
	f.StringVar(&r.output, "output", "", "table, json or markdown (default: table on a terminal, else json)")
	f.StringVar(&r.flags.ProjectDir, "project-dir", "", "dbt's --project-dir")
	f.StringVar(&r.flags.ProfilesDir, "profiles-dir", "", "dbt's --profiles-dir")
	f.StringVar(&r.flags.Profile, "profile", "", "dbt's --profile")
	f.StringVar(&r.flags.Target, "target", "", "dbt's --target")
	cmd.AddCommand(
		r.demoCommand(), r.demoLoadCommand(), r.mcpCommand(), r.callCommand(), r.toolsCommand(), r.explainCommand(), r.buildCommand(),
		r.forgetCommand(), r.initCommand(), r.doctorCommand(), r.ingestCommand(), r.exportCommand(), r.backfillCommand(),
		r.workerCommand(), r.serveCommand(), r.tokenCommand(), r.auditCommand(), r.versionCommand(),
	)
	return cmd
}

// prepare reads what every command needs: the log and the form of output.
func (r *root) prepare() error {
	level, err := zerolog.ParseLevel(or(r.logLevel, r.env["HEADWATER_LOG_LEVEL"], "warn"))
	if err != nil {
		return &usageError{fault.New(fault.Invalid, "--log-level is debug, info, warn or error")}
	}
	w := r.Err
	switch or(r.logFormat, r.env["HEADWATER_LOG_FORMAT"], "console") {
	case "console":
		w = zerolog.ConsoleWriter{Out: r.Err, TimeFormat: time.TimeOnly, NoColor: !terminal(r.Err)}
	case "json":
	default:
		return &usageError{fault.New(fault.Invalid, "--log-format is console or json")}
	}
	r.log = zerolog.New(w).Level(level).With().Timestamp().Logger()
	if r.output != "" && !slices.Contains([]string{"table", "json", "markdown"}, r.output) {
		return &usageError{fault.New(fault.Invalid, "--output is table, json or markdown")}
	}
	return nil
}

// tables reports whether answers are shown to a person.
func (r *root) tables() bool {
	if r.output != "" {
		return r.output != "json"
	}
	return terminal(r.Out)
}

// load reads the project's configuration.
func (r *root) load() (*config.Loaded, error) {
	here, err := os.Getwd()
	if err != nil {
		return nil, fault.Wrap(err, fault.Unavailable, "The working directory cannot be read. Name the project with --project.")
	}
	return config.Load(r.flags, r.env, here)
}

// open starts the app for a project.
func (r *root) open(ctx context.Context, purpose string) (*app.App, error) {
	loaded, err := r.load()
	if err != nil {
		return nil, err
	}
	return r.openWith(ctx, loaded, purpose)
}

// live is open for processes that live long: they see a configuration that changes.
func (r *root) live(ctx context.Context, purpose string) (*app.Live, error) {
	a, err := r.open(ctx, purpose)
	if err != nil {
		return nil, err
	}
	return app.NewLive(a, r.load), nil
}

func (r *root) openWith(ctx context.Context, loaded *config.Loaded, purpose string) (*app.App, error) {
	o := app.Options{Config: loaded, Log: r.log, Purpose: purpose, Now: r.now}
	if asOf := or(r.asOf, r.env["HEADWATER_AS_OF"]); asOf != "" {
		at, err := period.ParseInstant(period.UTC(), asOf)
		if err != nil {
			return nil, fault.Wrap(err, fault.Invalid, "--as-of: %s", err)
		}
		o.AsOf = at.UTC()
	}
	if purpose != workerPurpose {
		o.Work = func(ctx context.Context, s *store.Store) error { return r.startWorker(ctx, loaded, s) }
	}
	a, err := app.Open(ctx, o)
	if err == nil && purpose != workerPurpose && purpose != buildPurpose { // a build executes what there is itself
		r.ensureWorker(ctx, a)
	}
	return a, err
}

// or returns the first that is not empty.
func or(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}

func terminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && isatty.IsTerminal(f.Fd())
}
