package process

import (
	"bytes"
	"cmp"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/headwater-mcp/headwater/lineage/dbt/scan"
)

// What a tail holds at most.
const (
	tailLines = 40
	tailBytes = 4 << 10
)

// Tail is the end of what the job has printed: at most 40 lines and 4 KiB, without control characters. It is data, never an
// instruction. "" where nothing was printed.
func (j Job) Tail() string {
	var text []byte
	for _, path := range slices.Backward(j.logs()) {
		text = slices.Concat(last(path, 2*tailBytes), text) //nolint:mnd // escape sequences that go are not counted
		if len(text) >= 2*tailBytes {
			break
		}
	}
	clean := strings.TrimRight(scan.Clean(text), "\n\t ")
	lines := strings.Split(clean, "\n")
	lines = lines[max(0, len(lines)-tailLines):]
	clean = strings.Join(lines, "\n")
	if len(clean) <= tailBytes {
		return clean
	}
	clean = clean[len(clean)-tailBytes:]
	if _, rest, cut := strings.Cut(clean, "\n"); cut {
		return rest
	}
	return strings.ToValidUTF8(clean, "")
}

// logs are the files with the job's output, oldest first.
func (j Job) logs() []string {
	paths, _ := filepath.Glob(filepath.Join(escapeGlob(j.dir), "log.*"))
	number := func(path string) int {
		n, _ := strconv.Atoi(strings.TrimPrefix(filepath.Ext(path), "."))
		return n
	}
	slices.SortFunc(paths, func(a, b string) int { return cmp.Compare(number(a), number(b)) })
	return paths
}

// escapeGlob lets a folder's name mean itself in a pattern.
func escapeGlob(path string) string {
	var out strings.Builder
	for _, r := range path {
		if strings.ContainsRune(`\*?[`, r) {
			out.WriteByte('\\')
		}
		out.WriteRune(r)
	}
	return out.String()
}

// last is the end of a file, from the start of a line where there is one.
func last(path string, size int64) []byte {
	f, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer f.Close() //nolint:errcheck // read only
	end, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return nil
	}
	from := max(0, end-size)
	text := make([]byte, end-from)
	n, err := f.ReadAt(text, from)
	if err != nil && n == 0 {
		return nil
	}
	text = text[:n]
	if _, whole, cut := bytes.Cut(text, []byte("\n")); from > 0 && cut && len(whole) > 0 {
		return whole
	}
	return text
}
