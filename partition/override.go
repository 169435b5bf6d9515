package partition

// Override is an entry of `partitions` in headwater.yaml, or meta.headwater.partition of a dbt node (there without Node).
// Every field left empty is taken from the next source of the node's spec.
type Override struct {
	// Node is a unique_id, a name or a relation name.
	Node string `json:"node,omitempty" yaml:"node"`
	// Grain is hour, day, week, month or year.
	Grain string `json:"grain,omitempty" yaml:"grain"`
	// Time is the column that places a row in a partition.
	Time string `json:"time,omitempty" yaml:"time"`
	// Timezone is the IANA zone of the partitions; default UTC.
	Timezone string `json:"timezone,omitempty" yaml:"timezone"`
	// WeekStart is a weekday; default monday.
	WeekStart string `json:"week_start,omitempty" yaml:"week_start"`
	// Begin is the first expected partition's date, or an instant in it.
	Begin string `json:"begin,omitempty" yaml:"begin"`
	// ExpiresAfter is the retention, like 90d.
	ExpiresAfter string `json:"expires_after,omitempty" yaml:"expires_after"`
	// Window is how many periods before p the model reads beside p.
	Window int `json:"window,omitempty" yaml:"window"`
	// Key is the unique key of a row: a column, or several with commas between.
	Key string `json:"key,omitempty" yaml:"key"`
	// ExpectedBy is how long after its end a partition may take to arrive, like 3h.
	ExpectedBy string `json:"expected_by,omitempty" yaml:"expected_by"`
	// Settle is how long after its end a partition stays open.
	Settle string `json:"settle,omitempty" yaml:"settle"`
	// Vars names the dbt variables that confine a run of the model to periods.
	Vars Vars `json:"vars,omitzero" yaml:"vars"`
}

// Vars are names of dbt variables, each empty where the model reads none of its kind.
type Vars struct {
	// First and Last are given the names of the first and the last period of a run, both inclusive.
	First string `json:"first,omitempty" yaml:"first"`
	Last  string `json:"last,omitempty" yaml:"last"`
	// Start and End are given the instants between which it runs, [start, end), like 2026-06-08T15:00:00Z.
	Start string `json:"start,omitempty" yaml:"start"`
	End   string `json:"end,omitempty" yaml:"end"`
}
