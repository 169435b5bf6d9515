package cli

import (
	"fmt"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// linked is the version that a build without its repository, as that of the image, is told by the linker; "" otherwise.
var linked string //nolint:gochecknoglobals // the linker sets it

// version is the module's version as the build recorded it: a tag, or "dev" for a checkout.
func version() string {
	if linked != "" {
		return linked
	}
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" || info.Main.Version == "(devel)" {
		return "dev"
	}
	return info.Main.Version
}

func (r *root) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  arguments(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintln(r.Out, "headwater", version())
			return printed(err)
		},
	}
}
