package warehouse

import "text/template"

// Dialect says how an engine spells what our SQL templates need. Every engine gives the same functions:
//
//	ident X                     the identifier X, quoted
//	relation R                  the Relation R, every part quoted
//	local_date COL KIND FROM TO the local date in zone TO of column COL of TimeKind KIND; a Timestamp is read in zone FROM
//	instant COL KIND FROM       the column as an instant (TIMESTAMP WITH TIME ZONE), for comparison with a bound instant
//	trunc GRAIN WEEKSTART EXPR  the start date of the period that holds the date EXPR; WEEKSTART counts from Sunday = 0
//	days A B                    the number of days from date A to date B
//	json_leaf COLS              a JSON object of the columns, keys in that order; numbers and booleans as such
//	latest_leaf COL COLS        an aggregate: the COLS of the row with the greatest COL, ties to the greatest tuple, NULL
//	                            smallest; field N of its value is leaf_field EXPR N
//	leaf_field EXPR N
//
// EXPR, A and B are SQL that a template wrote; every other argument is a value that the function quotes.
type Dialect struct {
	// Name is the engine's name as headwater.yaml writes it: duckdb, trino, bigquery.
	Name  string
	Funcs template.FuncMap
}
