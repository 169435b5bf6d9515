package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"

	"github.com/headwater-mcp/headwater/internal/cli"
)

// program is headwater: the binary, or without one this process.
type program struct{ binary string }

// run runs a command line, and returns what was printed and how long it took.
func (p program) run(ctx context.Context, args ...string) ([]byte, time.Duration, error) {
	var out, problems bytes.Buffer
	environ := slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "HEADWATER_") })
	start := time.Now()
	if p.binary == "" {
		if code := cli.Run(ctx, args, environ, cli.Streams{In: &bytes.Buffer{}, Out: &out, Err: &problems}); code != 0 {
			return nil, 0, fmt.Errorf("headwater %s: exit code %d: %s", strings.Join(args, " "), code, problems.Bytes())
		}
		return out.Bytes(), time.Since(start), nil
	}
	cmd := exec.CommandContext(ctx, p.binary, args...) //nolint:gosec // named by whoever measures
	cmd.Stdout, cmd.Stderr, cmd.Env = &out, &problems, environ
	if err := cmd.Run(); err != nil {
		return nil, 0, fmt.Errorf("%s: %w: %s", cmd, err, problems.Bytes())
	}
	return out.Bytes(), time.Since(start), nil
}

// call asks a tool about a case.
func (p program) call(ctx context.Context, c oneCase, tool string, arguments map[string]any) ([]byte, time.Duration, error) {
	text, err := json.Marshal(arguments)
	if err != nil {
		return nil, 0, fmt.Errorf("encode the arguments: %w", err)
	}
	return p.run(ctx, "--project", c.dir, "--as-of", c.question.AsOf, "call", tool, "--json", string(text))
}

// maxNodes is more nodes than a case has, and more ranges than one of them has.
const maxNodes = 100

// check asks what is wrong with the partitions of the fact and everything upstream of it.
func (p program) check(ctx context.Context, c oneCase) ([]sighting, time.Duration, error) {
	text, took, err := p.call(ctx, c, "check_partitions",
		map[string]any{"select": "+" + c.fact.Model, "only": "problems", "limit": maxNodes})
	if err != nil {
		return nil, 0, err
	}
	seen, err := sightings(text)
	return seen, took, err
}

// sighting is one thing that the checker says of one period of a node, or, with period "", of its table.
type sighting struct{ node, period, word string }

// presences are those of a partition that is not there as it should be; the others say nothing that could be wrong.
func presences() []string { return []string{"missing", "unknown"} }

// answer is what of an answer of check_partitions is judged.
type answer struct {
	Truncated bool     `json:"truncated"`
	Nodes     []saidOf `json:"nodes"`
}

type saidOf struct {
	ID   string `json:"id"`
	Spec struct {
		Grain string `json:"grain"`
	} `json:"spec"`
	Table  []finding `json:"table_findings"`
	Ranges []struct {
		First    string    `json:"first"`
		Last     string    `json:"last"`
		Presence string    `json:"presence"`
		Findings []finding `json:"findings"`
	} `json:"ranges"`
	LeftOut int `json:"ranges_left_out"`
}

type finding struct {
	Finding string `json:"finding"`
}

// sightings takes an answer of check_partitions apart, a period at a time. An answer that leaves something out is an error.
func sightings(text []byte) ([]sighting, error) {
	var a answer
	if err := json.Unmarshal(text, &a); err != nil {
		return nil, fmt.Errorf("the answer of check_partitions: %w", err)
	}
	if a.Truncated {
		return nil, errors.New("the answer of check_partitions is cut, so nothing can be said of the rest")
	}
	var out []sighting
	for _, n := range a.Nodes {
		if n.LeftOut > 0 {
			return nil, fmt.Errorf("the answer of check_partitions leaves out ranges of %s", n.ID)
		}
		of, err := n.sightings()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", n.ID, err)
		}
		out = append(out, of...)
	}
	return out, nil
}

func (n saidOf) sightings() ([]sighting, error) {
	var out []sighting
	for _, f := range n.Table {
		out = append(out, sighting{n.ID, "", f.Finding})
	}
	for _, r := range n.Ranges {
		periods, err := days(n.Spec.Grain, r.First, r.Last)
		if err != nil {
			return nil, err
		}
		for _, period := range periods {
			if slices.Contains(presences(), r.Presence) {
				out = append(out, sighting{n.ID, period, r.Presence})
			}
			for _, f := range r.Findings {
				out = append(out, sighting{n.ID, period, f.Finding})
			}
		}
	}
	return out, nil
}

// days names the days from first to last.
func days(grain, first, last string) ([]string, error) {
	from, err := time.Parse(time.DateOnly, first)
	until, lastErr := time.Parse(time.DateOnly, last)
	if err = errors.Join(err, lastErr); err != nil || grain != "day" {
		return nil, fmt.Errorf("a range of %s, %s to %s: truths are of days only: %w", grain, first, last, err)
	}
	var out []string
	for ; !from.After(until); from = from.AddDate(0, 0, 1) {
		out = append(out, from.Format(time.DateOnly))
	}
	return out, nil
}
