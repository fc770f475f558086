package main

import (
	"context"
	"log/slog"
	"time"

	"github.com/fc28f635/countersign/issuer"
)

// glassEvery is how often it is looked which observations have ended, besides after
// each act.
const glassEvery = 10 * time.Second

// A glass tells in the log which observations are in force, and when one is not any
// more: an operator breaks it to have nothing enforced for a time. Whether they are
// is known by the decisions alone, and does not hang on it. Call [newGlass].
type glass struct {
	log     *slog.Logger
	acted   chan struct{}                 // holds a token while an act is not looked at
	inForce map[string]issuer.Observation // that were told, by what they are of
}

func newGlass(log *slog.Logger) *glass {
	return &glass{log: log, acted: make(chan struct{}, 1), inForce: map[string]issuer.Observation{}}
}

// onAct is told each act.
func (g *glass) onAct(a issuer.Act) {
	if a.Verb != issuer.VerbObserve && a.Verb != issuer.VerbEnforce {
		return
	}
	select {
	case g.acted <- struct{}{}:
	default: // there is one
	}
}

// watch looks at once, after each act and now and then, until ctx is done.
func (g *glass) watch(ctx context.Context, registry *issuer.Registry) {
	ticker := time.NewTicker(glassEvery)
	defer ticker.Stop()
	for {
		g.look(ctx, registry)
		select {
		case <-ctx.Done():
			return
		case <-g.acted:
		case <-ticker.C:
		}
	}
}

// look tells what began and what ended since the last look.
func (g *glass) look(ctx context.Context, registry *issuer.Registry) {
	list, err := registry.Observations(ctx)
	if err != nil {
		if ctx.Err() == nil {
			g.log.LogAttrs(ctx, slog.LevelWarn, "observations not read", slog.String("error", err.Error()))
		}
		return
	}
	before := g.inForce
	g.inForce = make(map[string]issuer.Observation, len(list))
	for _, o := range list {
		g.inForce[o.Of] = o
		if told, ok := before[o.Of]; !ok || told != o {
			g.log.LogAttrs(ctx, slog.LevelWarn, "decisions are not enforced", slog.String("of", observed(o.Of)), slog.Time("until", o.Until),
				slog.String("actor", o.Actor), slog.String("reason", o.Reason))
		}
	}
	for of, o := range before {
		if _, ok := g.inForce[of]; !ok {
			g.log.LogAttrs(ctx, slog.LevelWarn, "decisions are enforced again", slog.String("of", observed(of)), slog.Time("until", o.Until))
		}
	}
}
