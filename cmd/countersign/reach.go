package main

import (
	"context"
	"log/slog"

	"github.com/fc28f635/countersign/verify/online"
)

// tellReach is the function tellReach, where settings do not forbid it.
func (p *parts) tellReach(ctx context.Context, log *slog.Logger) {
	if !p.settings.ReachCheck {
		log.LogAttrs(ctx, slog.LevelInfo, "corroboration", slog.String("follows", "not tried: reach_check is false"))
		return
	}
	tellReach(ctx, p.lookup, log)
}

// tellReach tries what corroboration can be reached, and logs what follows.
func tellReach(ctx context.Context, lookup online.Config, log *slog.Logger) {
	r, err := online.Reach(ctx, lookup)
	if ctx.Err() != nil {
		return
	}
	if err != nil {
		log.LogAttrs(ctx, slog.LevelWarn, "corroboration", slog.String("error", err.Error()))
		return
	}
	for _, resolver := range r.Resolvers {
		level, answer := slog.LevelInfo, "answers over TCP"
		if resolver.Err != nil {
			level, answer = slog.LevelWarn, resolver.Err.Error()
		}
		log.LogAttrs(ctx, level, "resolver", slog.String("address", resolver.Address), slog.String("operator", resolver.Operator), slog.String("tcp", answer))
	}
	level, documents := slog.LevelInfo, "reached"
	switch {
	case !r.Fetched:
		documents = "not tried"
	case r.Documents != nil:
		documents = r.Documents.Error()
	}
	if r.Operators < 2 && !r.Secure || r.Documents != nil {
		level = slog.LevelWarn
	}
	log.LogAttrs(ctx, level, "corroboration", slog.Int("operators", r.Operators), slog.Bool("dnssec", r.Secure),
		slog.String("documents", documents), slog.String("follows", whatFollows(r)+withoutDocuments(r)))
}

// whatFollows says what a publisher's key in DNS is worth with what was reached.
func whatFollows(r online.Reachability) string {
	switch {
	case r.Operators == 0:
		return "no resolver answers over TCP: without DNS only pinned publishers are verified"
	case r.Operators > 1:
		return "two operators corroborate each other: a key in DNS is enough for tier signed"
	case r.Secure:
		return "one operator, which validates DNSSEC: a key in a signed zone is enough for tier signed, in others the publisher document must have the key too"
	}
	return "one operator, which nothing corroborates: for tier signed the publisher document must have the key too"
}

// withoutDocuments says what follows where no document can be fetched.
func withoutDocuments(r online.Reachability) string {
	if r.Documents == nil {
		return ""
	}
	return "; no document can be fetched: clients that are named by one are not decided on, and no publisher document confirms a key"
}
