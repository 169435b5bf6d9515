package dbt

import (
	"strconv"
	"strings"
	"time"

	"github.com/headwater-mcp/headwater/lineage"
)

// Artifacts is one set of artifacts, read at one moment.
type Artifacts struct {
	Graph         *lineage.Graph
	Project       string // name of the root package
	Adapter       string // duckdb, bigquery, trino…
	SchemaVersion string // of the manifest, "v12"
	DBTVersion    string
	GeneratedAt   time.Time // of the manifest
	InvocationID  string    // of the manifest
	RunResults    *RunResults
	Sources       *SourceFreshness
	Selectors     any      // selectors.yml as dbt rendered it, for lineage.ParseSelectors
	Warnings      []string // what was odd or left out, in sentences
	ID            string   // 12 hex digits; the same for the same artifacts
}

// RunResults is what one dbt command said about its nodes.
type RunResults struct {
	InvocationID string
	GeneratedAt  time.Time
	Command      string // run, build, test…; empty where dbt does not say. Of a retry it is the command that is tried again
	Retry        bool   // dbt retry
	FullRefresh  bool   // --full-refresh; a retry repeats it from the command that is tried again
	Elapsed      float64
	Results      []Result // in dbt's order, which is that of completion
}

// Result is the outcome of one node. Times are zero where dbt gives none.
type Result struct {
	UniqueID      string
	Status        string  // success, error, skipped, pass, fail, warn, partial success…
	ExecutionTime float64 // seconds
	StartedAt     time.Time
	CompletedAt   time.Time
	Message       string
	Failures      *int64 // of a test
	RowsAffected  *int64 // nil where the adapter does not say; some say -1
	Batches       *Batches
}

// Batches are the outcomes of a microbatch model as dbt lists them: what it skipped after a failure as failed, and in a
// retry what had succeeded before as successful. Result.Skipped tells which did not run.
type Batches struct {
	Successful []Interval
	Failed     []Interval
}

// Interval is [Start, End).
type Interval struct{ Start, End time.Time }

// SourceFreshness is what one `dbt source freshness` found.
type SourceFreshness struct {
	InvocationID string
	GeneratedAt  time.Time
	Results      []Freshness
}

// Freshness is the check of one source. MaxLoadedAt is zero where the check failed; Error says why.
type Freshness struct {
	UniqueID      string
	Status        string // pass, warn, error, runtime error
	MaxLoadedAt   time.Time
	SnapshottedAt time.Time
	Error         string
}

// ComparesUnrendered reports what dbt's flag state_modified_compare_more_unrendered_values is where a project does not
// set it: true from dbt 1.12 on.
func (a *Artifacts) ComparesUnrendered() bool {
	major, rest, _ := strings.Cut(a.DBTVersion, ".")
	minor, _, _ := strings.Cut(rest, ".")
	x, errX := strconv.Atoi(major)
	y, errY := strconv.Atoi(minor)
	return errX == nil && errY == nil && (x > 1 || x == 1 && y >= 12)
}

// Statuses gives the status of every node by id, as lineage.Before wants it; nil for nil.
func (r *RunResults) Statuses() map[string]string {
	if r == nil {
		return nil
	}
	out := make(map[string]string, len(r.Results))
	for _, x := range r.Results {
		out[x.UniqueID] = x.Status
	}
	return out
}

// LoadedAt gives the newest load of every source by id, as lineage.Before wants it; nil for nil. Failed checks are left
// out.
func (s *SourceFreshness) LoadedAt() map[string]string {
	if s == nil {
		return nil
	}
	out := make(map[string]string, len(s.Results))
	for _, x := range s.Results {
		if !x.MaxLoadedAt.IsZero() {
			out[x.UniqueID] = x.MaxLoadedAt.Format(time.RFC3339Nano)
		}
	}
	return out
}
