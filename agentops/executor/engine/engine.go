package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/headwater-mcp/headwater/activation"
	"github.com/headwater-mcp/headwater/agentops/backfill"
	"github.com/headwater-mcp/headwater/agentops/executor"
	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/lineage"
	"github.com/headwater-mcp/headwater/partition"
	"github.com/headwater-mcp/headwater/period"
)

// Facts returns today's engine and the definitions of the usable facts.
type Facts func(context.Context) (*activation.Engine, []*activation.Definition, error)

// Options say what an executor builds with.
type Options struct {
	Facts Facts
	// Asked, where given, has jobs bring the outputs of their fact and grain up to date as a whole: whatever has changed, in one
	// transaction and within what it says. Their pairs are what was due when that was planned. Without it a job builds its own
	// periods.
	Asked func(ctx context.Context, job executor.Job, d *activation.Definition) (Asked, error)
	// Begin, where given, is told of a build before it begins; and what it returns, of how the build ended.
	Begin func(ctx context.Context, job executor.Job, d *activation.Definition, q activation.BuildRequest) Ended
}

// Ended is told how a build ended.
type Ended func(ctx context.Context, result activation.BuildResult, failure error)

// Asked is what a build as a whole was asked for.
type Asked struct {
	// From and Until are dates, zero where not given; see activation.UpdateRequest.
	From, Until time.Time
	// Days is a fact whose days stand for those of this one; may be nil.
	Days *activation.Definition
}

// Executor builds activation outputs.
type Executor struct {
	Options

	mu   sync.Mutex
	jobs map[string]*build // by id; what ended stays, as the answer to whoever asks again
	// barred are jobs that were cancelled before this process started them.
	barred map[string]bool
}

var _ executor.Resident = (*Executor)(nil)

// New makes an executor. Its builds end with the process, unless they are cancelled before.
func New(o Options) *Executor {
	return &Executor{Options: o, jobs: map[string]*build{}, barred: map[string]bool{}}
}

// Resident implements executor.Resident.
func (*Executor) Resident() {}

// build is a job of this process. State may be read once done is closed.
type build struct {
	cancel context.CancelFunc
	done   chan struct{}
	state  executor.State
}

// Control implements what planners ask: outputs are built by period.
func (e *Executor) Control(n *lineage.Node, _ partition.Spec) executor.Control {
	if n.Type == lineage.TypeActivation {
		return executor.Range
	}
	return executor.None
}

// Line is what a person would type to build these pairs of an output. It builds every grain of the fact.
func (e *Executor) Line(n *lineage.Node, _ partition.Spec, pairs []backfill.Pair) string {
	argv := []string{"headwater", "build", factOf(n.Name)}
	if len(pairs) > 0 && !pairs[0].Whole() {
		argv = append(argv, "--from", pairs[0].Period, "--until", pairs[len(pairs)-1].Period)
	}
	return executor.Quote(argv)
}

// Marker is what a job's periods carry as their run. It is the job's own: weeks are built again where a day's marker is
// another, so no two builds may share one.
func Marker(job executor.Job) string { return job.Run + "/" + job.ID }

// Submit implements executor.Executor.
func (e *Executor) Submit(ctx context.Context, job executor.Job) error {
	if e.known(job) != nil {
		return nil
	}
	w, err := e.work(ctx, job)
	if err != nil {
		return e.refuse(job, err)
	}
	// A process before this one may have written it.
	if written, err := w.written(ctx); err != nil || len(written) > 0 {
		return e.refuse(job, err)
	}
	running, cancel := context.WithCancel(context.WithoutCancel(ctx))
	b := &build{cancel: cancel, done: make(chan struct{})}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.jobs[job.ID] != nil || e.barred[job.ID] {
		cancel()
		return nil
	}
	e.jobs[job.ID] = b
	go func() {
		defer close(b.done)
		defer cancel()
		b.state = e.run(running, w)
	}()
	return nil
}

// refuse returns why a job cannot be begun, so that it is tried again. Of a job that is for all that is due it is the job's end:
// whoever asks for that asks again, a person or the next night.
func (e *Executor) refuse(job executor.Job, err error) error {
	if err == nil || e.Asked == nil {
		return err
	}
	b := &build{cancel: func() {}, done: make(chan struct{}), state: e.failed(job, activation.BuildResult{}, err)}
	close(b.done)
	e.mu.Lock()
	defer e.mu.Unlock()
	e.jobs[job.ID] = b
	return nil
}

// failed is the end of a job of which nothing was written.
func (e *Executor) failed(job executor.Job, result activation.BuildResult, err error) executor.State {
	state := executor.State{Hopeless: e.Asked != nil, Notes: note(job, result, err)}
	for _, pair := range job.Pairs {
		state.Outcomes = append(state.Outcomes, executor.Outcome{Seq: pair.Seq, Error: err.Error()})
	}
	return state
}

func (e *Executor) known(job executor.Job) *build {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.jobs[job.ID]
}

// Poll implements executor.Executor.
func (e *Executor) Poll(ctx context.Context, job executor.Job) (executor.State, error) {
	if b := e.known(job); b != nil {
		select {
		case <-b.done:
			return b.state, nil
		default:
			return executor.State{Running: true}, nil
		}
	}
	w, err := e.work(ctx, job)
	if err != nil {
		return executor.State{}, err
	}
	written, err := w.written(ctx)
	if err != nil {
		return executor.State{}, err
	}
	state := executor.State{Lost: len(written) == 0}
	if !state.Lost {
		state.Outcomes, err = w.outcomes(ctx)
	}
	return state, err
}

