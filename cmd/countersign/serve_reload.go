package main

import (
	"context"
	"errors"
	"log/slog"
	"os"

	"github.com/fc28f635/countersign/internal/config"
	"github.com/fc28f635/countersign/internal/webhook"
	"github.com/fc28f635/countersign/issuer"
)

// A reloader reads the settings of a running service again.
type reloader struct {
	src      config.Sources
	started  *parts // what the service runs with; its roots, protected names and certificate are replaced inside
	registry *issuer.Registry
	webhooks *webhook.Sender
	level    *slog.LevelVar
	log      *slog.Logger
}

// run reloads at each signal until ctx is done.
func (r *reloader) run(ctx context.Context, signals <-chan os.Signal) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-signals:
		}
		if err := r.reload(ctx); err != nil {
			attrs := []slog.Attr{slog.String("error", err.Error()), slog.String("policy_digest", r.registry.Policy().Digest())}
			var said *exitError
			if errors.As(err, &said) && said.hint != "" {
				attrs = append(attrs, slog.String("hint", said.hint))
			}
			r.log.LogAttrs(ctx, slog.LevelError, "not reloaded", attrs...)
		}
	}
}

// reload takes over what can change while the service runs. On an error nothing
// has changed.
func (r *reloader) reload(ctx context.Context) error {
	settings, err := loadSettings(r.src)
	if err != nil {
		return err
	}
	restart := r.started.settings.Restart(settings)
	if (settings.TLS.CertFile == "") != (r.started.certificate == nil) {
		restart = append(restart, "tls")
	}
	settings.Data = r.started.settings.Data // where the policy in force is
	next, err := prepare(settings)
	if err != nil {
		return err
	}
	switch _, _, err := r.registry.FindPolicy(ctx, next.policy.Policy, "found at a reload"); {
	case errors.Is(err, issuer.ErrOlderPolicy):
		return fail(err, olderPolicyHint(settings.Data))
	case err != nil:
		return err
	}
	r.started.place.named.Store(&settings.Policy)
	if err := errors.Join(next.policy.keep(settings.Data), keepDigest(settings.Data, next.policy.Digest())); err != nil {
		return err
	}
	if err := r.webhooks.SetTargets(next.webhooks); err != nil {
		return err
	}
	if r.started.certificate != nil && next.certificate != nil {
		r.started.certificate.adopt(next.certificate)
	}
	r.started.geo.Adopt(next.geo)
	r.started.protection.adopt(next.protection)
	r.started.roots.Store(next.roots.Load())
	attrs := append(next.policy.attrs(), slog.String("roots_digest", next.roots.Load().Digest), slog.Int("pinned_publishers", next.roots.Load().Set.Len()), slog.Int("protected_names", len(next.protection.listed)))
	if len(restart) > 0 {
		attrs = append(attrs, slog.Any("needs_restart", restart))
	}
	r.log.LogAttrs(ctx, slog.LevelInfo, "reloaded", attrs...)
	next.policy.tell(ctx, r.log)
	for _, w := range next.roots.Load().Warnings {
		r.log.LogAttrs(ctx, slog.LevelWarn, "pinned publishers", slog.String("warning", w.String()))
	}
	r.level.Set(levelOf(settings.Log.Level)) // after it was told
	return nil
}
