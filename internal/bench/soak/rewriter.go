package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"
)

// rewrite writes the manifest anew, as dbt does after each run, now in place and now by renaming, and asks until answers are from
// it. Each has a description that none had before.
func (c *churned) rewrite(ctx context.Context, a *client, chance *rand.Rand, until time.Time) error {
	if err := a.enter(ctx); err != nil {
		return err
	}
	path := filepath.Join(c.dir, "target", "manifest.json")
	whole, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("reading the manifest: %w", err)
	}
	for ctx.Err() == nil && time.Now().Before(until) {
		word := fmt.Sprintf("w%016x", chance.Uint64())
		text, err := described(whole, word)
		if err != nil {
			return err
		}
		if err := replace(path, text, chance.IntN(2) == 0); err != nil {
			return err
		}
		begun := time.Now()
		err = seen(ctx, a, word)
		if ctx.Err() == nil {
			c.meter.note(reloads, time.Since(begun), err)
		}
		select { // a dbt that ran more often would be a strange one
		case <-ctx.Done():
		case <-time.After(time.Second):
		}
	}
	return a.leave(context.WithoutCancel(ctx))
}

// reloads is the kind under which the meter has how long artifacts took to be answered from.
const reloads = "artifacts, from written to answered from"

const describedModel = "model.shop.fct_app_visit"

// described is a manifest of a dbt run of its own in which a model has another description.
func described(manifest []byte, word string) ([]byte, error) {
	var m map[string]any
	numbers := json.NewDecoder(bytes.NewReader(manifest))
	numbers.UseNumber()
	if err := numbers.Decode(&m); err != nil {
		return nil, fmt.Errorf("reading the manifest: %w", err)
	}
	metadata, _ := m["metadata"].(map[string]any)
	nodes, _ := m["nodes"].(map[string]any)
	model, ok := nodes[describedModel].(map[string]any)
	if !ok || metadata == nil {
		return nil, fmt.Errorf("the manifest has no %s", describedModel)
	}
	metadata["invocation_id"], model["description"] = word, word
	out, err := json.Marshal(m)
	if err != nil {
		return nil, fmt.Errorf("writing the manifest: %w", err)
	}
	return out, nil
}

// replace writes a file in place, piece by piece, or beside its place and then into it.
func replace(path string, text []byte, inPlace bool) error {
	if !inPlace {
		if err := os.WriteFile(path+".new", text, 0o600); err != nil {
			return fmt.Errorf("writing the manifest: %w", err)
		}
		if err := os.Rename(path+".new", path); err != nil {
			return fmt.Errorf("writing the manifest: %w", err)
		}
		return nil
	}
	f, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("writing the manifest: %w", err)
	}
	const piece = 64 << 10
	for begin := 0; begin < len(text); begin += piece {
		if _, err := f.Write(text[begin:min(begin+piece, len(text))]); err != nil {
			_ = f.Close() // the write's error is the one to tell
			return fmt.Errorf("writing the manifest: %w", err)
		}
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("writing the manifest: %w", err)
	}
	return nil
}

// seen asks until an answer is from artifacts that have the word.
func seen(ctx context.Context, a *client, word string) error {
	for late := time.Now().Add(patience); ctx.Err() == nil; {
		answer, err := a.call(ctx, "get_node", object{"node": describedModel})
		if err != nil {
			return err
		}
		if bytes.Contains(answer, []byte(word)) {
			return nil
		}
		if time.Now().After(late) {
			return fmt.Errorf("answers are still from the artifacts before after %s: %s", patience, answer)
		}
	}
	return ctx.Err() //nolint:wrapcheck // interrupted
}
