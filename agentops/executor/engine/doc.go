// Package engine builds activation outputs in this process, a job a transaction. What a job has written is known by its marker,
// which stands with every period that it wrote, so that a job of a process that died is told apart: all of it was written, or
// nothing.
//
// Which fact a node is an output of, and by which definition, is asked for at each job, since definitions change while a worker
// lives.
package engine
