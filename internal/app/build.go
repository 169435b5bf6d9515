package app

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/headwater-mcp/headwater/activation"
	"github.com/headwater-mcp/headwater/agentops/platform"
	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/internal/config"
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
	// Progress is told before each fact and grain; may be nil.
	Progress func(fact, grain string)
}

// Build builds fact after fact, grain after grain. What was built before an error stays built.
func (a *App) Build(ctx context.Context, q BuildRequest) ([]activation.BuildResult, error) {
	results := []activation.BuildResult{}
	p, err := a.Current(ctx)
	if err != nil {
		return results, err
	}
	if err := a.mayWrite(q.Yes); err != nil {
		return results, err
	}
	if p.Engine == nil {
		return results, p.WarehouseError
	}
	facts, err := chosen(p, q.Facts)
	if err != nil {
		return results, err
	}
	run := a.runName("build")
	var done []*activation.Definition
	for _, f := range bySource(facts) {
		request := activation.UpdateRequest{AsOf: p.AsOf, Run: run, Days: standsFor(f.Definition, done)}
		if request.From, err = date(f, "--from", q.From); err != nil {
			return results, err
		}
		if request.Until, err = date(f, "--until", q.Until); err != nil {
			return results, err
		}
		if q.Progress != nil {
			request.Progress = func(g period.Grain) { q.Progress(f.Name, string(g)) }
		}
		own := a.begin(ctx, p, f, request)
		built, err := p.Engine.Update(ctx, f.Definition, request)
		own.end(ctx, built, err)
		results = append(results, built...)
		if err != nil {
			return results, err
		}
		done = append(done, f.Definition)
	}
	slices.SortStableFunc(results, func(x, y activation.BuildResult) int { return cmp.Compare(x.Fact, y.Fact) })
	return results, nil
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
func (a *App) Forget(ctx context.Context, name, user string, yes bool) (activation.Forgotten, error) {
	p, err := a.Current(ctx)
	if err != nil {
		return activation.Forgotten{}, err
	}
	if err := a.mayWrite(yes); err != nil {
		return activation.Forgotten{}, err
	}
	if p.Engine == nil {
		return activation.Forgotten{}, p.WarehouseError
	}
	f, err := p.Fact(name)
	if err != nil {
		return activation.Forgotten{}, err
	}
	return p.Engine.Forget(ctx, f.Definition, user, p.AsOf, a.runName("forget"))
}

// runName marks what a command writes.
func (a *App) runName(command string) string {
	return command + "-" + strconv.FormatInt(a.options.Now().UnixNano(), 36) //nolint:mnd // the shortest that Go writes
}

// Drop removes the outputs of a fact, declared or not.
func (a *App) Drop(ctx context.Context, name string, yes bool) ([]string, error) {
	if err := a.mayWrite(yes); err != nil {
		return nil, err
	}
	if a.engine == nil {
		return nil, a.warehouseError
	}
	if err := a.mayDrop(ctx, name); err != nil {
		return nil, err
	}
	return a.engine.Drop(ctx, name)
}

// mayWrite holds the policy. A person who types the command has asked for the write, so the default does not stand in the way;
// a deny that is written down does, unless the command says yes.
func (a *App) mayWrite(yes bool) error {
	c := a.options.Config
	origin, written := c.Origins["policy.writes"]
	if c.Policy.Writes != config.WritesDeny || yes || !written {
		return nil
	}
	return fault.New(fault.Blocked, "policy.writes is deny (%s), so nothing was written. Allow the activation outputs with `policy: {writes: activation}` in headwater.yaml, or say --yes for this once.", origin)
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
		return p.Facts, nil
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
