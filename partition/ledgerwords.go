package partition

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/headwater-mcp/headwater/lineage"
)

// failedRun words a run that failed.
func failedRun(b BuildRecord) string {
	text := "The last run ended as " + strconv.Quote(b.Status)
	if !b.CompletedAt.IsZero() {
		text += " at " + b.CompletedAt.UTC().Format(time.RFC3339)
	}
	if message := firstLine(b.Message); message != "" {
		text += ": " + message
	}
	return strings.TrimSuffix(text, ".") + "."
}

// good says when the last good run was.
func good(b BuildRecord) string {
	if b.GoodAt.IsZero() {
		return " No good run is recorded."
	}
	return " The last good run started " + b.GoodAt.UTC().Format(time.RFC3339) + "."
}

const maxMessage = 160

// firstLine shortens what a foreign program said.
func firstLine(text string) string {
	text, _, _ = strings.Cut(strings.TrimSpace(text), "\n")
	if runes := []rune(text); len(runes) > maxMessage {
		return string(runes[:maxMessage]) + "…"
	}
	return text
}

// testsSaid sums up the last results of a node's tests.
func testsSaid(tests []*lineage.Node, records map[string]TestRecord) (Found, bool) {
	var broken []string
	ran := 0
	for _, test := range tests {
		r, ok := records[test.ID]
		if !ok {
			continue
		}
		ran++
		if !failed(r.Status) {
			continue
		}
		text := test.Name
		if r.Failures != nil {
			text += fmt.Sprintf(" (%s)", plural(int(*r.Failures), "failure"))
		}
		broken = append(broken, text)
	}
	switch {
	case len(broken) > 0:
		names := strings.Join(broken, ", ")
		return Found{TestFailed, fmt.Sprintf("%d of %s failed when last run: %s.", len(broken), plural(ran, "test"), names)}, true
	case len(tests) == 0:
		return Found{Untested, "No test is declared."}, true
	case ran == 0:
		return Found{Untested, fmt.Sprintf("No result of its %s is recorded.", plural(len(tests), "test"))}, true
	}
	return Found{}, false
}
