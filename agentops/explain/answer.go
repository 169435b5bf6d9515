package explain

// Class says what kind of thing happened.
type Class string

// The classes of a verdict.
const (
	DataFault         Class = "data_fault"
	Behaviour         Class = "behaviour"
	CalendarEvent     Class = "calendar"
	SuspiciousTraffic Class = "suspicious_traffic"
	Composition       Class = "composition"
	// None: within the band and no slice stands out. A full answer, not a failure to answer.
	None Class = "none"
	// NotClosed: the period is open at as_of; nothing is compared.
	NotClosed Class = "not_closed"
	// NotLoaded: the period is closed and a partition it needs is not due yet; nothing is compared.
	NotLoaded Class = "not_loaded"
	// Inconclusive: the past is too short, censored or suspect to say what was to be expected.
	Inconclusive Class = "inconclusive"
)

// Cause refines a class.
type Cause string

// The causes, by class: of data_fault, of behaviour, of calendar, of suspicious_traffic and composition. NoCause goes with
// none, not_closed, not_loaded and inconclusive.
const (
	MissingPartition Cause = "missing_partition"
	PartialPartition Cause = "partial_partition"
	DuplicateLoad    Cause = "duplicate_load"
	LateData         Cause = "late_data"
	CodeChange       Cause = "code_change"
	TrackingLoss     Cause = "tracking_loss"
	NullExplosion    Cause = "null_explosion"

	Acquisition  Cause = "acquisition"
	Churn        Cause = "churn"
	Retention    Cause = "retention"
	Resurrection Cause = "resurrection"
	Offsetting   Cause = "offsetting"

	HolidayCause  Cause = "holiday"
	CampaignCause Cause = "campaign"
	ReleaseCause  Cause = "release"

	Bots     Cause = "bots"
	MixShift Cause = "mix_shift"

	NoCause Cause = "none"
)

// Answer is what explain_active_users returns. Numbers are users. Expected, Band, Change and Unexpected are absent or
// empty where nothing could be compared or expected; no list is null.
type Answer struct {
	Fact   string `json:"fact"`
	Grain  string `json:"grain"`
	Period string `json:"period"`
	// ComparedTo names the period that Change and the bridge are measured from.
	ComparedTo string        `json:"compared_to"`
	Verdict    Verdict       `json:"verdict"`
	Causes     []Attribution `json:"causes"`
	Observed   int64         `json:"observed"`
	Expected   *int64        `json:"expected,omitempty"`
	// Band holds [lo, hi]: where Observed lies on an ordinary date.
	Band []int64 `json:"band"`
	// Change is Observed less the active users of ComparedTo; Unexpected is Observed less Expected.
	Change     *int64      `json:"change,omitempty"`
	Unexpected *int64      `json:"unexpected,omitempty"`
	Bridge     []BridgeRow `json:"bridge"`
	Segments   []Segment   `json:"segments"`
	Evidence   []Evidence  `json:"evidence"`
	// EvidenceLeftOut is how many more pieces there are, which say less than those that are listed; check_partitions has them.
	EvidenceLeftOut int            `json:"evidence_left_out,omitempty"`
	Calendar        []CalendarNote `json:"calendar"`
	Next            []Action       `json:"next"`
}

// Verdict is the first cause and a summary that can be pasted into a chat.
type Verdict struct {
	Class      Class   `json:"class"`
	Cause      Cause   `json:"cause"`
	Confidence float64 `json:"confidence"`
	Summary    string  `json:"summary"`
}

// Attribution is one cause of the move. Causes are ordered by size, faults of data counted three times.
type Attribution struct {
	Class Class `json:"class"`
	Cause Cause `json:"cause"`
	// Users is its signed effect on active; Share is Users over Unexpected, absent where Unexpected is within the band.
	Users      int64    `json:"users"`
	Share      *float64 `json:"share,omitempty"`
	Confidence float64  `json:"confidence"`
	// Transition is the bridge row that it shows in most.
	Transition string         `json:"transition,omitempty"`
	Where      map[string]any `json:"where,omitempty"`
	Node       string         `json:"node,omitempty"`
	Partition  string         `json:"partition,omitempty"`
	// Last is the last of several partitions, of which Partition is then the first.
	Last string `json:"last,omitempty"`
}

// BridgeRow is one transition. The deltas of the rows InSum add up to the change: compared with the period before, the
// delta of new, reactivated and churned is what each adds (churned: takes); compared with another period it is the
// difference of new, retained and reactivated. The delta of a row that is not in the sum is the plain difference.
type BridgeRow struct {
	Transition string `json:"transition"`
	Observed   int64  `json:"observed"`
	// Previous is the same transition in the period compared with.
	Previous int64  `json:"previous"`
	Expected *int64 `json:"expected,omitempty"`
	// Band holds [lo, hi] of the row on ordinary dates.
	Band  []int64 `json:"band"`
	Delta int64   `json:"delta"`
	InSum bool    `json:"in_sum"`
}

// Segment is a slice that moved on its own: a conjunction of up to four dimension values (null is a value).
type Segment struct {
	Where map[string]any `json:"where"`
	// Transition is the row in which the slice moved most.
	Transition string `json:"transition"`
	// Of says what Observed and Expected count in the slice: active, or one transition.
	Of       string `json:"of"`
	Observed int64  `json:"observed"`
	Expected int64  `json:"expected"`
	// Effect is the signed effect on active of the users whom no earlier segment holds.
	Effect int64    `json:"effect"`
	Share  *float64 `json:"share,omitempty"`
}

// EvidenceKind says where evidence comes from.
type EvidenceKind string

// The kinds of evidence.
const (
	PartitionEvidence EvidenceKind = "partition"
	CodeEvidence      EvidenceKind = "code"
	TestEvidence      EvidenceKind = "test"
	FreshnessEvidence EvidenceKind = "freshness"
	CalendarEvidence  EvidenceKind = "calendar"
)

// Evidence is one observation that the verdict rests on, or that was weighed and did not explain the move.
type Evidence struct {
	Kind      EvidenceKind `json:"kind"`
	Node      string       `json:"node,omitempty"`
	Partition string       `json:"partition,omitempty"`
	// Last is the last of several partitions, of which Partition is then the first.
	Last   string   `json:"last,omitempty"`
	Path   []string `json:"path"`
	Detail string   `json:"detail"`
}

// CalendarNote is a calendar entry on one of the two dates: a coincidence, never a proof.
type CalendarNote struct {
	Date string `json:"date"`
	CalendarEntry
}

// Action is a call that is ready to be made.
type Action struct {
	Tool      string         `json:"tool"`
	Arguments map[string]any `json:"arguments"`
	Why       string         `json:"why"`
}
