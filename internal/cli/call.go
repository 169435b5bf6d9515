package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/headwater-mcp/headwater/agentops/platform"
	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/tools"
	"github.com/headwater-mcp/headwater/wire"
)

func (r *root) callCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "call TOOL [--json '{…}'] [--name value …]",
		Short: "Call one tool and print its answer",
		Long: "Call one tool, the same code as over MCP, and print its structured answer.\n\n" +
			"Arguments are given as --name value (repeat a name for a list), or all at once as a JSON object with --json.\n" +
			"With --fail-on the exit code is 8 where the answer does not hold: breaking for compare_artifacts (unknown counts as\n" +
			"breaking), not-ready for check_partitions. --output markdown writes a comparison for a pull request.\n\n" +
			"`headwater tools` lists the tools and `headwater tools --schema` their arguments.",
		Example: "  headwater call compare_artifacts --base archive/main --fail-on breaking --output markdown\n" +
			"  headwater call trace_lineage --node fct_orders --direction upstream --depth 2\n" +
			"  headwater call explain_active_users --json '{\"fact\": \"app_visit\", \"grain\": \"day\"}'",
		// The arguments of tools are flags that only the tool knows.
		DisableFlagParsing: true,
		RunE:               r.call,
	}
}

func (r *root) call(cmd *cobra.Command, args []string) error {
	line, err := callArguments(cmd.InheritedFlags(), args)
	if err != nil {
		return err
	}
	if line.help {
		return printed(cmd.Help())
	}
	if err := r.prepare(); err != nil {
		return err
	}
	gate, err := gateFor(line.tool, line.failOn)
	if err != nil {
		return err
	}
	page := r.markdownFor(line.tool)
	if page != nil && line.values["limit"] == nil {
		line.values["limit"] = page.rows
	}
	arguments, err := json.Marshal(line.values)
	if err != nil {
		return fmt.Errorf("encode the arguments: %w", err)
	}
	a, err := r.open(cmd.Context(), "call")
	if err != nil {
		return err
	}
	defer a.Close() //nolint:errcheck // the answer is out; SQLite keeps what was committed
	end := func() {}
	tool, err := find(tools.All(func(ctx context.Context) (p *platform.Platform, err error) {
		if p, err = a.Current(ctx); err == nil {
			p, end = r.looking(p)
		}
		return p, err
	}), line.tool)
	if err != nil {
		return err
	}
	answer, err := tool.Call(cmd.Context(), arguments)
	end()
	if err != nil {
		return err
	}
	switch {
	case page != nil:
		err = page.write(r.Out, answer)
	case line.tool == "query_activation" && r.tables():
		err = writeActivation(r.Out, answer)
	default:
		err = r.printJSON(answer)
	}
	if err != nil || gate == nil {
		return err
	}
	return r.hold(gate, answer)
}

func find(all []wire.Tool, name string) (wire.Tool, error) {
	names := make([]string, len(all))
	for i, t := range all {
		if t.Name == name {
			return t, nil
		}
		names[i] = t.Name
	}
	if name == "" {
		return wire.Tool{}, fault.New(fault.Invalid, "Which tool? Valid: %s.", strings.Join(names, ", "))
	}
	return wire.Tool{}, fault.New(fault.Invalid, "There is no tool %q.%s Valid: %s.", name, fault.DidYouMean(name, names), strings.Join(names, ", "))
}

// callLine is a command line of call.
type callLine struct {
	tool   string
	help   bool
	failOn string
	values map[string]any
}

// callArguments splits the command line into global flags, which it sets, the tool's name, and the tool's arguments.
func callArguments(globals *pflag.FlagSet, args []string) (callLine, error) {
	line := callLine{values: map[string]any{}}
	for i := 0; i < len(args); i++ {
		flag, isFlag := strings.CutPrefix(args[i], "--")
		switch {
		case args[i] == "-h" || args[i] == "--help":
			line.help = true
			return line, nil
		case !isFlag && line.tool == "":
			line.tool = args[i]
			continue
		case !isFlag:
			return line, &usageError{fmt.Errorf("%q stands alone; arguments are written --name value", args[i])}
		}
		flag, value, given := strings.Cut(flag, "=")
		if !given {
			value = "true"
			if i+1 < len(args) && !strings.HasPrefix(args[i+1], "--") {
				i++
				value = args[i]
			}
		}
		if err := line.set(globals, flag, value); err != nil {
			return line, &usageError{err}
		}
	}
	return line, nil
}

// set takes one flag: a global one, the gate, all arguments at once, or one argument of the tool.
func (l *callLine) set(globals *pflag.FlagSet, flag, value string) error {
	if globals.Lookup(flag) != nil {
		return globals.Set(flag, value) //nolint:wrapcheck // names the flag
	}
	if flag == "fail-on" {
		l.failOn = value
		return nil
	}
	if flag != "json" {
		add(l.values, strings.ReplaceAll(flag, "-", "_"), value)
		return nil
	}
	if err := json.Unmarshal([]byte(value), &l.values); err != nil {
		return fmt.Errorf("--json is no JSON object: %w", err)
	}
	return nil
}

// add sets a value, and makes a list of a name that is given again.
func add(values map[string]any, name, value string) {
	switch have := values[name].(type) {
	case nil:
		values[name] = value
	case []any:
		values[name] = append(have, value)
	default:
		values[name] = []any{have, value}
	}
}

// printJSON writes an answer: indented for a person, on one line for a script.
func (r *root) printJSON(answer json.RawMessage) error {
	var b bytes.Buffer
	if terminal(r.Out) {
		if err := json.Indent(&b, answer, "", "  "); err != nil {
			return fmt.Errorf("indent an answer: %w", err)
		}
	} else {
		b.Write(answer)
	}
	b.WriteByte('\n')
	_, err := r.Out.Write(b.Bytes())
	return printed(err)
}

// printValue is printJSON for a value.
func (r *root) printValue(v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encode an answer: %w", err)
	}
	return r.printJSON(text)
}

// printed says that an answer could not be printed: the reader has gone, or a disk is full.
func printed(err error) error {
	if err == nil {
		return nil
	}
	return fault.Wrap(err, fault.Unavailable, "The answer could not be printed: %s.", err)
}
