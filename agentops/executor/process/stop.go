package process

import (
	"context"
	"os"
	"slices"
	"time"

	"github.com/headwater-mcp/headwater/fault"
)

// Grace is how long a command is given to end by itself where nothing else is configured.
const Grace = 10 * time.Second

const (
	// pollEvery is the pause between two looks at a job that is being stopped.
	pollEvery = 20 * time.Millisecond
	// straysEvery is how many looks pass until all processes of the machine are looked at, which costs more.
	straysEvery = 5
	// killed is how long what was killed may take to be gone. Longer takes only what the system itself waits for, like a disk.
	killed = 30 * time.Second
)

// Stop ends a job and returns when nothing of it lives. The polite signal goes to all of it first; what has not ended after grace
// is killed. A job that was never started never will be. Stopping twice, or what has ended, does nothing.
//
// Where ctx ends first the job may still run; stopping it again goes on. What cannot be killed is fault.Unavailable.
func (j Job) Stop(ctx context.Context, polite os.Signal, grace time.Duration) error {
	if err := os.MkdirAll(j.dir, 0o700); err != nil {
		return j.unusable(err)
	}
	running, err := j.cancel(polite)
	if err != nil || !running {
		return err
	}
	if ended, err := j.await(ctx, polite, grace); err != nil || ended {
		return err
	}
	if ended, err := j.await(ctx, os.Kill, killed); err != nil || ended {
		return err
	}
	group, _ := j.number(pidFile)
	return fault.New(fault.Unavailable, "Process group %d was killed and still holds %s. The system waits for it, perhaps for a disk; look at it with ps.",
		group, j.path(lockFile))
}

// cancel notes that the job is to end and signals it once, where it has not ended.
func (j Job) cancel(polite os.Signal) (running bool, err error) {
	err = j.gated(func() error {
		s, err := j.look()
		if err != nil || s.Exited && !s.Running {
			return err
		}
		running = s.Running
		if err := os.WriteFile(j.path(cancelledFile), nil, 0o600); err != nil && !running {
			return j.unusable(err) // of one that runs, a full disk is no reason to let it
		}
		if running {
			j.signal(polite)
		}
		return nil
	})
	return running, err
}

// await waits until the job has ended. What left its process group did not hear the first signal and is told here. With os.Kill
// the group is told again, too, as often as somebody is left.
func (j Job) await(ctx context.Context, sig os.Signal, limit time.Duration) (ended bool, err error) {
	enough := time.NewTimer(limit)
	defer enough.Stop()
	again := time.NewTicker(pollEvery)
	defer again.Stop()
	var before []int
	for n := 0; ; n++ {
		err := j.gated(func() error {
			s, err := j.look()
			if err != nil || !s.Running {
				ended = err == nil
				return err
			}
			if sig == os.Kill {
				j.signal(sig)
			}
			if n%straysEvery == 0 {
				before = j.signalStrays(sig, before)
			}
			return nil
		})
		if err != nil || ended {
			return ended, err
		}
		select {
		case <-again.C:
		case <-enough.C:
			return false, nil
		case <-ctx.Done():
			return false, ctx.Err() //nolint:wrapcheck // the caller's own
		}
	}
}

// signal signals the job's process group. Where the system tells who holds the job's lock, a group of which nobody does is left
// alone: its number may be another's by now. The caller has the gate.
func (j Job) signal(sig os.Signal) {
	group, ok := j.number(pidFile)
	if !ok {
		return
	}
	if !tells() || slices.ContainsFunc(j.holders(), func(pid int) bool { return groupOf(pid) == group }) {
		signalGroup(group, sig)
	}
}

// signalStrays signals those who hold the job's lock and left its process group, and returns them. Only those are signalled that
// stood there before: between fork and exec, what is about to be another job of ours has all our files open for a moment.
func (j Job) signalStrays(sig os.Signal, before []int) []int {
	group, _ := j.number(pidFile)
	strays := slices.DeleteFunc(j.holders(), func(pid int) bool { return groupOf(pid) == group })
	for _, pid := range strays {
		if slices.Contains(before, pid) {
			signalProcess(pid, sig)
		}
	}
	return strays
}
