package config

import (
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/headwater-mcp/headwater/fault"
)

// Flags are the command line's. Empty is not given.
type Flags struct {
	// Project is the folder of the project; Config its headwater.yaml, where that lies elsewhere.
	Project, Config string
	// ProjectDir, ProfilesDir, Profile and Target are dbt's own.
	ProjectDir, ProfilesDir, Profile, Target string
}

// Loaded is a project's configuration with every path absolute.
type Loaded struct {
	Config

	// Root is the project's folder.
	Root string
	// File is the headwater.yaml that was read; empty where there is none.
	File string
	DBT  DBT
	// Origins says where a value was given, by its path in headwater.yaml: "headwater.yaml:12", "HEADWATER_STATE",
	// "--target", "dbt_project.yml". What stands in no origin is a default.
	Origins map[string]string
	// Notices are sentences about what may not be meant.
	Notices []string
}

// Load finds the project that flags, the environment or the folder start name, and merges what is said about it: flags
// before HEADWATER_ variables, before headwater.yaml, before dbt's files. It fails with fault.Unavailable where there
// is no project, and with fault.Invalid where something is written wrong; a warehouse that cannot be reached is no
// failure but Warehouse.Unreachable.
func Load(flags Flags, env Env, start string) (*Loaded, error) {
	from, err := filepath.Abs(start)
	if err != nil {
		return nil, fault.Wrap(err, fault.Unavailable, "The folder %s cannot be found.", start)
	}
	l := &loader{flags: flags, env: env, start: from}
	l.Config, l.Origins = Defaults(), map[string]string{}
	if err := l.findRoot(); err != nil {
		return nil, err
	}
	if err := l.readFile(); err != nil {
		return nil, err
	}
	if err := l.readDBT(); err != nil {
		return nil, err
	}
	if err := l.findWarehouse(); err != nil {
		return nil, err
	}
	return &l.Loaded, nil
}

// loader is a Load under way.
type loader struct {
	Loaded

	flags Flags
	env   Env
	start string
}

// given returns the first value that is not empty, with what gave it.
func given(pairs ...[2]string) (string, string) {
	for _, p := range pairs {
		if p[1] != "" {
			return p[1], p[0]
		}
	}
	return "", ""
}

func (l *loader) findRoot() error {
	file, fileBy := given([2]string{"--config", l.flags.Config}, [2]string{"HEADWATER_CONFIG", l.env["HEADWATER_CONFIG"]})
	if file != "" {
		l.File = l.env.resolve(l.start, file)
		if !isFile(l.File) {
			return fault.New(fault.Invalid, "%s names %s, and there is no such file.", fileBy, l.File)
		}
	}
	root, by := given([2]string{"--project", l.flags.Project}, [2]string{"HEADWATER_PROJECT", l.env["HEADWATER_PROJECT"]})
	if root == "" && l.File != "" {
		root, by = filepath.Dir(l.File), fileBy
	}
	if root == "" {
		root, by = given([2]string{"--project-dir", l.flags.ProjectDir}, [2]string{"DBT_PROJECT_DIR", l.env["DBT_PROJECT_DIR"]})
	}
	if root == "" {
		found, err := Find(l.start)
		if err != nil {
			return err
		}
		root = found
	}
	l.Root = filepath.Clean(l.env.resolve(l.start, root))
	if !isDir(l.Root) {
		return fault.New(fault.Invalid, "%s names %s, and there is no such folder.", by, l.Root)
	}
	if l.File == "" {
		if file := filepath.Join(l.Root, FileName); isFile(file) {
			l.File = file
		} else if isFile(filepath.Join(l.Root, "headwater.yml")) {
			l.Notices = append(l.Notices, "There is a headwater.yml, which is not read; rename it to "+FileName+".")
		}
	}
	return nil
}

// readFile reads headwater.yaml and the variables that override it, and checks the result.
func (l *loader) readFile() error {
	base := l.Root
	var found problems
	if l.File != "" {
		base = filepath.Dir(l.File)
		text, err := os.ReadFile(l.File)
		if err != nil {
			return fault.Wrap(err, fault.Unavailable, "%s cannot be read.", l.File)
		}
		if found, err = decodeYAML(l.shortName(), text, &l.Config, l.Origins); err != nil {
			return err
		}
	}
	l.resolve(base)
	overrides, notices := l.env.apply(&l.Config, l.start, l.Origins)
	l.Notices = append(l.Notices, notices...)
	found = append(found, overrides...)
	if len(found) == 0 {
		found = validate(&l.Config, l.Origins)
	}
	return found.err()
}

// shortName is how problems call headwater.yaml: by its name where it lies in the project, else by its path.
func (l *loader) shortName() string {
	if filepath.Dir(l.File) == l.Root {
		return filepath.Base(l.File)
	}
	return l.File
}

// resolve makes the paths of headwater.yaml absolute; they are relative to the file's folder.
func (l *loader) resolve(base string) {
	for _, p := range []*string{&l.Artifacts, &l.Archive, &l.State, &l.Calendar, &l.Warehouse.Path} {
		*p = l.env.resolve(base, *p)
	}
	for i := range l.Projects {
		l.Projects[i].Artifacts = l.env.resolve(base, l.Projects[i].Artifacts)
	}
}

// readDBT reads dbt_project.yml, and takes from it what headwater.yaml leaves open.
func (l *loader) readDBT() error {
	dir, by := given([2]string{"--project-dir", l.flags.ProjectDir}, [2]string{"DBT_PROJECT_DIR", l.env["DBT_PROJECT_DIR"]})
	switch {
	case dir != "":
		l.DBT.ProjectDir = filepath.Clean(l.env.resolve(l.start, dir))
		if !isFile(filepath.Join(l.DBT.ProjectDir, dbtProjectFile)) {
			return fault.New(fault.Invalid, "%s names %s, and there is no %s in it.", by, l.DBT.ProjectDir, dbtProjectFile)
		}
	case isFile(filepath.Join(l.Root, dbtProjectFile)):
		l.DBT.ProjectDir = l.Root
	case l.Origins["artifacts"] != "":
		// headwater.yaml above the dbt project, with `artifacts: dbt/target`.
		if found := nearest(filepath.Dir(l.Artifacts), dbtProjectFile); found != "" && within(l.Root, found) {
			l.DBT.ProjectDir = found
		}
	}
	if l.DBT.ProjectDir == "" {
		return nil
	}
	if err := l.DBT.readProject(renderer{l.env}); err != nil {
		return err
	}
	if target := l.env["DBT_TARGET_PATH"]; target != "" {
		l.DBT.TargetPath = absolute(l.DBT.ProjectDir, target)
	}
	if l.Origins["artifacts"] == "" {
		l.Artifacts, l.Origins["artifacts"] = l.DBT.TargetPath, dbtProjectFile
		if l.env["DBT_TARGET_PATH"] != "" {
			l.Origins["artifacts"] = "DBT_TARGET_PATH"
		}
	}
	if l.Project == "" && l.DBT.Name != "" {
		l.Project, l.Origins["project"] = l.DBT.Name, dbtProjectFile
	}
	return nil
}

// within reports whether dir is root or below it.
func within(root, dir string) bool {
	rel, err := filepath.Rel(root, dir)
	return err == nil && filepath.IsLocal(rel)
}

// Keys returns the paths of all origins in order, for listings.
func (l *Loaded) Keys() []string { return slices.Sorted(maps.Keys(l.Origins)) }
