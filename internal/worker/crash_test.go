package worker_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/agentops/backfill"
	"github.com/headwater-mcp/headwater/agentops/executor"
	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/internal/store"
	"github.com/headwater-mcp/headwater/internal/worker"
)

// Variables that make the test binary another process: a worker, a server that starts a run and ends, or a job of one.
const (
	roleVariable = "HEADWATER_WORKER_TEST_ROLE"
	dirVariable  = "HEADWATER_WORKER_TEST_DIR"
	jobVariable  = "HEADWATER_WORKER_TEST_JOB"
	// dieVariable has jobs die with their worker.
	dieVariable = "HEADWATER_WORKER_TEST_DIE"
)

const crashPlan = "plan-crash"

func play(role string) int {
	dir := os.Getenv(dirVariable)
	var err error
	switch role {
	case "worker":
		err = workIn(dir)
	case "server":
		err = serveIn(dir)
	case "job":
		err = jobIn(dir)
	default:
		err = fmt.Errorf("no role %s", role)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

func workIn(dir string) error {
	ctx := context.Background()
	s, err := store.Open(ctx, filepath.Join(dir, "state.db"), "")
	if err != nil {
		return err
	}
	defer s.Close()
	w, err := openWarehouse(dir)
	if err != nil {
		return err
	}
	defer w.Close()
	o := optionsOf(s, map[string]executor.Executor{"engine": &inside{warehouse: w, running: map[string]*insideJob{}}, "command": &outside{warehouse: w}})
	err = worker.Run(ctx, o)
	if _, held := errors.AsType[*worker.HeldError](err); held {
		return nil
	}
	return err
}

// serveIn is a server: it starts the run of the plan, sees to it that a worker lives, and ends.
func serveIn(dir string) error {
	ctx := context.Background()
	s, err := store.Open(ctx, filepath.Join(dir, "state.db"), "")
	if err != nil {
		return err
	}
	defer s.Close()
	if _, _, err := s.StartBackfill(ctx, crashPlan, store.Start{Reason: "crash", AsOf: ninth, At: time.Now()}); err != nil {
		return err
	}
	_, err = worker.Ensure(ctx, s, worker.Command{Path: os.Args[0], Args: os.Args[:1], Env: environment("worker", dir)})
	return err
}

func environment(role, dir string, more ...string) []string {
	return append(append(os.Environ(), roleVariable+"="+role, dirVariable+"="+dir), more...)
}

// child is the test binary in a role.
func child(t *testing.T, role, dir string, more ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = environment(role, dir, more...)
	cmd.Stderr = os.Stderr
	require.NoError(t, cmd.Start())
	return cmd
}

// world is a store with a plan and an empty warehouse, in a folder.
type world struct {
	*bench

	dir       string
	plan      backfill.Plan
	warehouse *crashWarehouse
}

func newWorld(t *testing.T) *world {
	t.Helper()
	dir := t.TempDir()
	s, err := store.Open(t.Context(), filepath.Join(dir, "state.db"), "")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	w, err := openWarehouse(dir)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, w.Close()) })
	plan := planOf(crashPlan, 4, 6, "engine", "command")
	for i := range plan.Pairs {
		if p := &plan.Pairs[i]; p.Wave == 2 && p.Seq%6 > 0 {
			p.Needs = append(p.Needs, p.Seq-1) // a node that reads its own past
		}
	}
	require.NoError(t, s.SavePlan(t.Context(), plan, time.Now()))
	return &world{bench: &bench{t: t, store: s}, dir: dir, plan: plan, warehouse: w}
}

// judge compares what the warehouse itself tells with what should have happened.
func (w *world) judge(run string) {
	t := w.t
	pairs := w.pairs(run)
	require.Equal(t, backfill.Succeeded, w.run(run).Status, "%+v", pairs)
	cells, writes, err := w.warehouse.tell(t.Context())
	require.NoError(t, err)
	want := map[int]int64{}
	for _, p := range w.plan.Pairs {
		sum := int64(p.Seq + 1)
		for _, n := range p.Needs {
			sum += 3 * want[n]
		}
		want[p.Seq] = sum % prime
	}
	require.Equal(t, want, cells, "the table is what a run without crashes makes")
	for _, p := range pairs {
		require.Equal(t, backfill.PairDone, p.Status)
		require.Equal(t, []string{p.Job}, writes[p.Seq], "pair %d is written once, by the job that is recorded for it", p.Seq)
		require.LessOrEqual(t, p.Attempts, 3)
	}
}

