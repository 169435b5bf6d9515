// Package dbtpackage holds the activation engine once more, as macros of a dbt package, for teams that keep every table in their
// own dbt project: a three-line model makes an output that equals the engine's row for row.
//
// It writes that package to a folder and leaves running it to dbt. The SQL is written apart from package statements, since dbt
// splits the work over models and transactions where the engine has one; the tests hold the two, and the oracle, to the same
// rows.
//
// Invariants: an export is replaced only by an export, and never over a file that somebody changed.
package dbtpackage
