package platform

import (
	"context"
	"fmt"
	"time"

	"github.com/headwater-mcp/headwater/lineage"
)

// Health is what the roof knows and no graph does.
type Health struct {
	Warehouse WarehouseStatus
	Policy    PolicyStatus
	Ledger    LedgerStatus
	// Executors are in the order in which they are tried.
	Executors []ExecutorStatus
	Worker    WorkerStatus
	// LastRun is of the ledger, where run_results.json tells of no run: dbt compile writes it, too, and so does a retry that
	// has nothing to do.
	LastRun *RunStatus
	// EditedSinceParse are project files newer than the manifest.
	EditedSinceParse []string
	// Warnings are sentences about what may not be meant or did not work.
	Warnings []string
}

// StatusAnswer says what this server sees and may do.
type StatusAnswer struct {
	Project   string          `json:"project"`
	Artifacts ArtifactStatus  `json:"artifacts"`
	LastRun   *RunStatus      `json:"last_run,omitempty"`
	Warehouse WarehouseStatus `json:"warehouse"`
	Policy    PolicyStatus    `json:"policy"`
	Facts     []string        `json:"facts"`
	// Executors run nodes: the first whose nodes match runs one.
	Executors []ExecutorStatus `json:"executors"`
	Worker    WorkerStatus     `json:"worker"`
	Ledger    LedgerStatus     `json:"ledger"`
	Warnings  []string         `json:"warnings"`
	Next      []string         `json:"next"`
	Stamp
}

// ArtifactStatus is what the manifest says of itself.
type ArtifactStatus struct {
	GeneratedAt      *time.Time           `json:"generated_at,omitempty"`
	SchemaVersion    string               `json:"schema_version,omitempty"`
	DBTVersion       string               `json:"dbt_version,omitempty"`
	Nodes            map[lineage.Type]int `json:"nodes"`
	EditedSinceParse []string             `json:"edited_since_parse"`
	Problem          string               `json:"problem,omitempty"`
}

// RunStatus is the newest run: of run_results.json, or of the ledger.
type RunStatus struct {
	FinishedAt time.Time `json:"finished_at"`
	Command    string    `json:"command"`
	Errors     int       `json:"errors"`
	// NodeIDs are the nodes that failed.
	NodeIDs []string `json:"node_ids"`
}

// WarehouseStatus says whether rows can be read.
type WarehouseStatus struct {
	Type      string `json:"type"`
	Reachable bool   `json:"reachable"`
	Detail    string `json:"detail,omitempty"`
}

// PolicyStatus says what may be written.
type PolicyStatus struct {
	Writes string `json:"writes"`
	// MaxPairs is the most partitions of one plan.
	MaxPairs  int      `json:"max_pairs"`
	MinUsers  int      `json:"min_users"`
	Protected []string `json:"protected"`
}

// ExecutorStatus is what runs some nodes. Name is what plans call it, Nodes a selection in dbt's grammar.
type ExecutorStatus struct {
	Name  string `json:"name"`
	Nodes string `json:"nodes"`
	// Type is engine, dbt or command.
	Type string `json:"type"`
	// Problem says why it cannot run anything now, and what would help.
	Problem string `json:"problem,omitempty"`
	// Assumed: no line of headwater.yaml asks for it.
	Assumed bool `json:"-"`
	// Err is the problem with its kind.
	Err error `json:"-"`
}

// WorkerStatus says who executes runs.
type WorkerStatus struct {
	// Mode is auto, where a worker is started when there is work, or external, where an operator runs it.
	Mode  string `json:"mode"`
	Alive bool   `json:"alive"`
	// Unfinished is how many runs have not ended.
	Unfinished int `json:"unfinished_runs"`
	// Who names the process, where it can be told.
	Who string `json:"-"`
}

// Stuck reports whether runs wait that nobody is going to execute.
func (w WorkerStatus) Stuck() bool { return w.Mode == "external" && !w.Alive && w.Unfinished > 0 }

// LedgerStatus says how much of the past is known.
type LedgerStatus struct {
	Runs   int        `json:"runs"`
	Oldest *time.Time `json:"oldest,omitempty"`
}

// maxListed bounds the lists of a status.
const maxListed = 20