// killAll kills the worker that lives, and those that take its place because a server had started them, too. None of them can have
// ended by itself, with jobs that wait for the warehouse.
func (w *world) killAll() {
	killed := map[int]bool{}
	until(w.t, "no worker lives", func() bool {
		who, alive := worker.Alive(w.store.Path())
		var pid int
		if _, err := fmt.Sscanf(who, "process %d", &pid); err == nil && alive && !killed[pid] {
			killed[pid] = true
			process, err := os.FindProcess(pid)
			require.NoError(w.t, err)
			require.NoError(w.t, process.Kill())
		}
		return !alive
	})
	require.NotEmpty(w.t, killed)
}

// settled waits until no worker lives and no job of one does.
func (w *world) settled() {
	until(w.t, "the last worker ends", func() bool { return !w.alive() })
}

func rounds(t *testing.T, few int) int {
	t.Helper()
	n, err := strconv.Atoi(os.Getenv("HEADWATER_CRASHES"))
	if err != nil {
		return few
	}
	return n
}

// A worker is killed at random moments, with jobs in its process and with jobs in processes of their own that go on, or do not.
func TestKilledWorkersWriteEveryPairOnce(t *testing.T) {
	t.Parallel()
	deaths := 0
	for round := range rounds(t, 10) {
		t.Run(strconv.Itoa(round), func(t *testing.T) {
			random := rand.New(rand.NewPCG(uint64(round), 7))
			w := newWorld(t)
			run, _, err := w.store.StartBackfill(t.Context(), crashPlan, store.Start{AsOf: ninth, At: time.Now()})
			require.NoError(t, err)
			var revision int64
			for kill := range 4 + random.IntN(5) {
				die := dieVariable + "=" + strconv.Itoa((round+kill)%2)
				cmd := child(t, "worker", w.dir, die)
				ended := make(chan struct{})
				go func() { _ = cmd.Wait(); close(ended) }()
				w.watch(&revision, random.IntN(6), random.IntN(40), ended)
				_ = cmd.Process.Kill()
				<-ended
			}
			// A program that a killed worker was about to start holds the lock until it is started: the worker that comes then gives way,
			// and the next one works.
			until(t, "a worker ends the run", func() bool {
				require.NoError(t, child(t, "worker", w.dir, dieVariable+"=0").Wait())
				return w.run(run.ID).Status.Ended()
			})
			w.judge(run.ID)
			for _, p := range w.pairs(run.ID) {
				deaths += p.Deaths
			}
		})
	}
	t.Logf("%d times a pair was lost with a worker", deaths)
	require.Positive(t, deaths, "the workers are killed while they work")
}

// watch returns after that many changes of the store and that many further looks, or when the process has ended.
func (w *world) watch(revision *int64, changes, looks int, ended <-chan struct{}) {
	for target := *revision + int64(changes); looks > 0; {
		select {
		case <-ended:
			return
		default:
		}
		_, now, err := w.store.Changed(w.t.Context(), 0)
		require.NoError(w.t, err)
		if *revision = now; now >= target {
			looks--
		}
	}
}

// Three servers start the same plan at once and end. The worker that one of them started is killed too, and another command starts
// the next.
func TestTheRunOutlivesItsServersAndItsWorker(t *testing.T) {
	t.Parallel()
	for range max(1, rounds(t, 10)/10) {
		w := newWorld(t)
		open := w.warehouse.shut(t)
		servers := make([]*exec.Cmd, 3)
		for i := range servers {
			servers[i] = child(t, "server", w.dir)
		}
		for _, s := range servers {
			require.NoError(t, s.Wait())
		}
		run, ok, err := w.store.BackfillOf(t.Context(), crashPlan)
		require.NoError(t, err)
		require.True(t, ok)
		running := func() bool { return backfill.Count(w.pairs(run.ID)).Running > 0 }
		until(t, "the first job starts", running)
		require.Equal(t, backfill.Running, w.run(run.ID).Status, "the servers have ended and the run goes on")
		w.killAll()
		require.Zero(t, backfill.Count(w.pairs(run.ID)).Done)
		again := child(t, "server", w.dir)
		require.NoError(t, again.Wait())
		until(t, "the next worker lives", w.alive)
		open()
		w.until(run.ID, backfill.Succeeded)
		w.settled()
		w.judge(run.ID)
		log, info, err := w.store.AuditLog(t.Context(), 0, "")
		require.NoError(t, err)
		require.Equal(t, 1, info.Total, "the plan was started once: %v", log)
	}
}

func TestAWorkerThatCannotBeStartedIsSaid(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	started, err := worker.Ensure(t.Context(), w.store, worker.Command{Path: filepath.Join(w.dir, "nosuch")})
	require.NoError(t, err, "there is no work yet")
	require.False(t, started)
	w.start(w.plan)
	_, err = worker.Ensure(t.Context(), w.store, worker.Command{Path: filepath.Join(w.dir, "nosuch")})
	require.Equal(t, fault.Unavailable, fault.KindOf(err))
	require.ErrorContains(t, err, "no such file or directory")
	require.ErrorContains(t, err, "headwater worker")
	require.NotContains(t, err.Error(), w.dir)
}