// Cancel implements executor.Executor.
func (e *Executor) Cancel(ctx context.Context, job executor.Job) error {
	e.mu.Lock()
	b := e.jobs[job.ID]
	e.barred[job.ID] = true
	e.mu.Unlock()
	if b == nil {
		return nil // what another process had of it died with that
	}
	b.cancel()
	select {
	case <-b.done:
		return nil
	case <-ctx.Done():
		return ctx.Err() //nolint:wrapcheck // the caller's own
	}
}

// work is a job with what it is about.
type work struct {
	job        executor.Job
	engine     *activation.Engine
	definition *activation.Definition
	grain      period.Grain
	// periods are those of the job's pairs, one each.
	periods []period.Period
}

// work looks up what a job is about. What today's definitions do not allow is an error of their own words.
func (e *Executor) work(ctx context.Context, job executor.Job) (work, error) {
	w := work{job: job}
	engine, definitions, err := e.Facts(ctx)
	if err != nil {
		return w, err
	}
	w.engine = engine
	if w.definition, w.grain, err = Find(definitions, job.Node); err != nil {
		return w, err
	}
	if w.definition.ByDBT(w.grain) {
		return w, fault.New(fault.Conflict, "%s is made by models of the dbt project now, so the engine writes nothing of it. Plan again.", job.Node.ID)
	}
	for _, pair := range job.Pairs {
		p := w.definition.Calendar.At(w.grain, pair.Start)
		if pair.Whole() || pair.Grain != w.grain || p.String() != pair.Period || !p.Start().Equal(pair.Start) {
			return w, fault.New(fault.Conflict, "%q is no %s of fact %s as it is declared now: its time zone or week start changed since the plan was made. Plan again.",
				pair.Period, w.grain, w.definition.Fact.Name)
		}
		w.periods = append(w.periods, p)
	}
	if len(w.periods) == 0 {
		return w, fault.New(fault.Invalid, "The job of %s names no periods.", job.Node.ID)
	}
	return w, nil
}

// request is what the engine is asked for: what the job's periods are, or all that is due.
func (e *Executor) request(ctx context.Context, w work) (q activation.BuildRequest, days *activation.Definition, err error) {
	q = activation.BuildRequest{Grain: w.grain, AsOf: w.job.AsOf, Run: Marker(w.job)}
	if e.Asked == nil {
		q.From, q.Until = &w.periods[0], &w.periods[len(w.periods)-1]
		return q, nil, nil
	}
	asked, err := e.Asked(ctx, w.job, w.definition)
	q.From, q.Until = w.definition.PeriodOn(w.grain, asked.From), w.definition.PeriodOn(w.grain, asked.Until)
	return q, asked.Days, err
}

// run builds and says what became of it.
func (e *Executor) run(ctx context.Context, w work) executor.State {
	result, err := e.build(ctx, w)
	var outcomes []executor.Outcome
	if err == nil {
		if outcomes, err = w.outcomes(context.WithoutCancel(ctx)); err == nil {
			return executor.State{Outcomes: outcomes, Notes: append(result.Notes, note(w.job, result, nil)...)}
		}
	}
	if errors.Is(err, context.Canceled) || ctx.Err() != nil {
		return executor.State{Lost: true}
	}
	return e.failed(w.job, result, err)
}

func (e *Executor) build(ctx context.Context, w work) (activation.BuildResult, error) {
	q, days, err := e.request(ctx, w)
	if err != nil {
		return activation.BuildResult{}, err
	}
	ended := func(context.Context, activation.BuildResult, error) {}
	if e.Begin != nil {
		ended = e.Begin(ctx, w.job, w.definition, q)
	}
	result, err := w.engine.BuildGrain(ctx, w.definition, q, days)
	ended(ctx, result, err)
	return result, err
}

// outcomes are of a job whose build has ended well: a pair is done where its period stands, by today's definition.
func (w work) outcomes(ctx context.Context) ([]executor.Outcome, error) {
	built, err := w.engine.Periods(ctx, w.definition, w.grain)
	if err != nil {
		return nil, err
	}
	hash := w.definition.Hash()
	out := make([]executor.Outcome, len(w.job.Pairs))
	for i, p := range w.periods {
		out[i] = executor.Outcome{Seq: w.job.Pairs[i].Seq, Done: true}
		if !slices.ContainsFunc(built, func(b activation.Built) bool { return b.Period.Index == p.Index && b.Definition == hash }) {
			out[i].Done = false
			out[i].Error = fmt.Sprintf("Nothing was built for %s of fact %s: it lies before the fact's begin or first row, or after the period that is open at %s.",
				p, w.definition.Fact.Name, w.job.AsOf.UTC().Format("2006-01-02T15:04Z"))
		}
	}
	return out, nil
}

// written are the job's periods that carry its marker.
func (w work) written(ctx context.Context) ([]period.Period, error) {
	built, err := w.engine.Periods(ctx, w.definition, w.grain)
	if err != nil {
		return nil, err
	}
	var out []period.Period
	for _, p := range w.periods {
		if slices.ContainsFunc(built, func(b activation.Built) bool { return b.Period.Index == p.Index && b.Run == Marker(w.job) }) {
			out = append(out, p)
		}
	}
	return out, nil
}
