package partition

import (
	"maps"
	"slices"

	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/lineage"
	"github.com/headwater-mcp/headwater/period"
)

// Given is a spec that something outside the dbt project declares of a node: a fact, or the engine that builds it.
type Given struct {
	Override Override
	// ColumnZone is the zone of a time column without one; default UTC.
	ColumnZone string
	// From is what spec_from says, like "fact app_visit".
	From string
	// Noted is of activation outputs, nil of everything else.
	Noted *Noted
}

// Specs holds the spec of every node of a graph. It is immutable.
type Specs struct {
	byID     map[string]Spec
	problems []string
}

// Of is the spec of a node; of an unknown id, one that is unpartitioned.
func (s Specs) Of(id string) Spec { return s.byID[id] }

// Problems lists, sorted, what dbt's own config and meta say of partitions that cannot be taken: the node stays without.
func (s Specs) Problems() []string { return slices.Clone(s.problems) }

// Derive reads the spec of every node. Of the sources of a spec the first one that says anything wins, field by field:
// overrides (headwater.yaml), meta.headwater.partition, dbt's microbatch config, the adapter's partition_by, given by
// node id, and event_time with the grain of those who read it.
//
// What is wrong in overrides or given is fault.Invalid or fault.NotFound; what is wrong in the project is a problem of the
// Specs.
func Derive(graph *lineage.Graph, overrides []Override, given map[string]Given) (Specs, error) {
	d := deriver{graph: graph, specs: map[string]Spec{}, drafts: map[string]*draft{}, declared: map[string]Override{}, given: given}
	if err := d.declare(overrides); err != nil {
		return Specs{}, err
	}
	for id := range given {
		if _, ok := graph.Node(id); !ok {
			return Specs{}, fault.New(fault.Invalid, "A partition spec is given for %q, which is no node of the project.", id)
		}
	}
	for _, n := range graph.Nodes() {
		draft, err := d.draft(n)
		if err != nil {
			return Specs{}, err
		}
		d.drafts[n.ID] = draft
	}
	keys := uniqueTests(graph)
	passOn(graph, keys)
	for _, n := range graph.Nodes() {
		s, err := d.finish(n, keys[n.ID])
		if err != nil {
			return Specs{}, err
		}
		d.specs[n.ID] = s
	}
	slices.Sort(d.problems)
	return Specs{byID: d.specs, problems: d.problems}, nil
}

type deriver struct {
	graph    *lineage.Graph
	declared map[string]Override
	given    map[string]Given
	drafts   map[string]*draft
	specs    map[string]Spec
	problems []string
}

// declare finds the nodes of headwater.yaml's entries.
func (d *deriver) declare(overrides []Override) error {
	for _, o := range overrides {
		n, err := d.graph.Resolve(o.Node)
		if err != nil {
			return fault.Wrap(err, fault.KindOf(err), "headwater.yaml, partitions: %s", err)
		}
		if _, twice := d.declared[n.ID]; twice {
			return fault.New(fault.Invalid, "headwater.yaml, partitions: two entries mean %s; put both in one.", n.ID)
		}
		d.declared[n.ID] = o
	}
	return nil
}

// finish makes the spec of a node from its draft.
func (d *deriver) finish(n *lineage.Node, tested string) (Spec, error) {
	draft := d.drafts[n.ID]
	if reason := rowless(n); reason != "" {
		return Spec{From: unpartitioned, Reason: reason}, nil
	}
	if draft.fields.Grain == "" && draft.unknowable == "" {
		d.infer(n, draft)
	}
	s, err := draft.fields.spec()
	if err != nil {
		return s, fault.Wrap(err, fault.Invalid, "The partition spec of %s (from %s) is not valid: %s", n.ID, draft.from(), err)
	}
	s.ColumnZone, s.From, s.Noted, s.Conflict = draft.columnZone, draft.from(), d.given[n.ID].Noted, draft.claims.conflict()
	switch {
	case s.Partitioned():
		s.Key, s.KeyFrom = keyOf(n, s, tested)
		return s, nil
	case draft.unknowable != "":
		return Spec{From: s.From, Reason: draft.unknowable, Unknowable: true}, nil
	}
	return Spec{From: unpartitioned, Reason: draft.reason}, nil
}

