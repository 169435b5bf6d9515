package platform

import (
	"context"
	"time"

	"github.com/headwater-mcp/headwater/agentops/backfill"
	"github.com/headwater-mcp/headwater/agentops/policy"
	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/lineage"
	"github.com/headwater-mcp/headwater/page"
	"github.com/headwater-mcp/headwater/partition"
)

// Repairs is what plans and runs are made with.
type Repairs struct {
	Policy policy.Policy
	// Way says how a node is run, or why it is not, whatever the policy says.
	Way func(n *lineage.Node, spec partition.Spec) backfill.Way
	// Command is what a person would type to run pairs of one node that follow each other; "" where there is nothing to type.
	Command func(n *lineage.Node, spec partition.Spec, pairs []backfill.Pair) string
	// Runs keeps plans and runs; nil where Unkept says why nothing can be kept.
	Runs   Runs
	Unkept error
	// Work sees to it that a worker lives, and says in a sentence what has to be done where none may be started.
	Work func(ctx context.Context) (notice string, err error)
}

// Runs keeps plans, their runs and who asked for them.
type Runs interface { //nolint:interfacebloat // one store of one kind of thing, which tests use as it is
	// SavePlan keeps a plan by its id.
	SavePlan(ctx context.Context, plan backfill.Plan) error
	// Plan is fault.NotFound for an unknown id.
	Plan(ctx context.Context, id string) (backfill.Plan, error)
	// Start starts the run of a plan, and reports whether it is new; a plan that was started gives its run.
	Start(ctx context.Context, planID, reason string, by backfill.Actor, asOf time.Time) (backfill.Run, bool, error)
	// RunOf is the run of a plan, and whether there is one.
	RunOf(ctx context.Context, planID string) (backfill.Run, bool, error)
	// Run is fault.NotFound for an unknown id.
	Run(ctx context.Context, id string) (backfill.Run, error)
	// List gives the newest first.
	List(ctx context.Context, limit int, cursor string) ([]backfill.Run, page.Info, error)
	// Unfinished are the runs that have not ended, the oldest first.
	Unfinished(ctx context.Context) ([]backfill.Run, error)
	Pairs(ctx context.Context, run string) ([]backfill.RunPair, error)
	// Notes are what jobs of a run said beside the outcome of their pairs.
	Notes(ctx context.Context, run string) ([]string, error)
	// Control is fault.Conflict where the action means nothing in the run's status.
	Control(ctx context.Context, run string, action backfill.Action, by backfill.Actor, asOf time.Time) (backfill.Run, error)
	// Refused notes in the audit log what was asked for and not allowed.
	Refused(ctx context.Context, action, planID, detail string, by backfill.Actor, asOf time.Time) error
	// Durations are how long a pair of each node took lately; nodes that never ran are left out.
	Durations(ctx context.Context, nodes []string) (map[string]time.Duration, error)
	// LastRunOf is the last run that wrote one of the pairs; "" where there is none.
	LastRunOf(ctx context.Context, pairs []backfill.Pair) (string, error)
	// Changed is closed, or sent to, when a run may have changed, until stop is called.
	Changed(ctx context.Context) (changed <-chan struct{}, stop func())
	// Now is the wall clock.
	Now() time.Time
}

// repairs returns what plans are made with, or why none can be made.
func (p *Platform) repairs() (*Repairs, error) {
	if p.Repairs == nil {
		return nil, fault.New(fault.Unavailable, "This command makes no plans. Use headwater backfill, or the tools of headwater mcp.")
	}
	return p.Repairs, nil
}

// kept returns where plans and runs are kept, or why they cannot be.
func (p *Platform) kept() (*Repairs, error) {
	r, err := p.repairs()
	if err != nil {
		return nil, err
	}
	if r.Runs == nil {
		return nil, r.Unkept
	}
	return r, nil
}
