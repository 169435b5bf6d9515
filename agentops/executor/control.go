package executor

// Control is how an executor keeps a run of a node to the periods that it is asked for. A planner refuses what is None.
type Control string

const (
	// Microbatch: dbt runs the batches of a period, and says of each whether it was written.
	Microbatch Control = "microbatch"
	// Vars: the node reads the period from dbt variables, which its partition spec names.
	Vars Control = "vars"
	// Range: the command line, or our own engine, is given the period.
	Range Control = "range"
	// Whole: a run makes the node anew, all of its periods at once.
	Whole Control = "whole"
	// None: no argument confines a run of the node to a period, or the executor does not run nodes of its kind.
	None Control = "none"
)

// Confines reports whether a run writes the periods that it is asked for and no others of the node.
func (c Control) Confines() bool { return c == Microbatch || c == Vars || c == Range }
