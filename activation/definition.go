package activation

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/period"
	"github.com/headwater-mcp/headwater/warehouse"
)

// Definition is a Fact that was checked: names are valid, the relation is known, zone, grains and instants are read.
type Definition struct {
	Fact     Fact
	Relation warehouse.Relation
	Calendar period.Calendar
	Grains   []period.Grain
	// Begin is zero where the fact has none: then the first observed period counts as begin.
	Begin  time.Time
	Settle time.Duration
	// ExpiresAfter is how long the fact keeps rows; 0 for ever. Built periods older than that are frozen.
	ExpiresAfter time.Duration
	// ColumnZone is the zone of a time column without one.
	ColumnZone string
	// Made are the outputs that models of a dbt project make, by grain and kind: a grain that is here is read where they stand,
	// and the engine writes none of its outputs.
	Made map[period.Grain]map[string]warehouse.Relation
}

// Defaults is what a fact's model says where the fact does not.
type Defaults struct {
	Relation  string
	EventTime string
}

var factName = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

// reserved are the columns of the outputs, which a dimension may not be named after.
func reserved() []string {
	return []string{
		"user_id", "period", "state", "from_state", "first_period", "last_period", "previous_period", "gap", "streak",
		"active_periods", "inactive_for",
	}
}

// Define checks a fact. Errors are fault.Invalid and name the fact and the field.
func Define(f Fact, d Defaults) (*Definition, error) {
	if !factName.MatchString(f.Name) {
		return nil, fault.New(fault.Invalid, "A fact is named %q; names are snake_case, like app_visit.", f.Name)
	}
	if f.Relation == "" {
		f.Relation = d.Relation
	}
	if f.Time == "" {
		f.Time = d.EventTime
	}
	def := &Definition{Fact: f, ColumnZone: "UTC"}
	for _, step := range []func() error{def.names, def.readRelation, def.readCalendar, def.readGrains, def.readInstants} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	return def, nil
}

func (d *Definition) invalid(field, format string, args ...any) error {
	return fault.New(fault.Invalid, "Fact %s, %s: "+format, append([]any{d.Fact.Name, field}, args...)...)
}

func (d *Definition) names() error {
	if d.Fact.User == "" {
		return d.invalid("user", "the column of the user key is missing.")
	}
	if d.Fact.Time == "" {
		return d.invalid("time", "the column of the event time is missing, and the model has no event_time config.")
	}
	seen := map[string]bool{}
	for _, dim := range d.Fact.Dimensions {
		name := strings.ToLower(dim)
		if slices.Contains(reserved(), name) {
			return d.invalid("dimensions", "%q is a column of the outputs; give the fact's relation another name for it.", dim)
		}
		if seen[name] {
			return d.invalid("dimensions", "%q stands twice.", dim)
		}
		seen[name] = true
	}
	if d.Fact.History != "" && d.Fact.History != "partial" && d.Fact.History != "complete" {
		return d.invalid("history", "%q is not valid; write partial or complete.", d.Fact.History)
	}
	return nil
}

func (d *Definition) readRelation() (err error) {
	if d.Fact.Relation == "" {
		return d.invalid("relation", "it has neither a model with a relation nor a relation of its own.")
	}
	d.Relation, err = warehouse.ParseRelation(d.Fact.Relation)
	return err
}

func (d *Definition) readCalendar() (err error) {
	if d.Calendar, err = period.NewCalendar(d.Fact.Timezone, d.Fact.WeekStart); err != nil {
		return d.invalid("timezone or week_start", "%s", err)
	}
	if zone := d.Fact.TimeZoneOfColumn; zone != "" {
		if _, err = period.NewCalendar(zone, ""); err != nil {
			return d.invalid("time_zone_of_column", "%s", err)
		}
		d.ColumnZone = zone
	}
	return nil
}

func (d *Definition) readGrains() error {
	names := d.Fact.Grains
	if len(names) == 0 {
		names = []string{string(period.Day), string(period.Week), string(period.Month)}
	}
	for _, name := range names {
		g, err := period.ParseGrain(name)
		if err != nil || g == period.Hour || g == period.Year {
			return d.invalid("grains", "%q is not valid; a fact is followed by day, week and month.", name)
		}
		if !slices.Contains(d.Grains, g) {
			d.Grains = append(d.Grains, g)
		}
	}
	return nil
}

func (d *Definition) readInstants() (err error) {
	if d.Fact.Begin != "" {
		if d.Begin, err = period.ParseInstant(d.Calendar, d.Fact.Begin); err != nil {
			return d.invalid("begin", "%s", err)
		}
	}
	if d.Fact.Settle != "" {
		if d.Settle, err = period.ParseSpan(d.Fact.Settle); err != nil {
			return d.invalid("settle", "%s", err)
		}
	}
	return d.Retain(d.Fact.ExpiresAfter)
}

// Retain says how long the fact's relation keeps rows, like 90d. What the fact declares itself stands.
func (d *Definition) Retain(after string) (err error) {
	if after == "" || d.ExpiresAfter != 0 {
		return nil
	}
	if d.ExpiresAfter, err = period.ParseSpan(after); err != nil {
		return d.invalid("expires_after", "%s", err)
	}
	d.Fact.ExpiresAfter = after
	return nil
}

// Grain returns the grain of that name where the fact is followed by it.
func (d *Definition) Grain(name string) (period.Grain, error) {
	valid := make([]string, len(d.Grains))
	for i, g := range d.Grains {
		valid[i] = string(g)
	}
	if i := slices.Index(valid, name); i >= 0 {
		return d.Grains[i], nil
	}
	return "", fault.New(fault.Invalid, "Fact %s is not followed by %q; its grains are %s.", d.Fact.Name, name, strings.Join(valid, ", "))
}

// Hash identifies what the outputs were computed by: another hash means that they have to be built again.
func (d *Definition) Hash() string {
	text, err := json.Marshal([]any{
		d.Relation.Key(), d.Fact.User, d.Fact.Time, d.Fact.Dimensions, d.Calendar.Zone(), d.Calendar.WeekStart().String(),
		d.ColumnZone, d.Begin.UTC().Format(time.RFC3339Nano),
	})
	if err != nil {
		panic("activation: strings that do not marshal: " + err.Error())
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:8])
}
