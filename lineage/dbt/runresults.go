package dbt

import (
	"io/fs"
	"strings"

	"github.com/headwater-mcp/headwater/lineage/dbt/scan"
)

// ReadRunResults reads the run_results.json of a folder, plain or gzipped, and nothing else of it. fs.ErrNotExist says that
// there is none.
func ReadRunResults(files fs.FS) (*RunResults, error) {
	data, err := read(files, "run_results.json")
	if err != nil {
		return nil, err
	}
	return readRunResults(data)
}

// readRunResults reads run_results.json of any schema that dbt 1 wrote.
func readRunResults(data []byte) (*RunResults, error) {
	c := scan.New(data)
	out := &RunResults{Results: []Result{}}
	var h header
	c.Object(func(key []byte) {
		switch string(key) {
		case "metadata":
			h = readHeader(c)
		case "elapsed_time":
			out.Elapsed, _ = c.Float()
		case "args":
			c.Object(func(key []byte) {
				switch string(key) {
				case "which":
					out.Command = c.Text()
				case "full_refresh":
					out.FullRefresh = c.Bool()
				case "invocation_command":
					out.Retry = isRetry(c.Text())
				}
			})
		case "results":
			c.Array(func() { out.Results = append(out.Results, readResult(c)) })
		}
	})
	if out.Command == "retry" {
		out.Retry = true
	}
	c.End()
	if err := c.Err(); err != nil {
		return nil, err
	}
	if kind, _ := h.artifact(); kind != "run-results" {
		return nil, errOtherArtifact
	}
	out.InvocationID, out.GeneratedAt = h.invocationID, h.generatedAt
	return out, nil
}

// isRetry reports whether a command line is that of dbt retry, which keeps the arguments of the command it tries again. Global
// flags may stand before the command.
func isRetry(line string) bool {
	words := strings.Fields(line)
	for i, word := range words {
		if i > 0 && !strings.HasPrefix(word, "-") {
			return word == "retry"
		}
	}
	return false
}

func readResult(c *scan.Cursor) Result {
	var r Result
	c.Object(func(key []byte) {
		switch string(key) {
		case "unique_id":
			r.UniqueID = c.Text()
		case "status":
			r.Status = c.Word()
		case "execution_time":
			r.ExecutionTime, _ = c.Float()
		case "message":
			r.Message = c.Text()
		case "failures":
			r.Failures = whole(c)
		case "adapter_response":
			c.Object(func(key []byte) {
				if string(key) == "rows_affected" {
					r.RowsAffected = whole(c)
				}
			})
		case "timing":
			c.Array(func() { r.readTiming(c) })
		case "batch_results":
			if c.Kind() == '{' {
				r.Batches = readBatches(c)
			}
		}
	})
	return r
}

// readTiming takes one phase. The phase that executes is the node's time; where there is none, the last one is.
func (r *Result) readTiming(c *scan.Cursor) {
	var name, started, completed string
	c.Object(func(key []byte) {
		switch string(key) {
		case "name":
			name = c.Word()
		case "started_at":
			started = c.Text()
		case "completed_at":
			completed = c.Text()
		}
	})
	if name == "execute" || r.StartedAt.IsZero() {
		r.StartedAt, r.CompletedAt = instant(started), instant(completed)
	}
}

func readBatches(c *scan.Cursor) *Batches {
	b := &Batches{Successful: []Interval{}, Failed: []Interval{}}
	c.Object(func(key []byte) {
		switch string(key) {
		case "successful":
			b.Successful = readIntervals(c)
		case "failed":
			b.Failed = readIntervals(c)
		}
	})
	return b
}

func readIntervals(c *scan.Cursor) []Interval {
	out := []Interval{}
	c.Array(func() {
		ends := c.Words()
		if len(ends) == 2 {
			out = append(out, Interval{Start: instant(ends[0]), End: instant(ends[1])})
		}
	})
	return out
}

// whole takes a whole number, nil where it is none.
func whole(c *scan.Cursor) *int64 {
	n, ok := c.Int()
	if !ok {
		return nil
	}
	return &n
}
