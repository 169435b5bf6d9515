package activation

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/headwater-mcp/headwater/fault"
)

// Filter keeps users whose leaf has one of the values: dimension → a value or a list of values; null is a value.
type Filter map[string]any

// UnmarshalJSON keeps every digit of a number.
func (f *Filter) UnmarshalJSON(text []byte) error {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	return decoder.Decode((*map[string]any)(f)) //nolint:wrapcheck // the caller words it
}

// condition is what a filter asks of one dimension.
type condition struct {
	dim    string
	wanted []any
	// seen are the values of the dimension in the leaves that were read, by their text.
	seen map[string]any
}

// conditions checks a filter. Errors are fault.Invalid.
func (d *Definition) conditions(where Filter) ([]*condition, error) {
	var out []*condition
	for name, wanted := range where {
		dim, err := d.dimension(name)
		if err != nil {
			return nil, err
		}
		c := &condition{dim: dim, seen: map[string]any{}}
		values, isList := wanted.([]any)
		if !isList {
			values = []any{wanted}
		}
		if len(values) == 0 {
			return nil, fault.New(fault.Invalid, "where.%s is an empty list, which keeps nobody. Name a value, or leave it out.", dim)
		}
		for _, v := range values {
			switch v.(type) {
			case map[string]any, []any:
				return nil, fault.New(fault.Invalid, "where.%s holds %s; valid is a text, a number, true, false or null, or a list of those.", dim, jsonText(v))
			}
			c.wanted = append(c.wanted, v)
		}
		out = append(out, c)
	}
	slices.SortFunc(out, func(a, b *condition) int { return strings.Compare(a.dim, b.dim) })
	return out, nil
}

// keeps reports whether a leaf's value is wanted.
func (c *condition) keeps(have any) bool {
	if text, isNull := plain(have); !isNull {
		c.seen[text] = have
	} else {
		c.seen[jsonText(nil)] = nil
	}
	return slices.ContainsFunc(c.wanted, func(w any) bool { return same(w, have) })
}

// notes says which values nobody has.
func (c *condition) notes() []string {
	var notes []string
	for _, w := range c.wanted {
		texts := make([]string, 0, len(c.seen))
		found := false
		for text, have := range c.seen {
			texts = append(texts, text)
			found = found || same(w, have)
		}
		if found {
			continue
		}
		slices.Sort(texts)
		text, _ := plain(w)
		notes = append(notes, fmt.Sprintf("No user has %s %s in these periods.%s", c.dim, jsonText(w), fault.DidYouMean(text, texts)))
	}
	return notes
}

// same compares a wanted value with one of a leaf: null is only null; a number written as text ("42") is the number, and the
// reverse, because a dimension has one type and no question can mean the other.
func same(wanted, have any) bool {
	a, aNull := plain(wanted)
	b, bNull := plain(have)
	return a == b && aNull == bNull
}

// plain is a value's text, the same for every way to write one number.
func plain(v any) (text string, isNull bool) {
	switch v := v.(type) {
	case nil:
		return "", true
	case string:
		return v, false
	case json.Number:
		return number(v.String()), false
	case float64:
		return number(strconv.FormatFloat(v, 'f', -1, 64)), false
	}
	return jsonText(v), false
}

// number drops what does not change a number: 1.50 is 1.5, and 1e3 is 1000.
func number(text string) string {
	if strings.ContainsAny(text, "eE") {
		f, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return text
		}
		text = strconv.FormatFloat(f, 'f', -1, 64)
	}
	if strings.Contains(text, ".") {
		text = strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
	}
	if text == "-0" {
		return "0"
	}
	return text
}
