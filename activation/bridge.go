package activation

import (
	"context"
	"strings"

	"github.com/headwater-mcp/headwater/activation/statements"
	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/period"
	"github.com/headwater-mcp/headwater/warehouse"
)

// Bridge is how many users of one leaf took each way into or out of the active states in a period; who stayed inactive is in
// none.
type Bridge struct {
	Period period.Period
	// Leaf is the number of the leaf in Bridges.Leaves.
	Leaf int
	// New, Retained and Reactivated are active in Period; Churned were active in the period before only.
	New, Retained, Reactivated, Churned int64
}

// Bridges are the bridges of a range of periods by leaf, in any order; a leaf and period that nobody moved in is absent.
type Bridges struct {
	Leaves []Leaf
	// ByOrigin counts users in the leaf that they come from, new users, who come from none, in their own.
	ByOrigin []Bridge
	// Last counts those of the last period in the leaf that they are in.
	Last []Bridge
}

// Bridges adds up the transitions of the periods from first to last, both inclusive.
func (e *Engine) Bridges(ctx context.Context, d *Definition, first, last period.Period) (Bridges, error) {
	var out Bridges
	err := e.warehouse.Read(ctx, func(ctx context.Context, r warehouse.Reader) error {
		v := e.values(d, first.Grain)
		exists, err := e.holds(ctx, r, v.Transitions)
		if err != nil || !exists {
			return err
		}
		if out.ByOrigin, err = e.bridges(ctx, r, &out, v, first, last); err != nil {
			return err
		}
		v.Single = true
		out.Last, err = e.bridges(ctx, r, &out, v, last, last)
		return err
	})
	return out, err
}

// bridges reads bridges, whose leaves it adds to those of b.
func (e *Engine) bridges(
	ctx context.Context, r warehouse.Reader, b *Bridges, v statements.Values, first, last period.Period,
) ([]Bridge, error) {
	query, err := e.sql.Render("bridges", v)
	if err != nil {
		return nil, err
	}
	numbers := make(map[Leaf]int, len(b.Leaves))
	for i, leaf := range b.Leaves {
		numbers[leaf] = i
	}
	var out []Bridge
	_, err = warehouse.Collect(ctx, r, func(rows warehouse.Rows) (struct{}, error) {
		var leaf Leaf
		var numbersOf string
		var all int64
		if err := rows.Scan(&leaf, &numbersOf, &all); err != nil {
			return struct{}{}, err
		}
		if out == nil {
			out = make([]Bridge, 0, all)
		}
		number, known := numbers[leaf]
		if !known {
			number = len(b.Leaves)
			b.Leaves = append(b.Leaves, leaf)
		}
		out, err = appendBridges(out, number, first, numbersOf)
		return struct{}{}, err
	}, query, first.UTCDate(), last.UTCDate())
	return out, err
}

// appendBridges reads what the statement says of one leaf: five numbers a period, the first the period's index.
func appendBridges(out []Bridge, leaf int, like period.Period, text string) ([]Bridge, error) {
	const each = 5
	var numbers [each]int64
	n := 0
	for rest := text; rest != ""; {
		var ok bool
		if numbers[n], rest, ok = leadingNumber(rest); !ok {
			return out, fault.New(fault.Internal, "The warehouse gave %.40q for numbers of users.", rest)
		}
		n++
		if n == each {
			p := like
			p.Index = int(numbers[0])
			out = append(out, Bridge{
				Period: p, Leaf: leaf, New: numbers[1], Retained: numbers[2], Reactivated: numbers[3], Churned: numbers[4],
			})
			n = 0
		}
	}
	return out, nil
}

// leadingNumber takes a number and the space behind it off a text; ok is false where there is none. Of large facts millions are
// read, which cutting the text into fields first and strconv would take a dozen times as long for.
func leadingNumber(text string) (number int64, rest string, ok bool) {
	rest, negative := strings.CutPrefix(text, "-")
	i := 0
	for ; i < len(rest) && '0' <= rest[i] && rest[i] <= '9'; i++ {
		number = number*10 + int64(rest[i]-'0')
	}
	if negative {
		number = -number
	}
	if i == 0 || i < len(rest) && rest[i] != ' ' {
		return 0, text, false
	}
	return number, rest[min(i+1, len(rest)):], true
}
