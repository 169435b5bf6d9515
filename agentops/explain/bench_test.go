package explain_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/headwater-mcp/headwater/activation"
	"github.com/headwater-mcp/headwater/agentops/explain"
)

// BenchmarkExplain answers from 12 weeks of a fact with as many leaves as a product has, and as many as one with a
// dimension of hundreds of values has.
func BenchmarkExplain(b *testing.B) {
	for _, size := range []int{1, 35} {
		in := newTown(1, nothing).question(asked)
		in.Dimensions = []string{"a", "b", "c", "d", "e"}
		in.History = bridges(crowd(size), in.Period)
		b.Run(fmt.Sprintf("leaves=%d", 576*size), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := explain.Explain(in); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// crowd is the history of 576 leaves, times size, in each of which every transition happens every day.
func crowd(size int) []activation.Transition {
	r := rand.New(rand.NewPCG(1, 1))
	moves := [][2]activation.State{
		{activation.None, activation.New},
		{activation.New, activation.Retained},
		{activation.Retained, activation.Retained},
		{activation.Inactive, activation.Reactivated},
		{activation.Retained, activation.Inactive},
	}
	var rows []activation.Transition
	for i := range 576 * size {
		leaf := activation.Leaf(fmt.Sprintf(`{"a":"%d","b":"%d","c":"%d","d":"%d","e":"%d"}`,
			i%(8*size), i/(8*size)%3, i/(24*size)%3, i/(72*size)%4, i/(288*size)))
		for d := range simDays {
			for _, move := range moves {
				row := activation.Transition{Period: day(d), From: move[0], To: move[1], Leaf: leaf, Users: 5 + r.Int64N(3)}
				if move[0] != activation.None {
					row.FromLeaf = leaf
				}
				rows = append(rows, row)
			}
		}
	}
	return rows
}
