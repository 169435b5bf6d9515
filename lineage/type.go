package lineage

import (
	"slices"
	"strings"

	"github.com/headwater-mcp/headwater/fault"
)

// Type is dbt's resource type of a node, and activation for what headwater adds.
type Type string

// The types of nodes. All but TypeActivation are dbt's, by dbt's names.
const (
	TypeModel         Type = "model"
	TypeSeed          Type = "seed"
	TypeSnapshot      Type = "snapshot"
	TypeSource        Type = "source"
	TypeTest          Type = "test"
	TypeUnitTest      Type = "unit_test"
	TypeAnalysis      Type = "analysis"
	TypeExposure      Type = "exposure"
	TypeMetric        Type = "metric"
	TypeSemanticModel Type = "semantic_model"
	TypeSavedQuery    Type = "saved_query"
	TypeOperation     Type = "operation"
	TypeFunction      Type = "function"
	// TypeActivation nodes are the outputs of the activation engine. The app adds them with Graph.With.
	TypeActivation Type = "activation"
)

// Types lists every type of node, sorted.
func Types() []Type {
	return []Type{
		TypeActivation, TypeAnalysis, TypeExposure, TypeFunction, TypeMetric, TypeModel, TypeOperation,
		TypeSavedQuery, TypeSeed, TypeSemanticModel, TypeSnapshot,
		TypeSource, TypeTest, TypeUnitTest,
	}
}

// DefaultTypes lists what a selection returns when it does not say: what `dbt ls` lists, and activation nodes.
func DefaultTypes() []Type {
	return slices.DeleteFunc(Types(), func(t Type) bool { return t == TypeAnalysis || t == TypeOperation })
}

// ParseTypes turns the words of --resource-type into types. "default" and "all" stand for DefaultTypes and Types; no
// words at all mean the default.
func ParseTypes(words []string) ([]Type, error) {
	if len(words) == 0 {
		return DefaultTypes(), nil
	}
	var out []Type
	for _, word := range words {
		switch t := Type(strings.ToLower(strings.TrimSpace(word))); {
		case t == "default":
			out = append(out, DefaultTypes()...)
		case t == "all":
			out = append(out, Types()...)
		case slices.Contains(Types(), t):
			out = append(out, t)
		default:
			names := typeNames()
			return nil, fault.New(fault.Invalid, "%q is no resource type.%s Valid are: %s, and default and all.",
				word, fault.DidYouMean(word, names), strings.Join(names, ", "))
		}
	}
	return out, nil
}

func typeNames() []string {
	names := make([]string, 0, len(Types()))
	for _, t := range Types() {
		names = append(names, string(t))
	}
	slices.Sort(names)
	return names
}

// buildable reports whether ref() can name a node of this type, or headwater builds it: what a bare name means first.
func (t Type) buildable() bool {
	return t == TypeModel || t == TypeSeed || t == TypeSnapshot || t == TypeActivation
}
