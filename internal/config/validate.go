package config

import (
	"fmt"
	"slices"
	"strings"

	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/period"
)

// validator checks what can be checked without artifacts and without a warehouse.
type validator struct {
	// origins says where a value was given, by path.
	origins  map[string]string
	problems problems
}

// validate returns what is wrong with a configuration. origins says where each value was given.
func validate(c *Config, origins map[string]string) problems {
	v := &validator{origins: origins}
	v.oneOf("worker", c.Worker, WorkerAuto, WorkerExternal)
	v.oneOf("warehouse.type", c.Warehouse.Type, "", DuckDB, "trino", "bigquery")
	if c.Warehouse.Path != "" && c.Warehouse.Type != "" && c.Warehouse.Type != DuckDB {
		v.problemf("warehouse.path", "is for duckdb; %s has no file.", c.Warehouse.Type)
	}
	v.filled("artifacts", c.Artifacts)
	v.filled("state", c.State)
	v.filled("output.schema", c.Output.Schema)
	v.policy(c.Policy)
	v.facts(c.Facts)
	v.partitions(c)
	for i, p := range c.Projects {
		path := fmt.Sprintf("projects[%d]", i)
		v.filled(path+".name", p.Name)
		if p.Name != "" && (p.Name == c.Project || slices.ContainsFunc(c.Projects[:i], func(o Project) bool { return o.Name == p.Name })) {
			v.problemf(path+".name", "%q is the name of two projects; nodes could not be told apart.", p.Name)
		}
		v.filled(path+".artifacts", p.Artifacts)
	}
	for i, e := range c.Executors {
		v.executor(fmt.Sprintf("executors[%d]", i), e)
	}
	return v.problems
}

func (v *validator) policy(p Policy) {
	v.oneOf("policy.writes", p.Writes, WritesDeny, WritesActivation, WritesAllow)
	v.atLeast("policy.max_pairs", p.MaxPairs, 1)
	v.atLeast("policy.max_concurrency", p.MaxConcurrency, 1)
	v.atLeast("policy.min_users", p.MinUsers, 0)
	if p.MaxBytes <= 0 {
		v.problemf("policy.max_bytes", "is at least 1 byte; write it like 100GB.")
	}
	for i, pattern := range p.Protected {
		if pattern == "" || strings.Count(pattern, ".") > 2 {
			v.problemf(fmt.Sprintf("policy.protected[%d]", i), "%q is no pattern of database.schema.identifier, like prod.*", pattern)
		}
	}
}

func (v *validator) executor(path string, e Executor) {
	v.filled(path+".nodes", e.Nodes)
	v.oneOf(path+".type", e.Type, ExecutorDBT, ExecutorCommand)
	v.atLeast(path+".max_concurrency", e.MaxConcurrency, 0)
	switch e.Type {
	case ExecutorDBT:
		if len(e.Argv) > 0 {
			v.problemf(path+".argv", "is for type command; an executor of type dbt has command and target.")
		}
	case ExecutorCommand:
		if len(e.Argv) == 0 || e.Argv[0] == "" {
			v.problemf(path+".argv", "is needed for type command, like [./load.sh, \"{node}\", \"{first}\", \"{last}\"].")
		}
		if len(e.Command) > 0 || e.Target != "" {
			v.problemf(path, "has command or target, which are for type dbt; an executor of type command has argv.")
		}
	}
}

func (v *validator) oneOf(path, value string, valid ...string) {
	if slices.Contains(valid, value) {
		return
	}
	named := slices.DeleteFunc(slices.Clone(valid), func(s string) bool { return s == "" })
	if value == "" {
		v.problemf(path, "is needed; valid are %s.", list(named))
		return
	}
	v.problemf(path, "%q is not valid; valid are %s.%s", value, list(named), fault.DidYouMean(value, named))
}

func (v *validator) filled(path, value string) {
	if value == "" {
		v.problemf(path, "is needed and has no value.")
	}
}

func (v *validator) atLeast(path string, value, least int) {
	if value < least {
		v.problemf(path, "is at least %d, and %d is less.", least, value)
	}
}

func (v *validator) duration(path, value string) {
	if value == "" {
		return
	}
	if _, err := period.ParseSpan(value); err != nil {
		v.problemf(path, "%s", err.Error())
	}
}

func (v *validator) calendar(path, zone, weekStart string) {
	if _, err := period.NewCalendar(zone, ""); err != nil {
		v.problemf(path+".timezone", "%s", err.Error())
	}
	if _, err := period.NewCalendar("", weekStart); err != nil {
		v.problemf(path+".week_start", "%s", err.Error())
	}
}

// instant checks a date (local midnight) or an RFC 3339 instant.
func (v *validator) instant(path, value string) {
	if value == "" {
		return
	}
	if _, err := period.ParseInstant(period.UTC(), value); err != nil {
		v.problemf(path, "%s", err.Error())
	}
}

// problemf notes what is wrong with a value: the sentence goes on from its path.
func (v *validator) problemf(path, format string, args ...any) {
	v.problems = append(v.problems, problem{where: v.where(path), text: path + ": " + fmt.Sprintf(format, args...)})
}

// where is the place of a value, or of the nearest thing around it that was given.
func (v *validator) where(path string) string {
	for at := path; at != ""; at = at[:max(0, strings.LastIndexAny(at, ".["))] {
		if place, ok := v.origins[at]; ok {
			return place
		}
	}
	return FileName
}
