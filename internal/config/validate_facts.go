package config

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/headwater-mcp/headwater/activation"
	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/period"
)

var snakeCase = regexp.MustCompile(`^[a-z][a-z0-9]*(?:_[a-z0-9]+)*$`)

func (v *validator) facts(facts []activation.Fact) {
	seen := map[string]string{}
	for i, f := range facts {
		path := fmt.Sprintf("facts[%d]", i)
		v.fact(path, f)
		if first, ok := seen[f.Name]; ok && f.Name != "" {
			v.problemf(path+".name", "%q is the name of %s too; a name is given once.", f.Name, first)
			continue
		}
		seen[f.Name] = path
	}
}

// fact checks what a person writes, value by value; then activation.Define, with stand-ins for what only the model
// knows, has the last word.
func (v *validator) fact(path string, f activation.Fact) {
	before := len(v.problems)
	v.factNames(path, f)
	valid := []string{string(period.Day), string(period.Week), string(period.Month)}
	for i, g := range f.Grains {
		v.oneOf(fmt.Sprintf("%s.grains[%d]", path, i), g, valid...)
	}
	v.once(path+".grains", f.Grains)
	v.calendar(path, f.Timezone, f.WeekStart)
	if _, err := period.NewCalendar(f.TimeZoneOfColumn, ""); err != nil {
		v.problemf(path+".time_zone_of_column", "%s", err.Error())
	}
	v.instant(path+".begin", f.Begin)
	v.oneOf(path+".history", f.History, "", "partial", "complete")
	v.duration(path+".settle", f.Settle)
	if len(v.problems) > before {
		return
	}
	if _, err := activation.Define(f, activation.Defaults{Relation: "model", EventTime: "event_time"}); err != nil {
		v.problemf(path, "%s", err.Error())
	}
}

// factNames checks the names that a fact gives: its own, its events and their columns.
func (v *validator) factNames(path string, f activation.Fact) {
	switch {
	case f.Name == "":
		v.problemf(path+".name", "is needed; it names the outputs, like app_visit.")
	case !snakeCase.MatchString(f.Name):
		v.problemf(path+".name", "%q is not snake_case; write it like %s.", f.Name, snake(f.Name))
	}
	if f.Model == "" && f.Relation == "" {
		v.problemf(path, "names no events; give `model` (a dbt model) or `relation` (database.schema.table).")
	}
	if f.Model == "" && f.Relation != "" && f.Time == "" {
		v.problemf(path+".time", "is needed where a fact has a relation and no model; name the column of the event time.")
	}
	if f.User == "" {
		v.problemf(path+".user", "is needed; name the column of the user key.")
	}
	v.once(path+".dimensions", f.Dimensions)
	for i, d := range f.Dimensions {
		v.filled(fmt.Sprintf("%s.dimensions[%d]", path, i), d)
	}
}

func (v *validator) partitions(c *Config) {
	seen := map[string]string{}
	for i, p := range c.Partitions {
		path := fmt.Sprintf("partitions[%d]", i)
		v.filled(path+".node", p.Node)
		if first, ok := seen[p.Node]; ok && p.Node != "" {
			v.problemf(path+".node", "%q has %s already; put both in one entry.", p.Node, first)
		}
		seen[p.Node] = path
		if p.Grain != "" {
			if _, err := period.ParseGrain(p.Grain); err != nil {
				v.problemf(path+".grain", "%s", err.Error())
			}
		}
		v.calendar(path, p.Timezone, p.WeekStart)
		v.instant(path+".begin", p.Begin)
		v.duration(path+".expires_after", p.ExpiresAfter)
		v.duration(path+".expected_by", p.ExpectedBy)
		v.duration(path+".settle", p.Settle)
		v.atLeast(path+".window", p.Window, 0)
	}
}

// once notes names that a list gives twice; case does not tell columns apart.
func (v *validator) once(path string, names []string) {
	seen := map[string]bool{}
	for i, name := range names {
		if key := strings.ToLower(name); !seen[key] {
			seen[key] = true
			continue
		}
		v.problemf(fmt.Sprintf("%s[%d]", path, i), "%q is given twice.", name)
	}
}

// snake suggests a snake_case name for one that is not.
func snake(name string) string {
	var out strings.Builder
	for i, r := range name {
		switch {
		case r >= 'A' && r <= 'Z':
			if i > 0 {
				out.WriteByte('_')
			}
			out.WriteRune(r - 'A' + 'a')
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			out.WriteRune(r)
		default:
			out.WriteByte('_')
		}
	}
	parts := strings.FieldsFunc(out.String(), func(r rune) bool { return r == '_' })
	suggestion := strings.Join(parts, "_")
	if !snakeCase.MatchString(suggestion) {
		return "app_visit"
	}
	return suggestion
}

// near is fault.DidYouMean with the sentence that lists what there is.
func near(name string, candidates []string) string {
	if len(candidates) == 0 {
		return ""
	}
	return fault.DidYouMean(name, candidates) + " There is " + list(candidates) + "."
}
