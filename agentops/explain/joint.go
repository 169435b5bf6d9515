package explain

import "math"

// A slice that lost users shows it in several transitions at once: fewer stay, fewer come back, more leave. Each may be too
// little to stand out alone; together they are not. New users have nothing to do with it.

// jointly are the transitions of users who were there before.
func jointly() [3]series { return [...]series{stayed, came, left} }

// joint is a row of leaves for each of those transitions.
type joint [3][]float64

// joint is what is counted in a period.
func (c *cube) joint(t int) joint {
	var out joint
	for k, of := range jointly() {
		out[k] = c.at(of, t)
	}
	return out
}

// jointShares is shares of all transitions.
func (p past) jointShares(c *cube, t, depth int) (base joint, ok bool) {
	for k, of := range jointly() {
		if base[k], ok = p.shares(c, of, t, depth); !ok {
			return base, false
		}
	}
	return base, true
}

// bestJoint returns the cell whose log likelihood ratios in all transitions add up to most, those that speak for fewer active
// users subtracted from those that speak for more, less the penalty of its cuboid; see best.
func (s *scanner) bestJoint(observed, base joint) hit {
	found := hit{}
	var total, before [3]float64
	for k := range observed {
		if total[k], before[k] = sum(observed[k]), sum(base[k]); total[k] == 0 || before[k] == 0 {
			return found
		}
	}
	for number := range s.lattice.cuboids {
		cut := &s.lattice.cuboids[number]
		scores, users := make([]float64, len(cut.sampleOf)), make([]float64, len(cut.sampleOf))
		for k, of := range jointly() {
			a, b := s.count(cut, observed[k], base[k])
			for cell := range a {
				score, way := surprise(a[cell], b[cell], total[k], before[k], 0)
				scores[cell] += of.sign() * float64(way) * score
				users[cell] += max(a[cell], b[cell]*total[k]/before[k])
			}
		}
		for cell, score := range scores {
			if strength := math.Abs(score) - cut.penalty; users[cell] >= s.minUsers && strength > found.score {
				found = hit{cut: number, cell: cell, score: strength, direction: towards(score)}
			}
		}
	}
	return found
}

// jointThreshold is threshold for the joint scan.
func (p past) jointThreshold(c *cube, scan *scanner, t, depth int) float64 {
	return p.tailOf(c, active, t, func(at int) (float64, bool) {
		base, ok := p.jointShares(c, at, depth)
		if !ok {
			return 0, false
		}
		return scan.bestJoint(c.joint(at), base).score, true
	})
}

// runJoint looks for slices whose transitions moved together, among the leaves that no slice claimed.
func (s *search) runJoint() {
	base, ok := s.past.jointShares(s.cube, s.t, s.calibrated[active].depth)
	if !ok {
		return
	}
	observed := s.cube.joint(s.t)
	for k := range observed {
		observed[k], base[k] = s.open(observed[k]), s.open(base[k])
	}
	for len(s.found) < s.limit {
		best := s.scan.bestJoint(observed, base)
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