const unpartitioned = "unpartitioned"

// rowless says why a node can have no partitions of its own, or "".
func rowless(n *lineage.Node) string {
	switch n.Type {
	case lineage.TypeModel, lineage.TypeSeed, lineage.TypeSnapshot, lineage.TypeSource, lineage.TypeActivation:
		if n.Materialized == ephemeral {
			return "It is ephemeral: whoever reads it reads what it reads."
		}
		return ""
	case lineage.TypeTest, lineage.TypeUnitTest, lineage.TypeAnalysis, lineage.TypeExposure, lineage.TypeMetric,
		lineage.TypeSemanticModel, lineage.TypeSavedQuery, lineage.TypeOperation, lineage.TypeFunction:
	}
	return "A node of type " + string(n.Type) + " holds no rows."
}

// keyOf finds the columns that identify a row. dbt's unique_key is one, except where it is nothing but the time column: there it
// says which rows a run replaces. A snapshot's key repeats with every change of a row.
func keyOf(n *lineage.Node, s Spec, tested string) (key []string, from string) {
	switch {
	case len(s.Key) > 0:
		return s.Key, "key"
	case len(n.Build.UniqueKey) > 0 && n.Type != lineage.TypeSnapshot && !slices.Equal(n.Build.UniqueKey, []string{s.Time}):
		return n.Build.UniqueKey, "unique_key"
	case tested != "":
		return []string{tested}, uniqueTest
	}
	return nil, ""
}

// uniqueTest is what says of a key that a test has it.
const uniqueTest = "unique test"

// uniqueTests finds, by the id of the tested node, a column that dbt tests to be unique in the whole table.
func uniqueTests(graph *lineage.Graph) map[string]string {
	out := map[string]string{}
	for _, n := range graph.Nodes() {
		t := n.Test
		if t == nil || t.Kind != "generic" || t.Name != "unique" || t.Namespace != "" || t.Column == "" || t.Attached == "" {
			continue
		}
		if where, _ := n.Config["where"].(string); where != "" {
			continue
		}
		if _, ok := out[t.Attached]; !ok {
			out[t.Attached] = t.Column
		}
	}
	return out
}

// infer takes the grain of a node that has a time column and no grain from the finest of its readers, through views.
func (d *deriver) infer(n *lineage.Node, draft *draft) {
	if draft.fields.Time == "" {
		return
	}
	grain, weekStart := d.finest(n, map[string]bool{})
	if grain == "" {
		draft.reason = "Its time column is " + draft.fields.Time + ", but nothing that reads it is partitioned, so its grain cannot be known. Declare grain under partitions in headwater.yaml."
		return
	}
	inferred := Override{Grain: string(grain)}
	if grain == period.Week && draft.fields.WeekStart == "" {
		inferred.WeekStart = weekStart
	}
	draft.take(layer{from: "event_time (inferred)", fields: inferred})
}

// finest is the finest grain among the readers of a node, and the week start of the first of them.
func (d *deriver) finest(n *lineage.Node, seen map[string]bool) (grain period.Grain, weekStart string) {
	if seen[n.ID] {
		return "", ""
	}
	seen[n.ID] = true
	for _, child := range d.graph.Children(n.ID) {
		fields := d.drafts[child.ID].fields
		g, start := period.Grain(fields.Grain), fields.WeekStart
		if rowless(child) != "" && child.Materialized != ephemeral {
			continue
		}
		if g == "" && (isView(child) || fields.Time != "") {
			g, start = d.finest(child, seen)
		}
		if finer(g, grain) {
			grain, weekStart = g, start
		}
	}
	return grain, weekStart
}

func finer(a, b period.Grain) bool {
	order := period.Grains()
	return a != "" && (b == "" || slices.Index(order, a) < slices.Index(order, b))
}

// IDs lists the nodes that have a spec, sorted.
func (s Specs) IDs() []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(s.byID)), func(id string) bool { return !s.byID[id].Partitioned() })
}
