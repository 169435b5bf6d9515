package config

import (
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/headwater-mcp/headwater/fault"
)

// Env is a process's environment. A variable that is set to nothing is there with the value "".
type Env map[string]string

// EnvOf reads an environment as os.Environ writes it.
func EnvOf(pairs []string) Env {
	env := make(Env, len(pairs))
	for _, pair := range pairs {
		if name, value, ok := strings.Cut(pair, "="); ok && name != "" {
			env[name] = value
		}
	}
	return env
}

// prefix begins every variable that is headwater's own.
const prefix = "HEADWATER_"

// variable is an environment variable that stands for a key of headwater.yaml.
type variable struct {
	// path is the key.
	path string
	// isPath: the value names a file or a folder, relative to where the process was started.
	isPath bool
	set    func(*Config, string) error
}

// variables are the keys that the environment can give: single values, because a list in a variable needs a grammar of
// its own.
func variables() map[string]variable {
	return map[string]variable{
		"HEADWATER_ARTIFACTS":      {"artifacts", true, text(func(c *Config) *string { return &c.Artifacts })},
		"HEADWATER_ARCHIVE":        {"archive", true, text(func(c *Config) *string { return &c.Archive })},
		"HEADWATER_STATE":          {"state", true, text(func(c *Config) *string { return &c.State })},
		"HEADWATER_CALENDAR":       {"calendar", true, text(func(c *Config) *string { return &c.Calendar })},
		"HEADWATER_WORKER":         {"worker", false, text(func(c *Config) *string { return &c.Worker })},
		"HEADWATER_WAREHOUSE_TYPE": {"warehouse.type", false, text(func(c *Config) *string { return &c.Warehouse.Type })},
		"HEADWATER_WAREHOUSE_PATH": {"warehouse.path", true, text(func(c *Config) *string { return &c.Warehouse.Path })},
		"HEADWATER_WAREHOUSE_MEMORY_LIMIT": {
			"warehouse.memory_limit", false, text(func(c *Config) *string { return &c.Warehouse.MemoryLimit }),
		},
		"HEADWATER_OUTPUT_SCHEMA":          {"output.schema", false, text(func(c *Config) *string { return &c.Output.Schema })},
		"HEADWATER_POLICY_WRITES":          {"policy.writes", false, text(func(c *Config) *string { return &c.Policy.Writes })},
		"HEADWATER_POLICY_MAX_PAIRS":       {"policy.max_pairs", false, number(func(c *Config) *int { return &c.Policy.MaxPairs })},
		"HEADWATER_POLICY_MAX_CONCURRENCY": {"policy.max_concurrency", false, number(func(c *Config) *int { return &c.Policy.MaxConcurrency })},
		"HEADWATER_POLICY_MIN_USERS":       {"policy.min_users", false, number(func(c *Config) *int { return &c.Policy.MinUsers })},
		"HEADWATER_POLICY_MAX_BYTES": {"policy.max_bytes", false, func(c *Config, value string) error {
			return c.Policy.MaxBytes.UnmarshalText([]byte(value))
		}},
	}
}

// startVariables are read before there is a configuration, or by the command line.
func startVariables() []string {
	return []string{
		"HEADWATER_PROJECT", "HEADWATER_CONFIG", "HEADWATER_AS_OF", "HEADWATER_LOG_LEVEL", "HEADWATER_LOG_FORMAT",
		"HEADWATER_OUTPUT", "HEADWATER_LISTEN", "HEADWATER_PUBLIC_URL", "HEADWATER_ALLOW_HOST", "HEADWATER_ALLOW_ORIGIN",
		"HEADWATER_TOKENS", "HEADWATER_OIDC_ISSUER", "HEADWATER_OIDC_AUDIENCE", "HEADWATER_RATE", "HEADWATER_BURST",
		"HEADWATER_DRAIN", "HEADWATER_MAX_BODY", "HEADWATER_MAX_SESSIONS", "HEADWATER_IDLE",
	}
}

func text(field func(*Config) *string) func(*Config, string) error {
	return func(c *Config, value string) error {
		*field(c) = value
		return nil
	}
}

func number(field func(*Config) *int) func(*Config, string) error {
	return func(c *Config, value string) error {
		n, err := strconv.Atoi(value)
		if err != nil {
			return fault.Wrap(err, fault.Invalid, "%q is no whole number.", value)
		}
		*field(c) = n
		return nil
	}
}

// apply lets the environment override a configuration. Relative paths are relative to start. Variables set to nothing
// count as not set. The notices name variables that look like headwater's and are not.
func (e Env) apply(c *Config, start string, origins map[string]string) (problems, []string) {
	var found problems
	known := variables()
	for _, name := range slices.Sorted(maps.Keys(known)) {
		v, value := known[name], e[name]
		if value == "" {
			continue
		}
		origins[v.path] = name
		if v.isPath {
			value = e.resolve(start, value)
		}
		if err := v.set(c, value); err != nil {
			found = append(found, problem{where: name, text: err.Error()})
		}
	}
	return found, e.notices(slices.Concat(slices.Collect(maps.Keys(known)), startVariables()))
}

// notices names variables with headwater's prefix that are close to a known one. Others are let be: a container's
// tooling sets variables of that prefix for its own use.
func (e Env) notices(known []string) []string {
	short := make([]string, len(known))
	for i, name := range known {
		short[i] = strings.TrimPrefix(name, prefix)
	}
	var out []string
	for _, name := range slices.Sorted(maps.Keys(e)) {
		if !strings.HasPrefix(name, prefix) || slices.Contains(known, name) {
			continue
		}
		if near := fault.Near(strings.TrimPrefix(name, prefix), short); len(near) > 0 {
			out = append(out, "The variable "+name+" means nothing to headwater. Did you mean "+prefix+near[0]+"?")
		}
	}
	return out
}

// resolve is absolute with ~ as the home folder.
func (e Env) resolve(dir, path string) string {
	if rest, ok := strings.CutPrefix(path, "~/"); ok && e["HOME"] != "" {
		return filepath.Join(e["HOME"], rest)
	}
	return absolute(dir, path)
}

// absolute resolves a path against a folder. An empty path, a URL and what DuckDB does not take for a file are left as
// they are.
func absolute(dir, path string) string {
	if path == "" || strings.Contains(path, "://") || filepath.IsAbs(path) {
		return path
	}
	for _, elsewhere := range []string{":memory:", "md:", "motherduck:", "ducklake:"} {
		if strings.HasPrefix(strings.ToLower(path), elsewhere) {
			return path
		}
	}
	return filepath.Join(dir, path)
}
