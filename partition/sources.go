package partition

import (
	"context"
	"time"

	"github.com/headwater-mcp/headwater/period"
)

// Observer looks into the warehouse.
type Observer interface {
	// Observe counts the rows of every partition of a range, with one query. What keeps a single relation from being
	// observed is told in the Observation; an error means that the warehouse as a whole does not answer, and is not asked
	// again in the same call.
	Observe(ctx context.Context, r ObserveRequest) (Observation, error)
	// Whole is what a relation holds, whatever its rows are of; in the same way with one query.
	Whole(ctx context.Context, r WholeRequest) (WholeObservation, error)
}

// ObserveRequest asks for the partitions from First to Last, both inclusive, of one relation.
type ObserveRequest struct {
	Node string
	// Relation is the relation's name as dbt wrote it.
	Relation    string
	Spec        Spec
	First, Last period.Period
	// LoadedAt is the column that says when a row was loaded; "" where none does.
	LoadedAt string
	// PrintFirst and PrintLast are the periods of which a fingerprint is wanted; nil for none.
	PrintFirst, PrintLast *period.Period
	// KeyFirst and KeyLast are the periods of which rows that repeat a key are wanted; nil for all that are counted. Rows of others
	// are still looked at for keys of these.
	KeyFirst, KeyLast *period.Period
	AsOf              time.Time
	// Bounds asks for Earliest and Latest even where that takes a scan.
	Bounds bool
	// Moved are periods, by index, of which it is asked whether other periods of the range were loaded into them. Where there are
	// some, Copied is answered and nothing is counted.
	Moved []int
}

// Observation is what a relation held.
type Observation struct {
	// Counts are by period index; a period without rows is absent.
	Counts map[int]Count
	// Earliest and Latest are the times of the first and the last row of the whole relation, a date as its first instant
	// in the calendar of the spec; rows in periods that begin after AsOf are not the last. Nil where not asked for, or where there
	// are no rows.
	Earliest, Latest *time.Time
	// Untimed is how many rows of the whole relation have no time, Ahead how many lie in periods that begin after AsOf. 0 where
	// Earliest and Latest were not asked for.
	Untimed, Ahead int64
	// Untold says by index, in a sentence, which periods are not counted, because their rows cannot be told from those of others.
	Untold map[int]string
	// Unobserved says in a sentence why nothing could be counted; "" where it was.
	Unobserved string
	// KeyNote says why the key could not be counted, where it could not.
	KeyNote string
	// Definitions are by index those by which the periods of an activation output were built: another one than today's, where
	// there is one. Nil for everything else.
	Definitions map[int]string
	// Copied says by index of the asked periods which others have rows in common with them.
	Copied map[int][]Copied
}

// Copied are the rows that a period has in common with the period From, of which the index is given: alike but for the key, load
// times and dates, and as far from the start of their period.
type Copied struct {
	From int
	// Rows is how many there are, Different how many different ones. Twice is how many there would be if From had each of its rows
	// twice.
	Rows, Different, Twice int64
}

// Count is what one partition held.
type Count struct {
	Rows int64
	// Keyed is how many rows have a key (none of its columns is NULL), Distinct how many different keys. Both are 0 without a key.
	Keyed, Distinct int64
	// Elsewhere are the rows of which the key is in another partition of the range, too. Rows that were loaded before all others
	// of their key are not counted, where a column says when rows were loaded.
	Elsewhere Elsewhere
	// Fingerprint is equal for equal rows in any order, columns that only say when a row was loaded left out; "" where none was
	// asked for. What stands before its colon says how it was made: others do not compare.
	Fingerprint string
	// Loaded is when the newest row was loaded, nil where no column says; Waves how many times rows were loaded, a pause of more
	// than ten minutes between two of them, 0 where no column says.
	Loaded *time.Time
	Waves  int64
}

// Elsewhere are rows whose key is in other partitions, too: how many, and the first and the last of those partitions by index.
// Without rows it is the zero value.
type Elsewhere struct {
	Rows        int64
	First, Last int
}

