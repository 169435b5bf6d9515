package partition

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/lineage"
	"github.com/headwater-mcp/headwater/period"
)

// layer is what one source says of a node's partitions.
type layer struct {
	from       string
	fields     Override
	columnZone string
	// unknowable says why the source's grain cannot be followed.
	unknowable string
}

// draft is the spec of a node while its sources are read, first source first.
type draft struct {
	fields     Override
	columnZone string
	first      string // the first source that said anything
	grain      string // the source of the grain
	unknowable string
	reason     string
	claims     claims
}

// take fills what is still empty with what a layer says.
func (d *draft) take(l layer) {
	hadGrain := d.fields.Grain != "" || d.unknowable != ""
	took := false
	fill := func(to *string, value string) {
		if *to == "" && value != "" {
			*to, took = value, true
		}
	}
	if !hadGrain {
		fill(&d.unknowable, l.unknowable)
	}
	if d.unknowable == "" {
		fill(&d.fields.Grain, l.fields.Grain)
	}
	if !hadGrain && took {
		d.grain = l.from
	}
	for _, f := range []struct {
		to    *string
		value string
	}{
		{&d.fields.Time, l.fields.Time},
		{&d.fields.Timezone, l.fields.Timezone},
		{&d.fields.WeekStart, l.fields.WeekStart},
		{&d.fields.Begin, l.fields.Begin},
		{&d.fields.ExpiresAfter, l.fields.ExpiresAfter},
		{&d.fields.Key, l.fields.Key},
		{&d.fields.ExpectedBy, l.fields.ExpectedBy},
		{&d.fields.Settle, l.fields.Settle},
		{&d.columnZone, l.columnZone},
	} {
		fill(f.to, f.value)
	}
	if d.fields.Window == 0 && l.fields.Window != 0 {
		d.fields.Window, took = l.fields.Window, true
	}
	if d.fields.Vars == (Vars{}) && l.fields.Vars != (Vars{}) {
		d.fields.Vars, took = l.fields.Vars, true
	}
	if took && d.first == "" {
		d.first = l.from
	}
}

// claim is take of a source whose word stands against those of others.
func (d *draft) claim(l layer) {
	d.claims.take(l)
	d.take(l)
}

// from names the first source and, where it is another, the source of the grain.
func (d *draft) from() string {
	if d.grain != "" && d.grain != d.first && d.first != eventTime {
		return d.first + ", " + d.grain
	}
	if d.grain != "" {
		return d.grain
	}
	return d.first
}

const eventTime = "event_time"

// draft reads the sources of a node in their order.
func (d *deriver) draft(n *lineage.Node) (*draft, error) {
	out := &draft{reason: "Nothing declares how it is partitioned: no entry under partitions in headwater.yaml, no meta.headwater.partition, " +
		"no microbatch or partition_by config, no fact, no event_time."}
	if o, ok := d.declared[n.ID]; ok {
		out.claim(layer{from: "headwater.yaml", fields: o})
		if _, err := out.fields.spec(); err != nil {
			return nil, fault.Wrap(err, fault.Invalid, "headwater.yaml, partitions, node %s: %s", o.Node, err)
		}
	}
	d.project(n, out, "meta.headwater.partition", meta)
	d.project(n, out, "dbt microbatch", microbatch)
	d.project(n, out, "partition_by", partitionBy)
	if given, ok := d.given[n.ID]; ok {
		if _, err := given.Override.spec(); err != nil {
			return nil, fault.Wrap(err, fault.Invalid, "%s: %s", given.From, err)
		}
		out.take(layer{from: given.From, fields: given.Override, columnZone: given.ColumnZone})
	}
	out.claim(layer{from: eventTime, fields: Override{Time: n.Build.EventTime}})
	return out, nil
}

// project takes what dbt's project says, unless it cannot be read: then it is a problem and the next source is asked.
func (d *deriver) project(n *lineage.Node, out *draft, from string, read func(*lineage.Node) (layer, error)) {
	l, err := read(n)
	if err == nil {
		_, err = l.fields.spec()
	}
	if err != nil {
		d.problems = append(d.problems, n.ID+", "+from+": "+err.Error())
		out.reason = "What " + from + " says cannot be taken: " + err.Error()
		return
	}
	l.from = from
	out.claim(l)
}

