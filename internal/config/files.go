package config

import (
	"os"
	"path/filepath"
	"time"
)

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

// Looks is how files look from outside: by path, their sizes and times of change; those that are not there are left out.
type Looks map[string]look

type look struct {
	size    int64
	changed time.Time
}

// LooksOf looks at files.
func LooksOf(files []string) Looks {
	out := Looks{}
	for _, file := range files {
		if info, err := os.Stat(file); err == nil {
			out[file] = look{info.Size(), info.ModTime().UTC()}
		}
	}
	return out
}
