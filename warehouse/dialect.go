package warehouse

import "text/template"

// Dialect says how an engine spells what our SQL templates need. Every engine gives the same functions; arguments called
// expr are SQL that a template wrote, all others are values that the function quotes.
//
//	ident X                       the Ident X, quoted
//	relation R                    the Relation R, every part quoted
//	local_date COL KIND FROM TO   the local date in zone TO of column COL of TimeKind KIND; a Timestamp is read in zone FROM
//	within COL KIND FROM          COL lies in [?, ?): bound dates for a Date, bound UTC instants otherwise
//	earlier COL KIND FROM         COL lies before ?, bound in the same way
//	seconds_since COL KIND FROM N the whole seconds from N seconds after 1970-01-01T00:00Z to the instant in COL, which is no Date
//	                              and does not lie before it; a Timestamp is read in zone FROM
//	clock GRAIN COL KIND FROM TO  an integer that says what the clock of zone TO shows at COL, which is no Date: equal at equal
//	                              times of the local day, or for the grain hour of the hour; NULL of a time without end
//	quotient expr N               how often N goes into an integer that is not negative
//	minutes_after expr N          so many minutes, of 60 seconds each, after a timestamp, to the microsecond
//	trunc GRAIN WEEKDAY expr      the start date of the period that holds a date; weeks start on the time.Weekday
//	days expr expr                the number of days from one date to another
//	latest expr KIND expr         aggregate: of the rows with the greatest time, the first expr of TimeKind KIND, the greatest
//	                              integer of the second
//	fingerprint COLS              aggregate: a text that is equal for equal multisets of rows of COLS, in whatever order they come
//	row_hash COLS                 a hash of a row's COLS, equal for equal rows
//	json_leaf NAMES PREFIX        a JSON object of the columns PREFIX0, PREFIX1 …, keyed by NAMES in that order: numbers and
//	                              booleans as such, NULL as null, everything else as text
type Dialect struct {
	// Name is the engine's name as headwater.yaml writes it: duckdb, trino, bigquery.
	Name string
	// Hash names the function behind fingerprint: fingerprints of different functions do not compare.
	Hash  string
	Funcs template.FuncMap
}
