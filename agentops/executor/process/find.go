package process

// Find is where the program of the command is, as Start would find it; fault.Invalid where it is not there or cannot be executed.
func (c Command) Find() (string, error) { return c.program() }
