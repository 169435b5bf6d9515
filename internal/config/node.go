package config

import (
	"go.yaml.in/yaml/v4"
)

// child returns the value of a key of a mapping, through aliases and merge keys, or nil. dbt's files are read this way
// because most of what they say is not headwater's to judge.
func child(n *yaml.Node, key string) *yaml.Node {
	if n == nil {
		return nil
	}
	n = resolve(n)
	if n.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return resolve(n.Content[i+1])
		}
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value != "<<" {
			continue
		}
		merged := resolve(n.Content[i+1])
		if merged.Kind != yaml.SequenceNode {
			return child(merged, key)
		}
		for _, one := range merged.Content {
			if found := child(one, key); found != nil {
				return found
			}
		}
	}
	return nil
}

// names returns the keys of a mapping as written, without merge keys.
func names(n *yaml.Node) []string {
	var out []string
	if n == nil || n.Kind != yaml.MappingNode {
		return out
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if key := n.Content[i].Value; key != "<<" {
			out = append(out, key)
		}
	}
	return out
}

// items returns the elements of a list, resolved; none for anything else.
func items(n *yaml.Node) []*yaml.Node {
	var out []*yaml.Node
	if n == nil || n.Kind != yaml.SequenceNode {
		return out
	}
	for _, one := range n.Content {
		out = append(out, resolve(one))
	}
	return out
}

// isScalar reports whether a node is there and a single value other than null.
func isScalar(n *yaml.Node) bool {
	return n != nil && n.Kind == yaml.ScalarNode && n.Tag != "!!null"
}
