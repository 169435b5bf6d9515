package dbt

import (
	"encoding/json"
	"path"
	"strings"
	"time"

	"github.com/headwater-mcp/headwater/agentops/backfill"
	"github.com/headwater-mcp/headwater/agentops/executor"
	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/lineage"
	"github.com/headwater-mcp/headwater/partition"
)

// Line is what a person would type, in the dbt project's folder, to run these pairs of a node.
func (e *Executor) Line(n *lineage.Node, spec partition.Spec, pairs []backfill.Pair) string {
	argv := append([]string{}, e.options.Command...)
	argv = append(argv, "build", "--select", selection(n))
	argv = append(argv, confined(n, spec, pairs)...)
	if e.options.Target != "" {
		argv = append(argv, "--target", e.options.Target)
	}
	return executor.Quote(argv)
}

// argv is the command line of a job.
func (e *Executor) argv(job executor.Job) ([]string, error) {
	if err := e.runnable(job); err != nil {
		return nil, err
	}
	o := e.options
	argv := append([]string{}, o.Command...)
	argv = append(argv, "build", "--select", selection(job.Node))
	argv = append(argv, confined(job.Node, job.Spec, job.Pairs)...)
	for _, flag := range []struct{ name, value string }{
		{"--project-dir", o.ProjectDir},
		{"--profiles-dir", o.ProfilesDir},
		{"--profile", o.Profile},
		{"--target", o.Target},
		{"--target-path", targetDir(job)},
		{"--log-path", logDir(job)},
		{"--log-format-file", "json"},
		{"--log-level-file", "info"},
	} {
		if flag.value != "" {
			argv = append(argv, flag.name, flag.value)
		}
	}
	// Otherwise a batch after one that failed would not be tried, or nothing of the run be told.
	return append(argv, "--no-fail-fast", "--write-json", "--no-use-colors"), nil
}

// runnable is fault.Invalid where a run would write more than the job's pairs, or cannot name the node.
func (e *Executor) runnable(job executor.Job) error {
	n := job.Node
	if c := control(n, job.Spec); c == executor.None {
		return fault.New(fault.Invalid, "No argument of dbt confines a run of %s to a period. Make it a microbatch model, or name the variables it reads in meta.headwater.partition.vars.",
			n.ID)
	}
	if strings.ContainsAny(selection(n), " \t\n*?[]") || strings.Contains(strings.Join(n.FQN, "."), ",") || len(n.FQN) == 0 {
		return fault.New(fault.Invalid, "dbt cannot select %s alone: its name or folders hold spaces, commas or wildcards. Rename it.", n.ID)
	}
	return nil
}

// selection selects one node. A dotted name alone also means everything in a folder of that name; the file tells them apart.
func selection(n *lineage.Node) string {
	s := "fqn:" + strings.Join(n.FQN, ".")
	if file := path.Base(n.Path); n.Path != "" && !strings.ContainsAny(file, " ,*?[]") {
		s += ",file:" + file
	}
	return s
}

// confined are the arguments that keep a run to periods; none where the node is made as a whole.
func confined(n *lineage.Node, spec partition.Spec, pairs []backfill.Pair) []string {
	if len(pairs) == 0 || pairs[0].Whole() {
		return nil
	}
	first, last := pairs[0], pairs[len(pairs)-1]
	switch control(n, spec) { //nolint:exhaustive // the others confine nothing
	case executor.Microbatch:
		return []string{"--event-time-start", eventTime(first.Start), "--event-time-end", eventTime(last.End)}
	case executor.Vars:
		vars := map[string]string{}
		for name, value := range map[string]string{
			spec.Vars.First: first.Period, spec.Vars.Last: last.Period,
			spec.Vars.Start: first.Start.UTC().Format(time.RFC3339), spec.Vars.End: last.End.UTC().Format(time.RFC3339),
		} {
			if name != "" {
				vars[name] = value
			}
		}
		text, err := json.Marshal(vars)
		if err != nil {
			panic("dbt: texts that do not marshal: " + err.Error())
		}
		return []string{"--vars", string(text)}
	}
	return nil
}

// eventTime writes an instant as dbt reads it: in UTC, and without saying so.
func eventTime(t time.Time) string {
	t = t.UTC()
	if t.Equal(t.Truncate(24 * time.Hour)) { //nolint:mnd // a day of UTC
		return t.Format(time.DateOnly)
	}
	return t.Format("2006-01-02T15:04:05")
}

// environment leaves out what would make a run another one than asked for: more of the table, less of the rows, other nodes.
func environment(env []string) []string {
	var out []string
	for _, line := range env {
		name, _, _ := strings.Cut(line, "=")
		switch strings.Replace(name, "DBT_ENGINE_", "DBT_", 1) {
		case "DBT_FULL_REFRESH", "DBT_EMPTY", "DBT_SAMPLE", "DBT_EVENT_TIME_START", "DBT_EVENT_TIME_END", "DBT_RESOURCE_TYPES",
			"DBT_EXCLUDE_RESOURCE_TYPES", "DBT_INDIRECT_SELECTION", "DBT_LOG_FORMAT", "DBT_LOG_LEVEL", "DBT_QUIET":
			continue
		}
		out = append(out, line)
	}
	return out
}
