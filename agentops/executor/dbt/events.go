package dbt

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/headwater-mcp/headwater/agentops/executor"
	"github.com/headwater-mcp/headwater/lineage/dbt/scan"
)

// events is what dbt's log of events says of one node, as far as it got.
type events struct {
	// batches are the outcomes of batches by their start: success, error, skipped.
	batches map[time.Time]string
	// errors say why a batch failed, by its start.
	errors map[time.Time]string
	// status is the outcome of the node as a whole, "" where it was not told; why says what went wrong.
	status, why string
}

// event is a line of the log. dbt promises these names.
type event struct {
	Info struct {
		Name   string `json:"name"`
		Thread string `json:"thread"`
		Level  string `json:"level"`
	} `json:"info"`
	Data struct {
		Description string `json:"description"`
		Status      string `json:"status"`
		Exc         string `json:"exc"`
		NodeInfo    struct {
			UniqueID string `json:"unique_id"`
		} `json:"node_info"`
	} `json:"data"`
}

// maxEvent is the longest line of a log that is read, in bytes.
const maxEvent = 4 << 20

// readEvents reads the log of a job, what was rotated out of it first. Lines that are no events are stepped over: dbt may have
// been killed while it wrote one.
func readEvents(job executor.Job, id string) events {
	out := events{batches: map[time.Time]string{}, errors: map[time.Time]string{}}
	raised := map[string]string{} // the last exception of a thread
	for _, name := range []string{"dbt.log.2", "dbt.log.1", "dbt.log"} {
		f, err := os.Open(filepath.Join(logDir(job), name))
		if err != nil {
			continue
		}
		lines := bufio.NewScanner(f)
		lines.Buffer(nil, maxEvent)
		for lines.Scan() {
			var e event
			if json.Unmarshal(lines.Bytes(), &e) == nil {
				out.take(e, id, raised)
			}
		}
		_ = f.Close()
	}
	return out
}

func (out *events) take(e event, id string, raised map[string]string) {
	if e.Data.Exc != "" {
		raised[e.Info.Thread] = e.Data.Exc
	}
	if e.Data.NodeInfo.UniqueID != id {
		return
	}
	why := executor.Clip(scan.Clean([]byte(raised[e.Info.Thread])))
	switch e.Info.Name {
	case "LogBatchResult":
		start, ok := batchStart(e.Data.Description)
		if !ok {
			return
		}
		out.batches[start] = e.outcome()
		if out.batches[start] == failed {
			out.errors[start] = why
		}
		delete(raised, e.Info.Thread)
	case "LogModelResult", "LogSeedResult", "LogSnapshotResult":
		out.status, out.why = e.outcome(), why
	}
}

// outcome reads what became of a node or batch: where it was written, dbt puts there what the adapter answered.
func (e event) outcome() string {
	switch {
	case e.Data.Status == skipped:
		return skipped
	case e.Data.Status == failed, e.Info.Level == failed:
		return failed
	}
	return succeeded
}

// What dbt calls outcomes.
const (
	succeeded = "success"
	failed    = "error"
	skipped   = "skipped"
)

// batchStart reads the start of a batch from "batch 2026-03-01 of main.daily".
func batchStart(description string) (time.Time, bool) {
	words := strings.Fields(description)
	if len(words) < 2 || words[0] != "batch" { //nolint:mnd // as written above
		return time.Time{}, false
	}
	for _, layout := range []string{"2006-01-02T15", time.DateOnly, "2006-01", "2006"} {
		if t, err := time.Parse(layout, words[1]); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}
