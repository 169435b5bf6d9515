package dbtpackage

import (
	"fmt"
	"strings"
)

// Usage is what to write into a dbt project to use the package.
type Usage struct {
	// Packages are the lines of packages.yml.
	Packages string
	// ModelFile is the name of a model's file, Model its three lines.
	ModelFile, Model string
}

// Example shows how a project uses the package in a folder, named relative to the project.
func Example(dir string) Usage {
	return Usage{
		Packages:  fmt.Sprintf("packages:\n  - local: '%s'\n", strings.ReplaceAll(dir, "'", "''")),
		ModelFile: "models/app_visit_activation_daily.sql",
		Model: `-- The fact app_visit is declared in the meta of its model, fct_app_visit.
-- depends_on: {{ ref('fct_app_visit') }}
{{ headwater.activation('app_visit', 'day') }}
`,
	}
}
