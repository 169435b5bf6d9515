// Package config finds a project and says what is configured for it: headwater.yaml, the environment, command line
// flags, and what dbt's own files say about the profile and its target.
//
// It reads and checks text only. Whether a fact's column exists, a warehouse answers or a manifest can be read is left
// to those who open them; a warehouse that cannot be reached from here is no error but Warehouse.Unreachable, because
// lineage is answered without one. Reading dbt_project.yml and profiles.yml follows dbt; everything of a profile that
// headwater does not use, secrets first, is neither rendered nor kept.
//
// Invariants: every path of a Loaded is absolute; a key that headwater does not know is refused, never ignored; no
// value of profiles.yml stands in an error.
package config

import (
	"github.com/headwater-mcp/headwater/activation"
	"github.com/headwater-mcp/headwater/partition"
)

// FileName is the name of headwater's own file in a project's folder.
const FileName = "headwater.yaml"

// Config is headwater.yaml. Every key is optional; Defaults gives the values of absent ones.
type Config struct {
	// Project is the project's name; empty is the manifest's.
	Project string `yaml:"project"`
	// Artifacts is the folder with manifest.json and, if there, catalog.json, run_results.json and sources.json.
	Artifacts string `yaml:"artifacts"`
	// Archive is a pattern of folders with older artifact sets; empty is none.
	Archive string `yaml:"archive"`
	// Projects are stitched into the graph of this one.
	Projects []Project `yaml:"projects"`
	// Warehouse defaults to the target of the dbt profile.
	Warehouse Warehouse `yaml:"warehouse"`
	// Output says where activation outputs are written.
	Output Output `yaml:"output"`
	// State is the file of headwater's own store, or a URL of a server.
	State string `yaml:"state"`
	// Worker is WorkerAuto or WorkerExternal.
	Worker string `yaml:"worker"`
	// Calendar is a CSV file that ReadCalendar reads; empty is none.
	Calendar   string               `yaml:"calendar"`
	Facts      []activation.Fact    `yaml:"facts"`
	Partitions []partition.Override `yaml:"partitions"`
	Policy     Policy               `yaml:"policy"`
	// Executors are tried in order: the first whose Nodes match runs a node.
	Executors []Executor `yaml:"executors"`
}

// Project is a further dbt project whose nodes join the graph.
type Project struct {
	Name string `yaml:"name"`
	// Artifacts is its folder of artifacts.
	Artifacts string `yaml:"artifacts"`
	// RelationMap gives the relation here for a relation name there, where environments name them differently.
	RelationMap map[string]string `yaml:"relation_map"`
}

// Output says where activation outputs are written.
type Output struct {
	// Schema is a schema of the warehouse's database.
	Schema string `yaml:"schema"`
}

// Who executes runs.
const (
	// WorkerAuto: any command that sees work starts a worker process.
	WorkerAuto = "auto"
	// WorkerExternal: an operator runs `headwater worker`.
	WorkerExternal = "external"
)

// Policy says what headwater may write and how much it may read.
type Policy struct {
	// Writes is WritesDeny, WritesActivation or WritesAllow.
	Writes string `yaml:"writes"`
	// MaxPairs is the most (node, period) pairs of one plan of the backfill tools.
	MaxPairs int `yaml:"max_pairs"`
	// MaxConcurrency is the most jobs that run at once: a job is a range of one node.
	MaxConcurrency int `yaml:"max_concurrency"`
	// MaxBytes bounds an observation or a run where the engine can tell beforehand.
	MaxBytes Bytes `yaml:"max_bytes"`
	// MinUsers is the size below which a slice is folded in answers; 0 folds nothing.
	MinUsers int `yaml:"min_users"`
	// Protected are database.schema.identifier patterns, case folded, that no run may write.
	Protected []string `yaml:"protected"`
}

// What runs may write.
const (
	// WritesDeny: nothing. The default.
	WritesDeny = "deny"
	// WritesActivation: headwater's own outputs only.
	WritesActivation = "activation"
	// WritesAllow: whatever an executor is configured for.
	WritesAllow = "allow"
)

// Executor says how nodes other than activation outputs are run.
type Executor struct {
	// Nodes is a selection in dbt's grammar.
	Nodes string `yaml:"nodes"`
	// Type is ExecutorDBT or ExecutorCommand.
	Type string `yaml:"type"`
	// Command is the dbt command line before its subcommand, like [uv, run, dbt]; for ExecutorDBT.
	Command []string `yaml:"command"`
	// Target is the dbt target; for ExecutorDBT.
	Target string `yaml:"target"`
	// MaxConcurrency is the most jobs of it that run at once; 0 is as many as the policy allows.
	MaxConcurrency int `yaml:"max_concurrency"`
	// Argv is a command with {node}, {first} and {last}; for ExecutorCommand.
	Argv []string `yaml:"argv"`
}

// Kinds of executors.
const (
	ExecutorDBT     = "dbt"
	ExecutorCommand = "command"
)

// Defaults returns the configuration of a project that says nothing. Artifacts and State are relative to its folder.
func Defaults() Config {
	return Config{
		Artifacts: "target",
		Output:    Output{Schema: "activation"},
		State:     ".headwater/state.db",
		Worker:    WorkerAuto,
		Policy: Policy{
			Writes: WritesDeny, MaxPairs: 500, MaxConcurrency: 4, MaxBytes: 100 * gigabyte, MinUsers: 10,
		},
	}
}
