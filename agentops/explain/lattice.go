package explain

import (
	"math"
	"slices"
)

// maxConjunction is the largest number of dimensions in one slice: people do not act on more.
const maxConjunction = 4

// lattice is every way to cut the leaves by one to four dimensions.
type lattice struct {
	leaves  int
	cuboids []cuboid
	// cells is how many there are of all cuboids together.
	cells int
}

// cuboid is one set of dimensions; a cell of it is one combination of their values that occurs.
type cuboid struct {
	dims []int
	// cellOf is the cell of each leaf, sampleOf a leaf of each cell.
	cellOf, sampleOf []int32
	// first is where the cuboid's cells begin among those of all cuboids.
	first int
	// finer is the smallest cuboid with a dimension more, and partOf the cell that each of its cells is part of; nil where leaves
	// are added up themselves.
	finer  *cuboid
	partOf []int32
	// penalty is what a cell must beat for having been picked out of so many.
	penalty float64
}

// newLattice cuts the leaves of a cube. Cuboids with fewer dimensions come first, so that of two slices which explain
// the same the simpler one wins.
func newLattice(c *cube) *lattice {
	l := &lattice{leaves: len(c.leaves)}
	for size := 1; size <= min(maxConjunction, len(c.dims)); size++ {
		for dims := range combinations(len(c.dims), size) {
			l.cuboids = append(l.cuboids, newCuboid(c, slices.Clone(dims)))
		}
	}
	for i := range l.cuboids {
		cut := &l.cuboids[i]
		cut.first = l.cells
		l.cells += len(cut.sampleOf)
		cut.refine(l.cuboids[i+1:])
	}
	return l
}

// whole is the number of users in all cells of a cuboid, which is that of all leaves.
func (l *lattice) whole(cells []float64) float64 { return sum(l.cuboids[0].of(cells)) }

// refine finds the cuboid that the cells are added up from.
func (c *cuboid) refine(others []cuboid) {
	for i := range others {
		other := &others[i]
		if len(other.dims) == len(c.dims)+1 && within(c.dims, other.dims) &&
			(c.finer == nil || len(other.sampleOf) < len(c.finer.sampleOf)) {
			c.finer = other
		}
	}
	if c.finer == nil {
		return
	}
	c.partOf = make([]int32, len(c.finer.sampleOf))
	for cell, leaf := range c.finer.sampleOf {
		c.partOf[cell] = c.cellOf[leaf]
	}
}

// of are the cuboid's own among the cells of all cuboids.
func (c *cuboid) of(cells []float64) []float64 { return cells[c.first : c.first+len(c.sampleOf)] }

// addUp sums up whole numbers of leaves by the cells of all cuboids.
func (l *lattice) addUp(leaves []float64) []float64 {
	cells := make([]float64, l.cells)
	for i := len(l.cuboids) - 1; i >= 0; i-- {
		cut := &l.cuboids[i]
		parts, partOf := leaves, cut.cellOf
		if cut.finer != nil {
			parts, partOf = cut.finer.of(cells), cut.partOf
		}
		own := cut.of(cells)
		for part, cell := range partOf {
			own[cell] += parts[part]
		}
	}
	return cells
}

func newCuboid(c *cube, dims []int) cuboid {
	cut := cuboid{dims: dims, cellOf: make([]int32, len(c.leaves))}
	cells := map[[maxConjunction]int32]int32{}
	for i, leaf := range c.leaves {
		var key [maxConjunction]int32
		for k, d := range dims {
			key[k] = leaf[d]
		}
		cell, known := cells[key]
		if !known {
			cell = int32(len(cells)) //nolint:gosec // there are not more cells than leaves in memory
			cells[key] = cell
			cut.sampleOf = append(cut.sampleOf, int32(i))
		}
		cut.cellOf[i] = cell
	}
	cut.penalty = math.Log(float64(max(len(cells), 1)))
	return cut
}

// combinations yields the subsets of 0..n-1 of a size, in lexical order, in one buffer that it reuses.
func combinations(n, size int) func(func([]int) bool) {
	return func(yield func([]int) bool) {
		at := make([]int, size)
		for i := range at {
			at[i] = i
		}
		for {
			if !yield(at) {
				return
			}
			i := size - 1
			for i >= 0 && at[i] == n-size+i {
				i--
			}
			if i < 0 {
				return
			}
			at[i]++
			for j := i + 1; j < size; j++ {
				at[j] = at[j-1] + 1
			}
		}
	}
}

// where is the conjunction that a cell stands for.
func (l *lattice) where(c *cube, cut, cell int) map[string]any {
	sample := c.leaves[l.cuboids[cut].sampleOf[cell]]
	conjunction := map[string]any{}
	for _, d := range l.cuboids[cut].dims {
		conjunction[c.dims[d]] = c.values[d][sample[d]]
	}
	return conjunction
}

// members are the leaves of a cell.
func (l *lattice) members(cut, cell int) []int {
	var leaves []int
	for leaf, at := range l.cuboids[cut].cellOf {
		if int(at) == cell {
			leaves = append(leaves, leaf)
		}
	}
	return leaves
}
