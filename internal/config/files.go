package config

import "path/filepath"

// Files are what a configuration was read from, or would be if it were there, sorted by what reads them first.
func (l *Loaded) Files() []string {
	out := []string{l.File}
	if l.File == "" {
		out[0] = filepath.Join(l.Root, FileName)
	}
	if l.DBT.ProjectDir != "" {
		out = append(out, filepath.Join(l.DBT.ProjectDir, dbtProjectFile))
	}
	for _, file := range []string{l.DBT.ProfilesFile, l.Calendar} {
		if file != "" {
			out = append(out, file)
		}
	}
	return out
}
