package config

// DuckDB is the type of the one warehouse that this version reads.
const DuckDB = "duckdb"

// Warehouse says which warehouse the project's relations are in.
type Warehouse struct {
	// Type is duckdb, trino or bigquery in headwater.yaml, and the adapter's name where it comes from a dbt profile.
	// It is empty where nothing names a warehouse.
	Type string `yaml:"type"`
	// Path is the DuckDB file.
	Path string `yaml:"path"`
	// MemoryLimit is how much memory DuckDB may use, like 2GB, before it spills to disk; default: the target's setting
	// memory_limit, else 3 GiB or less.
	MemoryLimit string `yaml:"memory_limit"`
	// Database is the catalog's name in relation names: for DuckDB the stem of the file's name.
	Database string `yaml:"-"`
	// Schema is the target's default schema.
	Schema string `yaml:"-"`
	// Attach are further databases that relation names may refer to.
	Attach []Attachment `yaml:"-"`
	// ExternalRoots are local folders in which external materializations lie.
	ExternalRoots []string `yaml:"-"`
	// Settings are the target's DuckDB settings, without those that hold credentials.
	Settings map[string]string `yaml:"-"`
	// Unreachable says why no rows can be read and what to do about it; nil where nothing speaks against it. It is a
	// *fault.Error, ready to be returned by whoever needs rows.
	Unreachable error `yaml:"-"`
}

// Attachment is a database beside the main one.
type Attachment struct {
	// Alias is the catalog's name in relation names.
	Alias string
	// Path is absolute where it names a local file.
	Path string
	// Type is the attached database's kind, "duckdb" or that of an extension.
	Type string
	// ReadOnly is what the profile says.
	ReadOnly bool
	// Unreachable is a sentence that says why it cannot be attached here; "" where it can.
	Unreachable string
}
