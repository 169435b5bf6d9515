package app

import (
	"cmp"
	"context"
	"fmt"
	"os/user"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/headwater-mcp/headwater/activation"
	"github.com/headwater-mcp/headwater/agentops/backfill"
	"github.com/headwater-mcp/headwater/agentops/platform"
	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/internal/config"
	"github.com/headwater-mcp/headwater/internal/store"
	"github.com/headwater-mcp/headwater/period"
)

// BuildRequest asks for activation outputs to be brought up to date.
type BuildRequest struct {
	// Facts are names; none are all that are declared.
	Facts []string
	// From and Until are dates; see activation.BuildRequest.
	From, Until string
	// Yes is consent given on the command line, where the policy says deny.
	Yes bool
	// Progress is told of each fact and grain when it is built; may be nil.
	Progress func(fact, grain string)
	// Note is told what a person has to know beside the results; may be nil.
	Note func(string)
}

// Build brings outputs up to date by a plan and its run, which this process executes unless another one executes the runs of the
// project. Each fact and grain is built or is not: an error is that of the first which is not, and what was built stays built.
// Where nothing can be kept of plans and runs it builds directly, and says so.
func (a *App) Build(ctx context.Context, q BuildRequest) ([]activation.BuildResult, error) {
	results := []activation.BuildResult{}
	p, err := a.Current(ctx)
	if err != nil {
		return results, err
	}
	if err := a.mayWrite(ctx, "build", q.Yes); err != nil {
		return results, err
	}
	if p.Engine == nil {
		return results, p.WarehouseError
	}
	facts, err := chosen(p, q.Facts)
	if err != nil {
		return results, err
	}
	slices.SortFunc(facts, func(x, y platform.Fact) int { return cmp.Compare(x.Name, y.Name) })
	facts = bySource(slices.CompactFunc(facts, func(x, y platform.Fact) bool { return x.Name == y.Name }))
	updates := make([]activation.UpdateRequest, len(facts))
	for i, f := range facts {
		updates[i] = activation.UpdateRequest{AsOf: p.AsOf}
		if updates[i].From, err = date(f, "--from", q.From); err != nil {
			return results, err
		}
		if updates[i].Until, err = date(f, "--until", q.Until); err != nil {
			return results, err
		}
	}
	b := &planned{app: a, platform: p, request: q, facts: facts, updates: updates}
	results, err = b.build(ctx)
	slices.SortStableFunc(results, func(x, y activation.BuildResult) int { return cmp.Compare(x.Fact, y.Fact) })
	return results, err
}

func (q BuildRequest) note(text string) {
	if q.Note != nil {
		q.Note(text)
	}
}

func (q BuildRequest) progress(fact string, g period.Grain) {
	if q.Progress != nil {
		q.Progress(fact, string(g))
	}
}

// directly builds fact after fact without a plan and without a trace in the ledger.
func (b *planned) directly(ctx context.Context) ([]activation.BuildResult, error) {
	results := []activation.BuildResult{}
	run := b.app.runName("build")
	for i, f := range b.facts {
		request := b.updates[i]
		request.Run, request.Days = run, standsFor(f.Definition, definitionsOf(b.facts[:i]))
		request.Progress = func(g period.Grain) { b.request.progress(f.Name, g) }
		built, err := b.platform.Engine.Update(ctx, f.Definition, request)
		results = append(results, built...)
		if err != nil {
			return results, err
		}
	}
	return results, nil
}

func definitionsOf(facts []platform.Fact) []*activation.Definition {
	out := make([]*activation.Definition, len(facts))
	for i, f := range facts {
		out[i] = f.Definition
	}
	return out
}

// bySource puts facts with more dimensions first: their days may stand for those of facts with fewer.
func bySource(facts []platform.Fact) []platform.Fact {
	return slices.SortedStableFunc(slices.Values(facts), func(x, y platform.Fact) int {
		return cmp.Compare(len(y.Definition.Fact.Dimensions), len(x.Definition.Fact.Dimensions))
	})
}

// standsFor is one of the facts that were built whose days tell all that the fact's rows do; nil where none does.
func standsFor(d *activation.Definition, built []*activation.Definition) *activation.Definition {
	for _, b := range built {
		if b.StandsFor(d) {
			return b
		}
	}
	return nil
}

