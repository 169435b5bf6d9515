// Package dbttest writes artifacts of any size for tests and benchmarks: a project of many models as dbt 1.12 would
// describe it, the same for the same size.
package dbttest
