package main

import (
	"context"
	"errors"
	"maps"
	"math/rand/v2"
	"strings"
	"time"
)

// shopQuestions are what readers ask of the demo's world beside what can be asked of any.
func shopQuestions() []question {
	nodes := []string{"fct_app_visit", "int_user_events", "stg_app_events", "dim_users"}
	ask := func(tool string, arguments object) question {
		return calling(tool, tool, func(*rand.Rand) object { return maps.Clone(arguments) })
	}
	var mix []question
	for range 3 { // most questions are none to the warehouse
		mix = append(mix, general(nodes)...)
	}
	return append(mix,
		ask("check_partitions", object{"select": "+fct_app_visit"}),
		ask("explain_staleness", object{"node": "fct_app_visit"}),
		ask("query_activation", object{"fact": "app_visit", "grain": "day", "by": []string{"platform"}}),
		ask("explain_active_users", object{"fact": "app_visit", "grain": "day"}),
		ask("get_backfill", object{}),
		ask("compare_artifacts", object{"base": "target"}),
		reading("resources/read of partitions", func(*rand.Rand) string { return "headwater://partitions/fct_app_visit" }),
		reading("resources/read of activation", func(*rand.Rand) string { return "headwater://activation/app_visit/day" }),
	)
}

// read asks one thing after the other. While a loader has the warehouse, who asks it something may be told to wait: that is no
// error, and the report says how often it was.
func (c *churned) read(ctx context.Context, a *client, chance *rand.Rand, until time.Time) error {
	if err := a.enter(ctx); err != nil {
		return err
	}
	mix := shopQuestions()
	for {
		for _, i := range chance.Perm(len(mix)) {
			if ctx.Err() != nil || time.Now().After(until) {
				return a.leave(context.WithoutCancel(ctx))
			}
			begun := time.Now()
			err := mix[i].ask(ctx, a, chance)
			if lent(err) {
				c.meter.waited()
				continue
			}
			if ctx.Err() == nil { // else somebody else's error has ended this one
				c.meter.note(mix[i].name, time.Since(begun), err)
			}
		}
	}
}

// lent reports whether an answer says that somebody else has the warehouse. That of a resource has no kind.
func lent(err error) bool {
	refused, ok := errors.AsType[*refusal](err)
	return ok && (refused.kind == "unavailable" || strings.Contains(refused.message, " is being written by "))
}

// visit begins sessions and ends them, or forgets to, with a stream open or without.
func (c *churned) visit(ctx context.Context, a *client, chance *rand.Rand, until time.Time) error {
	for time.Now().Before(until) && ctx.Err() == nil {
		begun := time.Now()
		err := stay(ctx, newClient(a.url, a.token, false), chance)
		if ctx.Err() == nil {
			c.meter.note("a session, from its beginning to its end", time.Since(begun), err)
		}
	}
	return nil
}

// stay is one visit. When it is over the connections are cut, whatever is open on them.
func stay(ctx context.Context, visitor *client, chance *rand.Rand) error {
	ctx, cut := context.WithCancel(ctx)
	defer visitor.http.CloseIdleConnections()
	defer cut()
	if err := visitor.enter(ctx); err != nil {
		return err
	}
	if _, err := visitor.ask(ctx, "tools/list", "", object{}); err != nil {
		return err
	}
	if chance.IntN(2) == 0 {
		s, err := visitor.subscribe(ctx, "headwater://status")
		if err == nil && chance.IntN(2) == 0 {
			err = s.end()
		}
		if err != nil {
			return err
		}
	}
	if chance.IntN(4) == 0 {
		return nil
	}
	return visitor.leave(ctx)
}
