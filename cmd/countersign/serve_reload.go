package main

import (
	"context"
	"log/slog"
	"os"

	"github.com/fc28f635/countersign/internal/config"
	"github.com/fc28f635/countersign/internal/webhook"
	"github.com/fc28f635/countersign/issuer"
)

// A reloader reads the settings of a running service again.
type reloader struct {
	src      config.Sources
	started  *parts // what the service runs with; its roots and certificate are replaced inside
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
			r.log.LogAttrs(ctx, slog.LevelError, "not reloaded", slog.String("error", err.Error()), slog.String("policy_digest", r.registry.Policy().Digest()))
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
	if err := next.policy.keep(settings.Data); err != nil {
		return err
	}
	if err := r.webhooks.SetTargets(next.webhooks); err != nil {
		return err
	}
	if r.started.certificate != nil && next.certificate != nil {
		r.started.certificate.adopt(next.certificate)
	}
	r.registry.SetPolicy(next.policy.Policy)
	r.started.roots.Store(next.roots.Load())
	attrs := append(next.policy.attrs(), slog.String("roots_digest", next.roots.Load().Digest), slog.Int("pinned_publishers", next.roots.Load().Set.Len()))
	if len(restart) > 0 {
		attrs = append(attrs, slog.Any("needs_restart", restart))
	}
	r.log.LogAttrs(ctx, slog.LevelInfo, "reloaded", attrs...)
	for _, w := range next.roots.Load().Warnings {
		r.log.LogAttrs(ctx, slog.LevelWarn, "pinned publishers", slog.String("warning", w.String()))
	}
	r.level.Set(levelOf(settings.Log.Level)) // after it was told
	return nil
}
