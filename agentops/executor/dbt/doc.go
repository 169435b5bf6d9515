// Package dbt runs models on the user's own dbt, one process a job, which is one node and consecutive periods of it.
//
// What dbt writes about a run goes to the job's folder, never to the user's target: its artifacts, from which the outcomes are
// read, and its log of events, which says what was written where dbt was killed before it could write artifacts. A batch is
// done where one of the two says so.
//
// Invariants: a run is confined to the job's node, and to its periods where Control says that it can be; settings of the
// environment that would widen it are overridden.
package dbt
