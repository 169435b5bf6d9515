package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"strings"
)

// scored is what the tool says of answers. Parts that apply to no case of a kind are nil.
type scored struct {
	Total          float64             `json:"total"`
	FalseBlame     *float64            `json:"false_blame_rate"`
	ConfidentWrong *float64            `json:"confident_wrong_rate"`
	Kinds          map[string]scoredBy `json:"kinds"`
}

type scoredBy struct {
	Cases      int      `json:"cases"`
	Total      float64  `json:"total"`
	Segments   *float64 `json:"segments"`
	Class      *float64 `json:"class"`
	Transition *float64 `json:"transition"`
	Magnitude  *float64 `json:"magnitude"`
	Bridge     *float64 `json:"bridge"`
	Fault      *float64 `json:"fault"`
	Abstention *float64 `json:"abstention"`
}

// scored scores the answers of a folder.
func (e *explanations) scored(ctx context.Context, answers string) (scored, error) {
	var s scored
	text, err := e.world(ctx, "score", "--json", "--answers", answers, "--truth-dir", e.truthsOf())
	if err != nil {
		return s, err
	}
	if err := json.Unmarshal(text, &s); err != nil {
		return s, fmt.Errorf("the score: %w", err)
	}
	return s, nil
}

// score prints the tool's score, a row a kind, and fails where it is below the floor.
func (e *explanations) score(ctx context.Context, out io.Writer) error {
	s, err := e.scored(ctx, e.answers())
	if err != nil {
		return err
	}
	var naive scored
	if e.baseline {
		if naive, err = e.scored(ctx, e.naive()); err != nil {
			return err
		}
	}
	sure, right, err := e.sure()
	if err != nil {
		return err
	}
	var b strings.Builder
	b.WriteString("\n| explained kind | cases | score | baseline | segments | class | transition | magnitude | bridge | fault | abstention |\n")
	b.WriteString("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n")
	for _, kind := range slices.Sorted(maps.Keys(s.Kinds)) {
		k := s.Kinds[kind]
		beside := ""
		if n, ok := naive.Kinds[kind]; ok {
			beside = fmt.Sprintf("%.1f", n.Total)
		}
		fmt.Fprintf(&b, "| %s | %d | %.1f | %s |", kind, k.Cases, k.Total, beside)
		for _, part := range []*float64{k.Segments, k.Class, k.Transition, k.Magnitude, k.Bridge, k.Fault, k.Abstention} {
			fmt.Fprintf(&b, " %s |", cell(part))
		}
		b.WriteString("\n")
	}
	fmt.Fprintf(&b, "\nMean over kinds %.1f of 100", s.Total)
	if e.baseline {
		fmt.Fprintf(&b, " (baseline %.1f)", naive.Total)
	}
	fmt.Fprintf(&b, "; false blame %s, confident and wrong %s; %d of %d answers at least 0.9 sure, %d of them right; %d not as the warehouse; building and explaining took %.1f s a case.\n",
		rate(s.FalseBlame), rate(s.ConfidentWrong), sure, e.count, right, e.apart, e.took.Seconds()/float64(e.count))
	if len(e.running) > 0 {
		median, most := spread(e.running)
		fmt.Fprintf(&b, "An answer of a running server took %.2f s in the middle, %.2f s at the most.\n", median.Seconds(), most.Seconds())
	}
	if _, err := io.WriteString(out, b.String()); err != nil {
		return fmt.Errorf("writing the score: %w", err)
	}
	return e.judged(s)
}

// judged fails where answers disagree with the warehouse, or score less than they have to.
func (e *explanations) judged(s scored) error {
	switch {
	case e.apart > 0:
		return fmt.Errorf("%d answers do not agree with the rows of the fact", e.apart)
	case s.Total < e.floor:
		return fmt.Errorf("explanations score %.1f of 100, and have to reach %.1f", s.Total, e.floor)
	case e.floor > 0 && s.FalseBlame != nil && *s.FalseBlame > 0:
		return fmt.Errorf("slices are blamed where nothing happened: %.2f of those cases", *s.FalseBlame)
	}
	return nil
}

// sure counts the answers that are at least 0.9 sure, and those of them whose class is right.
func (e *explanations) sure() (sure, right int, err error) {
	files, err := filepath.Glob(filepath.Join(e.answers(), "*.json"))
	if err != nil {
		return 0, 0, fmt.Errorf("reading answers: %w", err)
	}
	for _, file := range files {
		var a struct {
			Verdict struct {
				Class      string  `json:"class"`
				Confidence float64 `json:"confidence"`
			} `json:"verdict"`
		}
		if err := readJSON(file, &a); err != nil {
			return 0, 0, err
		}
		t, err := readTruth(filepath.Join(e.truthsOf(), filepath.Base(file)))
		if err != nil {
			return 0, 0, err
		}
		const high = 0.9
		if a.Verdict.Confidence >= high {
			sure++
			if a.Verdict.Class == t.Class {
				right++
			}
		}
	}
	return sure, right, nil
}

// cell writes a part that may not apply.
func cell(part *float64) string {
	if part == nil {
		return ""
	}
	return fmt.Sprintf("%.2f", *part)
}

// rate writes a share that may not apply.
func rate(share *float64) string {
	if share == nil {
		return "not measured"
	}
	return fmt.Sprintf("%.2f", *share)
}
