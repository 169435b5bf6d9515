package dbt

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/headwater-mcp/headwater/agentops/backfill"
	"github.com/headwater-mcp/headwater/agentops/executor"
	"github.com/headwater-mcp/headwater/agentops/executor/process"
	"github.com/headwater-mcp/headwater/lineage/dbt"
)

// Poll implements executor.Executor.
func (e *Executor) Poll(_ context.Context, job executor.Job) (executor.State, error) {
	p := process.At(job.Dir)
	s, err := p.Status()
	switch {
	case err != nil:
		return executor.State{}, err
	case s.Running:
		return executor.State{Running: true}, nil
	case !s.Started:
		return executor.State{Lost: true}, nil
	}
	state := executor.State{LogTail: p.Tail()}
	v := verdict{job: job, events: readEvents(job, job.Node.ID)}
	results, err := dbt.ReadRunResults(os.DirFS(targetDir(job)))
	switch {
	case err == nil:
		state.Artifacts = targetDir(job)
		v.result = resultOf(results, job.Node.ID)
		v.otherwise = notRun(job.Node.ID, results)
		state.Notes = failedTests(results, job.Node.ID)
	case errors.Is(err, fs.ErrNotExist):
		v.otherwise = withoutResults(s, state.LogTail)
	default:
		v.otherwise = fmt.Sprintf("dbt %s, and its run_results.json cannot be read.", process.Ended(s.Code))
	}
	state.Lost = s.Stopped && s.Code != 0 || !s.Exited && (v.result == nil || s.Stopped)
	for _, pair := range job.Pairs {
		if o := v.outcome(pair); o.Done || !state.Lost {
			state.Outcomes = append(state.Outcomes, o)
		}
	}
	return state, nil
}

// verdict is what dbt said of the job's node.
type verdict struct {
	job    executor.Job
	events events
	// result is the node's in run_results.json; nil where there is none.
	result *dbt.Result
	// otherwise is why a pair of which nothing is said was not written.
	otherwise string
}

// outcome is what became of a pair.
func (v verdict) outcome(pair backfill.Pair) executor.Outcome {
	if control(v.job.Node, v.job.Spec) == executor.Microbatch && !pair.Whole() {
		return v.ofBatches(pair)
	}
	out := executor.Outcome{Seq: pair.Seq}
	switch status, why := v.status(); status {
	case succeeded:
		out.Done = true
		if v.result != nil && v.result.RowsAffected != nil && *v.result.RowsAffected >= 0 && len(v.job.Pairs) == 1 {
			out.Rows = v.result.RowsAffected
		}
	case "":
		out.Error = v.otherwise
	default:
		out.Error = fmt.Sprintf("dbt says %s of %s: %s", status, v.job.Node.ID, why)
	}
	return out
}

// status is the outcome of the node as a whole, "" where none is told, and what dbt says of it.
func (v verdict) status() (status, why string) {
	if v.result == nil {
		return v.events.status, v.events.why
	}
	if v.result.Status == skipped {
		return skipped, "something that it needs failed before; see the log."
	}
	return v.result.Status, executor.Clip(v.result.Message)
}

// ofBatches finds the batches that a pair overlaps: it is done where all of them were written.
func (v verdict) ofBatches(pair backfill.Pair) executor.Outcome {
	out := executor.Outcome{Seq: pair.Seq, Done: true}
	written := pair.Start
	for _, b := range v.batches() {
		if !b.Start.Before(pair.End) || !b.End.After(pair.Start) {
			continue
		}
		switch v.batch(b) {
		case succeeded:
			if !b.Start.After(written) && b.End.After(written) {
				written = b.End
			}
		case skipped:
			out.Done, out.NotRun = false, out.Error == ""
		case failed:
			out.Done, out.NotRun = false, false
			if out.Error == "" {
				out.Error = v.why(b)
			}
		}
	}
	switch {
	case out.NotRun:
		out.Error = "dbt did not try it, since a batch before it failed."
	case out.Error != "":
	case written.Before(pair.End):
		out.Done = false
		out.Error = v.otherwise
		if v.result != nil {
			out.Error = fmt.Sprintf("dbt ran %s and says of no batch of %s that it was written.", v.job.Node.ID, pair.Period)
		}
	}
	return out
}

