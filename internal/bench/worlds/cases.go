package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// span is a range of numbers, both included.
type span struct{ first, last int }

func parseSpan(text string) (span, error) {
	from, to, both := strings.Cut(text, "..")
	if !both {
		to = from
	}
	first, err := strconv.Atoi(from)
	last, lastErr := strconv.Atoi(to)
	if err != nil || lastErr != nil || first > last {
		return span{}, fmt.Errorf("-seeds %q: a number, or a range like 1..3", text)
	}
	return span{first, last}, nil
}

// source is where a case comes from: a folder and a file that are there, or a kind and a seed to make it of.
type source struct {
	dir, truth string
	kind       string
	seed       int
}

func (s source) String() string {
	if s.dir != "" {
		return filepath.Base(s.dir)
	}
	return fmt.Sprintf("%s, seed %d", s.kind, s.seed)
}

// list finds the cases that were asked for.
func (o options) list(ctx context.Context) ([]source, error) {
	if o.worlds != "" {
		return o.listed()
	}
	said, err := o.world(ctx, "list")
	if err != nil {
		return nil, err
	}
	var known []string
	for line := range strings.Lines(string(said)) {
		if fields := strings.Fields(line); len(fields) > 0 {
			known = append(known, fields[0])
		}
	}
	kinds, err := o.chosen(known)
	if err != nil {
		return nil, err
	}
	var out []source
	for seed := o.seeds.first; seed <= o.seeds.last; seed++ {
		for _, kind := range kinds {
			out = append(out, source{kind: kind, seed: seed})
		}
	}
	return out, nil
}

// chosen are the kinds of -kinds, in the order in which they are known; all without it.
func (o options) chosen(known []string) ([]string, error) {
	for _, kind := range o.kinds {
		if !slices.Contains(known, kind) {
			return nil, fmt.Errorf("-kinds: there is no kind %q; valid are %s", kind, strings.Join(known, ", "))
		}
	}
	if len(o.kinds) == 0 {
		return known, nil
	}
	return slices.DeleteFunc(known, func(kind string) bool { return !slices.Contains(o.kinds, kind) }), nil
}

// listed are the cases of a folder whose truths lie in another.
func (o options) listed() ([]source, error) {
	files, err := filepath.Glob(filepath.Join(o.truths, "*.json"))
	if err != nil || len(files) == 0 {
		return nil, fmt.Errorf("%s holds no truths (case.json); make-all of world.py writes them", o.truths)
	}
	var out []source
	var known []string
	for _, file := range files {
		t, err := readTruth(file)
		if err != nil {
			return nil, err
		}
		if known = append(known, t.Kind); len(o.kinds) == 0 || slices.Contains(o.kinds, t.Kind) {
			dir := filepath.Join(o.worlds, strings.TrimSuffix(filepath.Base(file), ".json"))
			out = append(out, source{dir: dir, truth: file, kind: t.Kind, seed: t.Seed})
		}
	}
	_, err = o.chosen(known)
	return out, err
}

// bring puts a case into dir and its truth into a file.
func (s source) bring(ctx context.Context, o options, dir, truth string) error {
	if s.dir == "" {
		args := []string{"make", "--kind", s.kind, "--seed", strconv.Itoa(s.seed), "--out", dir, "--truth", truth}
		if o.hard {
			args = append(args, "--hard")
		}
		_, err := o.world(ctx, args...)
		return err
	}
	if err := os.CopyFS(dir, os.DirFS(s.dir)); err != nil { // what asks leaves its own state beside the case
		return fmt.Errorf("a copy of the case: %w", err)
	}
	text, err := os.ReadFile(s.truth)
	if err != nil {
		return fmt.Errorf("its truth: %w", err)
	}
	if err := os.WriteFile(truth, text, 0o600); err != nil {
		return fmt.Errorf("a copy of its truth: %w", err)
	}
	return nil
}

// world runs the tool and returns what it printed.
func (o options) world(ctx context.Context, args ...string) ([]byte, error) {
	script := filepath.Join(o.tool, "world.py")
	if _, err := os.Stat(script); err != nil {
		return nil, fmt.Errorf("%s is absent: the tool that makes cases is kept beside a checkout, not in it; name its folder with -tool, or cases made before with -worlds and -truths", script)
	}
	var out, problems bytes.Buffer
	cmd := exec.CommandContext(ctx, o.python, append([]string{"-B", script}, args...)...) //nolint:gosec // named by whoever measures
	cmd.Stdout, cmd.Stderr = &out, &problems
	if err := cmd.Run(); err != nil {
		hint := ""
		if bytes.Contains(problems.Bytes(), []byte("ModuleNotFoundError")) {
			hint = " (.ci/worlds python makes an environment with what it needs)"
		}
		return nil, fmt.Errorf("%s: %w%s: %s", cmd, err, hint, problems.Bytes())
	}
	return out.Bytes(), nil
}

// truth is what really happened in a case.
type truth struct {
	Kind   string  `json:"kind"`
	Class  string  `json:"class"`
	Seed   int     `json:"seed"`
	Hard   bool    `json:"hard"`
	Causes []cause `json:"causes"`
}

// cause is one thing that happened: to a partition of a node, or, without a node, to users.
type cause struct {
	Cause     string `json:"cause"`
	Node      string `json:"node"`
	Partition string `json:"partition"`
}

func (c cause) String() string { return c.Cause + " " + c.Node + " " + c.Partition }

// question is what is asked about a case, and when.
type question struct {
	Fact   string `json:"fact"`
	Grain  string `json:"grain"`
	Period string `json:"period"`
	AsOf   string `json:"as_of"`
}

// oneCase is a case in its folder.
type oneCase struct {
	dir      string
	question question
	truth    truth
	lineage  lineage
	fact     fact
	// relation is the table of the fact's model, quoted.
	relation string
}

func readTruth(file string) (truth, error) {
	var t truth
	err := readJSON(file, &t)
	if err == nil && t.Kind == "" {
		err = fmt.Errorf("%s is no truth: it has no kind", file)
	}
	return t, err
}

func readCase(dir, truthFile string) (oneCase, error) {
	c := oneCase{dir: dir}
	err := readJSON(filepath.Join(dir, "question.json"), &c.question)
	if err != nil {
		return c, err
	}
	if c.truth, err = readTruth(truthFile); err != nil {
		return c, err
	}
	if c.fact, err = readFact(dir, c.question.Fact); err != nil {
		return c, err
	}
	manifest := filepath.Join(dir, "target", "manifest.json")
	if c.lineage, err = readLineage(manifest); err != nil {
		return c, err
	}
	c.relation, err = relationOf(manifest, c.fact.Model)
	return c, err
}

func readJSON(file string, to any) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("reading a case: %w", err)
	}
	if err := json.Unmarshal(text, to); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return nil
}
