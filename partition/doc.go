// Package partition says of every table of a project which partitions there should be, whether they are there, and
// whether what they need is there: specs (Derive), needs (Needs), and verdicts with their evidence (Checker).
//
// Three sources are kept apart and compared: expected (the Spec), observed (an Observer, which asks the warehouse) and
// recorded (a Ledger, which remembers runs and tests). Where observations and records come from is left to whoever gives
// them, and so are facts: they come in as overrides of specs. Nothing here reads a clock, a database or MCP.
//
// Invariants: what could not be observed is unknown and never present; a relation is asked for at most once a call, and
// in one query whatever the number of partitions; a failing observation is an answer and no error; ranges of an answer
// lose nothing against the list of partitions that they stand for.
package partition
