package dbtpackage_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/headwater-mcp/headwater/activation"
	"github.com/headwater-mcp/headwater/activation/activationtest"
	"github.com/headwater-mcp/headwater/activation/dbtpackage/dbttest"
	"github.com/headwater-mcp/headwater/period"
	"github.com/headwater-mcp/headwater/warehouse/duckdb"
)

// engineSchema is where the engine builds, beside the outputs of dbt in activation, which the oracle reads.
const engineSchema = "engine"

// subject is a fact that dbt and the engine both follow.
type subject struct {
	definition *activation.Definition
	// label is the SQL of a row's period, for the oracle.
	label func(period.Grain) string
}

func define(t *testing.T, f activation.Fact) *activation.Definition {
	t.Helper()
	d, err := activation.Define(f, activation.Defaults{})
	require.NoError(t, err)
	return d
}

// engine builds the fact at every grain, as dbt was asked to.
func (s subject) engine(t *testing.T, p dbttest.Project, asOf time.Time, from string) {
	t.Helper()
	e := newEngine(t, p)
	for _, g := range s.definition.Grains {
		q := activation.BuildRequest{Grain: g, AsOf: asOf, Run: "test"}
		if from != "" {
			first, err := s.definition.Calendar.Parse(g, from)
			require.NoError(t, err)
			q.From = &first
		}
		_, err := e.Build(t.Context(), s.definition, q)
		require.NoError(t, err)
	}
}

// built are the periods that the engine built; none before begin.
func (s subject) built(t *testing.T, p dbttest.Project, g period.Grain) []activation.Built {
	t.Helper()
	built, err := newEngine(t, p).Periods(t.Context(), s.definition, g)
	require.NoError(t, err)
	return built
}

func newEngine(t *testing.T, p dbttest.Project) *activation.Engine {
	t.Helper()
	w, err := duckdb.New(duckdb.Options{Path: p.Warehouse})
	require.NoError(t, err)
	e, err := activation.NewEngine(w, engineSchema)
	require.NoError(t, err)
	return e
}

// outputs are the columns that dbt and the engine have to agree on: all, but for what names the run that wrote a period.
func outputs(dimensions []string) map[string]string {
	var dims strings.Builder
	for _, d := range dimensions {
		dims.WriteString(`, "` + strings.ReplaceAll(d, `"`, `""`) + `"`)
	}
	return map[string]string{
		"first_last":        "user_id, first_period, last_period, previous_period, streak, active_periods" + dims.String(),
		"activation":        "user_id, period, state, from_state, first_period, previous_period, gap, streak, active_periods" + dims.String(),
		"activation_status": "user_id, period, state, inactive_for, first_period, last_period, streak, active_periods" + dims.String(),
		"transitions":       "period, from_state, to_state, from_dimensions, dimensions, users",
		"periods":           "period, active, known, null_user_rows",
	}
}

// requireEqual holds every output of dbt to the engine's, row for row, and its columns to the engine's.
func (s subject) requireEqual(t *testing.T, p dbttest.Project) {
	t.Helper()
	before := map[period.Grain]bool{}
	for _, g := range s.definition.Grains {
		before[g] = len(s.built(t, p, g)) == 0
	}
	db := p.Open(t)
	defer func() { require.NoError(t, db.Close()) }()
	for g, nothing := range before {
		for kind, columns := range outputs(s.definition.Fact.Dimensions) {
			name := fmt.Sprintf("%s_%s_%s", s.definition.Fact.Name, kind, g.Adverb())
			if nothing {
				require.Empty(t, dbttest.Rows(t, db, "select * from activation."+name+" limit 5"), "%s before begin", name)
				continue
			}
			ours, theirs := fmt.Sprintf("select %s from %s.%s", columns, engineSchema, name), fmt.Sprintf("select %s from activation.%s", columns, name)
			require.Empty(t, dbttest.Rows(t, db, fmt.Sprintf("(%s) except all (%s) limit 5", theirs, ours)), "%s has rows that the engine does not", name)
			require.Empty(t, dbttest.Rows(t, db, fmt.Sprintf("(%s) except all (%s) limit 5", ours, theirs)), "%s lacks rows of the engine", name)
			shape := "select column_name, data_type from information_schema.columns where table_schema = '%s' and table_name = '" + name + "' order by ordinal_position"
			require.Equal(t, dbttest.Rows(t, db, fmt.Sprintf(shape, engineSchema)), dbttest.Rows(t, db, fmt.Sprintf(shape, "activation")), "columns of %s", name)
		}
	}
}

// requireOracle holds every output of dbt to the oracle's full recompute, which costs users times periods.
func (s subject) requireOracle(t *testing.T, p dbttest.Project) {
	t.Helper()
	for _, g := range s.definition.Grains {
		built := s.built(t, p, g)
		if len(built) == 0 {
			continue
		}
		activationtest.World{Path: p.Warehouse}.RequireEqual(t, activationtest.Case{
			Definition: s.definition, Grain: g, First: built[0].Period, Last: built[len(built)-1].Period, Label: s.label(g),
		})
	}
}

// do runs statements on the warehouse, as a loader would between two runs of dbt.
func do(t *testing.T, p dbttest.Project, statements ...string) {
	t.Helper()
	activationtest.World{Path: p.Warehouse}.Do(t, statements...)
}
