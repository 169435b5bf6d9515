package backfill

import (
	"slices"
	"strings"
	"time"

	"github.com/headwater-mcp/headwater/fault"
)

// Control says what an action makes of a run: the run, and those of its pairs that change. An unknown action is fault.Invalid,
// one that means nothing in the run's status fault.Conflict. What runs is not touched: that is ended by a worker.
func Control(run Run, pairs []RunPair, action Action, now time.Time) (Run, []RunPair, error) {
	switch action {
	case Pause:
		if run.Status != Queued && run.Status != Running {
			return run, nil, refused(run, action)
		}
		run.Status = Paused
		return run, nil, nil
	case Resume:
		if run.Status != Paused {
			return run, nil, refused(run, action)
		}
		run.Status = Running
		return run, nil, nil
	case Cancel:
		return cancelled(run, pairs, now)
	case RetryFailed:
		return retried(run, pairs)
	}
	names := make([]string, len(Actions()))
	for i, a := range Actions() {
		names[i] = string(a)
	}
	return run, nil, fault.New(fault.Invalid, "%q is no action; valid are %s.%s", action, strings.Join(names, ", "),
		fault.DidYouMean(string(action), names))
}

// cancelled ends what has not begun. Where nothing runs the run has ended with it.
func cancelled(run Run, pairs []RunPair, now time.Time) (Run, []RunPair, error) {
	if run.Status.Ended() || run.Status == Cancelling {
		return run, nil, refused(run, Cancel)
	}
	var changed []RunPair
	all := slices.Clone(pairs)
	for i := range all {
		if all[i].Status == PairPending {
			all[i].end(PairCancelled, now)
			all[i].NotBefore = time.Time{}
			changed = append(changed, all[i])
		}
	}
	run.Status = Cancelling
	if s := ended(all); s != "" {
		run.Status, run.FinishedAt = s, now
	}
	return run, changed, nil
}

// retried gives what did not come to be done its attempts anew.
func retried(run Run, pairs []RunPair) (Run, []RunPair, error) {
	if run.Status == Cancelling {
		return run, nil, refused(run, RetryFailed)
	}
	var changed []RunPair
	for _, p := range pairs {
		if !isLost(p.Status) {
			continue
		}
		p.Status, p.Attempts, p.Deaths = PairPending, 0, 0
		p.NotBefore, p.FinishedAt = time.Time{}, time.Time{}
		changed = append(changed, p)
	}
	if len(changed) == 0 {
		return run, nil, fault.New(fault.Conflict, "Nothing of run %s has failed, is blocked or was cancelled (the run is %s), so there is nothing to try again.",
			run.ID, run.Status)
	}
	if run.Status.Ended() {
		run.Status, run.FinishedAt, run.Receipt = Running, time.Time{}, nil
	}
	return run, changed, nil
}

// refused says why an action means nothing.
func refused(run Run, action Action) error {
	var next string
	switch run.Status {
	case Queued, Running:
		next = "pause and cancel are possible"
	case Paused:
		next = "resume and cancel are possible"
	case Cancelling:
		next = "wait for it with get_backfill; then retry_failed goes on with what is left"
	case Cancelled, Failed:
		next = "retry_failed goes on with what is left"
	case Succeeded:
		next = "for further repairs make a new plan with plan_backfill"
	}
	return fault.New(fault.Conflict, "Run %s is %s, where %s means nothing; %s.", run.ID, run.Status, action, next)
}
