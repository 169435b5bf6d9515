package app

import (
	"context"
	"strings"

	"github.com/headwater-mcp/headwater/internal/store"
	"github.com/headwater-mcp/headwater/partition"
	"github.com/headwater-mcp/headwater/period"
)

// history is an observer that remembers what it sees in the store, and tells what it saw.
type history struct {
	partition.Observer

	app *App
}

var (
	_ partition.Observer = history{}
	_ partition.History  = history{}
)

// Observe implements partition.Observer. Failing to remember is logged: what was seen is an answer all the same.
func (h history) Observe(ctx context.Context, r partition.ObserveRequest) (partition.Observation, error) {
	seen, err := h.Observer.Observe(ctx, r)
	if err != nil || seen.Unobserved != "" || r.PrintFirst == nil {
		return seen, err
	}
	held := map[string]store.Content{}
	for p := *r.PrintFirst; p.Index <= r.PrintLast.Index; p = p.Next() {
		if c := seen.Counts[p.Index]; c.Rows > 0 {
			held[p.String()] = store.Content{Rows: c.Rows, Fingerprint: c.Fingerprint}
		}
	}
	h.keep(ctx, series(r.Node, r.Relation, r.Spec), store.Look{
		First: r.PrintFirst.String(), Last: r.PrintLast.String(), Held: held, AsOf: r.AsOf,
	})
	return seen, nil
}

// Whole implements partition.Observer.
func (h history) Whole(ctx context.Context, r partition.WholeRequest) (partition.WholeObservation, error) {
	seen, err := h.Observer.Whole(ctx, r)
	if err != nil || seen.Unobserved != "" {
		return seen, err
	}
	h.keep(ctx, series(r.Node, r.Relation, partition.Spec{}), store.Look{
		Held: map[string]store.Content{"": {Rows: seen.Rows, Fingerprint: seen.Fingerprint}}, AsOf: r.AsOf,
	})
	return seen, nil
}

func (h history) keep(ctx context.Context, of store.Series, look store.Look) {
	look.SeenAt = h.app.options.Now().UTC()
	if err := h.app.store.SaveLook(ctx, of, look); err != nil {
		h.app.log.Warn().Err(err).Str("node", of.NodeID).Msg("what was observed was not remembered")
	}
}

// Versions implements partition.History.
func (h history) Versions(ctx context.Context, r partition.ObserveRequest) (map[string][]partition.Version, error) {
	first, last := "", ""
	if r.Spec.Partitioned() {
		first, last = r.First.String(), r.Last.String()
	}
	kept, err := h.app.store.Versions(ctx, series(r.Node, r.Relation, r.Spec), first, last, r.AsOf)
	out := make(map[string][]partition.Version, len(kept))
	for name, list := range kept {
		for _, v := range list {
			out[name] = append(out[name], partition.Version{Rows: v.Rows, Fingerprint: v.Fingerprint, Since: v.Since, Before: v.Before})
		}
	}
	return out, err
}

// Seen implements partition.History.
func (h history) Seen(ctx context.Context, r partition.ObserveRequest) (map[string]partition.Sight, error) {
	looks, held, err := h.app.store.LastSeen(ctx, series(r.Node, r.Relation, r.Spec), r.First.String(), r.Last.String(), r.AsOf)
	if err != nil || len(looks) == 0 {
		return nil, err
	}
	out := map[string]partition.Sight{}
	for p := r.First; p.Index <= r.Last.Index; p = p.Next() {
		name := p.String()
		for _, l := range looks { // the newest first
			if l.First <= name && name <= l.Last {
				out[name] = partition.Sight{Rows: held[name], At: l.AsOf}
				break
			}
		}
	}
	return out, nil
}

// series is where the partitions of a spec are kept. Weeks that start on another day are other partitions.
func series(node, relation string, s partition.Spec) store.Series {
	of := store.Series{NodeID: node, Relation: relation}
	if !s.Partitioned() {
		return of
	}
	of.Grain, of.Calendar = string(s.Grain), s.Calendar.Zone()
	if s.Grain == period.Week {
		of.Calendar += " " + strings.ToLower(s.Calendar.WeekStart().String())
	}
	return of
}
