package initialise

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"github.com/headwater-mcp/headwater/lineage"
)

// column is a column that fits a part of a fact; score 0 is none.
type column struct {
	name  string
	score int
	// why says what speaks for it.
	why string
}

// best returns the column of a node with the highest score; of equals the first.
func best(n *lineage.Node, score func(lineage.Column) (int, string)) column {
	var out column
	for _, c := range n.Columns {
		if points, why := score(c); points > out.score {
			out = column{c.Name, points, why}
		}
	}
	return out
}

// columnNamed is a name as the node's columns write it, or as given where they are not known.
func columnNamed(n *lineage.Node, name string) string {
	for _, c := range n.Columns {
		if strings.EqualFold(c.Name, name) {
			return c.Name
		}
	}
	return name
}

// who are words for somebody who does something, by how surely they mean a user.
func who() map[string]int {
	return map[string]int{
		"user": 10, "customer": 9, "visitor": 8, "member": 8, "subscriber": 8, "player": 8, "patient": 8, "student": 8,
		"learner": 8, "shopper": 8, "viewer": 8, "listener": 8, "reader": 8, "rider": 8, "guest": 8, "buyer": 8, "person": 7,
		"client": 7, "account": 6, "profile": 6, "requester": 6, "author": 6, "contact": 6, "staff": 5, "employee": 5,
		"anonymous": 5, "device": 4,
	}
}

var (
	keySuffix = regexp.MustCompile(`_?(?:unique_?|pseudo_?)?(?:id|key|uuid|guid|sk)$`)
	// bare are names of columns that may be the key without saying so.
	bare = regexp.MustCompile(`^(?:user|customer|visitor|member|player|patient|student)$`)
)

// userScore says how surely a column is the key of a user: user_id before customer_id before account_id, and a bare word
// before one with more in front, like external_customer_id.
func userScore(c lineage.Column) (int, string) {
	name := strings.ToLower(c.Name)
	stem := keySuffix.ReplaceAllString(name, "")
	if isKind(c.Type, timeTypes, boolTypes, nestedTypes) || stem == name && !bare.MatchString(name) {
		return 0, ""
	}
	at := strings.LastIndexAny(stem, "_.") + 1
	points, ok := who()[stem[at:]]
	if !ok || strings.Contains(name, ".") {
		return 0, ""
	}
	if at > 0 || stem == name {
		const lessSure = 4
		points = max(1, points-lessSure)
	}
	return points, c.Name + " looks like the user key"
}

var (
	timeTypes   = regexp.MustCompile(`(?i)^(?:date|time)`)
	textTypes   = regexp.MustCompile(`(?i)char|text|string|enum|varchar`)
	boolTypes   = regexp.MustCompile(`(?i)^bool`)
	nestedTypes = regexp.MustCompile(`(?i)struct|array|record|json|map|list|\[\]|variant|object`)
	// notWhen are names of times at which nothing happened: bookkeeping, plans, and what sums up a history.
	notWhen = regexp.MustCompile(`(?:^|_)(?:updated?|modified|synced|loaded|ingested|inserted|extracted|deleted|dbt|fivetran|airbyte|etl|valid|due|expir\w*|scheduled|birth|dob|end|ended|ending|closed|first|last|latest|recent|min|max|next|previous|prior|deadline|year|month|week|quarter|time_zone|timezone)(?:_|$)`)
)

// eventTimeScore is that of a column which dbt's event_time names.
const eventTimeScore = 12

// timeScore says how surely a column is when an event happened, by its name and, where it is known, its type.
func timeScore(c lineage.Column) (int, string) {
	name := strings.ToLower(c.Name)
	typed := isKind(c.Type, timeTypes)
	if notWhen.MatchString(name) || strings.Contains(name, ".") || c.Type != "" && !typed {
		return 0, ""
	}
	var points int
	switch {
	case slices.Contains([]string{"event_at", "event_time", "event_timestamp", "event_ts", "occurred_at", "happened_at"}, name):
		points = 10
	case strings.HasSuffix(name, "ed_at"), slices.Contains([]string{"ts", "timestamp", "event_date", "time"}, name):
		points = 8
	case slices.Contains([]string{"date", "day"}, name), strings.HasPrefix(name, "date_"), hasSuffix(name, "_date", "_day"):
		points = 7
	case hasSuffix(name, "_at", "_ts", "_timestamp", "_time"):
		points = 6
	case typed:
		points = 2
	default:
		return 0, ""
	}
	switch {
	case strings.HasPrefix(name, "creat"):
		points-- // when a row was made is often, not always, when it happened
	case strings.Contains(name, "creat"):
		points -= 4 // when something else was made, like customer_created_at
	}
	if typed {
		points += 2
	}
	return points, c.Name + " like the time of the event"
}

// sliceable are words at the end of columns that have few values, by how often people slice by them.
func sliceable() []string {
	return []string{
		"country", "platform", "plan", "channel", "status", "type", "tier", "segment", "region", "os", "device", "language",
		"locale", "browser", "category", "source", "medium", "market", "brand", "currency", "gender", "method",
	}
}

func hasSuffix(s string, suffixes ...string) bool {
	return slices.ContainsFunc(suffixes, func(suffix string) bool { return strings.HasSuffix(s, suffix) })
}

// mostDimensions keeps the slices of a proposal few: each further one multiplies the combinations to look through.
const mostDimensions = 4

// dimensions returns the columns worth slicing by, best first.
func dimensions(n *lineage.Node, user, when string) []string {
	words := sliceable()
	var found []column
	for _, c := range n.Columns {
		name := strings.ToLower(c.Name)
		at := slices.IndexFunc(words, func(w string) bool { return name == w || strings.HasSuffix(name, "_"+w) })
		if at < 0 || c.Name == user || c.Name == when || strings.Contains(name, ".") || c.Type != "" && !isKind(c.Type, textTypes, boolTypes) {
			continue
		}
		points := 2 * (len(words) - at)
		if name != words[at] {
			points--
		}
		found = append(found, column{name: c.Name, score: points})
	}
	slices.SortStableFunc(found, func(a, b column) int { return cmp.Compare(b.score, a.score) })
	var out []string
	for _, c := range found[:min(len(found), mostDimensions)] {
		out = append(out, c.name)
	}
	return out
}

// isKind reports whether a type is known and of one of the kinds. A nested type is never of another kind.
func isKind(typ string, kinds ...*regexp.Regexp) bool {
	for _, k := range kinds {
		if k.MatchString(typ) && (k == nestedTypes || !nestedTypes.MatchString(typ)) {
			return true
		}
	}
	return false
}
