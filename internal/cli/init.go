package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/headwater-mcp/headwater/fault"
	"github.com/headwater-mcp/headwater/internal/config"
	"github.com/headwater-mcp/headwater/internal/initialise"
	"github.com/headwater-mcp/headwater/lineage/dbt"
)

func (r *root) initCommand() *cobra.Command {
	var show, force bool
	cmd := &cobra.Command{
		Use:   "init",
		Short: "Look at the dbt project and write a commented headwater.yaml",
		Long: "Look at the dbt project's artifacts, propose facts, and write a commented headwater.yaml.\n" +
			"Nothing is read from the warehouse and nothing but that file is written.",
		Args: arguments(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error { return r.init(show, force) },
	}
	cmd.Flags().BoolVar(&show, "print", false, "print the file instead of writing it")
	cmd.Flags().BoolVar(&force, "force", false, "replace a headwater.yaml that is there")
	return cmd
}

func (r *root) init(show, force bool) error {
	loaded, err := r.load()
	if err != nil {
		return err
	}
	artifacts, err := dbt.Load(loaded.Artifacts)
	if err != nil {
		return err
	}
	draft := initialise.Draft{Proposals: initialise.Propose(artifacts.Graph), Warehouse: warehouseSentence(loaded.Warehouse)}
	for _, n := range initialise.Declared(artifacts.Graph) {
		draft.Declared = append(draft.Declared, n.Name)
	}
	if relative, err := filepath.Rel(loaded.Root, loaded.Artifacts); err == nil && relative != "target" {
		draft.Artifacts = relative
	}
	text, err := initialise.Render(draft)
	if err != nil {
		return err
	}
	if show {
		_, err = fmt.Fprint(r.Out, text)
		return printed(err)
	}
	path := filepath.Join(loaded.Root, config.FileName)
	if err := write(path, text, force); err != nil {
		return err
	}
	return r.printInit(path, draft)
}

// write makes a file; one that is there is only replaced when that is said.
func write(path, text string, force bool) error {
	mode := os.O_WRONLY | os.O_CREATE | os.O_EXCL
	if force {
		mode = os.O_WRONLY | os.O_CREATE | os.O_TRUNC
	}
	f, err := os.OpenFile(path, mode, 0o644) //nolint:gosec,mnd // a file that the team shares
	if os.IsExist(err) {
		return fault.Wrap(err, fault.Conflict, "%s is there already. Replace it with --force, or see what would be written with --print.", path)
	}
	if err != nil {
		return fault.Wrap(err, fault.Unavailable, "%s cannot be written: %s. See what would be written with --print.", path, err)
	}
	if _, err := f.WriteString(text); err != nil {
		_ = f.Close()
		return fault.Wrap(err, fault.Unavailable, "%s was not written whole: %s.", path, err)
	}
	if err := f.Close(); err != nil {
		return fault.Wrap(err, fault.Unavailable, "%s was not written whole: %s.", path, err)
	}
	return nil
}

func (r *root) printInit(path string, draft initialise.Draft) error {
	if !r.tables() {
		facts := []map[string]any{}
		for _, p := range draft.Proposals {
			facts = append(facts, map[string]any{"name": p.Fact.Name, "model": p.Fact.Model, "why": p.Why})
		}
		declared := draft.Declared
		if declared == nil {
			declared = []string{}
		}
		return r.printValue(map[string]any{"written": path, "proposed": facts, "declared": declared})
	}
	fmt.Fprintf(r.Out, "Wrote %s\n\n", path)
	for _, name := range draft.Declared {
		fmt.Fprintf(r.Out, "  %s declares a fact itself.\n", name)
	}
	for _, p := range draft.Proposals {
		fmt.Fprintf(r.Out, "  fact %s on %s: %s\n", p.Fact.Name, p.Fact.Model, p.Why)
	}
	if len(draft.Proposals)+len(draft.Declared) == 0 {
		fmt.Fprintln(r.Out, "  No model looks like a fact: none has known columns with a user and a time. Run dbt docs generate, so that catalog.json\n  lists the columns, or declare a fact by hand.")
	}
	fmt.Fprintln(r.Out, "\nNext: look the facts over, then headwater doctor and headwater build.")
	return nil
}

func warehouseSentence(w config.Warehouse) string {
	if w.Unreachable != nil {
		return w.Unreachable.Error()
	}
	return "The warehouse is the target of the dbt profile: " + strings.TrimSpace(w.Type+" "+w.Path) + "."
}
