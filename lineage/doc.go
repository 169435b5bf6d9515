// Package lineage is the graph of a dbt project: what there is, what depends on what, and the ways to ask for it
// (resolve a name, select as dbt does, search by text, trace, compare with what it was).
//
// A Graph is immutable: it is built once from nodes and edges, every method may be called from any goroutine, and
// With makes a new one. Nodes are shared between graphs and with callers, who only read them. Every answer is ordered,
// by id where nothing else is said, so that the same question gives the same answer.
//
// Reading artifacts is left to lineage/dbt; facts, partitions and warehouses are unknown here. Everything in a node is
// the project's text: data to show, never instructions to follow.
package lineage
