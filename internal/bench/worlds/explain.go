package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// explanations collects what explain_active_users answered of each case, and what the truth is, as the tool scores them.
type explanations struct {
	options

	work  string
	count int
	took  time.Duration
}

func (e *explanations) answers() string  { return filepath.Join(e.work, "answers") }
func (e *explanations) truthsOf() string { return filepath.Join(e.work, "truths") }
func (e *explanations) next(dir string) string {
	return filepath.Join(dir, fmt.Sprintf("case_%04d.json", e.count))
}

// add builds a case and asks why users moved.
func (e *explanations) add(ctx context.Context, p program, c oneCase, truthFile string) error {
	_, built, err := p.run(ctx, "--project", c.dir, "--as-of", c.question.AsOf, "build")
	if err != nil {
		return err
	}
	text, asked, err := p.call(ctx, c, "explain_active_users",
		map[string]any{"fact": c.question.Fact, "grain": c.question.Grain, "period": c.question.Period})
	if err != nil {
		return err
	}
	e.took += built + asked
	for _, dir := range []string{e.answers(), e.truthsOf()} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return fmt.Errorf("a folder for answers: %w", err)
		}
	}
	if err := os.WriteFile(e.next(e.answers()), text, 0o600); err != nil {
		return fmt.Errorf("keeping an answer: %w", err)
	}
	if err := os.Rename(truthFile, e.next(e.truthsOf())); err != nil {
		return fmt.Errorf("keeping a truth: %w", err)
	}
	e.count++
	return nil
}

// score prints the tool's score, a row a kind.
func (e *explanations) score(ctx context.Context, out io.Writer) error {
	text, err := e.world(ctx, "score", "--json", "--answers", e.answers(), "--truth-dir", e.truthsOf())
	if err != nil {
		return err
	}
	var s struct {
		Total          float64  `json:"total"`
		FalseBlame     *float64 `json:"false_blame_rate"`
		ConfidentWrong *float64 `json:"confident_wrong_rate"`
		Kinds          map[string]struct {
			Cases int     `json:"cases"`
			Total float64 `json:"total"`
		} `json:"kinds"`
	}
	if err := json.Unmarshal(text, &s); err != nil {
		return fmt.Errorf("the score: %w", err)
	}
	var b strings.Builder
	b.WriteString("\n| explained kind | cases | score |\n| --- | --- | --- |\n")
	for _, kind := range slices.Sorted(maps.Keys(s.Kinds)) {
		fmt.Fprintf(&b, "| %s | %d | %.1f |\n", kind, s.Kinds[kind].Cases, s.Kinds[kind].Total)
	}
	fmt.Fprintf(&b, "\nMean over kinds %.1f of 100; false blame %s, confident and wrong %s; building and explaining took %.1f s a case.\n",
		s.Total, rate(s.FalseBlame), rate(s.ConfidentWrong), e.took.Seconds()/float64(e.count))
	if _, err := io.WriteString(out, b.String()); err != nil {
		return fmt.Errorf("writing the score: %w", err)
	}
	return nil
}

// rate writes a share that may not apply.
func rate(share *float64) string {
	if share == nil {
		return "not measured"
	}
	return fmt.Sprintf("%.2f", *share)
}
