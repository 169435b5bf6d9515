package main

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
)

// question is one kind of read.
type question struct {
	name string
	ask  func(ctx context.Context, c *client, chance *rand.Rand) error
}

// calling asks a tool.
func calling(name, tool string, arguments func(chance *rand.Rand) object) question {
	return question{name, func(ctx context.Context, c *client, chance *rand.Rand) error {
		answer, err := c.call(ctx, tool, arguments(chance))
		if err == nil && len(answer) == 0 {
			err = fmt.Errorf("%s answered nothing", tool)
		}
		return err
	}}
}

// asking sends a request that is no call.
func asking(name, method string, params func(chance *rand.Rand) object) question {
	return question{name, func(ctx context.Context, c *client, chance *rand.Rand) error {
		_, err := c.ask(ctx, method, "", params(chance))
		return err
	}}
}

// reading reads a resource.
func reading(name string, uri func(chance *rand.Rand) string) question {
	return question{name, func(ctx context.Context, c *client, chance *rand.Rand) error {
		_, err := c.read(ctx, uri(chance))
		return err
	}}
}

func nothing(*rand.Rand) object { return object{} }

// one is an argument that is one of some names.
func one(argument string, names []string) func(chance *rand.Rand) object {
	return func(chance *rand.Rand) object { return object{argument: names[chance.IntN(len(names))]} }
}

// general are the reads that mean something in every project. names are those of nodes.
func general(names []string) []question {
	with := func(arguments object) func(chance *rand.Rand) object {
		return func(chance *rand.Rand) object {
			out := one("node", names)(chance)
			maps.Copy(out, arguments)
			return out
		}
	}
	typed := func(chance *rand.Rand) object {
		name := names[chance.IntN(len(names))]
		return object{
			"ref":      object{"type": "ref/resource", "uri": "headwater://node/{id}"},
			"argument": object{"name": "id", "value": name[:chance.IntN(len(name))]},
		}
	}
	return []question{
		asking("tools/list", "tools/list", nothing),
		asking("resources/templates/list", "resources/templates/list", nothing),
		asking("completion/complete of a node", "completion/complete", typed),
		calling("server_status", "server_status", nothing),
		calling("find_nodes by text", "find_nodes", one("text", names)),
		calling("find_nodes +x+", "find_nodes", func(chance *rand.Rand) object {
			return object{"select": "+" + names[chance.IntN(len(names))] + "+"}
		}),
		calling("get_node", "get_node", with(nil)),
		calling("get_node with columns and code", "get_node", with(object{"include": []string{"columns", "code", "tests"}})),
		calling("trace_lineage", "trace_lineage", with(nil)),
		calling("trace_lineage, all downstream", "trace_lineage", with(object{"direction": "downstream", "depth": 1000})),
		calling("assess_impact", "assess_impact", with(object{"change": "drop"})),
		calling("list_facts", "list_facts", nothing),
		reading("resources/read of a node", func(chance *rand.Rand) string { return "headwater://node/" + names[chance.IntN(len(names))] }),
		reading("resources/read of the status", func(*rand.Rand) string { return "headwater://status" }),
	}
}
