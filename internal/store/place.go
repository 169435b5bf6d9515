package store

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/headwater-mcp/headwater/fault"
)

// ownFolder is the name of a folder that holds nothing but headwater's state.
const ownFolder = ".headwater"

// FallbackDir is the folder in the user's state directory for the state of one project, where the project's own folder
// cannot be written: $XDG_STATE_HOME/headwater/<hash>, or below ~/.local/state. It is "" where both are unknown.
func FallbackDir(stateHome, home, project string) string {
	if !filepath.IsAbs(stateHome) { // the XDG specification has relative ones ignored
		if home == "" {
			return ""
		}
		stateHome = filepath.Join(home, ".local", "state")
	}
	sum := sha256.Sum256([]byte(filepath.Clean(project)))
	const enough = 8
	return filepath.Join(stateHome, "headwater", hex.EncodeToString(sum[:enough]))
}

// prepare makes the folder for a store's file and sees to it that a store can be there.
func prepare(path string) error {
	if scheme, _, ok := strings.Cut(path, "://"); ok {
		return fault.New(fault.Unavailable,
			"`state` is a %s URL, and this version keeps its state in an SQLite file. Set `state` in headwater.yaml to a path.", scheme)
	}
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return fault.New(fault.Unavailable, "%s is a folder, and the state is a file. Set `state` in headwater.yaml to a file in it, like %s.",
			path, filepath.Join(path, "state.db"))
	}
	dir := filepath.Dir(path)
	if kind, where := networkFileSystem(existing(dir)); kind != "" {
		return fault.New(fault.Unavailable,
			"%s is on a network file system (%s at %s), where SQLite's locks do not hold. Set `state` in headwater.yaml to a local place.",
			path, kind, where)
	}
	_, missing := os.Stat(dir)
	made := errors.Is(missing, fs.ErrNotExist)
	const mode = 0o750
	if err := os.MkdirAll(dir, mode); err != nil {
		return place(dir, err)
	}
	// A file of our own shows whether the folder can be written: root passes every check of permission bits, and an
	// SQLite file is never opened beside SQLite, because closing it would drop the locks of the whole process.
	probe, err := os.CreateTemp(dir, ".headwater-*")
	if err != nil {
		return place(dir, err)
	}
	if err := errors.Join(probe.Close(), os.Remove(probe.Name())); err != nil {
		return place(dir, err)
	}
	if made || filepath.Base(dir) == ownFolder {
		return place(dir, ignore(path))
	}
	return nil
}

// ignore writes a .gitignore that keeps the state out of commits. In a folder that is not headwater's own it names the
// state's files only. One that is there is left alone.
func ignore(path string) error {
	dir := filepath.Dir(path)
	text := "*\n"
	if filepath.Base(dir) != ownFolder {
		text = "/" + filepath.Base(path) + "*\n"
	}
	const mode = 0o600
	file, err := os.OpenFile(filepath.Join(dir, ".gitignore"), os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err //nolint:wrapcheck // place does
	}
	_, err = file.WriteString(text)
	return errors.Join(err, file.Close())
}

// place turns an error of the file system into errReadOnly, or into a fault that says what stands in the way.
func place(dir string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		return errors.Join(errReadOnly, err)
	case errors.Is(err, syscall.ENOTDIR):
		return fault.Wrap(err, fault.Unavailable, "The state cannot be kept in %s: a part of that path is a file. Mend `state` in headwater.yaml.", dir)
	}
	return fault.Wrap(err, fault.Unavailable, "The state cannot be kept in %s: %s. Set `state` in headwater.yaml to another place.", dir, reason(err))
}

// reason is the system's word for what went wrong, without paths.
func reason(err error) string {
	if number, ok := errors.AsType[syscall.Errno](err); ok {
		return number.Error()
	}
	return "the file system refuses it"
}

// existing returns dir, or the nearest folder above it that exists, with links followed.
func existing(dir string) string {
	for {
		if resolved, err := filepath.EvalSymlinks(dir); err == nil {
			return resolved
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return dir
		}
		dir = parent
	}
}
