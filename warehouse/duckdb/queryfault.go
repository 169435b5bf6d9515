package duckdb

import (
	"context"
	"errors"
	"regexp"
	"strings"

	duckdb "github.com/duckdb/duckdb-go/v2"

	"github.com/headwater-mcp/headwater/fault"
)

// engineVersion is the version of the DuckDB that is linked, such as "1.5.6".
func engineVersion() string { return strings.TrimPrefix(libraryVersion(), "v") }

// interrupted is the fault of a call whose context ended.
func interrupted(ctx context.Context) error {
	err := ctx.Err()
	if errors.Is(err, context.DeadlineExceeded) {
		return fault.Wrap(err, fault.Unavailable, "The warehouse did not answer in the time allowed for this call. Try again, or ask for fewer periods.")
	}
	return fault.Wrap(err, fault.Unavailable, "The call was cancelled before the warehouse had answered.")
}

var missingColumn = regexp.MustCompile(`(?i)^(?:Referenced (?:column|table) |(?:Table|Values list) \S+ does not have a column |Column \S+ does not exist)`)

// queryFault translates what DuckDB says about a statement. A missing relation is fault.NotFound and a missing column
// fault.Invalid, both in DuckDB's words, which suggest near misses; what the machine or the file lacks is
// fault.Unavailable, a file outside the allowed roots fault.Blocked, and everything else is ours: fault.Internal.
func (i *instance) queryFault(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return interrupted(ctx)
	}
	var d *duckdb.Error
	if !errors.As(err, &d) {
		return fault.Wrap(err, fault.Internal, "The warehouse gave an answer that headwater did not expect. This is a bug.")
	}
	if noSpace(d.Msg) {
		return i.fullFault(err)
	}
	said := firstSentence(d.Msg)
	switch d.Type { //nolint:exhaustive // all others are statements that headwater should not have written
	case duckdb.ErrorTypeCatalog, duckdb.ErrorTypeBinder:
		return i.nameFault(err, d.Type, said)
	case duckdb.ErrorTypeOutOfMemory:
		return fault.Wrap(err, fault.Unavailable, "The query needs more memory than DuckDB may use here. Raise the memory limit of the warehouse "+
			"(memory_limit under settings in the dbt profile), or ask for fewer periods.")
	case duckdb.ErrorTypePermission:
		return fault.Wrap(err, fault.Blocked, "The query reads a file outside the warehouse: %s Headwater reads the warehouse file and what lies under "+
			"external_root of the dbt profile; put the file there, or materialize the view as a table.", said)
	case duckdb.ErrorTypeMissingExtension, duckdb.ErrorTypeAutoLoad:
		return fault.Wrap(err, fault.Unavailable, "The query needs a DuckDB extension, and headwater loads none: %s Materialize the view as a table.", said)
	case duckdb.ErrorTypeConversion, duckdb.ErrorTypeOutOfRange:
		return fault.Wrap(err, fault.Invalid, "The warehouse %s holds a value that cannot be read as what it should be: %s Mend the rows, or the cast "+
			"in the view.", i.opening.name(), cut(said))
	case duckdb.ErrorTypeIO:
		return i.ioFault(err, d.Msg)
	case duckdb.ErrorTypeFatal, duckdb.ErrorTypeInternal:
		i.doomed.Store(true)
		return fault.Wrap(err, fault.Unavailable, "DuckDB gave up on the warehouse %s in the middle of a call. Try again; if it happens again, the file may be damaged.",
			i.opening.name())
	}
	return refused(err)
}

func refused(err error) error {
	return fault.Wrap(err, fault.Internal, "The warehouse refused a statement of headwater's. This is a bug.")
}

// nameFault is about a relation or column that is not there.
func (i *instance) nameFault(err error, kind duckdb.ErrorType, said string) error {
	switch {
	case kind == duckdb.ErrorTypeCatalog:
		return fault.Wrap(err, fault.NotFound, "The warehouse %s says: %s", i.opening.name(), said)
	case missingColumn.MatchString(said):
		return fault.Wrap(err, fault.Invalid, "The warehouse %s says: %s", i.opening.name(), said)
	}
	return refused(err)
}

// noSpace reports a full disk. DuckDB says so with several types of error: also of a commit, and as the cause of a fatal one.
func noSpace(text string) bool {
	text = strings.ToLower(text)
	return strings.Contains(text, "no space left") || strings.Contains(text, "max_temp_directory_size")
}

// fullFault is about a full disk. After a commit that failed DuckDB refuses everything, so nobody may join this instance.
func (i *instance) fullFault(err error) error {
	i.doomed.Store(true)
	return fault.Wrap(err, fault.Unavailable, "The disk of the warehouse %s or of the temporary folder is full, so nothing was written. "+
		"Free some space and try again.", i.opening.name())
}

// ioFault tells apart a file that cannot be written and a damaged file.
func (i *instance) ioFault(err error, text string) error {
	has := func(part string) bool { return strings.Contains(strings.ToLower(text), part) }
	switch {
	case has("no files found"), has("no such file"):
		return fault.Wrap(err, fault.Unavailable, "A view of the warehouse %s reads files that are not there: %s", i.opening.name(), firstSentence(text))
	}
	return openFault(err, i.opening)
}

// maxSaid is how much of DuckDB's words about a value is repeated: the value is in them, and can be a novel.
const maxSaid = 200

func cut(said string) string {
	if runes := []rune(said); len(runes) > maxSaid {
		return string(runes[:maxSaid]) + "…"
	}
	return said
}

// firstSentence drops DuckDB's error class and its drawing of where in the statement the error was.
func firstSentence(text string) string {
	text, _, _ = strings.Cut(text, "\n\nLINE ")
	if _, rest, ok := strings.Cut(text, " Error: "); ok {
		text = rest
	}
	text = strings.Join(strings.Fields(text), " ")
	if !strings.HasSuffix(text, ".") && !strings.HasSuffix(text, "?") && !strings.HasSuffix(text, "!") {
		text += "."
	}
	return text
}