// batches are those of which dbt says anything, in order of time.
func (v verdict) batches() []dbt.Interval {
	var out []dbt.Interval
	if v.result != nil && v.result.Batches != nil {
		out = slices.Concat(v.result.Batches.Successful, v.result.Batches.Failed)
	} else {
		for start := range v.events.batches {
			out = append(out, dbt.Interval{Start: start, End: following(start, v.job.Node.Build.BatchSize)})
		}
	}
	slices.SortFunc(out, func(a, b dbt.Interval) int { return a.Start.Compare(b.Start) })
	return out
}

// following is the end of the batch that starts at an instant. Batches are of UTC.
func following(start time.Time, size string) time.Time {
	start = start.UTC()
	switch size {
	case "hour":
		return start.Add(time.Hour)
	case "month":
		return start.AddDate(0, 1, 0)
	case "year":
		return start.AddDate(1, 0, 0)
	}
	return start.AddDate(0, 0, 1)
}

// batch is the outcome of a batch. The artifact lists as failed also what was skipped, and, where dbt was interrupted, what it
// wrote after that; the log of events saw which it was.
func (v verdict) batch(b dbt.Interval) string {
	said := v.events.batches[b.Start.UTC()]
	if v.result == nil || v.result.Batches == nil || said == succeeded {
		return said
	}
	same := func(o dbt.Interval) bool { return o.Start.Equal(b.Start) && o.End.Equal(b.End) }
	if slices.ContainsFunc(v.result.Batches.Successful, same) {
		return succeeded
	}
	if said == skipped || said == "" && v.result.Skipped(b) {
		return skipped
	}
	return failed
}

func (v verdict) why(b dbt.Interval) string {
	name := b.Start.UTC().Format("2006-01-02T15:04")
	if why := v.events.errors[b.Start.UTC()]; why != "" {
		return fmt.Sprintf("The batch that starts at %s failed: %s", name, why)
	}
	message := ""
	if v.result != nil {
		message = " dbt says " + executor.Clip(v.result.Message) + "."
	}
	return fmt.Sprintf("The batch that starts at %s failed; see the log.%s", name, message)
}

func resultOf(results *dbt.RunResults, id string) *dbt.Result {
	for i := range results.Results {
		if results.Results[i].UniqueID == id {
			return &results.Results[i]
		}
	}
	return nil
}

// notRun is why a node has no result where others, or none, have.
func notRun(id string, results *dbt.RunResults) string {
	if len(results.Results) == 0 {
		return "dbt found nothing to do: " + id + " is not in the project as dbt reads it now. Run dbt parse, and plan again."
	}
	return "dbt ended without running " + id + "; see the log."
}

// failedTests says which tests failed on what was written. They make nothing unwritten.
func failedTests(results *dbt.RunResults, id string) []string {
	var names []string
	for _, r := range results.Results {
		if r.UniqueID != id && (r.Status == "fail" || r.Status == failed) && (strings.HasPrefix(r.UniqueID, "test.") || strings.HasPrefix(r.UniqueID, "unit_test.")) {
			names = append(names, r.UniqueID)
		}
	}
	if len(names) == 0 {
		return nil
	}
	slices.Sort(names)
	const most = 5
	left := ""
	if len(names) > most {
		left = fmt.Sprintf(" and %d more", len(names)-most)
		names = names[:most]
	}
	return []string{"Tests failed in the run of " + id + ": " + strings.Join(names, ", ") + left + "."}
}

// withoutResults is why nothing is known where dbt wrote no results.
func withoutResults(s process.Status, tail string) string {
	switch {
	case !s.Exited:
		return "dbt was killed before it wrote results."
	case strings.Contains(tail, "No such option"):
		return "This dbt does not know an option that is needed: " + executor.Clip(lineWith(tail, "No such option")) +
			" Microbatch models need dbt 1.9 or newer; upgrade it, or name another one in executors, command."
	}
	return "dbt wrote no results. " + process.Failure("It", s.Code, tail)
}

func lineWith(text, part string) string {
	for line := range strings.Lines(text) {
		if strings.Contains(line, part) {
			return line
		}
	}
	return ""
}