// meta reads meta.headwater.partition.
func meta(n *lineage.Node) (layer, error) {
	headwater, _ := n.Meta["headwater"].(map[string]any)
	declared, ok := headwater["partition"]
	if !ok {
		return layer{}, nil
	}
	text, err := json.Marshal(declared)
	if err != nil {
		return layer{}, fault.Wrap(err, fault.Invalid, "it is no JSON.")
	}
	var l layer
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&l.fields); err != nil {
		if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
			return layer{}, fault.Wrap(err, fault.Invalid, "%s is a %s where a %s belongs.", wrong.Field, wrong.Value, wrong.Type)
		}
		if _, field, ok := strings.Cut(err.Error(), "unknown field "); ok {
			name, unquoteErr := strconv.Unquote(field)
			if unquoteErr != nil {
				name = field
			}
			return layer{}, fault.Wrap(err, fault.Invalid, "there is no key %q.%s Valid are %s.",
				name, fault.DidYouMean(name, overrideKeys()), strings.Join(overrideKeys(), ", "))
		}
		return layer{}, fault.Wrap(err, fault.Invalid, "it is no object of the keys %s.", strings.Join(overrideKeys(), ", "))
	}
	return l, nil
}

func overrideKeys() []string {
	return []string{
		"grain", "time", "timezone", "week_start", "begin", "expires_after", "window", "key", "expected_by", "settle",
		"vars{first, last, start, end}",
	}
}

// microbatch reads dbt's microbatch config. Batches are of UTC, and the batch that holds begin is built whole.
func microbatch(n *lineage.Node) (layer, error) {
	b := n.Build
	if b.IncrementalStrategy != "microbatch" || n.Materialized != "incremental" {
		return layer{}, nil
	}
	l := layer{fields: Override{Time: b.EventTime, Timezone: "UTC"}}
	switch b.BatchSize {
	case string(period.Hour), string(period.Day), string(period.Month), string(period.Year):
		l.fields.Grain = b.BatchSize
	default:
		return layer{}, fault.New(fault.Invalid, "batch_size is %q; dbt knows hour, day, month and year.", b.BatchSize)
	}
	if b.Begin == "" {
		return l, nil
	}
	begin, err := dbtInstant(b.Begin)
	if err != nil {
		return layer{}, err
	}
	l.fields.Begin = period.UTC().At(period.Grain(b.BatchSize), begin).Start().UTC().Format(time.RFC3339)
	return l, nil
}

// dbtInstant reads begin as dbt does: a date, or a date and time, in UTC where it does not say otherwise.
func dbtInstant(text string) (time.Time, error) {
	for _, layout := range []string{
		time.DateOnly, "2006-01-02T15:04:05", time.DateTime, "2006-01-02T15:04", "2006-01-02 15:04", time.RFC3339Nano,
		"2006-01-02 15:04:05Z07:00",
	} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fault.New(fault.Invalid, "begin is %q, which is neither a date nor a date and time.", text)
}

// partitionBy reads BigQuery's config {field, granularity}. Other adapters name columns and no grain, which says nothing here.
func partitionBy(n *lineage.Node) (layer, error) {
	by, ok := n.Config["partition_by"].(map[string]any)
	if !ok || isView(n) {
		return layer{}, nil
	}
	field, _ := by["field"].(string)
	kind, _ := by["data_type"].(string)
	if field == "" || strings.HasPrefix(strings.ToLower(kind), "int") {
		return layer{}, nil
	}
	if loaded, _ := by["time_ingestion_partitioning"].(bool); loaded {
		return layer{unknowable: "Its rows are placed by the time of loading (time_ingestion_partitioning), which is none of its columns, so they cannot be " +
			"counted by period. Declare grain and time under partitions in headwater.yaml to have it checked by a column."}, nil
	}
	l := layer{fields: Override{Time: field, Timezone: "UTC"}}
	switch granularity, _ := by["granularity"].(string); strings.ToLower(granularity) {
	case "", string(period.Day):
		l.fields.Grain = string(period.Day)
	case string(period.Hour), string(period.Month), string(period.Year):
		l.fields.Grain = strings.ToLower(granularity)
	default:
		return layer{}, fault.New(fault.Invalid, "granularity is %q; BigQuery knows hour, day, month and year.", granularity)
	}
	if days, ok := n.Config["partition_expiration_days"].(float64); ok && days > 0 {
		l.fields.ExpiresAfter = strconv.FormatFloat(days, 'f', -1, 64) + "d"
	}
	return l, nil
}