func TestALargeLogIsSetAside(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.start(w.plan)
	path := worker.LogPath(w.store.Path())
	require.NoError(t, os.WriteFile(path, []byte(strings.Repeat("x", 2<<20)), 0o600))
	started, err := worker.Ensure(t.Context(), w.store, worker.Command{
		Path: "/bin/sh", Args: []string{"sh", "-c", "echo said; echo wrong >&2"}, Dir: w.dir,
	})
	require.NoError(t, err)
	require.True(t, started)
	until(t, "the log has what it said", func() bool {
		text, err := os.ReadFile(path)
		return err == nil && string(text) == "said\nwrong\n"
	})
	require.FileExists(t, path+".1")
}

// prime keeps the values of cells small.
const prime = 1_000_000_007

// crashWarehouse is what jobs write: a cell for each pair, made from the cells that the pair reads, and beside it who wrote it.
type crashWarehouse struct {
	*sql.DB

	dir string
}

func openWarehouse(dir string) (*crashWarehouse, error) {
	db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, "warehouse.db")+
		"?_pragma=busy_timeout(20000)&_pragma=journal_mode(WAL)&_txlock=immediate")
	if err != nil {
		return nil, err
	}
	_, err = db.Exec(`CREATE TABLE IF NOT EXISTS cells (seq INTEGER PRIMARY KEY, value INTEGER);
		CREATE TABLE IF NOT EXISTS writes (seq INTEGER, job TEXT);
		CREATE TABLE IF NOT EXISTS failures (seq INTEGER PRIMARY KEY)`)
	return &crashWarehouse{db, dir}, err
}

// write makes one pair in one transaction. Some pairs fail the first time.
func (w *crashWarehouse) write(ctx context.Context, job string, p backfill.Pair) error {
	tx, err := w.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	const unlucky = 5
	if p.Seq%unlucky == 2 {
		done, err := tx.Exec("INSERT OR IGNORE INTO failures VALUES (?)", p.Seq)
		if err != nil {
			return err
		}
		if n, err := done.RowsAffected(); err != nil || n == 1 {
			return errors.Join(errors.New("the first time goes wrong"), err, tx.Commit())
		}
	}
	sum := int64(p.Seq + 1)
	for _, n := range p.Needs {
		var value int64
		if err := tx.QueryRow("SELECT value FROM cells WHERE seq = ?", n).Scan(&value); err != nil {
			return err
		}
		sum += 3 * value
	}
	if _, err := tx.Exec("INSERT OR REPLACE INTO cells VALUES (?, ?)", p.Seq, sum%prime); err != nil {
		return err
	}
	if _, err := tx.Exec("INSERT INTO writes VALUES (?, ?)", p.Seq, job); err != nil {
		return err
	}
	return tx.Commit()
}

// wrote is which pairs a job wrote.
func (w *crashWarehouse) wrote(ctx context.Context, job string) (map[int]bool, error) {
	rows, err := w.QueryContext(ctx, "SELECT seq FROM writes WHERE job = ?", job)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := map[int]bool{}
	for rows.Next() {
		var seq int
		if err := rows.Scan(&seq); err != nil {
			return nil, err
		}
		out[seq] = true
	}
	return out, rows.Err()
}

// state is how a job that runs no more stands, by what the warehouse has of it.
func (w *crashWarehouse) state(ctx context.Context, job executor.Job, failed map[int]string, lost bool) (executor.State, error) {
	s := executor.State{Lost: lost}
	wrote, err := w.wrote(ctx, job.ID)
	for _, p := range job.Pairs {
		switch {
		case wrote[p.Seq]:
			s.Outcomes = append(s.Outcomes, executor.Outcome{Seq: p.Seq, Done: true})
		case failed[p.Seq] != "":
			s.Outcomes = append(s.Outcomes, executor.Outcome{Seq: p.Seq, Error: failed[p.Seq]})
		case !lost:
			s.Outcomes = append(s.Outcomes, executor.Outcome{Seq: p.Seq, NotRun: true})
		}
	}
	return s, err
}

func (w *crashWarehouse) tell(ctx context.Context) (cells map[int]int64, writes map[int][]string, err error) {
	cells, writes = map[int]int64{}, map[int][]string{}
	rows, err := w.QueryContext(ctx, "SELECT c.seq, c.value, w.job FROM cells c JOIN writes w USING (seq) ORDER BY w.rowid")
	if err != nil {
		return nil, nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var seq int
		var value int64
		var job string
		if err := rows.Scan(&seq, &value, &job); err != nil {
			return nil, nil, err
		}
		cells[seq], writes[seq] = value, append(writes[seq], job)
	}
	return cells, writes, rows.Err()
}
