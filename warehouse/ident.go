package warehouse

import (
	"strings"

	"github.com/headwater-mcp/headwater/fault"
)

// Ident is one identifier as the user wrote it, unquoted. The only way into SQL is Dialect.Ident, which quotes it.
type Ident string

// Relation is a table or view by its parts; Database and Schema may be empty, which leaves them to the session.
type Relation struct {
	Database, Schema, Name Ident
}

// String is the dotted name without quotes, as people write it.
func (r Relation) String() string {
	parts := make([]string, 0, 3)
	for _, p := range []Ident{r.Database, r.Schema, r.Name} {
		if p != "" {
			parts = append(parts, string(p))
		}
	}
	return strings.Join(parts, ".")
}

// Key is the form by which relations of different spellings are recognised as one: dotted and case folded.
func (r Relation) Key() string { return strings.ToLower(r.String()) }

// ParseRelation reads a dotted name of one to three parts, each plain or quoted with " or ` (a doubled quote inside
// stands for one), as dbt writes relation_name for every adapter. Anything else is fault.Invalid.
func ParseRelation(s string) (Relation, error) {
	parts, ok := splitQuoted(strings.TrimSpace(s))
	if !ok || len(parts) == 0 || len(parts) > 3 {
		return Relation{}, fault.New(fault.Invalid,
			"%q is not a relation name; write it as table, schema.table or database.schema.table, quoted with \" where a part holds a dot.", s)
	}
	var r Relation
	for i, to := range []*Ident{&r.Name, &r.Schema, &r.Database} {
		if i < len(parts) {
			*to = Ident(parts[len(parts)-1-i])
		}
	}
	return r, nil
}

func splitQuoted(s string) ([]string, bool) {
	var parts []string
	for {
		part, rest, ok := nextPart(s)
		if !ok || part == "" {
			return nil, false
		}
		parts = append(parts, part)
		if rest == "" {
			return parts, true
		}
		if rest[0] != '.' {
			return nil, false
		}
		s = rest[1:]
	}
}

// nextPart cuts one identifier off the front of s.
func nextPart(s string) (part, rest string, ok bool) {
	if s == "" {
		return "", "", false
	}
	quote := s[0]
	if quote != '"' && quote != '`' {
		end := strings.IndexByte(s, '.')
		if end < 0 {
			end = len(s)
		}
		part = s[:end]
		return part, s[end:], !strings.ContainsAny(part, "\"`'; \t\n\x00")
	}
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		if s[i] != quote {
			b.WriteByte(s[i])
			continue
		}
		if i+1 < len(s) && s[i+1] == quote {
			b.WriteByte(quote)
			i++
			continue
		}
		return b.String(), s[i+1:], true
	}
	return "", "", false
}

func foldEqual(a, b string) bool { return strings.EqualFold(a, b) }
