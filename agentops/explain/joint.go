package explain

import "math"

// A slice that lost users shows it in several transitions at once: fewer stay, fewer come back, more leave. Each may be too
// little to stand out alone; together they are not. New users have nothing to do with it.

// jointly are the transitions of users who were there before.
func jointly() [3]series { return [...]series{stayed, came, left} }

// joint is a row of leaves or cells for each of those transitions.
type joint [3][]float64

// countedJointly is what is counted in a period; see rows of a series for what they hold.
func countedJointly(rows *[seriesCount][][]float64, t int) joint {
	var out joint
	for k, of := range jointly() {
		out[k] = rows[of][t]
	}
	return out
}

// newJoint is a row of zeros for each of the transitions.
func newJoint(size int) joint {
	var out joint
	for k := range out {
		out[k] = make([]float64, size)
	}
	return out
}

// jointShares is shares of all transitions.
func (p past) jointShares(base joint, rows *[seriesCount][][]float64, t, depth int) bool {
	for k, of := range jointly() {
		if !p.shares(base[k], rows[of], of, t, depth) {
			return false
		}
	}
	return true
}

// addUp sums up leaves by the cells of all cuboids.
func (j joint) addUp(l *lattice) joint {
	for k := range j {
		j[k] = l.addUp(j[k])
	}
	return j
}

// bestJoint returns the cell whose log likelihood ratios in all transitions add up to most, those that speak for fewer active
// users subtracted from those that speak for more, less the penalty of its cuboid; see best. Both arguments are added up by
// cells.
func (s *scanner) bestJoint(observed, base joint) hit {
	found := hit{}
	var total, before [3]float64
	for k := range observed {
		if total[k], before[k] = s.lattice.whole(observed[k]), s.lattice.whole(base[k]); total[k] == 0 || before[k] == 0 {
			return found
		}
	}
	scores, users := make([]float64, s.lattice.cells), make([]float64, s.lattice.cells)
	for k, of := range jointly() {
		for cell, a := range observed[k] {
			b := base[k][cell]
			score, way := surprise(a, b, total[k], before[k], 0)
			scores[cell] += of.sign() * float64(way) * score
			users[cell] += max(a, b*total[k]/before[k])
		}
	}
	for number := range s.lattice.cuboids {
		cut := &s.lattice.cuboids[number]
		enough := cut.of(users)
		for cell, score := range cut.of(scores) {
			if strength := math.Abs(score) - cut.penalty; enough[cell] >= s.minUsers && strength > found.score {
				found = hit{cut: number, cell: cell, score: strength, direction: towards(score)}
			}
		}
	}
	return found
}

// jointThreshold is threshold for the joint scan.
func (p *placebos) jointThreshold(depth int) float64 {
	base := newJoint(p.scan.lattice.cells)
	return p.tailOf(active, func(at int) (float64, bool) {
		if !p.past.jointShares(base, &p.cells, at, depth) {
			return 0, false
		}
		return p.scan.bestJoint(countedJointly(&p.cells, at), base).score, true
	})
}

// runJoint looks for slices whose transitions moved together, among the leaves that no slice claimed.
func (s *search) runJoint() {
	var rows [seriesCount][][]float64
	for _, of := range jointly() {
		rows[of] = s.cube.rows(of)
	}
	base := newJoint(len(s.claimed))
	if !s.past.jointShares(base, &rows, s.t, s.calibrated[active].depth) {
		return
	}
	observed := countedJointly(&rows, s.t)
	for k := range observed {
		observed[k], base[k] = s.open(observed[k]), s.open(base[k])
	}
	for len(s.found) < s.limit {
		best := s.scan.bestJoint(observed.addUp(s.lattice), base.addUp(s.lattice))
		if best.score < s.jointly {
			s.nearest = max(s.nearest, best.score/s.jointly)
			return
		}
		members := s.lattice.members(best.cut, best.cell)
		for k := range observed {
			remove(members, observed[k], base[k])
		}
		if found := s.measure(active, best, members, best.score/s.jointly); found.itself() {
			s.accept(found)
		}
	}
}
