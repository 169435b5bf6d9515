package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// held is what a server has at one moment, by its own metrics.
type held struct {
	// resident is its memory, live what its heap keeps after a collection, both in bytes.
	resident, live                    float64
	goroutines, descriptors, sessions float64
}

// scrape asks a server's metrics.
func scrape(ctx context.Context, url, token string) (held, error) {
	var h held
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(url, "/mcp")+"/metrics", http.NoBody)
	if err != nil {
		return h, fmt.Errorf("metrics: %w", err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	r.Close = true // a connection of its own, as nobody else is to be there when nobody is
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return h, fmt.Errorf("metrics: %w", err)
	}
	defer response.Body.Close() //nolint:errcheck // it was read
	if response.StatusCode != http.StatusOK {
		return h, fmt.Errorf("metrics: %s", response.Status)
	}
	return parseMetrics(response.Body)
}

// parseMetrics reads Prometheus' text. One that is not there is an error: nothing would be judged.
func parseMetrics(text io.Reader) (held, error) {
	var h held
	var next float64
	wanted := map[string]*float64{
		"process_resident_memory_bytes": &h.resident, "go_memstats_next_gc_bytes": &next, "go_goroutines": &h.goroutines,
		"process_open_fds": &h.descriptors, "headwater_mcp_sessions": &h.sessions,
	}
	lines := bufio.NewScanner(text)
	for lines.Scan() {
		name, number, _ := strings.Cut(lines.Text(), " ")
		field := wanted[name]
		if field == nil {
			continue
		}
		var err error
		if *field, err = strconv.ParseFloat(number, 64); err != nil {
			return h, fmt.Errorf("metric %s: %w", name, err)
		}
		delete(wanted, name)
	}
	if err := lines.Err(); err != nil {
		return h, fmt.Errorf("metrics: %w", err)
	}
	for name := range wanted {
		return h, fmt.Errorf("the server has no metric %s", name)
	}
	h.live = next / 2 // the next collection is when the heap has doubled, at Go's own GOGC
	return h, nil
}

// follow asks a server again and again what it holds, until it is told to end.
func follow(ctx context.Context, url, token string, every time.Duration) (end func() ([]held, error)) {
	ctx, cancel := context.WithCancel(ctx)
	var all []held
	var failed error
	var group sync.WaitGroup
	group.Go(func() {
		for again := time.NewTicker(every); ; {
			select {
			case <-ctx.Done():
				return
			case <-again.C:
			}
			h, err := scrape(ctx, url, token)
			switch {
			case ctx.Err() != nil:
				return
			case err != nil:
				failed = err
				return
			}
			all = append(all, h)
		}
	})
	return func() ([]held, error) {
		cancel()
		group.Wait()
		return all, failed
	}
}

// limits say what is called flat: memory that grows by less than a share and a slack, in bytes, from the middle third of the time
// to the last third. What is live after a collection hardly moves by itself. What is resident does: by what the collector has not
// given back yet, and in a churn by DuckDB, which takes and gives back its own at every call.
type limits struct {
	residentShare, residentSlack float64
	liveShare, liveSlack         float64
}

var (
	loadLimits  = limits{0.05, 32e6, 0.05, 6e6}  //nolint:gochecknoglobals // a constant that Go cannot write as one
	churnLimits = limits{0.15, 64e6, 0.10, 16e6} //nolint:gochecknoglobals // as above
)

// trend compares the middle third of a time with the last one, by what a share of the looks in each was below: half of them, and
// of the live heap, in which a collection finds what requests are just using, a tenth.
type trend struct {
	what         string
	middle, last float64
	grows        bool
}

func trendOf(what string, all []held, of func(held) float64, below, share, slack float64) trend {
	third := len(all) / 3
	at := func(part []held) float64 {
		values := make([]float64, len(part))
		for i, h := range part {
			values[i] = of(h)
		}
		slices.Sort(values)
		return values[int(float64(len(values))*below)]
	}
	t := trend{what: what, middle: at(all[third : 2*third]), last: at(all[2*third:])}
	t.grows = t.last > t.middle*(1+share)+slack
	return t
}

// fewestLooks is how many looks a trend needs.
const fewestLooks = 9

// trends are those of both kinds of memory; there are none without enough looks.
func trends(all []held, l limits) ([]trend, error) {
	if len(all) < fewestLooks {
		return nil, fmt.Errorf("the server was looked at %d times: too few to see a trend; hold it longer", len(all))
	}
	return []trend{
		trendOf("resident memory", all, func(h held) float64 { return h.resident }, 0.5, l.residentShare, l.residentSlack),
		trendOf("live heap", all, func(h held) float64 { return h.live }, 0.1, l.liveShare, l.liveSlack),
	}, nil
}
