package initialise

import (
	"regexp"
	"slices"
	"strings"
)

var (
	factPrefix = regexp.MustCompile(`^(?:fct|fact|facts|f)_+`)
	factSuffix = regexp.MustCompile(`_(?:fct|fact|facts)$`)
	// layer are prefixes of models that others refine: staging, intermediate, base; with dbt's <layer>_<source>__.
	layer = regexp.MustCompile(`^(?:stg|staging|int|intermediate|base|src|raw)_`)
	// other are names of models that hold users, history or sums rather than events.
	other = regexp.MustCompile(`^(?:dim|snap|scd)_|_(?:dim|snapshot|scd|history|tmp|aggregates?|summary|lookup|spine)$`)
	// users are names of lists of users.
	users = regexp.MustCompile(`(?:^|_)(?:users?|customers?|accounts?|members?|visitors?|subscribers?|patients?|students?|contacts?|people|persons?|profiles?|employees?|staffs?)$`)
	// sums are words of models with a row a day rather than a row an event.
	sums = regexp.MustCompile(`(?:^|_)(?:report|reports|metrics|kpis?|daily|weekly|monthly|cohorts?|stats|balance|balances|pattern|segments)(?:_|$)`)
)

// happenings are words for things that people do.
func happenings() []string {
	return []string{
		"event", "visit", "order", "purchase", "session", "login", "transaction", "activity", "activities", "view", "click",
		"action", "post", "comment", "message", "payment", "booking", "ticket", "pageview", "play", "stream", "ride", "trip",
		"appointment", "attendance", "checkin", "upload", "download", "search", "signup", "sale", "invoice", "usage",
		"submission", "response", "reservation", "subscription", "conversion",
	}
}

// nameScore says how much a model's name speaks for a fact, and the reason where it does.
func nameScore(name string) (int, string) {
	lower := strings.ToLower(name)
	points, reason := 0, ""
	for word := range strings.SplitSeq(lower, "_") {
		if slices.Contains(happenings(), word) || slices.Contains(happenings(), strings.TrimSuffix(word, "s")) {
			points, reason = 4, "named after something people do"
		}
	}
	if factPrefix.MatchString(lower) || factSuffix.MatchString(lower) {
		points, reason = points+6, "named like a fact"
	}
	if layer.MatchString(lower) {
		points -= 5
	}
	if other.MatchString(lower) || users.MatchString(lower) {
		points -= 8
	}
	if sums.MatchString(lower) {
		points -= 4
	}
	return points, reason
}

var notSnake = regexp.MustCompile(`[^a-z0-9]+`)

// factName makes the name of a fact of that of its model: fct_app_visits is app_visit, zendesk__tickets is ticket.
func factName(model string) string {
	name := strings.ToLower(model)
	if _, after, ok := strings.Cut(name, "__"); ok && after != "" {
		name = after
	}
	name = layer.ReplaceAllString(name, "")
	name = factSuffix.ReplaceAllString(factPrefix.ReplaceAllString(name, ""), "")
	name = strings.Trim(notSnake.ReplaceAllString(name, "_"), "_")
	name = singular(name)
	if name == "" || name[0] >= '0' && name[0] <= '9' {
		name = strings.TrimSuffix("fact_"+name, "_")
	}
	return name
}

// singular drops the plural of the last word, where that is plain.
func singular(name string) string {
	switch {
	case hasSuffix(name, "ss", "us", "is"), len(name) < 4:
		return name
	case strings.HasSuffix(name, "ies"):
		return strings.TrimSuffix(name, "ies") + "y"
	case hasSuffix(name, "sses", "ches", "shes", "xes"):
		return strings.TrimSuffix(name, "es")
	}
	return strings.TrimSuffix(name, "s")
}
