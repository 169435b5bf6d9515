package observe

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/headwater-mcp/headwater/partition"
	"github.com/headwater-mcp/headwater/warehouse"
)

// definitions reads by which definition the periods of an activation output were built, by index.
func (o *Observer) definitions(
	ctx context.Context, reader warehouse.Reader, r partition.ObserveRequest, notes warehouse.Relation,
) (map[int]string, error) {
	var query strings.Builder
	if err := o.sql.ExecuteTemplate(&query, "definitions.sql", notes); err != nil {
		return nil, fmt.Errorf("render the definitions of %s: %w", notes, err)
	}
	type noted struct {
		date       time.Time
		definition string
	}
	rows, err := warehouse.Collect(ctx, reader, func(rows warehouse.Rows) (noted, error) {
		var n noted
		err := rows.Scan(&n.date, &n.definition)
		return n, err
	}, query.String(), r.Spec.Noted.Definition, r.Spec.Noted.Definition, r.First.UTCDate(), r.Last.Next().UTCDate())
	out := make(map[int]string, len(rows))
	for _, n := range rows {
		out[numbered(r, &n.date, nil)] = n.definition
	}
	return out, err
}
