package backfill

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Outcome is what became of one pair of a job.
type Outcome struct {
	Seq int
	// Done: written. Else Error says in a sentence what went wrong.
	Done  bool
	Error string
	// NotRun: something before it failed and it was not tried, so that no attempt is counted.
	NotRun bool
	// Rows is how many rows were written; nil where the tool does not say.
	Rows *int64
}

// JobEnd is how a job ended.
type JobEnd struct {
	// Lost: pairs without an outcome are to be run again, which counts as a death and not as an attempt.
	Lost bool
	// Hopeless: another attempt would end in the same way, so that the attempts that are left are not used.
	Hopeless bool
	// Outcomes are of the job's pairs, each at most once.
	Outcomes []Outcome
	// LogTail is the end of what the job printed.
	LogTail string
	// Notes are sentences about what else should be known, like tests that failed on what was written: kept with the run, as data.
	Notes []string
}

// Ends says that every pair of a job ended in the same way: not done, for the same reason.
func Ends(pairs []Pair, hopeless bool, reason string) JobEnd {
	end := JobEnd{Hopeless: hopeless}
	for _, p := range pairs {
		end.Outcomes = append(end.Outcomes, Outcome{Seq: p.Seq, Error: reason})
	}
	return end
}

// maxTail is how many bytes of a log are kept with a pair, and of an error.
const maxTail = 4096

// Settle says what becomes of the pairs of a job that ended: they are returned changed. Run is the status of their run, all pairs
// are PairRunning.
//
// A pair that was asked for and has no outcome was not run, and that is a failed attempt, unless the job is Lost. Whatever became
// of a pair that reads one of the same job that was not written is void: it waits for that one. In a run that is being cancelled
// what is not done is cancelled.
func Settle(run Status, pairs []RunPair, end JobEnd, limits Limits, now time.Time) []RunPair {
	outcomes := map[int]Outcome{}
	for _, o := range end.Outcomes {
		outcomes[o.Seq] = o
	}
	// Without a failure there is nothing before a pair for which it could have been left out, and the job would be started again
	// for ever.
	excused := slices.ContainsFunc(end.Outcomes, func(o Outcome) bool { return !o.Done && !o.NotRun })
	out := make([]RunPair, len(pairs))
	missed := map[int]bool{}
	for i, p := range pairs {
		o, told := outcomes[p.Seq]
		void := slices.ContainsFunc(p.Needs, func(n int) bool { return missed[n] })
		missed[p.Seq] = void || !o.Done
		p.NotBefore = time.Time{}
		switch {
		case told && o.Done && !void:
			p.Attempts++
			p.end(PairDone, now)
			p.Error, p.LogTail, p.Wrote = "", "", o.Rows
		case run == Cancelling:
			p.end(PairCancelled, now)
			p.Error, p.LogTail = clip(o.Error), clip(end.LogTail)
		case void, told && o.NotRun && excused && !end.Lost:
			p.Status = PairPending
		case end.Lost && (!told || o.NotRun):
			p.die(limits, now)
		default:
			p.Error = clip(o.Error)
			if p.Error == "" {
				p.Error = fmt.Sprintf("The executor %s ended without having run it.", p.Executor)
			}
			p.LogTail = clip(end.LogTail)
			p.fail(end.Hopeless, limits, now)
		}
		out[i] = p
	}
	return out
}

func (p *RunPair) end(s PairStatus, now time.Time) { p.Status, p.FinishedAt = s, now }

// die counts a death of the worker.
func (p *RunPair) die(limits Limits, now time.Time) {
	p.Deaths++
	if p.Deaths <= limits.Deaths {
		p.Status = PairPending
		return
	}
	p.Error = fmt.Sprintf("The worker ended %d times while this ran, and nobody could tell what became of it. See the worker's log for why, then retry_failed.", p.Deaths)
	p.end(PairFailed, now)
}

// fail counts a failed attempt.
func (p *RunPair) fail(hopeless bool, limits Limits, now time.Time) {
	p.Attempts++
	if hopeless || p.Attempts >= limits.Attempts {
		p.end(PairFailed, now)
		return
	}
	p.Status, p.NotBefore = PairPending, now.Add(limits.wait(p.Attempts))
}

// clip keeps the end of a text, whole characters only.
func clip(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	if len(s) <= maxTail {
		return s
	}
	s = s[len(s)-maxTail:]
	for !utf8.RuneStart(s[0]) {
		s = s[1:]
	}
	return s
}