// Forget erases one user's rows from all outputs of a fact.
func (a *App) Forget(ctx context.Context, name, key string, yes bool) (activation.Forgotten, error) {
	p, err := a.Current(ctx)
	if err != nil {
		return activation.Forgotten{}, err
	}
	if err := a.mayWrite(ctx, "forget", yes); err != nil {
		return activation.Forgotten{}, err
	}
	if p.Engine == nil {
		return activation.Forgotten{}, p.WarehouseError
	}
	f, err := p.Fact(name)
	if err != nil {
		return activation.Forgotten{}, err
	}
	forgotten, err := p.Engine.Forget(ctx, f.Definition, key, p.AsOf, a.runName("forget"))
	if err == nil {
		a.noted(ctx, "forget", "One user of fact "+f.Name+".") // and not which: the log forgets nobody
	}
	return forgotten, err
}

// runName marks what a command writes.
func (a *App) runName(command string) string {
	return command + "-" + strconv.FormatInt(a.options.Now().UnixNano(), 36) //nolint:mnd // the shortest that Go writes
}

// Drop removes the outputs of a fact, declared or not.
func (a *App) Drop(ctx context.Context, name string, yes bool) ([]string, error) {
	if err := a.mayWrite(ctx, "drop", yes); err != nil {
		return nil, err
	}
	if a.engine == nil {
		return nil, a.warehouseError
	}
	if err := a.mayDrop(ctx, name); err != nil {
		return nil, err
	}
	dropped, err := a.engine.Drop(ctx, name)
	if err == nil {
		a.noted(ctx, "drop", fmt.Sprintf("%d outputs of fact %s.", len(dropped), name))
	}
	return dropped, err
}

// noted adds to the audit log what a command did, or was not allowed to do, without a run.
func (a *App) noted(ctx context.Context, action, detail string) {
	if a.store == nil {
		return
	}
	err := a.store.Audit(context.WithoutCancel(ctx), store.AuditEntry{
		At: a.seen(), AsOf: a.AsOf(), By: person("headwater " + strings.Fields(action)[0]), Action: action, Detail: detail,
	})
	if err != nil {
		a.log.Warn().Err(err).Str("action", action).Msg("the audit log could not be written")
	}
}

// person is who runs this process, with a command.
func person(command string) backfill.Actor {
	by := backfill.Actor{Client: command}
	if u, err := user.Current(); err == nil {
		by.User = u.Username
	}
	return by
}

// mayWrite holds the policy. A person who types the command has asked for the write, so the default does not stand in the way;
// a deny that is written down does, unless the command says yes.
func (a *App) mayWrite(ctx context.Context, action string, yes bool) error {
	c := a.options.Config
	origin, written := c.Origins["policy.writes"]
	if c.Policy.Writes != config.WritesDeny || yes || !written {
		return nil
	}
	err := fault.New(fault.Blocked, "policy.writes is deny (%s), so nothing was written. Allow the activation outputs with `policy: {writes: activation}` in headwater.yaml, or say --yes for this once.", origin)
	a.noted(ctx, action+" refused", err.Error())
	return err
}

func chosen(p *platform.Platform, names []string) ([]platform.Fact, error) {
	if len(names) == 0 {
		if len(p.Facts) == 0 {
			if p.ArtifactsError != nil {
				return nil, p.ArtifactsError
			}
			return nil, fault.New(fault.NotFound, "No fact is declared, so there is nothing to build. headwater init proposes some.")
		}
		for _, f := range p.Facts {
			if f.Problem != nil {
				return nil, f.Problem
			}
		}
		return slices.Clone(p.Facts), nil
	}
	var facts []platform.Fact
	for _, name := range names {
		f, err := p.Fact(name)
		if err != nil {
			return nil, err
		}
		facts = append(facts, f)
	}
	return facts, nil
}

// date reads a flag's local date; zero where it is not given.
func date(f platform.Fact, flag, text string) (time.Time, error) {
	if strings.TrimSpace(text) == "" {
		return time.Time{}, nil
	}
	p, err := f.Definition.Calendar.Parse(period.Day, text)
	if err != nil {
		return time.Time{}, fault.Wrap(err, fault.Invalid, "%s: %s", flag, err)
	}
	return p.UTCDate(), nil
}
