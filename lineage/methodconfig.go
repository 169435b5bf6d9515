package lineage

import (
	"slices"
	"strings"
)

// matchConfig selects nodes whose config holds a value at the path of keys after "config.". Only text and truth values
// can be asked for, as in dbt; a list matches when it holds the value.
func matchConfig(_ *evaluation, c *criterion) (matcher, error) {
	same := func(v any) bool { return sameConfigValue(v, c.value) }
	if slices.Equal(c.arguments, []string{"severity"}) {
		same = func(v any) bool {
			s, ok := v.(string)
			return ok && strings.EqualFold(s, c.value)
		}
	}
	return func(n *Node, _ int32) bool {
		if len(c.arguments) == 0 {
			return false
		}
		value, ok := configAt(n, c.arguments)
		if list, isList := value.([]any); ok && isList {
			return slices.ContainsFunc(list, same)
		}
		return ok && same(value)
	}, nil
}

// sameConfigValue compares a config value with what was asked for. Truth values match in any case.
func sameConfigValue(v any, want string) bool {
	switch v := v.(type) {
	case string:
		return v == want
	case bool:
		return v && strings.EqualFold(want, "true") || !v && strings.EqualFold(want, "false")
	}
	return false
}

// configAt descends into a node's config. Where an old manifest does not have the key, dbt's default counts.
func configAt(n *Node, keys []string) (any, bool) {
	var value any = n.Config
	for _, key := range keys {
		m, ok := value.(map[string]any)
		if !ok {
			return nil, false
		}
		if value, ok = m[key]; !ok {
			return configDefault(n.Type, strings.Join(keys, "."))
		}
	}
	return value, true
}

// configDefault is what dbt fills in for a config key that the manifest was written without, because the key came
// later.
func configDefault(t Type, path string) (any, bool) {
	switch t {
	case TypeModel, TypeSeed, TypeSnapshot, TypeAnalysis, TypeOperation:
	case TypeTest, TypeSource, TypeUnitTest, TypeExposure, TypeMetric, TypeSemanticModel, TypeSavedQuery, TypeFunction,
		TypeActivation:
		return nil, false
	}
	switch path {
	case "docs.show":
		return true, true
	case "contract.enforced":
		return false, true
	case "contract.alias_types":
		return true, true
	case "access":
		return "protected", t == TypeModel
	}
	return nil, false
}
