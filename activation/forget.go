package activation

import (
	"context"
	"fmt"
	"time"

	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/period"
	"github.com/headwater-mcp/headwater/warehouse"
)

// Forgotten says what the erasure of one user took away, and what it did not.
type Forgotten struct {
	Fact   string           `json:"fact"`
	Grains []ForgottenGrain `json:"grains"`
	// FactRows is how many rows of the user the fact's own relation still has; nil where it cannot be read.
	FactRows *int64 `json:"fact_rows"`
	// Remains says in words what still counts or names the user.
	Remains []string `json:"remains"`
}

// ForgottenGrain is what was taken away at one grain.
type ForgottenGrain struct {
	Grain period.Grain `json:"grain"`
	// Rows is how many rows <fact>_activation_<grain> had of the user: one for each active period.
	Rows int64 `json:"rows"`
	// First is the user's first active period: from there on the counts are lower by one.
	First *period.Period `json:"first"`
}

// Forget erases one user from all outputs of a fact, in one transaction: the rows, and what they added to the counts, frozen
// periods included, so that the outputs are those of a history without the user. The key is compared as text. It fails with
// fault.NotFound where no output holds the user, and with fault.Conflict where the outputs are of another definition.
func (e *Engine) Forget(ctx context.Context, d *Definition, user string, asOf time.Time, run string) (Forgotten, error) {
	out := Forgotten{Fact: d.Fact.Name, Grains: []ForgottenGrain{}, Remains: []string{}}
	err := e.warehouse.Write(ctx, func(ctx context.Context, w warehouse.Writer) error {
		for _, g := range d.Grains {
			took, err := e.forgetAt(ctx, w, d, BuildRequest{Grain: g, AsOf: asOf, Run: run}, user)
			if err != nil {
				return err
			}
			if took.Rows > 0 {
				out.Grains = append(out.Grains, took)
			}
		}
		if len(out.Grains) == 0 {
			return fault.New(fault.NotFound, "No output of fact %s holds a user %q. Keys are compared as text, exactly.", d.Fact.Name, user)
		}
		return nil
	})
	if err != nil {
		return out, err
	}
	out.FactRows = e.rowsOf(ctx, d, user)
	out.Remains = out.remains(d)
	return out, nil
}

func (e *Engine) forgetAt(
	ctx context.Context, w warehouse.Writer, d *Definition, q BuildRequest, user string,
) (ForgottenGrain, error) {
	took := ForgottenGrain{Grain: q.Grain}
	s := &step{Writer: w, engine: e, definition: d, values: e.values(d, q.Grain), request: q, result: &BuildResult{}}
	built, err := e.builtDates(ctx, w, s.values)
	if err != nil || len(built) == 0 {
		return took, err
	}
	if made, ok := d.Made[q.Grain]["activation"]; ok {
		return took, fault.New(fault.Conflict, "%s is made by dbt, and headwater does not write it. Delete the user's rows from %s and run dbt again.", made, d.Relation)
	}
	if err := s.look(ctx); err != nil {
		return took, err
	}
	if s.fresh {
		return took, fault.New(fault.Conflict, "The %s outputs of fact %s are of another definition than today's. Run headwater build %s first.", q.Grain, d.Fact.Name, d.Fact.Name)
	}
	stages := []statement{{"leaves_none", nil}, {"changed_user", []any{user}}, {"nobody_none", nil}}
	if err := s.stageAll(ctx, s.values, stages); err != nil {
		return took, err
	}
	first := onDate(d.Calendar, q.Grain, built[0])
	if err := s.rewrite(ctx, first, nil); err != nil || s.changed.users == 0 {
		return took, err
	}
	took.Rows = s.changed.rows
	took.First, err = s.firstForgotten(ctx)
	return took, err
}

// firstForgotten is the first period in which the changed users were active.
func (s *step) firstForgotten(ctx context.Context) (*period.Period, error) {
	text, err := s.engine.sql.Render("before_first", s.values)
	if err != nil {
		return nil, err
	}
	dates, err := warehouse.Collect(ctx, s, func(rows warehouse.Rows) (time.Time, error) {
		var date time.Time
		err := rows.Scan(&date)
		return date, err
	}, text)
	if err != nil || len(dates) == 0 {
		return nil, err
	}
	return new(onDate(s.definition.Calendar, s.request.Grain, dates[0])), nil
}

// rowsOf counts the fact's own rows of a user; nil where that cannot be known.
func (e *Engine) rowsOf(ctx context.Context, d *Definition, user string) *int64 {
	v, err := e.bind(ctx, d, d.Grains[0])
	if err != nil {
		return nil
	}
	text, err := e.sql.Render("rows_of_user", v)
	if err != nil {
		return nil
	}
	var counts []int64
	err = e.warehouse.Read(ctx, func(ctx context.Context, r warehouse.Reader) error {
		counts, err = warehouse.Collect(ctx, r, func(rows warehouse.Rows) (int64, error) {
			var n int64
			err := rows.Scan(&n)
			return n, err
		}, text, user)
		return err
	})
	if err != nil || len(counts) == 0 {
		return nil
	}
	return &counts[0]
}

func (f *Forgotten) remains(d *Definition) []string {
	says := []string{"Counts: none of the outputs counts the user any more; every count of a period from the first one named is lower by one user. Numbers that were shown or exported before are not."}
	switch {
	case f.FactRows == nil:
		says = append(says, fmt.Sprintf("%s could not be read. Rows of the user there bring the user back when their period is read again.", d.Relation))
	case *f.FactRows > 0:
		says = append(says, fmt.Sprintf("%s still has %d rows of the user: delete them there too, or the user comes back when their period is read again.", d.Relation, *f.FactRows))
	}
	return says
}
