package demo

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/headwater-mcp/headwater/testdata/shop"
)

// The two ways in which dbt writes an instant.
const (
	zulu   = "2006-01-02T15:04:05.000000Z"
	offset = "2006-01-02T15:04:05.000000-07:00"
)

// writeArtifacts writes the recorded artifacts to dir as if dbt had run in the world's last night: every time is moved
// by one and the same duration, and freshness is what dbt would have found. loads has the newest load of each source
// by unique_id.
func writeArtifacts(dir string, world span, loads map[string]time.Time) error {
	artifacts := map[string]map[string]any{}
	for _, name := range []string{"manifest.json", "run_results.json", "sources.json", "catalog.json"} {
		content, err := readArtifact(name)
		if err != nil {
			return err
		}
		artifacts[name] = content
	}
	recorded, err := startOf(artifacts["run_results.json"])
	if err != nil {
		return err
	}
	for name, content := range artifacts {
		if err := shift(content, world.lastRun().Sub(recorded)); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	if err := refresh(artifacts["sources.json"], loads); err != nil {
		return err
	}
	for name, content := range artifacts {
		var text bytes.Buffer
		encoder := json.NewEncoder(&text)
		encoder.SetEscapeHTML(false)
		if err := encoder.Encode(content); err != nil {
			return fmt.Errorf("encode %s: %w", name, err)
		}
		if err := writeFile(filepath.Join(dir, name), text.Bytes(), world.lastRun().Add(time.Minute)); err != nil {
			return err
		}
	}
	return nil
}

func readArtifact(name string) (map[string]any, error) {
	text, err := fs.ReadFile(shop.Files(), "target/"+name)
	if err != nil {
		return nil, fmt.Errorf("read the shop's %s: %w", name, err)
	}
	var content map[string]any
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&content); err != nil {
		return nil, fmt.Errorf("decode the shop's %s: %w", name, err)
	}
	return content, nil
}

func startOf(runResults map[string]any) (time.Time, error) {
	metadata, _ := runResults["metadata"].(map[string]any)
	text, _ := metadata["invocation_started_at"].(string)
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}, fmt.Errorf("run_results.json does not say when dbt was started: %w", err)
	}
	return at, nil
}

// shift moves every time below value by d, in place. Batch windows and the flags of the run name days of data, not
// instants of the run, and stay.
func shift(value any, d time.Duration) error {
	switch v := value.(type) {
	case []any:
		for _, item := range v {
			if err := shift(item, d); err != nil {
				return err
			}
		}
	case map[string]any:
		for key, item := range v {
			moved, err := shiftField(key, item, d)
			if err != nil {
				return err
			}
			v[key] = moved
		}
	}
	return nil
}

func shiftField(key string, value any, d time.Duration) (any, error) {
	switch v := value.(type) {
	case string:
		switch key {
		case "generated_at", "invocation_started_at", "started_at", "completed_at", "snapshotted_at":
			at, err := time.Parse(time.RFC3339, v)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", key, err)
			}
			layout := offset
			if strings.HasSuffix(v, "Z") {
				layout = zulu
			}
			return at.Add(d).Format(layout), nil
		}
	case json.Number:
		if key == "created_at" {
			seconds, err := v.Float64()
			if err != nil {
				return nil, fmt.Errorf("%s: %w", key, err)
			}
			return json.Number(strconv.FormatFloat(seconds+d.Seconds(), 'f', 6, 64)), nil
		}
	}
	return value, shift(value, d)
}

// refresh makes `dbt source freshness` say what it would have said of these loads.
func refresh(sources map[string]any, loads map[string]time.Time) error {
	results, _ := sources["results"].([]any)
	for _, item := range results {
		result, _ := item.(map[string]any)
		id, _ := result["unique_id"].(string)
		loaded, ok := loads[id]
		if !ok {
			return fmt.Errorf("sources.json holds %q, of which the warehouse has no load", id)
		}
		text, _ := result["snapshotted_at"].(string)
		seen, err := time.Parse(time.RFC3339, text)
		if err != nil {
			return fmt.Errorf("snapshotted_at of %s: %w", id, err)
		}
		age := seen.Sub(loaded)
		result["max_loaded_at"] = loaded.UTC().Format("2006-01-02T15:04:05-07:00")
		result["max_loaded_at_time_ago_in_s"] = age.Seconds()
		result["status"] = freshness(result["criteria"], age)
	}
	return nil
}

// freshness is dbt's verdict on an age: pass, warn or error.
func freshness(criteria any, age time.Duration) string {
	limits, _ := criteria.(map[string]any)
	for _, level := range []string{"error", "warn"} {
		limit, _ := limits[level+"_after"].(map[string]any)
		count, _ := limit["count"].(json.Number)
		n, err := count.Int64()
		unit, known := map[any]time.Duration{"minute": time.Minute, "hour": time.Hour, "day": 24 * time.Hour}[limit["period"]]
		if err == nil && known && age > time.Duration(n)*unit {
			return level
		}
	}
	return "pass"
}
