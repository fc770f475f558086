package verify

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/fc28f635/countersign/internal/jose"
	"github.com/fc28f635/countersign/internal/limits"
	"github.com/fc28f635/countersign/metadata"
)

// An Exposure says since when the private part of a key is known to be public.
// It is of the key and of no publisher: whoever reads the private part can sign
// for everyone who publishes or pins the key. For the same reason anybody may
// show it, on any host: to show it is to have it, and nobody but its holder, or
// one to whom it leaked, can end a key in this way. Only an operator lifts it.
type Exposure struct {
	Thumbprint string    `json:"thumbprint"` // RFC 7638
	Seen       time.Time `json:"seen"`
}

// rejectExposed rejects where the private part of one of the keys was seen
// somewhere.
func (r *run) rejectExposed(ctx context.Context, c Check, thumbprints []string) error {
	if r.v.cfg.Memory == nil || len(thumbprints) == 0 {
		return nil
	}
	list, err := r.v.cfg.Memory.Exposed(ctx, thumbprints)
	if err != nil {
		return fmt.Errorf("remembering which keys are exposed: %w", err)
	}
	if len(list) > 0 {
		r.rejectBy(c, metadata.ReasonKeyExposed, "the private part of the key "+list[0].Thumbprint+" was public, seen on "+clock(list[0].Seen.Unix()),
			Evidence{Source: "memory", Thumbprint: list[0].Thumbprint})
	}
	return nil
}

// fetchDocument fetches a document of whatever kind, and remembers the keys whose
// private parts are in it. Whoever relies on the document itself refuses it for
// that, also where remembering fails.
func (v *Verifier) fetchDocument(ctx context.Context, url string, limit int) (Resource, error) {
	resource, err := v.fetch(ctx, url, limit)
	if err != nil || v.cfg.Memory == nil {
		return resource, err
	}
	if keys := jose.Exposed(resource.Body); len(keys) > 0 {
		if err := v.rememberExposed(ctx, url, keys); err != nil {
			v.cfg.Logger.LogAttrs(ctx, slog.LevelWarn, "remembering exposed keys failed", slog.String("error", err.Error()))
		}
	}
	return resource, nil
}

// rememberExposed tells the memory of keys that a document shows: of those that
// it does not know yet as many as its domain may add, and always of those that
// are known to be the host's own.
func (v *Verifier) rememberExposed(ctx context.Context, url string, keys []string) error {
	known, err := v.cfg.Memory.Exposed(ctx, keys)
	if err != nil {
		return err
	}
	slices.Sort(keys)
	news := slices.DeleteFunc(slices.Compact(keys), func(key string) bool {
		return slices.ContainsFunc(known, func(e Exposure) bool { return e.Thumbprint == key })
	})
	if len(news) == 0 {
		return nil
	}
	address, err := metadata.ParseRedirectURI(url)
	if err != nil {
		return err
	}
	host, err := metadata.PublisherOf(address.Host())
	if err != nil {
		return err
	}
	now := v.cfg.Now().UTC()
	most := v.showings.take(host.RegistrableDomain(), len(news), now)
	taken, over := news[:most:most], news[most:]
	if len(over) == 0 {
		return v.cfg.Memory.Expose(ctx, taken, now)
	}
	sightings, err := v.cfg.Memory.See(ctx, host, nil, now)
	if err != nil {
		return err
	}
	for _, s := range sightings {
		if slices.Contains(over, s.Thumbprint) {
			taken = append(taken, s.Thumbprint)
		}
	}
	if err := v.cfg.Memory.Expose(ctx, taken, now); err != nil {
		return err
	}
	return fmt.Errorf("hosts below %q show more than %d new ones in a day", host.RegistrableDomain(), limits.ExposedKeys)
}
