package partition

// looking counts the tables that a call looks at, and tells it now and then.
type looking struct {
	fn       func(done, of int)
	done, of int
}

const (
	// manyTables is how many a call may have to look at for anybody to be told: fewer take no time.
	manyTables = 100
	// steps is how often it is told at the most.
	steps = 50
)

// next counts one more.
func (l *looking) next() {
	l.done++
	if l.fn != nil && l.of >= manyTables && l.done <= l.of && l.done*steps/l.of > (l.done-1)*steps/l.of {
		l.fn(l.done, l.of)
	}
}

// lookedAt is how many tables a call may have to look at: those with periods by a column, and where there is a history to compare
// with, those that are needed as a whole.
func (s *survey) lookedAt() int {
	count := 0
	for id := range s.scope {
		n, ok := s.graph.Node(id)
		if !ok || n.Relation == "" {
			continue
		}
		if spec := s.specs.Of(id); spec.Time != "" || s.deps.History != nil && !spec.Partitioned() && !isView(n) && rowless(n) == "" {
			count++
		}
	}
	return count
}
