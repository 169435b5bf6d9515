package lineage

// Node is one node of the graph. Text comes from the project as it was written, without control characters.
// Slices and maps are shared between nodes and must not be changed.
type Node struct {
	ID      string // unique_id, "model.shop.orders"
	Name    string // without the version, "dim" for model.shop.dim.v2
	Type    Type
	Package string   // the package that defines it
	FQN     []string // package, folders, name
	Version string   // of a versioned model, "2"
	Latest  string   // the version that a ref without a version means
	Group   string   // dbt group
	Access  string   // private, protected or public; models only
	Owner   string   // "Name <email>": of the exposure, else meta.owner, else of the group
	Project string   // the project whose artifacts define it; empty where there is only one (see Stitch)

	Relation   string // relation_name as dbt wrote it, quoted by the adapter; empty where nothing is built
	Database   string
	Schema     string
	Identifier string // alias of a model, identifier of a source

	Materialized string
	Description  string
	Tags         []string
	Columns      []Column
	Observed     int            // how many of Columns, the first ones, the warehouse is known to have (catalog)
	Path         string         // original_file_path, relative to its package
	PatchPath    string         // the YAML file that describes it, relative to its package
	Meta         map[string]any // meta and config.meta
	Config       map[string]any // the resolved config, as written

	Language         string // sql or python; empty where there is no code
	RawCode          string
	CompiledCode     string // empty where dbt has not compiled it
	Checksum         string
	ContractEnforced bool
	Contract         *Contract // nil where none is enforced

	Build  Build
	Source *Source // sources only
	Test   *Test   // tests and unit tests only
	Usage  *Usage  // exposures only
	State  State

	// Unselectable nodes are in the graph and never in a selection: what dbt keeps in its manifest and does not select.
	Unselectable bool
}

// Column is a column as far as the artifacts know it.
type Column struct {
	Name        string `json:"name"`
	Type        string `json:"type,omitempty"` // the warehouse's (catalog), else the declared one
	Description string `json:"description,omitempty"`
}

// Build is what a node's config says about how its table is filled. Values are as written: Begin may be a date or an
// instant, EventTime is a column.
type Build struct {
	IncrementalStrategy string
	UniqueKey           []string
	EventTime           string
	BatchSize           string // hour, day, month or year
	Begin               string
	Lookback            *int // nil where the config does not say
}

// Source is what only a source has.
type Source struct {
	Name          string // of the group of tables, the first argument of source()
	Loader        string
	LoadedAtField string
}

// Usage is what only an exposure has: what uses the data outside the project.
type Usage struct {
	Kind     string // dashboard, notebook, analysis, ml or application
	Label    string
	Maturity string // high, medium or low
	URL      string
}

// Test is what only a test or a unit test has.
type Test struct {
	Kind      string         // generic, singular or unit
	Name      string         // of a generic test without its package, "not_null"
	Namespace string         // package of a generic test, empty for dbt's own
	Kwargs    map[string]any // arguments of a generic test
	Column    string         // the tested column, where there is one
	Attached  string         // id of the tested node, empty where no single node is tested
}

// Versioned reports whether the node is one version of a model that has several.
func (n *Node) Versioned() bool { return n.Version != "" }

// RefName is the name by which a project refers to the node: "dim.v2" for a version, "raw.orders" for a source.
func (n *Node) RefName() string {
	switch {
	case n.Versioned():
		return n.Name + ".v" + n.Version
	case n.Source != nil:
		return n.Source.Name + "." + n.Name
	}
	return n.Name
}
