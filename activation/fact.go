package activation

// Fact declares one behaviour whose users are followed. It is written in headwater.yaml or in a dbt model's
// meta.headwater.fact; both are decoded into this struct.
type Fact struct {
	// Name is snake_case and names every output: <name>_activation_<grain>.
	Name string `json:"name" yaml:"name"`
	// Model is the dbt unique_id or name of the relation's model.
	Model string `json:"model,omitempty" yaml:"model"`
	// Relation defaults to the model's relation name; given alone, the fact needs no dbt project.
	Relation string `json:"relation,omitempty" yaml:"relation"`
	// User is the column of the user key, of any type.
	User string `json:"user" yaml:"user"`
	// Time is the column of the event time; default: the model's event_time.
	Time string `json:"time,omitempty" yaml:"time"`
	// Grains are any of day, week and month; default: all three.
	Grains []string `json:"grains,omitempty" yaml:"grains"`
	// Dimensions are columns to slice by, in the order in which ties are broken.
	Dimensions []string `json:"dimensions,omitempty" yaml:"dimensions"`
	// Timezone is an IANA zone; default UTC.
	Timezone string `json:"timezone,omitempty" yaml:"timezone"`
	// WeekStart is a weekday; default monday.
	WeekStart string `json:"week_start,omitempty" yaml:"week_start"`
	// TimeZoneOfColumn is the zone of a time column without one; default UTC.
	TimeZoneOfColumn string `json:"time_zone_of_column,omitempty" yaml:"time_zone_of_column"`
	// Begin is the first trusted instant: a date (local midnight) or RFC 3339.
	Begin string `json:"begin,omitempty" yaml:"begin"`
	// History is partial (default) or complete; with complete nothing is censored.
	History string `json:"history,omitempty" yaml:"history"`
	// Settle is how long after its end a period stays open, like 3h; default 0.
	Settle string `json:"settle,omitempty" yaml:"settle"`
	// ExpiresAfter is how long the relation keeps rows, like 90d; default: the retention of the model's partitions. Built periods
	// older than that are frozen.
	ExpiresAfter string `json:"expires_after,omitempty" yaml:"expires_after"`
}
