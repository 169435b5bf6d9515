package partition

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/headwater-mcp/headwater/lineage"
)

// BatchRecord is what one run says of one batch of a microbatch model, or of periods of an activation output: the half-open
// interval [Start, End).
type BatchRecord struct {
	Start, End time.Time
	Succeeded  bool
	// Skipped: it did not run, because an earlier one failed. Doubtful: it failed or was skipped, which cannot be told.
	Skipped, Doubtful bool
	// Checked: the run compared what stands there with its source and left it as it was.
	Checked bool
	// Run names the run, ToldAt is when it ended. It started and ended the node's batches, all of them together, at StartedAt
	// and CompletedAt; zero where unknown.
	Run                            string
	ToldAt, StartedAt, CompletedAt time.Time
	// Rows is how many rows the run says that this batch wrote, nil where it does not say.
	Rows *int64
}

// started is when the batch ran at the earliest, or else at the latest.
func (b BatchRecord) started() time.Time {
	if b.StartedAt.IsZero() {
		return b.CompletedAt
	}
	return b.StartedAt
}

// ended is when it had run at the latest, or else when its run told of it.
func (b BatchRecord) ended() time.Time {
	if b.CompletedAt.IsZero() {
		return b.ToldAt
	}
	return b.CompletedAt
}

func (b BatchRecord) interval() interval { return interval{b.Start, b.End} }

// told is what the batches of the ledger say of one partition, which may be a part of a batch or several.
type told struct {
	// failed is the newest batch, of those that nothing newer covers, that ran and failed; nil where none did.
	failed *BatchRecord
	// good are those that succeeded, the newest run first.
	good []BatchRecord
	// skipped is a batch of the newest run that names the partition, where that run skipped it.
	skipped *BatchRecord
	// whole: those that ran cover all of the partition.
	whole bool
	// checked is the newest run that compared all of the partition with its source, and found it as it has to be; nil where none
	// did.
	checked *BatchRecord
}

// ran reports whether some batch of the partition ran.
func (b told) ran() bool { return b.failed != nil || len(b.good) > 0 }

// succeeded reports whether the last word on all of the partition is success.
func (b told) succeeded() bool { return b.whole && b.failed == nil }

// source tells partitions apart of which different runs say different things.
func (b told) source() string {
	switch {
	case b.failed != nil:
		return fmt.Sprintf("failed %s %t", b.failed.Run, b.failed.Doubtful)
	case b.skipped != nil:
		return "skipped " + b.skipped.Run
	}
	return ""
}

// batched reports whether runs tell of a node by its batches: microbatch models, and outputs of the activation engine.
func batched(n *lineage.Node) bool {
	return n.Build.IncrementalStrategy == "microbatch" || n.Type == lineage.TypeActivation
}

// around is how many periods before and after the judged ones batches are asked for: whether there are some tells a hole from
// the end of what is recorded.
const around = 7

// readBatches asks the ledger once for the batches of everything in scope.
func (s *survey) readBatches(ctx context.Context) error {
	var nodes []string
	var hull interval
	for id, at := range s.scope {
		n, ok := s.graph.Node(id)
		spec := s.specs.Of(id)
		if !ok || !batched(n) || !spec.Partitioned() {
			continue
		}
		first, last := spec.overlapping(at)
		at = interval{first.Add(-around).Start(), last.Add(around).End()}
		if len(nodes) == 0 {
			hull = at
		}
		nodes, hull = append(nodes, id), hull.union(at)
	}
	if len(nodes) == 0 || s.deps.Ledger == nil {
		return nil
	}
	var err error
	s.batches, err = s.deps.Ledger.Batches(ctx, nodes, hull.start, hull.end, s.asOf)
	return err
}

// listen sorts the batches of a node by the judged partitions that they touch.
func (t *track) listen(batches []BatchRecord) {
	if t.build != nil {
		older := func(b BatchRecord) bool { return b.ToldAt.Before(t.build.RebuiltAt) }
		batches = slices.DeleteFunc(slices.Clone(batches), older) // the rows of which they tell are gone
	}
	if len(batches) == 0 {
		return
	}
	touching := make([][]BatchRecord, t.last-t.first+1)
	t.batched = batches[0].interval()
	for _, b := range batches {
		t.batched = t.batched.union(b.interval())
		first, last := t.spec.overlapping(b.interval())
		for i := max(first.Index, t.first); i <= min(last.Index, t.last); i++ {
			touching[i-t.first] = append(touching[i-t.first], b)
		}
	}
	for k, newestFirst := range touching {
		p := t.spec.period(t.first + k)
		t.verdicts[k].told = tell(interval{p.Start(), p.End()}, newestFirst)
	}
}

