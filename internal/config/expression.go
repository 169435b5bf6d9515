package config

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/headwater-mcp/headwater/fault"
)

var (
	tokenPattern = regexp.MustCompile(`^\s*(?:([A-Za-z_]\w*)|('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")|(\d+(?:\.\d+)?)|([(),|~]))`)
	endPattern   = regexp.MustCompile(`^\s*-?\}\}`)
	textPattern  = regexp.MustCompile(`'(?:[^'\\]|\\.)*'?|"(?:[^"\\]|\\.)*"?`)
)

// token is a name, a quoted text, a number or a sign; kind is the group of tokenPattern.
type token struct {
	kind int
	text string
}

const (
	tokenName = iota + 1
	tokenText
	tokenNumber
	tokenSign
)

type parser struct {
	renderer

	key    string
	source string
	tokens []token
	at     int
}

// scan cuts an expression into tokens and returns where it ends, or -1.
func (p *parser) scan(text string) int {
	at := len("{{")
	if strings.HasPrefix(text[at:], "-") {
		at++
	}
	for {
		if end := endPattern.FindStringIndex(text[at:]); end != nil {
			return at + end[1]
		}
		m := tokenPattern.FindStringSubmatch(text[at:])
		if m == nil {
			return -1
		}
		for kind := tokenName; kind <= tokenSign; kind++ {
			if m[kind] != "" {
				p.tokens = append(p.tokens, token{kind, m[kind]})
			}
		}
		at += len(m[0])
	}
}

func (p *parser) next() token {
	if p.at == len(p.tokens) {
		return token{}
	}
	p.at++
	return p.tokens[p.at-1]
}

func (p *parser) accept(sign string) bool {
	if p.at < len(p.tokens) && p.tokens[p.at] == (token{tokenSign, sign}) {
		p.at++
		return true
	}
	return false
}

func (p *parser) concatenation() (any, error) {
	value, err := p.filtered()
	for err == nil && p.accept("~") {
		var right any
		if right, err = p.filtered(); err == nil {
			value = asText(value) + asText(right)
		}
	}
	return value, err
}

func (p *parser) filtered() (any, error) {
	value, err := p.primary()
	for err == nil && p.accept("|") {
		value, err = p.filter(value, p.next().text)
	}
	return value, err
}

func (p *parser) primary() (any, error) {
	switch t := p.next(); {
	case t.kind == tokenText:
		return unquote(t.text), nil
	case t.kind == tokenNumber:
		return literal(t.text), nil
	case t == token{tokenSign, "("}:
		value, err := p.concatenation()
		if err == nil && !p.accept(")") {
			err = p.refuse(p.source, "has a parenthesis that is not closed")
		}
		return value, err
	case t.text == "env_var":
		return p.envVar()
	case t.kind == tokenName:
		return nil, p.refuse(p.source, "uses "+t.text)
	default:
		return nil, p.refuse(p.source, "has no value where one is expected")
	}
}

// envVar reads the arguments of env_var and looks the variable up. As in dbt an empty variable is one that is set.
func (p *parser) envVar() (any, error) {
	if !p.accept("(") {
		return nil, p.refuse(p.source, "names env_var without calling it")
	}
	name, err := p.concatenation()
	if err != nil {
		return nil, err
	}
	var otherwise any
	if p.accept(",") {
		if otherwise, err = p.concatenation(); err != nil {
			return nil, err
		}
	}
	if !p.accept(")") {
		return nil, p.refuse(p.source, "calls env_var with something other than a name and a default")
	}
	if value, ok := p.env[asText(name)]; ok {
		return value, nil
	}
	if otherwise == nil {
		return nil, fault.New(fault.Unavailable,
			"%s needs the environment variable %s, which is not set. Set it where headwater is started (for an MCP host: in the `env` of its entry).",
			p.key, asText(name))
	}
	return otherwise, nil
}

func (p *parser) filter(value any, name string) (any, error) {
	s := strings.TrimSpace(asText(value))
	switch name {
	case "as_text":
		return asText(value), nil
	case "as_native":
		return literal(s), nil
	case "int":
		if n, err := strconv.ParseFloat(s, 64); err == nil {
			return int64(n), nil
		}
		return int64(0), nil // as Jinja has it
	case "as_number":
		switch n := literal(s).(type) {
		case int64, float64:
			return n, nil
		}
		return nil, fault.New(fault.Unavailable, "%s is made a number with as_number, and its value is none.", p.key)
	case "as_bool":
		if b, ok := literal(s).(bool); ok {
			return b, nil
		}
		return nil, fault.New(fault.Unavailable, "%s is made a truth value with as_bool, and its value is not True or False.", p.key)
	}
	return nil, p.refuse(p.source, "uses the filter "+strconv.Quote(name))
}

// refuse says which expression is not understood. Its texts are left out: a default may be a password.
func (p *parser) refuse(source, why string) error {
	return fault.New(fault.Unavailable,
		"%s: the expression %s %s. headwater reads env_var('NAME'), env_var('NAME', 'default'), ~ and the filters int, as_number, as_bool, as_native and as_text; for anything else give `warehouse` in %s.",
		p.key, textPattern.ReplaceAllString(source, "'…'"), why, FileName)
}
