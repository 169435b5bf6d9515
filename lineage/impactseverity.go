package lineage

// Severity says how much a change hurts at one node, by what the node is for.
type Severity string

// The severities, the worst first.
const (
	// SeverityCritical: people or systems outside the project are hit, and nothing stops it before them. Exposures; and
	// enforced contracts, where names or types change: those fail on purpose.
	SeverityCritical Severity = "critical"
	// SeverityHigh: what others build on. Models of facts and their activation outputs, public models, and enforced
	// contracts where only values change, which a contract does not see.
	SeverityHigh Severity = "high"
	// SeverityMedium: what does not mend itself with the next run, or will say so: snapshots and incremental models keep
	// the rows that they have, columns have tests that can fail, metrics are asked for by name.
	SeverityMedium Severity = "medium"
	// SeverityLow: a plain table or view, right again with the next run.
	SeverityLow Severity = "low"
	// SeverityInfo: a test, an analysis or an operation, which nothing reads.
	SeverityInfo Severity = "info"
)

// severities are the severities by rank.
//
//nolint:gochecknoglobals // constant
var severities = [...]Severity{SeverityCritical, SeverityHigh, SeverityMedium, SeverityLow, SeverityInfo}

const (
	rankCritical = iota
	rankHigh
	rankMedium
	rankLow
	rankInfo
)

// marks are the reasons for a node's severity, one bit each, in the order in which they are told.
type marks uint16

const (
	markExposure marks = 1 << iota
	markContract
	markFact
	markOutput
	markPublic
	markSnapshot
	markIncremental
	markTested
	markQueried
	markCheck
)

// marks finds what makes a node matter.
func (m *Impact) marks(i int32) marks {
	found := m.graph.matter()[i]
	if len(m.facts) > 0 && len(m.facts[m.graph.nodes[i].ID]) > 0 {
		found |= markFact
	}
	return found
}

// markAll finds for every node what makes it matter in any graph.
func (g *Graph) markAll() []marks {
	all := make([]marks, len(g.nodes))
	for i, n := range g.nodes {
		all[i] = n.marks()
		if g.columnTests(int32(i)) > 0 && all[i]&(markExposure|markCheck|markOutput|markQueried) == 0 {
			all[i] |= markTested
		}
	}
	return all
}

func (n *Node) marks() (found marks) {
	switch n.Type {
	case TypeExposure:
		return markExposure
	case TypeTest, TypeUnitTest, TypeAnalysis, TypeOperation:
		return markCheck
	case TypeActivation:
		return markOutput
	case TypeMetric, TypeSemanticModel, TypeSavedQuery:
		return markQueried
	case TypeSnapshot:
		found |= markSnapshot
	case TypeModel, TypeSeed, TypeSource, TypeFunction:
	}
	if n.ContractEnforced {
		found |= markContract
	}
	if n.Access == "public" {
		found |= markPublic
	}
	if n.Materialized == "incremental" {
		found |= markIncremental
	}
	return found
}

// severity is the rank of the worst mark.
func (m *Impact) severity(found marks) int8 {
	switch {
	case found&markExposure != 0, found&markContract != 0 && m.Change.structural():
		return rankCritical
	case found&(markContract|markFact|markOutput|markPublic) != 0:
		return rankHigh
	case found&(markSnapshot|markIncremental|markTested|markQueried) != 0:
		return rankMedium
	case found&markCheck != 0:
		return rankInfo
	}
	return rankLow
}

// columnTests counts the tests of a node's columns.
func (g *Graph) columnTests(i int32) (count int) {
	id := g.nodes[i].ID
	for _, child := range g.children.of(i) {
		if t := g.nodes[child].Test; t != nil && t.Column != "" && t.Attached == id {
			count++
		}
	}
	return count
}
