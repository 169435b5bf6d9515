package observe

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"strings"

	"github.com/headwater-mcp/headwater/partition"
	"github.com/headwater-mcp/headwater/warehouse"
)

// Whole implements partition.Observer.
func (o *Observer) Whole(ctx context.Context, r partition.WholeRequest) (partition.WholeObservation, error) {
	var out partition.WholeObservation
	relation, err := warehouse.ParseRelation(r.Relation)
	if err != nil {
		return partition.WholeObservation{Unobserved: noName(r.Relation)}, nil //nolint:nilerr // what cannot be asked for is an answer
	}
	err = o.warehouse.Read(ctx, func(ctx context.Context, reader warehouse.Reader) error {
		table, err := o.warehouse.Relation(ctx, relation)
		if err != nil {
			return err
		}
		v := values{Relation: table.Relation}
		v.bindContent(table, o.hash)
		if out.Unobserved, err = o.tooMuch(ctx, table, len(v.Content)); err != nil || out.Unobserved != "" {
			return err
		}
		var query strings.Builder
		if err := o.sql.ExecuteTemplate(&query, "whole.sql", v); err != nil {
			return fmt.Errorf("render the count of %s: %w", v.Relation, err)
		}
		counts, err := warehouse.Collect(ctx, reader, func(rows warehouse.Rows) (partition.Count, error) {
			var c partition.Count
			var sum *string // NULL of no rows
			err := rows.Scan(&c.Rows, &sum)
			if sum != nil && *sum != "" {
				c.Fingerprint = v.made + ":" + *sum
			}
			return c, err
		}, query.String())
		if err == nil {
			out.Count = counts[0]
		}
		return err
	})
	if err == nil {
		return out, nil
	}
	if why := ofRelation(err); why != "" {
		return partition.WholeObservation{Unobserved: why}, nil
	}
	return out, err
}

// maxValues bounds how many values are read to see whether a table is what it was, rows times columns: two or three seconds of
// one core, and no call may take thirty.
const maxValues = 50_000_000

// tooMuch says why a table is not read whole, or "". Of a view nobody knows beforehand.
func (o *Observer) tooMuch(ctx context.Context, table warehouse.Table, columns int) (string, error) {
	if table.Bytes != nil && o.maxBytes > 0 {
		bytes, err := table.Bytes(ctx, o.maxBytes)
		if err != nil {
			return "", err
		}
		if bytes != nil && *bytes > o.maxBytes {
			return fmt.Sprintf("It takes %d bytes, more than the %d of policy.max_bytes.", *bytes, o.maxBytes), nil
		}
	}
	if table.Rows != nil && *table.Rows > maxValues/int64(max(columns, 1)) {
		return fmt.Sprintf("It has %d rows of %d columns, more than the %d values that are read to see whether a table is what it was.",
			*table.Rows, columns, maxValues), nil
	}
	return "", nil
}

func noName(relation string) string {
	return fmt.Sprintf("Its relation is %q, which is no table's name that could be asked for.", relation)
}

// loadTime matches columns that say when a row was loaded and nothing of what it means: loading the same rows again changes them.
var loadTime = regexp.MustCompile(`(?i)^_?(?:(?:dbt|etl|fivetran|airbyte|stitch|dlt|meltano|sdc)_.*|(?:row_)?(?:loaded|ingested|synced|extracted|imported|inserted|load|ingestion|sync)(?:_at|_ts|_time|_timestamp|_date)|_(?:loaded|ingested|synced|extracted|imported|inserted))$`)

// bindContent takes the columns that a fingerprint is of, and names how it is made.
func (v *values) bindContent(table warehouse.Table, hash string) {
	for _, c := range table.Columns {
		if !loadTime.MatchString(c.Name) {
			v.Content = append(v.Content, warehouse.Ident(c.Name))
		}
	}
	names := []string{hash}
	for _, c := range v.Content {
		names = append(names, string(c))
	}
	sum := sha256.Sum256([]byte(strings.Join(names, "\x00")))
	v.made = hex.EncodeToString(sum[:4])
}
