package initialise

import (
	_ "embed" // the template
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"text/template"

	"github.com/headwater-mcp/headwater/fault"
)

//go:embed headwater.yaml.tmpl
var fileTemplate string

// Draft is what a new headwater.yaml is made of.
type Draft struct {
	// Project and Artifacts are written where the defaults are not right; empty leaves them as comments.
	Project, Artifacts string
	// Warehouse is a sentence on what was found: where it is, or why it cannot be read.
	Warehouse string
	// Declared are names of models that say themselves that they are facts.
	Declared []string
	// Proposals become facts, in order.
	Proposals []Proposal
}

// Render returns the text of a commented headwater.yaml, which config.Load reads.
func Render(d Draft) (string, error) {
	d.Warehouse = oneLine(d.Warehouse)
	t, err := template.New("headwater.yaml").
		Funcs(template.FuncMap{"scalar": scalar, "list": list, "oneLine": oneLine, "join": join}).Parse(fileTemplate)
	if err != nil {
		return "", fault.Wrap(err, fault.Internal, "The template of headwater.yaml is broken.")
	}
	var out strings.Builder
	if err := t.Execute(&out, d); err != nil {
		return "", fault.Wrap(err, fault.Internal, "The template of headwater.yaml is broken.")
	}
	lines := strings.Split(out.String(), "\n")
	for i, line := range lines {
		lines[i] = strings.TrimRight(line, " ")
	}
	return strings.Join(lines, "\n"), nil
}

var plain = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_./-]*$`)

// words are those that YAML 1.1 or 1.2 takes for something other than text.
func words() []string {
	return []string{"null", "true", "false", "yes", "no", "on", "off", "y", "n"}
}

// scalar writes a text as YAML: as it is where that is safe, else in double quotes, which JSON writes too.
func scalar(s string) (string, error) {
	if plain.MatchString(s) && !slices.Contains(words(), strings.ToLower(s)) {
		return s, nil
	}
	text, err := json.Marshal(s)
	return string(text), err
}

func list(values []string) (string, error) {
	out := make([]string, len(values))
	for i, v := range values {
		text, err := scalar(v)
		if err != nil {
			return "", err
		}
		out[i] = text
	}
	return "[" + strings.Join(out, ", ") + "]", nil
}

// join writes names into a comment.
func join(names []string) string { return oneLine(strings.Join(names, ", ")) }

// oneLine joins the lines of a text, so that it stays in its comment.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
