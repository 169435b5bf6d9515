package platform

import (
	"context"
	"regexp"

	"github.com/headwater-mcp/headwater/lineage"
)

// namesSelector finds a part of a selection that refers to selectors.yml.
var namesSelector = regexp.MustCompile(`(^|[ ,@+])selector:`)

// named gives a selection the project's named ones; their default stands in for an empty selection where it may. A
// selectors.yml that cannot be read is in the way of those alone that need it.
func (p *Platform) named(r *lineage.SelectRequest, mayDefault bool) error {
	isNamed := namesSelector.MatchString(r.Select) || namesSelector.MatchString(r.Exclude)
	isDefault := mayDefault && r.Select == "" && r.Exclude == ""
	if !isNamed && !isDefault {
		return nil
	}
	r.Selectors = p.Selectors
	if isNamed {
		return p.SelectorsError
	}
	return nil
}

// compared is what the selection of a request compares with. Artifacts are only loaded where a request names them.
func (p *Platform) compared(ctx context.Context, state string) (*lineage.Before, error) {
	if state == "" {
		return p.before(nil), nil
	}
	base, err := p.earlier(ctx, state)
	if err != nil {
		return nil, err
	}
	return p.before(base), nil
}
