package dbt

import (
	"fmt"

	"github.com/headwater-mcp/headwater/lineage"
	"github.com/headwater-mcp/headwater/lineage/dbt/scan"
)

// config is a node's config: everything as written, and what is asked for by name.
type config struct {
	all          map[string]any
	materialized string
	group        string
	access       string
	loadedAt     string
	contract     bool
	tags         []string
	meta         map[string]any
	build        lineage.Build
}

// config takes a config. Most nodes of a project have one of a few configs, byte for byte: those are decoded once and
// shared. It returns the config's bytes besides.
func (d *decoder) config(c *scan.Cursor) (config, []byte) {
	raw := c.Raw()
	if known, ok := d.configs[string(raw)]; ok {
		return known, raw
	}
	inner := d.words.Over(raw)
	all, _ := inner.Any().(map[string]any)
	if inner.Err() != nil {
		c.Fail(inner.Err())
		return config{}, nil
	}
	cfg := config{
		all:          all,
		materialized: word(all["materialized"]),
		group:        word(all["group"]),
		access:       word(all["access"]),
		loadedAt:     word(all["loaded_at_field"]),
		tags:         words(all["tags"]),
		build: lineage.Build{
			IncrementalStrategy: word(all["incremental_strategy"]),
			UniqueKey:           words(all["unique_key"]),
			EventTime:           word(all["event_time"]),
			BatchSize:           word(all["batch_size"]),
			Begin:               word(all["begin"]),
			Lookback:            number(all["lookback"]),
		},
	}
	cfg.meta, _ = all["meta"].(map[string]any)
	if contract, ok := all["contract"].(map[string]any); ok {
		cfg.contract, _ = contract["enforced"].(bool)
	}
	d.configs[string(raw)] = cfg
	return cfg, raw
}

// word is a config value as text: numbers and truth values as they are printed, lists and objects as nothing.
func word(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case float64, bool:
		return fmt.Sprint(v)
	}
	return ""
}

// words is a config value that is a text or a list of texts.
func words(v any) []string {
	out := []string{}
	list, ok := v.([]any)
	if !ok {
		list = []any{v}
	}
	for _, x := range list {
		if w := word(x); w != "" {
			out = append(out, w)
		}
	}
	return out
}

// number is a config value that is a whole number, nil where it is none.
func number(v any) *int {
	f, ok := v.(float64)
	if !ok || f != float64(int(f)) {
		return nil
	}
	n := int(f)
	return &n
}
