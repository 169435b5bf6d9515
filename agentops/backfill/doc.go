// Package backfill plans repairs and says what a run of a plan does next. A Plan is the least set of partitions that makes the
// asked ones right; a run executes one plan, and its pairs are the queue and the truth.
//
// It is pure: partitions are judged by package partition, how a node is run is an Executor's, where plans and runs are kept is
// the store's, and the process that drives a run is the worker's. No clock is read here.
//
// Invariants: a plan never changes, and its id follows from its content; every pair of a run ends once, as done, failed, blocked
// or cancelled; a pair runs only when every pair of the plan that it reads is done.
package backfill