// tell folds the batches that touch an interval, the newest run first. Each stretch of time is told by the newest that ran.
func tell(at interval, newestFirst []BatchRecord) told {
	var out told
	untold := []interval{at}
	for i := range newestFirst {
		b := &newestFirst[i]
		if b.Checked {
			if out.checked == nil && b.interval().holds(at) {
				out.checked = b
			}
			continue
		}
		if b.Skipped {
			if !out.ran() && out.skipped == nil {
				out.skipped = b
			}
			continue
		}
		rest := without(untold, b.interval())
		if length(rest) == length(untold) {
			continue
		}
		untold = rest
		switch {
		case b.Succeeded:
			out.good = append(out.good, *b)
		case out.failed == nil:
			out.failed = b
		}
		if len(untold) == 0 {
			out.whole = true
			break
		}
	}
	return out
}

// without cuts an interval out of others.
func without(all []interval, cut interval) []interval {
	var out []interval
	for _, at := range all {
		if !at.overlaps(cut) {
			out = append(out, at)
			continue
		}
		if at.start.Before(cut.start) {
			out = append(out, interval{at.start, cut.start})
		}
		if cut.end.Before(at.end) {
			out = append(out, interval{cut.end, at.end})
		}
	}
	return out
}

func length(all []interval) time.Duration {
	var out time.Duration
	for _, at := range all {
		out += at.end.Sub(at.start)
	}
	return out
}

// batchFailed reports whether the batches of a partition failed; known is false where the node's last run has to be asked.
func (t *track) batchFailed(v *verdict) (failed, known bool) {
	switch {
	case v.told.failed != nil:
		return true, true
	case v.told.ran():
		return false, true
	}
	// A run that tells of its batches, and of none here, was not to make this partition.
	return false, t.build.Batched
}

// batchedEmpty reports whether batches that ran after the period had closed succeeded, without saying that they wrote rows.
func (t *track) batchedEmpty(i int, v *verdict) bool {
	if !v.told.succeeded() {
		return false
	}
	for _, b := range v.told.good {
		end := t.spec.period(i).End()
		if b.End.Before(end) {
			end = b.End
		}
		if b.started().Before(end) || b.Rows != nil && *b.Rows > 0 {
			return false
		}
	}
	return true
}

// failedWords is the evidence of failed.
func (t *track) failedWords(run []judgement) string {
	b := run[0].told.failed
	if b == nil {
		return failedRun(*t.build) + good(*t.build)
	}
	subject := "Its last batch that ran"
	if len(run) > 1 {
		subject = "The last batch of each that ran"
	}
	if b.Doubtful {
		return fmt.Sprintf("dbt lists the last batch as failed, after an earlier one that failed in the same run%s; whether it was tried cannot be told.", when(*b))
	}
	text := subject + " failed" + when(*b)
	// Of our own builds all that failed has one reason; dbt's message of a microbatch run only counts.
	if message := firstLine(t.build.Message); t.node.Type == lineage.TypeActivation && message != "" && failed(t.build.Status) {
		text += ": " + strings.TrimSuffix(message, ".")
	}
	return text + "."
}

// emptyWords is the evidence of empty.
func (t *track) emptyWords(run []judgement) string {
	one := run[0]
	if t.rebuiltEmpty(one.period.Index) {
		at := t.build.started().UTC().Format(time.RFC3339)
		return fmt.Sprintf("No rows, and the whole table was rebuilt since (%s), without a word of rows.", at)
	}
	word := ", without a word of rows."
	if one.told.good[0].Rows != nil {
		word = ", and wrote none."
	}
	return "No rows, and the last batch succeeded" + when(one.told.good[0]) + word
}

// missingWords says what the batches tell of partitions without rows; "" where nothing.
func (t *track) missingWords(run []judgement) string {
	one := run[0]
	at := interval{one.period.Start(), run[len(run)-1].period.End()}
	switch {
	case one.told.skipped != nil:
		return "The batch was skipped" + when(*one.told.skipped) + ", because an earlier one failed."
	case one.told.ran() || t.build == nil:
		return ""
	case t.build.Batched && !t.build.RebuiltAt.Before(at.end):
		return "The full refresh of " + t.build.RebuiltAt.UTC().Format(time.RFC3339) + " made the table anew, and neither it nor a later recorded run had a batch of it."
	case t.batched.start.Before(at.start) && at.end.Before(t.batched.end):
		return "No recorded run had a batch of it; batches before and after are recorded."
	}
	return ""
}

// when says in which run a batch ran.
func when(b BatchRecord) string {
	return " in the run that ended " + b.ToldAt.UTC().Format(time.RFC3339)
}
