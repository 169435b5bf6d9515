package partition

import (
	"slices"
	"time"

	"github.com/headwater-mcp/headwater/period"
)

// Presence says whether a partition is there. It is judged anew at every question; nothing is stored.
type Presence string

// The presences, in the order in which they are tried: the first that applies holds.
const (
	// NotExpected: the period lies before begin.
	NotExpected Presence = "not_expected"
	// Expired: older than the retention, so that absence is no error.
	Expired Presence = "expired"
	// Open: the period and its settle time have not ended; it may be there and may grow.
	Open Presence = "open"
	// Pending: closed, and expected_by has not passed, or where none is declared what the ledger says is usual. Not ready, and no
	// fault.
	Pending Presence = "pending"
	// Unknown: it could not be observed, for the reason given.
	Unknown Presence = "unknown"
	// Present: rows were observed, or none and that is explained (Empty, EmptyAsUsual).
	Present Presence = "present"
	// Missing: expected and observed without rows, and nothing explains it.
	Missing Presence = "missing"
)

// Finding is something noticed about a partition or a whole table.
type Finding string

// The findings, gravest first.
const (
	// Duplicated: the unique key repeats.
	Duplicated Finding = "duplicated"
	// Partial: fewer rows than the peers' band allows, and a second witness.
	Partial Finding = "partial"
	// Failed: the last batch of it that ran failed; where none is recorded, the node's last run failed, and no good run since
	// the partition closed.
	Failed Finding = "failed"
	// Late: there now, but loaded after its expected_by, or after a child was built from it.
	Late Finding = "late"
	// Stale: an input holds something else than when the partition was built. Left when it is built again, or the input is as it
	// was.
	Stale Finding = "stale"
	// Empty: no rows, and after the partition closed its batch, or a run that rebuilt the whole table, succeeded.
	Empty Finding = "empty"
	// LedgerMismatch: a run says that it wrote rows and there are none, or there are rows that no run of a record without
	// gaps wrote.
	LedgerMismatch Finding = "ledger_mismatch"
	// TestFailed: a test of the node failed when it was last run. It is said of the table.
	TestFailed Finding = "test_failed"
	// LowVolume and HighVolume: outside the band of the peers, and nothing else.
	LowVolume  Finding = "low_volume"
	HighVolume Finding = "high_volume"
	// DefinitionChanged: an activation output that was built by another definition of its fact than today's. Left when it is built
	// again.
	DefinitionChanged Finding = "definition_changed"
	// CodeChanged: built by other code than today's. Nothing waits for that, and it is no trouble of readers.
	CodeChanged Finding = "code_changed"
	// Untested: no test of the node has a recorded result. It is said of the table and no fault.
	Untested Finding = "untested"
	// EmptyAsUsual: no rows, as in the nearest peers or by the calendar. No fault.
	EmptyAsUsual Finding = "empty_as_usual"
)

// gravity orders findings.
func gravity() []Finding {
	return []Finding{
		Duplicated, Partial, Failed, DefinitionChanged, Stale, Late, Empty, LedgerMismatch, TestFailed, LowVolume, HighVolume,
		CodeChanged, Untested, EmptyAsUsual,
	}
}

// blocks reports whether the finding makes readers of the partition not ready.
func (f Finding) blocks() bool {
	return f == Duplicated || f == Partial || f == Failed || f == Stale || f == DefinitionChanged
}

// harmless reports whether the finding is no problem.
func (f Finding) harmless() bool { return f == Untested || f == EmptyAsUsual }

// troubles reports whether the finding is a problem for whoever reads the partition.
func (f Finding) troubles() bool { return !f.harmless() && f != CodeChanged }

// verdict is what is known of one partition.
type verdict struct {
	presence Presence
	count    Count
	// observed: count is what the warehouse holds; else reason says why not.
	observed bool
	reason   string
	// seen is what it held when somebody looked last, where it is not observed; nil where nobody did.
	seen     *Sight
	findings []Finding
	band     band
	// why holds, for findings that are not explained by numbers alone, what explains them.
	closure bool
	witness string
	// usualWaves is how many waves of loads its peers have at the most, where it has more; movedFrom the period whose rows it holds,
	// too.
	usualWaves int64
	movedFrom  *int
	changed    *change
	late       *lateness
	told       told
	// mismatch says how ledger and warehouse differ.
	mismatch string
	// definition is the other one by which it was built.
	definition string
	// built is when older code built it, recoded what changed since.
	built   time.Time
	recoded recoded
}

func (v *verdict) has(f Finding) bool { return slices.Contains(v.findings, f) }

func (v *verdict) add(f Finding) {
	v.findings = append(v.findings, f)
	order := gravity()
	slices.SortFunc(v.findings, func(a, b Finding) int { return slices.Index(order, a) - slices.Index(order, b) })
}

// replace puts one finding in the place of another.
func (v *verdict) replace(old, by Finding) {
	v.findings = slices.DeleteFunc(v.findings, func(f Finding) bool { return f == old })
	v.add(by)
}

// problem is the presence or finding for which readers of the partition wait, or "". An open partition is left to the
// caller, who knows how much of it is needed.
func (v *verdict) problem() string {
	switch v.presence {
	case Missing, Pending, Unknown:
		return string(v.presence)
	case Expired:
		if v.observed && v.count.Rows == 0 {
			return string(Expired)
		}
	case NotExpected, Open, Present:
	}
	for _, f := range v.findings {
		if f.blocks() {
			return string(f)
		}
	}
	return ""
}

// repeats reports whether the key of a row comes twice in the partition, strays whether it is in another one, too.
func (v *verdict) repeats() bool { return v.count.Keyed > v.count.Distinct }

func (v *verdict) strays() bool { return v.count.Elsewhere.Rows > 0 }

// lack is the presence or finding for which the partition holds less than it should, or "".
func (v *verdict) lack() string {
	switch {
	case v.presence == Missing:
		return string(Missing)
	case v.has(Partial):
		return string(Partial)
	case v.has(Empty):
		return string(Empty)
	}
	return ""
}

// wrong reports whether something about the partition itself is to be shown among the problems.
func (v *verdict) wrong() bool {
	return v.presence == Missing || v.presence == Unknown ||
		slices.ContainsFunc(v.findings, Finding.troubles)
}

// dated is a verdict with its period.
type dated struct {
	period period.Period
	*verdict
}
