package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/rs/zerolog"

	"github.com/headwater-mcp/headwater/agentops/platform"
	"github.com/headwater-mcp/headwater/internal/app"
	"github.com/headwater-mcp/headwater/internal/config"
)

// warm is how long a running server takes to explain a case that it was asked about before: nothing of the answer is kept, but
// the artifacts are read.
func warm(ctx context.Context, c oneCase) (time.Duration, error) {
	asOf, err := time.Parse(time.RFC3339, c.question.AsOf)
	if err != nil {
		return 0, fmt.Errorf("the instant of the question: %w", err)
	}
	loaded, err := config.Load(config.Flags{Project: c.dir}, config.Env{}, c.dir)
	if err != nil {
		return 0, err
	}
	a, err := app.Open(ctx, app.Options{Config: loaded, Log: zerolog.Nop(), Purpose: "bench", Now: time.Now, AsOf: asOf})
	if err != nil {
		return 0, err
	}
	defer a.Close() //nolint:errcheck // the case is thrown away
	p, err := a.Current(ctx)
	if err != nil {
		return 0, err
	}
	var took time.Duration
	for range 2 {
		start := time.Now()
		q := platform.ExplainRequest{Fact: c.question.Fact, Grain: c.question.Grain, Period: c.question.Period}
		if _, err := p.ExplainActiveUsers(ctx, q); err != nil {
			return 0, err
		}
		took = time.Since(start)
	}
	return took, nil
}

// spread is the median and the longest of some durations, of which there is at least one.
func spread(took []time.Duration) (median, most time.Duration) {
	sorted := slices.Sorted(slices.Values(took))
	return sorted[len(sorted)/2], sorted[len(sorted)-1]
}
