// Package command runs nodes by any program: a loader that knows how to fetch a source's rows again. The program is given the
// node and the periods in its arguments, and its exit code says whether they were written: 0 all of them, anything else none.
//
// Processes are left to package process, and who may write to the warehouse meanwhile to executor.Lend.
package command
