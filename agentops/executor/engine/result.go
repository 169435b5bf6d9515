package engine

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/headwater-mcp/headwater/activation"
	"github.com/headwater-mcp/headwater/agentops/executor"
	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/period"
)

// resultName is the file in a job's folder that says what the engine did.
const resultName = "result.json"

// told is that file. Its names stay as they are: another process of the same machine reads them.
type told struct {
	First        string     `json:"first,omitempty"`
	Last         string     `json:"last,omitempty"`
	Periods      int        `json:"periods"`
	ChangedUsers int64      `json:"changed_users,omitempty"`
	Active       int64      `json:"active"`
	Why          string     `json:"why"`
	Notes        []string   `json:"notes,omitempty"`
	Kind         fault.Kind `json:"kind,omitempty"`
	Error        string     `json:"error,omitempty"`
}

// note leaves word of a build in its job's folder, for whoever follows it from another process. That it cannot be left is no
// fault of the build, and is said in a sentence.
func note(job executor.Job, r activation.BuildResult, failure error) []string {
	t := told{Periods: r.Periods, ChangedUsers: r.ChangedUsers, Active: r.Active, Why: r.Why, Notes: r.Notes}
	if r.First != nil {
		t.First, t.Last = r.First.String(), r.Last.String()
	}
	if failure != nil {
		t.Kind, t.Error = fault.KindOf(failure), failure.Error()
	}
	text, err := json.Marshal(t)
	if err == nil {
		const mode = 0o600
		err = os.WriteFile(filepath.Join(job.Dir, resultName), text, mode)
	}
	if err != nil {
		return []string{"What the build did could not be noted in its folder."}
	}
	return nil
}

// Result reads what the engine did in a job of a fact and grain, and why it failed, as the engine returned it; found is false
// where no word was left, as by a process that died.
func Result(dir string, d *activation.Definition, g period.Grain) (result activation.BuildResult, found bool, failure error) {
	result = activation.BuildResult{Fact: d.Fact.Name, Grain: g}
	text, err := os.ReadFile(filepath.Join(dir, resultName))
	if errors.Is(err, fs.ErrNotExist) {
		return result, false, nil
	}
	var t told
	if err != nil || json.Unmarshal(text, &t) != nil {
		return result, false, nil //nolint:nilerr // half of a word is none
	}
	result.Periods, result.ChangedUsers, result.Active = t.Periods, t.ChangedUsers, t.Active
	result.Why, result.Notes = t.Why, t.Notes
	first, err := d.Calendar.Parse(g, t.First)
	last, err2 := d.Calendar.Parse(g, t.Last)
	if err == nil && err2 == nil {
		result.First, result.Last = &first, &last
	}
	if t.Kind != "" {
		failure = fault.New(t.Kind, "%s", t.Error)
	}
	return result, true, failure
}
