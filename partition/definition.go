package partition

import (
	"context"
	"fmt"
	"slices"

	"github.com/headwater-mcp/headwater/lineage"
)

// Noted says where it is noted which periods of an activation output are built, and by which definition.
type Noted struct {
	// Relation has a row for each built period, with its local start date in the column period and the hash of what it was built
	// by in the column definition.
	Relation string
	// Definition is the hash of today's.
	Definition string
	// Again is the command that builds all of it again.
	Again string
}

// judgeDefinition finds the periods that another definition than today's built.
func (t *track) judgeDefinition() {
	if t.spec.Noted == nil {
		return
	}
	for i := t.first; i <= t.last; i++ {
		v := t.at(i)
		if by := t.definitions[i]; by != "" && by != t.spec.Noted.Definition {
			v.definition = by
			v.add(DefinitionChanged)
		}
	}
}

// readNotes reads which periods of an output are noted as built, and by which definitions. All outputs of a grain are written
// together, and one without rows may be as it has to be.
func (s *survey) readNotes(ctx context.Context, t *track) {
	request := s.request(t, t.from, t.until)
	request.Relation, request.Spec.Key = t.spec.Noted.Relation, nil
	seen, err := s.deps.Observer.Observe(ctx, request)
	switch {
	case err != nil:
		s.down = unavailable(err)
		t.observed, t.reason = false, s.down
	case seen.Unobserved != "":
		t.observed, t.reason = false, seen.Unobserved
	default:
		t.notes, t.definitions = seen.Counts, seen.Definitions
	}
}

// noted reports whether the node is an output of which it is noted what is built.
func (t *track) noted() bool { return t.spec.Noted != nil && t.node.Type == lineage.TypeActivation }

// notedEmpty reports whether a period is noted as built, and no run says that it wrote rows of it.
func (t *track) notedEmpty(i int, v *verdict) bool {
	return t.notes[i].Rows > 0 && !slices.ContainsFunc(v.told.good, func(b BatchRecord) bool { return b.Rows != nil && *b.Rows > 0 })
}

// definitionWords is the evidence of definition_changed.
func (t *track) definitionWords(run []judgement) string {
	return fmt.Sprintf("Built by the definition %s%s; today's is %s. %s builds all of it again.",
		run[0].definition, others(run), t.spec.Noted.Definition, t.spec.Noted.Again)
}

func others(run []judgement) string {
	for _, j := range run {
		if j.definition != run[0].definition {
			return " and others"
		}
	}
	return ""
}

// remedy is what makes a partition right, where one command does.
func (t *track) remedy(d dated) string {
	if t.spec.Noted != nil && (d.has(DefinitionChanged) || d.presence == Missing) {
		return t.spec.Noted.Again
	}
	return ""
}

// readyToRead is ready of partitions that may themselves have to be built again, whatever they need.
func (s *survey) readyToRead(ctx context.Context, t *track, index int, allReady bool) (bool, []cause) {
	ok, causes := true, []cause(nil)
	if v := t.at(index); !allReady && v.presence != NotExpected {
		ok, causes = s.ready(ctx, t, index)
	}
	if t.at(index).has(DefinitionChanged) {
		return false, append(slices.Clip(causes), cause{t.node.ID, string(DefinitionChanged)})
	}
	return ok, causes
}