// Status never fails: what is wrong is in the answer.
func (p *Platform) Status(ctx context.Context, _ struct{}) (StatusAnswer, error) {
	health := p.Probe(ctx)
	a := StatusAnswer{
		Project: p.Project, Warehouse: health.Warehouse, Policy: health.Policy, Ledger: health.Ledger, Worker: health.Worker,
		Executors: append([]ExecutorStatus{}, health.Executors[:min(len(health.Executors), maxListed)]...),
		Facts:     []string{}, Warnings: append([]string{}, health.Warnings...), Next: []string{}, Stamp: p.Stamp,
		Artifacts: ArtifactStatus{Nodes: p.Graph.Counts(), EditedSinceParse: health.EditedSinceParse},
	}
	if p.SpecsError != nil {
		a.Warnings = append(a.Warnings, p.SpecsError.Error())
	}
	a.Warnings = append(a.Warnings, p.Specs.Problems()...)
	for _, f := range p.Facts {
		a.Facts = append(a.Facts, f.Name)
		if f.Problem != nil {
			a.Warnings = append(a.Warnings, fmt.Sprintf("Fact %s cannot be used: %s", f.Name, f.Problem))
		}
	}
	if p.ArtifactsError != nil {
		a.Artifacts.Problem = p.ArtifactsError.Error()
	}
	if p.Artifacts != nil {
		p.addArtifacts(&a)
	}
	if health.LastRun != nil {
		a.LastRun = health.LastRun
	}
	if a.LastRun != nil {
		a.LastRun.NodeIDs = cut(a.LastRun.NodeIDs, "nodes")
	}
	if more := len(health.Executors) - len(a.Executors); more > 0 {
		a.Warnings = append(a.Warnings, fmt.Sprintf("%d more executors are not listed; headwater doctor lists all.", more))
	}
	a.Warnings = cut(a.Warnings, "warnings")
	a.Artifacts.EditedSinceParse = cut(a.Artifacts.EditedSinceParse, "files")
	p.addNext(&a)
	return a, nil
}

func (p *Platform) addArtifacts(a *StatusAnswer) {
	a.Artifacts.GeneratedAt, a.Artifacts.SchemaVersion = &p.Artifacts.GeneratedAt, p.Artifacts.SchemaVersion
	a.Artifacts.DBTVersion = p.Artifacts.DBTVersion
	a.Warnings = append(a.Warnings, p.Artifacts.Warnings...)
	a.Warnings = append(a.Warnings, p.Graph.Problems()...)
	results := p.Artifacts.RunResults
	if results == nil {
		return
	}
	run := &RunStatus{FinishedAt: results.GeneratedAt, Command: results.Command, NodeIDs: []string{}}
	for _, r := range results.Results {
		run.Add(r.UniqueID, r.Status)
	}
	a.LastRun = run
}

// Add counts and names a node that failed.
func (r *RunStatus) Add(node, status string) {
	switch status {
	case "error", "fail", "runtime error", "partial success":
		r.Errors++
		r.NodeIDs = append(r.NodeIDs, node)
	}
}

func (p *Platform) addNext(a *StatusAnswer) {
	switch {
	case p.ArtifactsError != nil:
		a.Next = append(a.Next, "Run dbt parse (or dbt build) in the project, so that there is a manifest to read.")
	case len(a.Artifacts.EditedSinceParse) > 0:
		a.Next = append(a.Next, "Run dbt parse: files were edited since the manifest was written.")
	}
	if !a.Warehouse.Reachable {
		a.Next = append(a.Next, "Run headwater doctor: rows cannot be read.")
	}
	if a.Worker.Stuck() {
		a.Next = append(a.Next, "Have an operator run headwater worker: headwater.yaml says worker: external, none lives, and runs wait.")
	}
	if len(p.Facts) == 0 {
		a.Next = append(a.Next, "Run headwater init: no fact is declared.")
	}
}

// cut keeps the first entries and says how many there are.
func cut(entries []string, what string) []string {
	if entries == nil {
		return []string{}
	}
	if len(entries) <= maxListed {
		return entries
	}
	return append(append([]string{}, entries[:maxListed]...), fmt.Sprintf("… and %d more %s", len(entries)-maxListed, what))
}
