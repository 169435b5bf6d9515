package partition

import (
	"fmt"
	"strings"
)

// summary counts nodes and partitions by what is to be said of them.
func (s *survey) summary(reports []report) string {
	if len(reports) == 0 {
		return "No node was asked for."
	}
	counts, findings := map[Presence]int{}, map[Finding]int{}
	partitions, whole, troubled := 0, 0, 0
	for _, r := range reports {
		if !s.specs.Of(r.ID).Partitioned() {
			whole++
		}
		if r.rank != calm {
			troubled++
		}
		for p, n := range r.Counts {
			counts[p] += n
			partitions += n
		}
		for f, n := range r.Findings {
			findings[f] += n
		}
	}
	var parts []string
	for _, p := range []Presence{Present, Missing, Unknown, Pending, Open, Expired, NotExpected} {
		if counts[p] > 0 {
			parts = append(parts, fmt.Sprintf("%s %s", number(int64(counts[p])), p))
		}
	}
	text := fmt.Sprintf("%s without anything wrong, %s with.", plural(len(reports)-troubled, "node"), number(int64(troubled)))
	if partitions > 0 {
		text += fmt.Sprintf(" %s: %s.", plural(partitions, "partition"), strings.Join(parts, ", "))
	}
	parts = nil
	for _, f := range gravity() {
		if findings[f] > 0 {
			parts = append(parts, fmt.Sprintf("%s %s", f, number(int64(findings[f]))))
		}
	}
	if len(parts) > 0 {
		text += " Findings: " + strings.Join(parts, ", ") + "."
	}
	if whole > 0 {
		text += fmt.Sprintf(" %s without partitions.", plural(whole, "node"))
	}
	return text + s.unasked()
}

// unasked says which sources could not be asked, after a space; "" where all could.
func (s *survey) unasked() string {
	text := ""
	if s.down != "" {
		text += " The warehouse could not be asked: " + s.down
	}
	if forgotten := s.forgottenWords(); forgotten != "" {
		text += " " + forgotten
	}
	return text
}
