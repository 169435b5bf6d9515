package worker_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"

	"github.com/gofrs/flock"
	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/agentops/executor"
)

// shut keeps jobs from writing until open is called, in whatever process they are.
func (w *crashWarehouse) shut(t *testing.T) (open func()) {
	t.Helper()
	gate := flock.New(w.gate())
	got, err := gate.TryLock()
	require.NoError(t, err)
	require.True(t, got)
	open = sync.OnceFunc(func() { _ = gate.Close() })
	t.Cleanup(open)
	return open
}

func (w *crashWarehouse) gate() string { return filepath.Join(w.dir, "gate") }

// enter waits until the warehouse is open.
func (w *crashWarehouse) enter() error {
	gate := flock.New(w.gate())
	return errors.Join(gate.RLock(), gate.Close())
}

// writeAll writes pairs until one fails.
func (w *crashWarehouse) writeAll(ctx context.Context, job executor.Job) (failed map[int]string, err error) {
	if err := w.enter(); err != nil {
		return nil, err
	}
	for _, p := range job.Pairs {
		if err := w.write(ctx, job.ID, p); err != nil {
			return map[int]string{p.Seq: err.Error()}, nil //nolint:nilerr // that the pair failed is the answer
		}
	}
	return map[int]string{}, nil
}

// inside runs jobs in the worker's process, as the engine does.
type inside struct {
	warehouse *crashWarehouse
	mu        sync.Mutex
	running   map[string]*insideJob
}

type insideJob struct {
	cancel context.CancelFunc
	done   chan struct{}
	failed map[int]string
	err    error
}

func (*inside) Resident() {}

func (e *inside) Submit(ctx context.Context, job executor.Job) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.running[job.ID] != nil {
		return nil
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	j := &insideJob{cancel: cancel, done: make(chan struct{})}
	e.running[job.ID] = j
	go func() {
		defer close(j.done)
		j.failed, j.err = e.warehouse.writeAll(ctx, job)
	}()
	return nil
}

func (e *inside) Poll(ctx context.Context, job executor.Job) (executor.State, error) {
	e.mu.Lock()
	j := e.running[job.ID]
	e.mu.Unlock()
	if j == nil {
		return e.warehouse.state(ctx, job, nil, true)
	}
	select {
	case <-j.done:
	default:
		return executor.State{Running: true}, nil
	}
	if j.err != nil {
		return executor.State{}, j.err
	}
	return e.warehouse.state(ctx, job, j.failed, false)
}

func (e *inside) Cancel(_ context.Context, job executor.Job) error {
	e.mu.Lock()
	j := e.running[job.ID]
	e.mu.Unlock()
	if j != nil {
		j.cancel()
		<-j.done
	}
	return nil
}

// outside runs each job in a process of its own, which holds a lock in the job's folder for as long as it lives.
type outside struct {
	warehouse *crashWarehouse
	mu        sync.Mutex
	pipes     []*os.File
}

func (e *outside) Submit(_ context.Context, job executor.Job) error {
	lock, err := os.OpenFile(filepath.Join(job.Dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	defer lock.Close() // which unlocks nothing: the child has the descriptor by then
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(job.Dir, "job.json")); err == nil {
		return nil // it was started before
	}
	text, err := json.Marshal(job)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(job.Dir, "job.json"), text, 0o600); err != nil {
		return err
	}
	// The worker keeps the other end of the pipe open until it dies.
	alive, mine, err := os.Pipe()
	if err != nil {
		return err
	}
	defer alive.Close()
	e.mu.Lock()
	e.pipes = append(e.pipes, mine)
	e.mu.Unlock()
	cmd := exec.Command(os.Args[0])
	cmd.Env = environment("job", e.warehouse.dir, jobVariable+"="+job.Dir)
	cmd.ExtraFiles = []*os.File{lock, alive}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		return err
	}
	go func() { _ = cmd.Wait() }()
	return nil
}

func (e *outside) Poll(ctx context.Context, job executor.Job) (executor.State, error) {
	lock := flock.New(filepath.Join(job.Dir, "lock"))
	got, err := lock.TryLock()
	if errors.Is(err, os.ErrNotExist) {
		return executor.State{Lost: true}, nil
	}
	if err != nil {
		return executor.State{}, err
	}
	defer lock.Close()
	if !got {
		return executor.State{Running: true}, nil
	}
	text, err := os.ReadFile(filepath.Join(job.Dir, "exit.json"))
	if err != nil {
		return e.warehouse.state(ctx, job, nil, true)
	}
	var failed map[int]string
	if err := json.Unmarshal(text, &failed); err != nil {
		return executor.State{}, err
	}
	return e.warehouse.state(ctx, job, failed, false)
}

func (*outside) Cancel(context.Context, executor.Job) error {
	return errors.New("no test cancels these")
}

// jobIn is the process of a job.
func jobIn(dir string) error {
	if os.Getenv(dieVariable) == "1" {
		go func() {
			_, _ = io.ReadAll(os.NewFile(4, "alive"))
			os.Exit(3) // the worker is dead
		}()
	}
	folder := os.Getenv(jobVariable)
	text, err := os.ReadFile(filepath.Join(folder, "job.json"))
	if err != nil {
		return err
	}
	var job executor.Job
	if err := json.Unmarshal(text, &job); err != nil {
		return err
	}
	w, err := openWarehouse(dir)
	if err != nil {
		return err
	}
	defer w.Close()
	failed, err := w.writeAll(context.Background(), job)
	if err != nil {
		return err
	}
	text, err = json.Marshal(failed)
	if err != nil {
		return err
	}
	exit := filepath.Join(folder, "exit.json")
	if err := os.WriteFile(exit+".part", text, 0o600); err != nil {
		return err
	}
	if err := os.Rename(exit+".part", exit); err != nil {
		return fmt.Errorf("rename: %w", err)
	}
	return nil
}
