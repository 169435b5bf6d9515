// Package process runs a command that outlives whoever started it. Each job has a folder, and what is known of the job is what
// stands in the folder, so that any process can take it over: by the folder it is started once, watched, and stopped.
//
// A lock file says whether anything of a job still lives. It is locked before the fork and its descriptor is inherited by the
// command and by all that it starts, so that the operating system frees it when the last of them has ended, whatever they died
// of; a process id is never trusted to mean the same process as before. A few lines of shell (shim.sh) stand between: they note
// their group, keep the output within bounds and write how the command ended.
//
// What a command means and what became of its partitions is left to the executors. No clock is read here.
//
// Invariants: a command is started at most once a folder; a job has ended only when nothing of it lives any more; no text of a
// project is ever read by a shell.
package process
