package cli

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/rs/zerolog"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/internal/app"
	"github.com/headwater-mcp/headwater/internal/httpd"
	"github.com/headwater-mcp/headwater/wire"
)

// drainPatience is how long spans may take to be sent when the server ends.
const drainPatience = 5 * time.Second

func (r *root) serveCommand() *cobra.Command {
	var o httpd.Options
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Serve MCP over HTTP, to several users where --tokens or --oidc-issuer says who they are",
		Long: "Serve MCP over streamable HTTP at /mcp, with /healthz, /readyz and /metrics, until SIGTERM; then what runs is drained.\n" +
			"Only 127.0.0.1 is served to whoever comes. On any other address users show a token: one of the file of --tokens, which\n" +
			"`headwater token` makes lines for, or one that an OIDC issuer signed for --oidc-audience. A token has the scopes read,\n" +
			"plan (plan_backfill) and write (start_backfill, control_backfill); a user sees the tools that they may call.\n\n" +
			"Each flag can be a variable: --public-url is HEADWATER_PUBLIC_URL. None can stand in headwater.yaml: who may change the\n" +
			"project must not open the server. Spans go where OTEL_EXPORTER_OTLP_ENDPOINT says, where it says anything.",
		Args: arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := r.fromEnv(cmd); err != nil {
				return err
			}
			return r.serve(cmd.Context(), o)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.Listen, "listen", "127.0.0.1:8642", "host:port")
	f.StringVar(&o.PublicURL, "public-url", "", "the endpoint as clients know it, behind a proxy: https://headwater.example.com/mcp")
	f.StringSliceVar(&o.Hosts, "allow-host", nil, "a further name under which requests may come; repeat it")
	f.StringSliceVar(&o.Origins, "allow-origin", nil, "the origin of a web page that may send requests; repeat it")
	f.StringVar(&o.Tokens, "tokens", "", "file of hashed tokens")
	f.StringVar(&o.Issuer, "oidc-issuer", "", "URL of an OIDC issuer whose tokens are taken")
	f.StringVar(&o.Audience, "oidc-audience", "", "the audience that its tokens must be for")
	f.Float64Var(&o.Rate, "rate", 20, "requests a second that one user may send on average")
	f.IntVar(&o.Burst, "burst", 60, "requests that one user may send at once")
	f.DurationVar(&o.Drain, "drain", 30*time.Second, "how long what runs may go on after SIGTERM")
	f.Int64Var(&o.Limits.MaxBody, "max-body", 1<<20, "the longest request in bytes")
	f.IntVar(&o.Limits.MaxSessions, "max-sessions", 1000, "sessions at a time, of all users")
	f.DurationVar(&o.Limits.Idle, "idle", 30*time.Minute, "end a session that did nothing for this long")
	return cmd
}

// fromEnv sets the command's own flags that were not given by their variables: --public-url by HEADWATER_PUBLIC_URL.
func (r *root) fromEnv(cmd *cobra.Command) error {
	var bad error
	cmd.LocalNonPersistentFlags().VisitAll(func(f *pflag.Flag) {
		name := "HEADWATER_" + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))
		value := r.env[name]
		if value == "" || f.Changed || bad != nil {
			return
		}
		if err := cmd.Flags().Set(f.Name, value); err != nil {
			bad = fault.Wrap(err, fault.Invalid, "%s is %q, which --%s does not take.", name, value, f.Name)
		}
	})
	return bad
}

func (r *root) serve(ctx context.Context, o httpd.Options) error {
	o.Log, o.Now = r.serverLog(), r.now
	if endpoint := or(r.env["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"], r.env["OTEL_EXPORTER_OTLP_ENDPOINT"]); endpoint != "" {
		tracer, flush, err := httpd.Traces(ctx)
		if err != nil {
			return err
		}
		defer func() {
			patience, done := context.WithTimeout(context.WithoutCancel(ctx), drainPatience)
			defer done()
			_ = flush(patience) // a collector that is gone keeps nobody
		}()
		o.Tracer = tracer
	}
	var a *app.Live
	o.Ready = func(ctx context.Context) error {
		p, err := a.Current(ctx)
		if err != nil {
			return err
		}
		return p.ArtifactsError // without them nothing can be answered
	}
	server, err := httpd.New(o, func(allows func(context.Context, string) bool) (made *wire.Server, err error) {
		if a, err = r.live(ctx, "serve"); err != nil {
			return nil, err
		}
		return r.server(a.Current, o.Log, allows)
	})
	if a != nil {
		defer a.Close() //nolint:errcheck // the last answer is out; SQLite keeps what was committed
	}
	if err != nil {
		return err
	}
	listener, err := server.Listen(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(r.Err, "headwater %s serves MCP at http://%s%s\n", version(), listener.Addr(), httpd.Endpoint)
	return server.Serve(ctx, listener)
}

// serverLog is the log of a server that nobody sits before: JSON, and a line a request, unless another was asked for.
func (r *root) serverLog() zerolog.Logger {
	if or(r.logFormat, r.env["HEADWATER_LOG_FORMAT"]) == "console" {
		return r.log
	}
	level := zerolog.InfoLevel
	if or(r.logLevel, r.env["HEADWATER_LOG_LEVEL"]) != "" {
		level = r.log.GetLevel()
	}
	return zerolog.New(r.Err).Level(level).With().Timestamp().Logger()
}

func (r *root) tokenCommand() *cobra.Command {
	var words []string
	var days int
	cmd := &cobra.Command{
		Use:   "token USER",
		Short: "Make a token for a user of `headwater serve`",
		Long: "Make a token for a user of `headwater serve`. The token goes to stderr, to be handed to the user and kept nowhere else;\n" +
			"the line for the file of tokens, which holds a hash of it, goes to stdout:\n\n" +
			"  headwater token ann --scope read,plan >>tokens",
		Args: arguments(cobra.ExactArgs(1)),
		RunE: func(_ *cobra.Command, args []string) error {
			var expires time.Time
			if days > 0 {
				expires = r.now().UTC().Truncate(time.Second).AddDate(0, 0, days)
			}
			token, line, err := httpd.NewToken(args[0], words, expires)
			if err != nil {
				return err
			}
			fmt.Fprintf(r.Err, "The token of %s, shown once: %s\n", args[0], token)
			_, err = fmt.Fprintln(r.Out, line)
			return printed(err)
		},
	}
	cmd.Flags().StringSliceVar(&words, "scope", []string{string(httpd.Read)}, "what it opens: read, plan, write")
	cmd.Flags().IntVar(&days, "days", 90, "after how many days it ends; 0 is never")
	return cmd
}
