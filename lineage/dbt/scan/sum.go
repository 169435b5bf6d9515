package scan

import "math"

// The hash is FNV-1a with the finisher of splitmix64: the values hashed are short and few, and sums of hashes must not
// cancel.
const (
	sumOffset  = 14695981039346656037
	sumPrime   = 1099511628211
	nullSum    = 0x6e756c6c
	arraySum   = 0x6172726179
	objectSum  = 0x6f626a656374
	numberSum  = 0x6e756d626572
	brokenLink = 0x9e3779b97f4a7c15
)

// Hash returns a 64-bit hash of a text. It is the same in every process.
func Hash[T string | []byte](text T) uint64 {
	h := uint64(sumOffset)
	for i := range len(text) {
		h = (h ^ uint64(text[i])) * sumPrime
	}
	return mix(h)
}

// Join returns the hash of two hashes in this order.
func Join(a, b uint64) uint64 { return mix(a*brokenLink + b) }

func mix(h uint64) uint64 {
	h = (h ^ h>>30) * 0xbf58476d1ce4e5b9
	h = (h ^ h>>27) * 0x94d049bb133111eb
	return h ^ h>>31
}

// Sum takes the next value and returns its hash: the same for values that Python calls equal, whatever the order of
// keys. 0 is no value's hash but that of an object without members where lenient is set.
//
// Lenient leaves members out that are null: a key that is not set and one that is set to nothing are then the same.
func (c *Cursor) Sum(lenient bool) uint64 { return c.sum(lenient, 0) }

func (c *Cursor) sum(lenient bool, depth int) uint64 {
	if depth > maxDepth {
		c.fail("nested too deep")
		return 0
	}
	switch b := c.peek(); b {
	case '{':
		var total uint64
		c.Object(func(key []byte) {
			k := Hash(key)
			if v := c.sum(lenient, depth+1); !lenient || v != nullSum {
				total += Join(k, v)
			}
		})
		if total == 0 && lenient {
			return 0
		}
		return Join(objectSum, total)
	case '[':
		total := uint64(arraySum)
		c.Array(func() { total = Join(total, c.sum(lenient, depth+1)) })
		return total
	case '"':
		return Hash(c.bytes())
	case 't', 'f':
		// In Python True == 1 and False == 0.
		if string(c.literal()) == "true" {
			return number(1)
		}
		return number(0)
	case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
		f, _ := c.Float()
		return number(f)
	}
	c.Skip()
	return nullSum
}

// Null reports whether a hash is that of null.
func Null(sum uint64) bool { return sum == nullSum }

// EmptyList reports whether a hash is that of a list without elements.
func EmptyList(sum uint64) bool { return sum == arraySum }

func number(f float64) uint64 { return Join(numberSum, math.Float64bits(f)) }

// Exact is Text for a text that is compared with another one. sum is a hash of the text as it is written where cleaning
// changed it, so that two texts are equal exactly when both their results are; else it is 0.
func (c *Cursor) Exact() (text string, sum uint64) {
	if c.peek() != '"' {
		return c.Text(), 0
	}
	written := c.bytes()
	text = Clean(written)
	if text == string(written) { // compared in place, not copied
		return text, 0
	}
	return text, Hash(written)
}
