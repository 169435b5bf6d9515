package explain

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"charm.land/lipgloss/v2"
)

// minWidth is the narrowest page that still holds a chart.
const minWidth = 60

// Render writes the answer for people: verdict, bridge as a waterfall, slices, evidence with its path, calendar, next
// steps. It is plain text of at most width columns (at least 60; tables and commands may be wider); colour is left to the
// caller. Errors are those of w.
func Render(w io.Writer, a Answer, width int) error {
	p := &page{width: max(width, minWidth)}
	p.headline(a)
	p.chart(a)
	p.segments(a)
	p.evidence(a)
	p.calendar(a)
	p.next(a)
	if _, err := p.text.WriteTo(w); err != nil {
		return fmt.Errorf("write the explanation: %w", err)
	}
	return nil
}

// page collects lines.
type page struct {
	text  bytes.Buffer
	width int
}

// linef writes one line; trailing blanks are dropped.
func (p *page) linef(format string, args ...any) {
	p.text.WriteString(strings.TrimRight(fmt.Sprintf(format, args...), " ") + "\n")
}

// wrapped writes words in lines that start with an indent.
func (p *page) wrapped(indent, text string) {
	line := indent
	for word := range strings.FieldsSeq(text) {
		if line != indent && lipgloss.Width(line)+1+lipgloss.Width(word) > p.width {
			p.linef("%s", line)
			line = indent
		}
		if line != indent {
			line += " "
		}
		line += word
	}
	p.linef("%s", line)
}

func (p *page) headline(a Answer) {
	verdict := words(string(a.Verdict.Class))
	if a.Verdict.Cause != NoCause {
		verdict += ": " + words(string(a.Verdict.Cause))
	}
	if a.Verdict.Class == None {
		verdict = "nothing unusual"
	}
	const hundred = 100
	if c := a.Verdict.Confidence; c > 0 && c < 1 {
		verdict += fmt.Sprintf(" (%.0f %% sure)", hundred*c)
	}
	p.linef("Why did %s move on %s?", a.Fact, dated(a.Grain, a.Period))
	p.linef("")
	p.linef("%s", capital(verdict))
	p.wrapped("", a.Verdict.Summary)
	for i, c := range a.Causes {
		if i > 0 {
			p.wrapped("  ", fmt.Sprintf("Also %s (%s), %s users.", words(string(c.Cause)), words(string(c.Class)), signed(c.Users)))
		}
	}
}

func (p *page) segments(a Answer) {
	if len(a.Segments) == 0 {
		return
	}
	rows := make([][]string, 0, len(a.Segments))
	for _, s := range a.Segments {
		portion := ""
		if s.Share != nil {
			const hundred = 100
			portion = fmt.Sprintf("%.0f %% of the unexpected", hundred**s.Share)
		}
		rows = append(rows, []string{conjunction(keys(s.Where), s.Where), Thousands(s.Observed) + " " + s.Of, "expected " + Thousands(s.Expected), signed(s.Effect), portion})
	}
	p.linef("")
	p.linef("Who moved")
	p.table(rows, []bool{false, true, true, true, false})
}

func (p *page) evidence(a Answer) {
	if len(a.Evidence) == 0 {
		return
	}
	p.linef("")
	p.linef("Evidence")
	for _, e := range a.Evidence {
		what := strings.TrimSpace(e.Node + " " + e.Partition + upTo(e.Last))
		p.wrapped("  ", strings.TrimSpace(fmt.Sprintf("%s %s: %s", e.Kind, what, e.Detail)))
		if len(e.Path) > 1 {
			p.linef("    %s", drawn(e.Path))
		}
	}
	if a.EvidenceLeftOut > 0 {
		p.linef("  and %d more: headwater partitions check lists them", a.EvidenceLeftOut)
	}
}

func (p *page) calendar(a Answer) {
	if len(a.Calendar) == 0 {
		return
	}
	p.linef("")
	p.linef("On the calendar (a coincidence in time, no proof)")
	for _, n := range a.Calendar {
		who := ""
		if n.Dimension != "" {
			who = fmt.Sprintf(" (%s %s)", n.Dimension, n.Value)
		}
		p.linef("  %s  %s %q%s", n.Date, n.Type, n.Name, who)
	}
}

func (p *page) next(a Answer) {
	if len(a.Next) == 0 {
		return
	}
	p.linef("")
	p.linef("Next")
	for _, n := range a.Next {
		p.wrapped("  ", n.Why)
		// Arguments hold texts, lists of texts and values that came out of JSON: they always go back.
		arguments, err := json.Marshal(n.Arguments)
		if err != nil {
			arguments = []byte("{}")
		}
		p.linef("    headwater call %s --json '%s'", n.Tool, strings.ReplaceAll(string(arguments), "'", `'\''`))
	}
}

// table writes rows with columns as wide as their widest cell; right says which columns are aligned to the right.
func (p *page) table(rows [][]string, right []bool) {
	widths := make([]int, len(right))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], lipgloss.Width(cell))
		}
	}
	for _, row := range rows {
		cells := make([]string, len(row))
		for i, cell := range row {
			cells[i] = pad(cell, widths[i], right[i])
		}
		p.linef("  %s", strings.Join(cells, "  "))
	}
}

// pad fills a cell up to a width in columns, on the left where it is aligned to the right.
func pad(cell string, width int, right bool) string {
	blank := strings.Repeat(" ", max(width-lipgloss.Width(cell), 0))
	if right {
		return blank + cell
	}
	return cell + blank
}

// words turns a name into words: missing_partition is "missing partition".
func words(name string) string { return strings.ReplaceAll(name, "_", " ") }

// dated is a period with its weekday or its grain.
func dated(grain, name string) string {
	day, err := time.Parse(time.DateOnly, name)
	if err != nil || grain != "day" {
		return "the " + grain + " of " + name
	}
	return day.Format("Monday 2006-01-02")
}

// upTo names the last of several partitions.
func upTo(last string) string {
	if last == "" {
		return ""
	}
	return " to " + last
}
