package main

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"runtime"
	"syscall"
	"time"
)

// cost is what one process took from its start to its end.
type cost struct {
	wall, cpu time.Duration
	peak      int64 // resident memory, in bytes
}

// fastest runs a command some times. The least of each number counts: the rest is what else the machine did.
func fastest(ctx context.Context, rounds int, dir, name string, args ...string) (cost, error) {
	var best cost
	for round := range rounds {
		c, _, err := once(ctx, dir, name, args...)
		if err != nil {
			return best, err
		}
		if round == 0 {
			best = c
			continue
		}
		best.wall, best.cpu, best.peak = min(best.wall, c.wall), min(best.cpu, c.cpu), min(best.peak, c.peak)
	}
	return best, nil
}

func once(ctx context.Context, dir, name string, args ...string) (cost, []byte, error) {
	var out, problems bytes.Buffer
	cmd := exec.CommandContext(ctx, name, args...) //nolint:gosec // what is measured is named by whoever measures
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &out, &problems
	start := time.Now()
	if err := cmd.Run(); err != nil {
		return cost{}, nil, fmt.Errorf("%s: %w: %s", cmd, err, problems.Bytes())
	}
	c := cost{wall: time.Since(start), cpu: cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()}
	if usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		c.peak = usage.Maxrss
		if runtime.GOOS != "darwin" { // which counts bytes; the others count kilobytes
			c.peak *= 1 << 10
		}
	}
	return c, out.Bytes(), nil
}

// processTime is the CPU time that this process has used; 0 where the system does not say.
func processTime() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return 0
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
