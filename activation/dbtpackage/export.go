package dbtpackage

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/headwater-mcp/headwater/fault"
)

//go:embed all:embedded
var embedded embed.FS

// ListName is the file of an export that lists the others with their hashes, as sha256sum prints them.
const ListName = ".headwater-export"

// Export writes the package to a folder, which it makes, and returns the files it wrote, relative to it and sorted. A folder that
// holds an earlier export is brought to this one. One that holds anything else, or an export in which a file was changed, is
// fault.Conflict and stays as it is.
func Export(dir string) ([]string, error) {
	contents, err := files()
	if err != nil {
		return nil, err
	}
	earlier, err := list(dir)
	if err != nil {
		return nil, err
	}
	if err := unchanged(dir, earlier); err != nil {
		return nil, err
	}
	if err := unclaimed(dir, earlier, contents); err != nil {
		return nil, err
	}
	names := make([]string, 0, len(contents))
	for name := range contents {
		names = append(names, name)
	}
	slices.Sort(names)
	var sums strings.Builder
	for _, name := range names {
		if err := write(dir, name, contents[name]); err != nil {
			return nil, err
		}
		fmt.Fprintf(&sums, "%s  %s\n", sum(contents[name]), name)
	}
	for name := range earlier {
		if _, still := contents[name]; !still {
			if err := os.Remove(filepath.Join(dir, filepath.FromSlash(name))); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return nil, fault.Wrap(err, fault.Unavailable, "%s of the earlier export cannot be removed: %s.", name, err)
			}
		}
	}
	return names, write(dir, ListName, []byte(sums.String()))
}

// files are the package's, by their names in it.
func files() (map[string][]byte, error) {
	out := map[string][]byte{}
	root, err := fs.Sub(embedded, "embedded")
	if err != nil {
		return nil, fmt.Errorf("open the embedded package: %w", err)
	}
	err = fs.WalkDir(root, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		out[name], err = fs.ReadFile(root, name)
		return err //nolint:wrapcheck // wrapped below
	})
	if err != nil {
		return nil, fmt.Errorf("read the embedded package: %w", err)
	}
	return out, nil
}

// list is what an earlier export wrote: hashes by name. It is empty where the folder is empty or absent.
func list(dir string) (map[string]string, error) {
	if info, err := os.Stat(dir); err == nil && !info.IsDir() {
		return nil, fault.New(fault.Conflict, "%s is a file; name a folder for the package.", dir)
	}
	text, err := os.ReadFile(filepath.Join(dir, ListName))
	if err == nil {
		return parse(text), nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return nil, fault.Wrap(err, fault.Unavailable, "%s cannot be read: %s.", dir, err)
	}
	entries, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil //nolint:nilnil // nothing was exported, which is no error
	case err != nil:
		return nil, fault.Wrap(err, fault.Unavailable, "%s cannot be read: %s.", dir, err)
	case len(entries) > 0:
		return nil, fault.New(fault.Conflict, "%s holds %s, which is no export of this package, so nothing was written. Name a new or an empty folder.", dir, entries[0].Name())
	}
	return nil, nil //nolint:nilnil // an empty folder, as above
}

func parse(text []byte) map[string]string {
	sums := map[string]string{}
	for line := range bytes.Lines(text) {
		if hash, name, ok := strings.Cut(strings.TrimSpace(string(line)), "  "); ok && filepath.IsLocal(name) {
			sums[name] = hash
		}
	}
	return sums
}

// unchanged reports the first file that is not as an export left it. A file that is gone is no loss.
func unchanged(dir string, earlier map[string]string) error {
	for name, hash := range earlier {
		text, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil || sum(text) != hash {
			return fault.New(fault.Conflict,
				"%s in %s was changed since it was exported, so nothing was written. Put changes into macros of your own project (dispatch), delete the folder, or name a new one.",
				name, dir)
		}
	}
	return nil
}

// unclaimed reports a file that stands where the package has a new one, and is another.
func unclaimed(dir string, earlier map[string]string, contents map[string][]byte) error {
	for name, content := range contents {
		if _, ours := earlier[name]; ours {
			continue
		}
		text, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
		if err == nil && !bytes.Equal(text, content) {
			return fault.New(fault.Conflict, "%s in %s is not of an export, and the package has a file of that name, so nothing was written. Move it, or name a new folder.", name, dir)
		}
	}
	return nil
}

func write(dir, name string, content []byte) error {
	path := filepath.Join(dir, filepath.FromSlash(name))
	err := os.MkdirAll(filepath.Dir(path), 0o755) //nolint:gosec,mnd // a folder that the team shares
	if err == nil {
		err = os.WriteFile(path, content, 0o644) //nolint:gosec,mnd // and files
	}
	if err != nil {
		return fault.Wrap(err, fault.Unavailable, "%s cannot be written: %s.", path, err)
	}
	return nil
}

func sum(content []byte) string {
	h := sha256.Sum256(content)
	return hex.EncodeToString(h[:])
}
