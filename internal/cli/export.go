package cli

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/headwater-mcp/headwater/activation/dbtpackage"
)

func (r *root) exportCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "export",
		Short: "Write parts of headwater for use elsewhere",
		Args:  arguments(cobra.NoArgs),
		RunE:  func(cmd *cobra.Command, _ []string) error { return printed(cmd.Help()) },
	}
	cmd.AddCommand(&cobra.Command{
		Use:   "dbt-package DIR",
		Short: "Write the activation macros as a dbt package",
		Long: "Write the activation macros as a dbt package to a new or empty folder, or bring an earlier export there up to date.\n" +
			"Models made with them equal the outputs of headwater build, and headwater reads them in their place.",
		Args: arguments(cobra.ExactArgs(1)),
		RunE: func(_ *cobra.Command, args []string) error { return r.exportDBTPackage(args[0]) },
	})
	return cmd
}

func (r *root) exportDBTPackage(dir string) error {
	files, err := dbtpackage.Export(dir)
	if err != nil {
		return err
	}
	example := dbtpackage.Example(r.fromProject(dir))
	if !r.tables() {
		return r.printValue(map[string]any{
			"written": dir, "files": files, "packages_yml": example.Packages, "model_file": example.ModelFile, "model": example.Model,
		})
	}
	fmt.Fprintf(r.Out, "Wrote %s:\n", dir)
	for _, name := range files {
		fmt.Fprintln(r.Out, " ", name)
	}
	_, err = fmt.Fprintf(r.Out, "\nTo packages.yml, then dbt deps:\n\n%s\nA metric is a model, such as %s:\n\n%s\n%s says how a fact is declared and which models there are.\n",
		example.Packages, example.ModelFile, example.Model, filepath.Join(dir, "README.md"))
	return printed(err)
}

// fromProject is how packages.yml of the dbt project around names a folder: relative to the project where there is one.
func (r *root) fromProject(dir string) string {
	here, err := os.Getwd()
	if err != nil {
		return dir
	}
	root := here
	if loaded, err := r.load(); err == nil && loaded.DBT.ProjectDir != "" {
		root = loaded.DBT.ProjectDir
	}
	absolute := dir
	if !filepath.IsAbs(dir) {
		absolute = filepath.Join(here, dir)
	}
	if relative, err := filepath.Rel(root, absolute); err == nil {
		return filepath.ToSlash(relative)
	}
	return dir
}
