package wire

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"
)

// Resource is a document that is read under a URI, as compact JSON, and that sessions can subscribe to.
//
// A URI is fixed, or a template with variables in braces: headwater://backfill/{run_id} names one document for each value.
// A variable stands for one part between slashes; at the end of the URI it may hold slashes itself, escaped or not, because
// names of nodes and relations do. Where two resources match, the one given first is meant.
type Resource struct {
	Name        string // lower_snake_case, one of a kind
	Title       string
	Description string
	URI         string

	// Read returns the document, encoded as a tool's answer is: a struct or a pointer to one. The variables are unescaped.
	// Its errors are faults: NotFound where the variables name nothing.
	Read func(ctx context.Context, variables map[string]string) (any, error)

	// Complete offers values of variables, by their names; those that are not there are offered none.
	Complete map[string]Completer

	// Watch, where there is one, runs while somebody is subscribed to the document: from the first subscriber on, until ctx
	// ends because the last one has gone. It calls changed whenever the document is another one, and returns soon after
	// ctx has ended, or earlier when the document will not change again. Without Watch, Server.Changed says when.
	Watch func(ctx context.Context, variables map[string]string, changed func())
}

// mimeJSON is the type of every resource.
const mimeJSON = "application/json"

// variable is one in a URI template. validRest is a template without its variables.
var (
	variable  = regexp.MustCompile(`\{([a-z][a-z0-9_]*)\}`)
	validRest = regexp.MustCompile(`^[a-z][a-z0-9+.-]*://[a-z0-9/_-]*$`)
)

// Validate reports everything that keeps the resource from being served.
func (r Resource) Validate() error {
	var errs []error
	if !validName.MatchString(r.Name) {
		errs = append(errs, errors.New("its name is not lower_snake_case of at most 64 characters"))
	}
	if r.Title == "" || r.Description == "" {
		errs = append(errs, errors.New("it has no title or no description"))
	}
	if !validRest.MatchString(variable.ReplaceAllString(r.URI, "")) {
		errs = append(errs, fmt.Errorf("its URI %q is not scheme://path with {variables}", r.URI))
	}
	seen := map[string]bool{}
	for _, at := range variable.FindAllStringSubmatchIndex(r.URI, -1) {
		name, before, after := r.URI[at[2]:at[3]], r.URI[:at[0]], r.URI[at[1]:]
		if !strings.HasSuffix(before, "/") || (after != "" && !strings.HasPrefix(after, "/")) {
			errs = append(errs, fmt.Errorf("variable %s of its URI does not stand between slashes", name))
		}
		if seen[name] {
			errs = append(errs, fmt.Errorf("variable %s stands twice in its URI", name))
		}
		seen[name] = true
	}
	if r.Read == nil {
		errs = append(errs, errors.New("it has no Read"))
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("resource %q: %w", r.Name, err)
	}
	return nil
}

// isTemplate reports whether the URI has variables.
func (r Resource) isTemplate() bool { return variable.MatchString(r.URI) }

// pattern matches the URIs of the resource, a group for each variable.
func (r Resource) pattern() *regexp.Regexp {
	var pattern strings.Builder
	rest := 0
	for _, at := range variable.FindAllStringIndex(r.URI, -1) {
		pattern.WriteString(regexp.QuoteMeta(r.URI[rest:at[0]]))
		if at[1] == len(r.URI) {
			pattern.WriteString(`(.+)`)
		} else {
			pattern.WriteString(`([^/]+)`)
		}
		rest = at[1]
	}
	pattern.WriteString(regexp.QuoteMeta(r.URI[rest:]))
	return regexp.MustCompile(`^(?s:` + pattern.String() + `)$`)
}

// document is one resource with the values of its variables.
type document struct {
	resource  Resource
	variables map[string]string
	// uri is the one spelling of the document's URI in which everything is escaped that can be.
	uri string
}

// shelf finds documents by URI.
type shelf struct {
	resources []Resource
	patterns  []*regexp.Regexp
}

func newShelf(resources []Resource) (shelf, error) {
	out := shelf{resources: resources}
	var errs []error
	names, uris := map[string]bool{}, map[string]bool{}
	for _, r := range resources {
		errs = append(errs, r.Validate())
		if names[r.Name] || uris[r.URI] {
			errs = append(errs, fmt.Errorf("resource %q: there are two of that name or URI", r.Name))
		}
		names[r.Name], uris[r.URI] = true, true
	}
	if err := errors.Join(errs...); err != nil {
		return shelf{}, err
	}
	for _, r := range resources {
		out.patterns = append(out.patterns, r.pattern())
	}
	return out, nil
}

// find returns the document that a URI names, in whatever spelling, and false where no resource matches.
func (s shelf) find(uri string) (document, bool) {
	for i, pattern := range s.patterns {
		values := pattern.FindStringSubmatch(uri)
		if values == nil {
			continue
		}
		found := document{resource: s.resources[i], variables: map[string]string{}, uri: s.resources[i].URI}
		for j, name := range variable.FindAllStringSubmatch(found.resource.URI, -1) {
			value, err := url.PathUnescape(values[j+1])
			if err != nil {
				return document{}, false
			}
			found.variables[name[1]] = value
			found.uri = strings.Replace(found.uri, name[0], escape(value), 1)
		}
		return found, true
	}
	return document{}, false
}

// uris lists what is there, templates as they are written.
func (s shelf) uris() []string {
	out := make([]string, len(s.resources))
	for i, r := range s.resources {
		out[i] = r.URI
	}
	return out
}

// escape is the simple expansion of RFC 6570 (3.2.2): what is not unreserved is percent-encoded, a slash as well.
func escape(value string) string {
	var out strings.Builder
	for _, b := range []byte(value) {
		switch {
		case 'a' <= b && b <= 'z', 'A' <= b && b <= 'Z', '0' <= b && b <= '9', strings.IndexByte("-._~", b) >= 0:
			out.WriteByte(b)
		default:
			fmt.Fprintf(&out, "%%%02X", b)
		}
	}
	return out.String()
}
