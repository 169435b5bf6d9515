// Package shop holds a small real dbt project and the artifacts that dbt-duckdb wrote for it, so that tests and the demo
// read one and the same project. It leaves rows to package demo, which makes a warehouse of this project.
//
// Invariant: nothing below target/ is written by hand; record.sh makes it from the rest.
package shop

import (
	"embed"
	"io/fs"
)

//go:embed dbt_project.yml profiles.yml models snapshots tests target
var files embed.FS

// Files is the project as dbt sees its folder: dbt_project.yml, profiles.yml, models/, snapshots/, tests/, and target/
// with manifest.json, run_results.json, sources.json and catalog.json.
func Files() fs.FS { return files }
