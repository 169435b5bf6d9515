package config

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/headwater-mcp/headwater/fault"
)

// CalendarEntry is a line of the calendar: something that happened on a date and may explain a move, or explains that
// no rows came.
type CalendarEntry struct {
	// Date is a local date, like 2026-05-01.
	Date string `json:"date"`
	// Type is one of CalendarTypes.
	Type string `json:"type"`
	Name string `json:"name"`
	// Dimension and Value limit the entry to a slice; both are empty where it concerns everybody.
	Dimension string `json:"dimension,omitempty"`
	Value     string `json:"value,omitempty"`
}

// CalendarTypes are the types of entries. On a closure no rows are expected.
func CalendarTypes() []string {
	return []string{"holiday", "closure", "release", "campaign", "incident"}
}

// ReadCalendar reads a calendar file, in its order. A file that is not there is fault.Unavailable; lines that cannot be
// read are fault.Invalid, all of them named by number.
func ReadCalendar(path string) ([]CalendarEntry, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fault.Wrap(err, fault.Unavailable,
			"The calendar %s cannot be opened. Mend `calendar` in %s, or take the line out.", path, FileName)
	}
	entries, err := parseCalendar(file, filepath.Base(path))
	return entries, errors.Join(err, file.Close())
}

// parseCalendar reads a calendar; name is what errors call it.
func parseCalendar(r io.Reader, name string) ([]CalendarEntry, error) {
	lines := csv.NewReader(skipMark(r))
	lines.Comment = '#'
	lines.FieldsPerRecord = -1
	lines.TrimLeadingSpace = true
	header, err := lines.Read()
	if errors.Is(err, io.EOF) {
		return nil, nil
	}
	if err != nil {
		return nil, badCSV(name, err)
	}
	columns, err := calendarColumns(name, header)
	if err != nil {
		return nil, err
	}
	var entries []CalendarEntry
	var problems []string
	for {
		record, err := lines.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, badCSV(name, err)
		}
		entry, problem := calendarEntry(columns, len(header), record)
		if problem != "" {
			line, _ := lines.FieldPos(0)
			problems = append(problems, fmt.Sprintf("%s:%d: %s", name, line, problem))
			continue
		}
		entries = append(entries, entry)
	}
	if len(problems) > 0 {
		return nil, fault.New(fault.Invalid, "%s", strings.Join(problems, "\n"))
	}
	return entries, nil
}

func badCSV(name string, err error) error {
	line := 0
	if parse, ok := errors.AsType[*csv.ParseError](err); ok {
		line = parse.Line
	}
	return fault.Wrap(err, fault.Invalid, "%s:%d: the line is no CSV; look for a quote that is not closed.", name, line)
}

// calendarColumns reads the header, in any order: for every known column its index, or -1.
func calendarColumns(name string, header []string) (map[string]int, error) {
	known := []string{"date", "type", "name", "dimension", "value"}
	columns := make(map[string]int, len(known))
	for _, c := range known {
		columns[c] = -1
	}
	for i, h := range header {
		h = strings.ToLower(strings.TrimSpace(h))
		at, ok := columns[h]
		switch {
		case !ok:
			return nil, fault.New(fault.Invalid, "%s:1: %q is no column of a calendar; its header is %s, in any order.%s",
				name, h, strings.Join(known, ","), fault.DidYouMean(h, known))
		case at >= 0:
			return nil, fault.New(fault.Invalid, "%s:1: the column %s stands in the header twice.", name, h)
		}
		columns[h] = i
	}
	for _, c := range known[:3] {
		if columns[c] < 0 {
			return nil, fault.New(fault.Invalid, "%s:1: the column %s is missing; the header is %s, in any order.",
				name, c, strings.Join(known, ","))
		}
	}
	return columns, nil
}

// calendarEntry reads one line under a header of that width, or says what is wrong with it.
func calendarEntry(columns map[string]int, width int, record []string) (CalendarEntry, string) {
	field := func(column string) string {
		if i := columns[column]; i >= 0 && i < len(record) {
			return strings.TrimSpace(record[i])
		}
		return ""
	}
	e := CalendarEntry{
		Date: field("date"), Type: strings.ToLower(field("type")), Name: field("name"),
		Dimension: field("dimension"), Value: field("value"),
	}
	_, err := time.Parse(time.DateOnly, e.Date)
	switch {
	case len(record) > width:
		return e, fmt.Sprintf("has %d values, and the header %d; put quotes around a value that holds a comma.", len(record), width)
	case err != nil:
		return e, fmt.Sprintf("%q is not a date; write it like 2026-05-01.", e.Date)
	case !slices.Contains(CalendarTypes(), e.Type):
		return e, fmt.Sprintf("%q is no type of entry; valid are %s.%s", e.Type, strings.Join(CalendarTypes(), ", "),
			fault.DidYouMean(e.Type, CalendarTypes()))
	case e.Name == "":
		return e, "has no name; answers quote it."
	case (e.Dimension == "") != (e.Value == ""):
		return e, "names a dimension without a value, or a value without a dimension; give both or neither."
	}
	return e, ""
}

// skipMark drops the byte order mark that spreadsheets write.
func skipMark(r io.Reader) io.Reader {
	const mark = "\ufeff"
	head := make([]byte, len(mark))
	n, err := io.ReadFull(r, head)
	switch {
	case err == nil && string(head) == mark:
		return r
	case err == nil || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF):
		return io.MultiReader(strings.NewReader(string(head[:n])), r)
	}
	return r
}
