package lineage

import "math/bits"

// set is a set of node numbers, one bit each. All sets of one graph have the same length.
type set []uint64

func (g *Graph) newSet() set { return make(set, (len(g.nodes)+63)/64) }

func (s set) add(i int32)      { s[i>>6] |= 1 << (i & 63) }
func (s set) has(i int32) bool { return s[i>>6]&(1<<(i&63)) != 0 }

func (s set) clone() set { return append(set(nil), s...) }

// union, intersect and subtract change s.
func (s set) union(o set) {
	for k := range s {
		s[k] |= o[k]
	}
}

func (s set) intersect(o set) {
	for k := range s {
		s[k] &= o[k]
	}
}

func (s set) subtract(o set) {
	for k := range s {
		s[k] &^= o[k]
	}
}

func (s set) empty() bool {
	for _, w := range s {
		if w != 0 {
			return false
		}
	}
	return true
}

func (s set) len() (n int) {
	for _, w := range s {
		n += bits.OnesCount64(w)
	}
	return n
}

// hasAll reports whether all numbers are in s.
func (s set) hasAll(numbers []int32) bool {
	for _, i := range numbers {
		if !s.has(i) {
			return false
		}
	}
	return true
}

// each calls f for every member, ascending.
func (s set) each(f func(i int32)) {
	for k, w := range s {
		for ; w != 0; w &= w - 1 {
			f(int32(k<<6 + bits.TrailingZeros64(w))) //nolint:gosec // a node number
		}
	}
}
