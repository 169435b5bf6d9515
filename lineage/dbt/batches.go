package dbt

import "time"

// Skipped reports whether a batch that dbt lists as failed did not run. dbt runs the first batch alone and goes on only where it
// succeeds: a model of which nothing succeeded in this run, for which it writes the status "error", got no further than the first
// of its failed batches. That is so for a full refresh and for a retry, too; what a retry lists as successful beside the status
// "error" succeeded before.
func (r *Result) Skipped(batch Interval) bool {
	if r.Status != "error" || r.Batches == nil {
		return false
	}
	first := r.firstFailed()
	return batch.Start.After(first) && r.lists(batch)
}

// Doubtful reports whether a failed batch may have been skipped because an earlier one failed, which the artifact does not tell.
// After some success dbt goes on when a batch fails, unless it was told to fail fast; a success after the first failure
// shows that it did go on.
func (r *Result) Doubtful(batch Interval) bool {
	if r.Status != "partial success" || r.Batches == nil {
		return false
	}
	first := r.firstFailed()
	for _, b := range r.Batches.Successful {
		if b.Start.After(first) {
			return false
		}
	}
	return batch.Start.After(first) && r.lists(batch)
}

// firstFailed is the start of the earliest batch listed as failed; dbt runs them in the order of time.
func (r *Result) firstFailed() time.Time {
	var first time.Time
	for i, b := range r.Batches.Failed {
		if i == 0 || b.Start.Before(first) {
			first = b.Start
		}
	}
	return first
}

func (r *Result) lists(batch Interval) bool {
	for _, b := range r.Batches.Failed {
		if b.Start.Equal(batch.Start) && b.End.Equal(batch.End) {
			return true
		}
	}
	return false
}
