package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/headwater-mcp/headwater/agentops/platform"
	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/internal/app"
	"github.com/headwater-mcp/headwater/internal/config"
)

// check is one line of doctor.
type check struct {
	Check string `json:"check"`
	// Status is ok, warning or failed.
	Status string `json:"status"`
	Detail string `json:"detail"`
	// Error is what the check failed with.
	Error error `json:"-"`
}

const (
	checkOK      = "ok"
	checkWarning = "warning"
	checkFailed  = "failed"
)

func (r *root) doctorCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "doctor",
		Short: "Check artifacts, warehouse, store, facts and executors, with the fix for each",
		Args:  arguments(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			a, err := r.open(cmd.Context(), "doctor")
			if err != nil {
				return err
			}
			defer a.Close() //nolint:errcheck // nothing was written that is not committed
			checks, err := examine(cmd.Context(), a)
			if err != nil {
				return err
			}
			if err := r.printChecks(checks); err != nil {
				return err
			}
			for _, c := range checks {
				if c.Error != nil {
					return fault.New(fault.KindOf(c.Error), "%s: see above.", c.Check)
				}
			}
			return nil
		},
	}
}

func examine(ctx context.Context, a *app.App) ([]check, error) {
	p, err := a.Current(ctx)
	if err != nil {
		return nil, err
	}
	health := p.Probe(ctx)
	checks := []check{projectCheck(a), artifactsCheck(p, health)}
	checks = append(checks, warehouseCheck(p, health)...)
	checks = append(checks, check{Check: "store", Status: checkOK, Detail: storeDetail(a, health)})
	for _, f := range p.Facts {
		checks = append(checks, factCheck(ctx, p, f))
	}
	if len(p.Facts) == 0 {
		checks = append(checks, check{Check: "facts", Status: checkWarning, Detail: "none is declared; headwater init proposes some"})
	}
	checks = append(checks, policyCheck(health.Policy), workerCheck(health.Worker))
	for _, e := range health.Executors {
		checks = append(checks, executorCheck(e))
	}
	for _, w := range health.Warnings {
		checks = append(checks, check{Check: "warning", Status: checkWarning, Detail: w})
	}
	return checks, nil
}

func projectCheck(a *app.App) check {
	c := a.Config()
	detail := c.Root
	if c.File == "" {
		detail += ", without headwater.yaml (everything from dbt's files)"
	}
	return check{Check: "project", Status: checkOK, Detail: detail}
}

func artifactsCheck(p *platform.Platform, health platform.Health) check {
	if p.ArtifactsError != nil {
		return failed("artifacts", p.ArtifactsError)
	}
	detail := fmt.Sprintf("manifest %s of dbt %s, %d nodes, written %s", p.Artifacts.SchemaVersion, p.Artifacts.DBTVersion, p.Graph.Len(),
		p.Artifacts.GeneratedAt.UTC().Format("2006-01-02 15:04 UTC"))
	if n := len(health.EditedSinceParse); n > 0 {
		return check{Check: "artifacts", Status: checkWarning, Detail: fmt.Sprintf("%s; %d files were edited since (%s): run dbt parse", detail, n,
			strings.Join(health.EditedSinceParse[:min(n, 3)], ", "))}
	}
	return check{Check: "artifacts", Status: checkOK, Detail: detail}
}

func warehouseCheck(p *platform.Platform, health platform.Health) []check {
	if !health.Warehouse.Reachable {
		err := p.WarehouseError
		if err == nil {
			err = fault.New(fault.Unavailable, "%s", health.Warehouse.Detail)
		}
		return []check{failed("warehouse", err)}
	}
	return []check{{Check: "warehouse", Status: checkOK, Detail: health.Warehouse.Detail}}
}

func factCheck(ctx context.Context, p *platform.Platform, f platform.Fact) check {
	name := "fact " + f.Name
	if f.Problem != nil {
		return failed(name, f.Problem)
	}
	if p.Engine == nil {
		return check{Check: name, Status: checkWarning, Detail: "its columns cannot be checked without the warehouse"}
	}
	if err := p.Engine.Check(ctx, f.Definition); err != nil {
		return failed(name, err)
	}
	d := f.Definition
	return check{Check: name, Status: checkOK, Detail: fmt.Sprintf("%s, user %s, time %s", d.Relation, d.Fact.User, d.Fact.Time)}
}

func policyCheck(policy platform.PolicyStatus) check {
	detail := "policy.writes is " + policy.Writes
	if policy.Writes == config.WritesDeny {
		detail += ": agents start no run. `policy: {writes: activation}` in headwater.yaml allows headwater's own outputs, `policy: {writes: allow}` models and loaders, too"
	}
	return check{Check: "policy", Status: checkOK, Detail: detail}
}

func workerCheck(w platform.WorkerStatus) check {
	detail := "none lives; one is started when there is something to run"
	switch {
	case w.Alive:
		detail = w.Who + " executes runs"
	case w.Stuck():
		return check{Check: workerPurpose, Status: checkWarning, Detail: fmt.Sprintf(
			"headwater.yaml says worker: external, none lives, and %d runs wait: run headwater worker, or take the line out", w.Unfinished)}
	case w.Mode == config.WorkerExternal:
		detail = "headwater.yaml says worker: external; none lives, and none is needed now"
	}
	return check{Check: workerPurpose, Status: checkOK, Detail: detail}
}

// executorCheck fails where headwater.yaml asks for what cannot run. The dbt that nobody asked for may be missing: it is only
// needed for repairs of models.
func executorCheck(e platform.ExecutorStatus) check {
	name := "executor " + e.Name
	switch {
	case e.Err == nil:
		return check{Check: name, Status: checkOK, Detail: e.Type + " runs " + e.Nodes}
	case e.Assumed:
		return check{Check: name, Status: checkWarning, Detail: "models cannot be repaired: " + e.Problem}
	}
	return failed(name, e.Err)
}

func storeDetail(a *app.App, health platform.Health) string {
	path := a.StorePath()
	if path == "" {
		return "none: see the warnings"
	}
	return fmt.Sprintf("%s, %d dbt runs recorded", path, health.Ledger.Runs)
}

func failed(name string, err error) check {
	return check{Check: name, Status: checkFailed, Detail: err.Error(), Error: err}
}

func (r *root) printChecks(checks []check) error {
	if !r.tables() {
		return r.printValue(checks)
	}
	for _, c := range checks {
		mark := map[string]string{checkOK: "✓", checkWarning: "!", checkFailed: "✗"}[c.Status]
		if _, err := fmt.Fprintf(r.Out, "%s %-16s %s\n", mark, c.Check, c.Detail); err != nil {
			return printed(err)
		}
	}
	return nil
}
