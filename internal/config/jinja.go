package config

import (
	"strconv"
	"strings"
)

// renderer evaluates the little Jinja that dbt's YAML files use: {{ env_var('NAME', 'default') }} with a filter, and
// text around it. Everything else is refused. Its errors name variables, functions and filters, never a value.
type renderer struct {
	env Env
}

// render returns the value of a scalar: text, or a number or truth value where a filter makes it one. key is how errors
// call the place, like "profiles.yml, shop.outputs.dev.path".
func (r renderer) render(value, key string) (any, error) {
	if !strings.Contains(value, "{{") && !strings.Contains(value, "{%") && !strings.Contains(value, "{#") {
		return value, nil
	}
	var out []any
	for rest := value; rest != ""; {
		at := strings.IndexByte(rest, '{')
		for at >= 0 && (at+1 == len(rest) || !strings.ContainsRune("{%#", rune(rest[at+1]))) {
			next := strings.IndexByte(rest[at+1:], '{')
			if next < 0 {
				at = -1
				break
			}
			at += 1 + next
		}
		if at < 0 {
			out = append(out, rest)
			break
		}
		if at > 0 {
			out = append(out, rest[:at])
		}
		result, after, err := r.block(rest[at:], key)
		if err != nil {
			return nil, err
		}
		if result != nil {
			out = append(out, result)
		}
		rest = after
	}
	if len(out) == 1 {
		return out[0], nil
	}
	var whole strings.Builder
	for _, part := range out {
		whole.WriteString(asText(part))
	}
	return whole.String(), nil
}

// block evaluates what begins with {{, {% or {# and returns the rest behind it. A comment has no value.
func (r renderer) block(text, key string) (any, string, error) {
	if strings.HasPrefix(text, "{#") {
		_, after, _ := strings.Cut(text, "#}")
		return nil, after, nil
	}
	p := &parser{renderer: r, key: key}
	end := p.scan(text)
	if !strings.HasPrefix(text, "{{") {
		return nil, "", p.refuse("{% … %}", "is a statement")
	}
	if end < 0 {
		return nil, "", p.refuse("{{ …", "does not end, or has a character that headwater does not read")
	}
	p.source = text[:end]
	value, err := p.concatenation()
	if err == nil && p.at < len(p.tokens) {
		err = p.refuse(p.source, "goes on where headwater expects its end")
	}
	return value, text[end:], err
}

// literal reads a Python literal as dbt's native filters do; what is none stays text.
func literal(s string) any {
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		return n
	}
	if f, err := strconv.ParseFloat(s, 64); err == nil {
		return f
	}
	switch {
	case s == "True":
		return true
	case s == "False":
		return false
	case len(s) >= 2 && (s[0] == '\'' || s[0] == '"') && s[len(s)-1] == s[0]:
		return unquote(s)
	}
	return s
}

func unquote(s string) string {
	return strings.NewReplacer(`\\`, `\`, `\'`, `'`, `\"`, `"`, `\n`, "\n", `\t`, "\t").Replace(s[1 : len(s)-1])
}

// asText writes a value as Jinja does.
func asText(value any) string {
	switch v := value.(type) {
	case string:
		return v
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	case bool:
		if v {
			return "True"
		}
		return "False"
	}
	return ""
}