// WholeRequest asks for a relation as a whole.
type WholeRequest struct {
	Node, Relation string
	AsOf           time.Time
}

// WholeObservation is what a relation holds.
type WholeObservation struct {
	Count
	// Unobserved says in a sentence why nothing could be counted; "" where it was.
	Unobserved string
}

// History remembers what an Observer saw, this call's observations included.
type History interface {
	// Versions returns by period name, each list ascending, the contents of a node's partitions that were seen up to asOf. The
	// whole of a node without partitions has the name "", and no grain in its spec.
	Versions(ctx context.Context, r ObserveRequest) (map[string][]Version, error)
	// Seen returns by period name what a node's partitions from First to Last held when they were looked at last, up to asOf. Those
	// that nobody looked at are left out.
	Seen(ctx context.Context, r ObserveRequest) (map[string]Sight, error)
}

// Sight is what a partition held when it was looked at last.
type Sight struct {
	Rows int64
	// At is the instant of the question for which it was looked at.
	At time.Time
}

// Version is what a partition held from its first sight on.
type Version struct {
	Rows        int64
	Fingerprint string
	// Since is when this was seen first, Before when something else, or nothing, was last seen in its place; zero where nobody had
	// looked before.
	Since, Before time.Time
}

// Ledger remembers what runs said, up to an instant. Nodes and tests without a record are left out.
type Ledger interface {
	// LastBuild returns by node id how the nodes were last built.
	LastBuild(ctx context.Context, nodes []string, asOf time.Time) (map[string]BuildRecord, error)
	// LastTests returns by test id how the tests last ended.
	LastTests(ctx context.Context, tests []string, asOf time.Time) (map[string]TestRecord, error)
	// Batches returns by node id what runs said of the batches of microbatch models, and of the periods of activation outputs, that
	// overlap [from, to), the newest run first. A batch that a run names without having run it, as a retry does with those that had
	// succeeded, is left out.
	Batches(ctx context.Context, nodes []string, from, to, asOf time.Time) (map[string][]BatchRecord, error)
	// CodeChanges returns by node id how the nodes' code last changed. Nodes whose code was always the same are left out.
	CodeChanges(ctx context.Context, nodes []string, asOf time.Time) (map[string]CodeChange, error)
	// Runs returns by node id when its good runs built it, wholly or some batches of it: of its last runs, as many as limit, the
	// newest first.
	Runs(ctx context.Context, nodes []string, limit int, asOf time.Time) (map[string][]RunTime, error)
}

// BuildRecord is the last run of a node.
type BuildRecord struct {
	// Status is dbt's word: success, error, fail, partial success, …
	Status string
	// StartedAt and CompletedAt are zero where unknown.
	StartedAt, CompletedAt time.Time
	// Rows is how many rows the run says it wrote, nil where it does not say.
	Rows    *int64
	Message string
	// GoodAt is when the last good run started; zero where none is recorded.
	GoodAt time.Time
	// Batched: the run told what became of each of its batches.
	Batched bool
	// RebuiltAt is when a run ended that made a microbatch model anew, with --full-refresh; zero where none is recorded.
	RebuiltAt time.Time
}

// started is when the run started, or else ended.
func (b BuildRecord) started() time.Time {
	if b.StartedAt.IsZero() {
		return b.CompletedAt
	}
	return b.StartedAt
}

// TestRecord is the last run of a test.
type TestRecord struct {
	Status      string
	CompletedAt time.Time
	Failures    *int64
	Message     string
}

// failed reports whether dbt's status says that something went wrong. A skipped node is not failed, and a warning is none.
func failed(status string) bool {
	switch status {
	case "error", "fail", "runtime error", partialSuccess:
		return true
	}
	return false
}

// partialSuccess is dbt's word for a microbatch run of which some batches failed.
const partialSuccess = "partial success"

const success = "success"
