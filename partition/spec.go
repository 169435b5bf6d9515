package partition

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/period"
)

// Spec says how the rows of a node are partitioned and when each partition is expected. The zero Spec is of a node that
// nothing partitions.
type Spec struct {
	// Grain is empty where the node is unpartitioned or its partitions cannot be known; Reason says which and why.
	Grain    period.Grain
	Calendar period.Calendar
	// Time is the column that places a row in a partition; empty where no source names one.
	Time string
	// ColumnZone is the zone of a time column without one; "" is UTC.
	ColumnZone string
	// Begin is the first trusted instant; the period that holds it is the first expected one. Zero is unknown: then the
	// first observed partition counts as begin.
	Begin time.Time
	// ExpiresAfter is the retention, counted from a partition's end; 0 keeps everything.
	ExpiresAfter time.Duration
	// Window is how many periods before p the node reads to build p.
	Window int
	// ExpectedBy is how long after its end a partition may take to arrive; nil where nothing declares it.
	ExpectedBy *time.Duration
	// Settle is how long after its end a partition stays open.
	Settle time.Duration
	// Key is the columns that identify a row, KeyFrom what says so: key, unique_key or unique test. Empty where nothing does.
	Key     []string
	KeyFrom string
	// Vars are the dbt variables that confine a run of the node to periods; zero where none do.
	Vars Vars
	// Noted is of activation outputs, nil of everything else.
	Noted *Noted
	// From names the source of the spec: headwater.yaml, meta.headwater.partition, dbt microbatch, partition_by, fact <name>,
	// event_time (inferred), or unpartitioned. Where the first source leaves the grain to another, both are named.
	From string
	// Conflict says in a sentence what dbt's project says otherwise and is not followed; "" where nothing is.
	Conflict string
	// Reason says in a sentence why there is no grain.
	Reason string
	// Unknowable marks a node that is partitioned in a way that cannot be followed; it is not unpartitioned.
	Unknowable bool
}

// Partitioned reports whether the node has periods.
func (s Spec) Partitioned() bool { return s.Grain != "" }

// At is the period of the spec that holds an instant.
func (s Spec) At(instant time.Time) period.Period { return s.Calendar.At(s.Grain, instant) }

// period is the period of that index.
func (s Spec) period(index int) period.Period {
	return period.Period{Grain: s.Grain, Calendar: s.Calendar, Index: index}
}

// Override is the spec as headwater.yaml would declare it, every default written out; empty for an unpartitioned node.
func (s Spec) Override() Override {
	if !s.Partitioned() {
		return Override{}
	}
	o := Override{
		Grain: string(s.Grain), Time: s.Time, Timezone: s.Calendar.Zone(), Window: s.Window, Key: strings.Join(s.Key, ", "),
		ExpiresAfter: span(s.ExpiresAfter), Settle: span(s.Settle), Vars: s.Vars,
	}
	if s.Grain == period.Week {
		o.WeekStart = strings.ToLower(s.Calendar.WeekStart().String())
	}
	if s.ExpectedBy != nil {
		o.ExpectedBy = spanOf(*s.ExpectedBy)
	}
	if !s.Begin.IsZero() {
		o.Begin = s.begin()
	}
	return o
}

// MarshalJSON writes the spec as its Override.
func (s Spec) MarshalJSON() ([]byte, error) {
	text, err := json.Marshal(s.Override())
	if err != nil {
		return nil, fmt.Errorf("marshal a partition spec: %w", err)
	}
	return text, nil
}

// begin is a date where it is a local midnight, and an instant otherwise.
func (s Spec) begin() string {
	if day := s.Calendar.At(period.Day, s.Begin); day.Start().Equal(s.Begin) {
		return day.String()
	}
	return s.Begin.UTC().Format(time.RFC3339)
}

// span writes a length of time as period.ParseSpan reads it; 0 is empty.
func span(d time.Duration) string {
	if d == 0 {
		return ""
	}
	return spanOf(d)
}

// spanOf is span that writes 0, too.
func spanOf(d time.Duration) string {
	const day = 24 * time.Hour
	switch {
	case d == 0:
		return "0s"
	case d%day == 0:
		return fmt.Sprintf("%dd", d/day)
	case d%time.Hour == 0:
		return fmt.Sprintf("%dh", d/time.Hour)
	case d%time.Minute == 0:
		return fmt.Sprintf("%dm", d/time.Minute)
	}
	return d.String()
}

// spec reads an override whose fields are complete. Errors are fault.Invalid and name the field.
func (o Override) spec() (Spec, error) {
	var s Spec
	var err error
	if s.Calendar, err = period.NewCalendar(o.Timezone, o.WeekStart); err != nil {
		return s, err
	}
	if o.Grain != "" {
		if s.Grain, err = period.ParseGrain(o.Grain); err != nil {
			return s, fault.Wrap(err, fault.Invalid, "grain: %s", err)
		}
	}
	if o.Begin != "" {
		if s.Begin, err = period.ParseInstant(s.Calendar, o.Begin); err != nil {
			return s, fault.Wrap(err, fault.Invalid, "begin: %s", err)
		}
	}
	if o.Window < 0 {
		return s, fault.New(fault.Invalid, "window: %d is negative; it counts the periods read before a partition.", o.Window)
	}
	if err := o.Vars.check(); err != nil {
		return s, err
	}
	s.Time, s.Window, s.Key, s.Vars = o.Time, o.Window, columns(o.Key), o.Vars
	var expectedBy time.Duration
	for _, f := range []struct {
		name, text string
		to         *time.Duration
	}{
		{"expires_after", o.ExpiresAfter, &s.ExpiresAfter}, {"settle", o.Settle, &s.Settle}, {"expected_by", o.ExpectedBy, &expectedBy},
	} {
		if f.text == "" {
			continue
		}
		if *f.to, err = period.ParseSpan(f.text); err != nil {
			return s, fault.Wrap(err, fault.Invalid, "%s: %s", f.name, err)
		}
	}
	if o.ExpectedBy != "" {
		s.ExpectedBy = &expectedBy
	}
	return s, nil
}

// check is fault.Invalid where variables tell only one end of a run.
func (v Vars) check() error {
	from, to := v.First != "" || v.Start != "", v.Last != "" || v.End != ""
	if from != to {
		return fault.New(fault.Invalid, "vars: both ends of a run are needed: first or start, and last or end, each with the name of a dbt variable.")
	}
	return nil
}

// columns splits "a, b" into names.
func columns(list string) []string {
	var out []string
	for name := range strings.SplitSeq(list, ",") {
		if name = strings.TrimSpace(name); name != "" {
			out = append(out, name)
		}
	}
	return out
}
