package config

import "github.com/headwater-mcp/headwater/fault"

// findWarehouse takes the warehouse from the profile and lets headwater.yaml override its type and path.
func (l *loader) findWarehouse() error {
	own := l.Warehouse
	fromProfile, err := l.profileWarehouse()
	if err != nil {
		return err
	}
	switch {
	case own.Type != "" && own.Type != DuckDB:
		l.Warehouse.Unreachable = notYet(own.Type)
	case own.Path != "":
		if fromProfile.Type == DuckDB {
			l.Warehouse = fromProfile
		}
		l.Warehouse.Type, l.Warehouse.Path, l.Warehouse.Database = DuckDB, own.Path, catalog(own.Path)
		if l.Warehouse.Unreachable = refusePath("warehouse.path", own.Path); l.Warehouse.Unreachable != nil {
			l.Warehouse.Path = ""
		}
		if l.Warehouse.Schema == "" {
			l.Warehouse.Schema = "main"
		}
	case own.Type == DuckDB && fromProfile.Type != DuckDB && fromProfile.Type != "":
		l.Warehouse.Unreachable = fault.New(fault.Unavailable,
			"`warehouse` in %s is duckdb without a path, and the dbt profile's target is %s. Give `path` beside `type`.", FileName, fromProfile.Type)
	default:
		l.Warehouse = fromProfile
		if l.DBT.Target != "" {
			l.Origins["warehouse"] = profilesFile + ", " + l.DBT.Profile + "." + l.DBT.Target
		}
	}
	return nil
}

// profileWarehouse reads the warehouse of the chosen profile and target. It fails only where a flag names something
// that is not there; whatever else is wrong becomes the reason that the warehouse is unreachable.
func (l *loader) profileWarehouse() (Warehouse, error) {
	c := chosen{}
	var by [3]string
	c.dir, by[0] = given([2]string{"--profiles-dir", l.flags.ProfilesDir}, [2]string{"DBT_PROFILES_DIR", l.env["DBT_PROFILES_DIR"]})
	c.profile, by[1] = given([2]string{"--profile", l.flags.Profile}, [2]string{"DBT_PROFILE", l.env["DBT_PROFILE"]},
		[2]string{dbtProjectFile, l.DBT.Profile})
	c.target, by[2] = given([2]string{"--target", l.flags.Target}, [2]string{"DBT_TARGET", l.env["DBT_TARGET"]})
	c.dir = l.env.resolve(l.start, c.dir)
	for i, key := range []string{"profiles_dir", "profile", "target"} {
		if by[i] != "" {
			l.Origins[key] = by[i]
		}
	}
	l.DBT.Profile, l.DBT.Target = c.profile, c.target
	w, err := l.readProfile(c)
	if err == nil {
		return w, nil
	}
	if l.flags.ProfilesDir != "" || l.flags.Profile != "" || l.flags.Target != "" {
		return w, fault.Wrap(err, fault.Invalid, "%s", err.Error())
	}
	return Warehouse{Unreachable: err}, nil
}

func (l *loader) readProfile(c chosen) (Warehouse, error) {
	if c.profile == "" {
		return Warehouse{}, fault.New(fault.Unavailable,
			"No warehouse is configured: there is no dbt profile to take it from. Give `warehouse: {type: duckdb, path: …}` in %s.", FileName)
	}
	l.DBT.ProfilesFile = findProfiles(c, l.env, l.start, l.DBT.ProjectDir)
	if l.DBT.ProfilesFile == "" {
		places := "in " + c.dir
		if c.dir == "" {
			places = "beside " + dbtProjectFile + " or in ~/.dbt"
		}
		return Warehouse{}, fault.New(fault.Unavailable,
			"The warehouse is that of the dbt profile %q, and there is no %s %s. Name its folder with --profiles-dir, or give `warehouse` in %s.",
			c.profile, profilesFile, places, FileName)
	}
	out, err := readOutput(l.DBT.ProfilesFile, c, renderer{l.env})
	if err != nil {
		return Warehouse{}, err
	}
	l.DBT.Target = out.target
	dir := l.DBT.ProjectDir
	if dir == "" {
		dir = l.Root
	}
	return out.warehouse(renderer{l.env}, dir), nil
}
