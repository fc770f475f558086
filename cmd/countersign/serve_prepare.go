package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"slices"
	"sync/atomic"
	"time"

	"github.com/fc28f635/countersign/internal/config"
	"github.com/fc28f635/countersign/internal/geo"
	"github.com/fc28f635/countersign/internal/httpapi"
	"github.com/fc28f635/countersign/internal/webhook"
	"github.com/fc28f635/countersign/issuer"
	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/trustroots"
	"github.com/fc28f635/countersign/verify/online"
)

// Parts are what settings name, read and found right: what a service is started
// with, and what a reload takes over.
type parts struct {
	settings    *config.Settings
	issuer      metadata.Publisher
	lookup      online.Config
	roots       *pinnedRoots
	protection  *protection
	policy      chosenPolicy
	place       *policyPlace
	proxies     []netip.Prefix
	certificate *certificate // nil without TLS
	geo         *geo.Directory
	webhooks    []webhook.Target
}

// loadSettings reads the settings. Only a fault of the command line is a usage
// error.
func loadSettings(src config.Sources) (*config.Settings, error) {
	settings, err := config.Load(src)
	if err == nil {
		err = checkOrigins(settings)
	}
	if err == nil {
		return settings, nil
	}
	var fault *config.Error
	if errors.As(err, &fault) && fault.Origin == config.Flag {
		return nil, &usageError{err}
	}
	return nil, fail(err, "mend it there; docs/configuration.md has every setting")
}

// checkOrigins finds the origin that the API takes from no page.
func checkOrigins(settings *config.Settings) error {
	for _, origin := range settings.CORS.Origins {
		if err := httpapi.CheckOrigin(origin); err != nil {
			return settings.Fault("cors.origins", err)
		}
	}
	return nil
}

// prepare reads everything that settings name.
func prepare(settings *config.Settings) (*parts, error) {
	p := &parts{settings: settings, roots: &pinnedRoots{}}
	var err error
	if settings.Issuer != "" {
		if p.issuer, err = metadata.ParsePublisher(settings.Issuer); err != nil {
			return nil, fail(settings.Fault("issuer", err), "")
		}
	}
	if p.lookup, err = lookupOf(settings.Config); err != nil {
		return nil, err
	}
	if p.proxies, err = config.ParseNetworks(settings.TrustedProxies); err != nil {
		return nil, fail(settings.Fault("trusted_proxies", err), "")
	}
	loaded := trustroots.Loaded{Set: &trustroots.Set{}}
	if settings.Roots != "" {
		if loaded, err = trustroots.Load(settings.Roots); err != nil {
			return nil, fail(err, `roots are {"publishers":{"https://acme.example":{"keys":[JWK]}}}`)
		}
	}
	p.roots.Store(&loaded)
	p.lookup.Roots = p.roots
	var names []metadata.ProtectedName
	if settings.ProtectedNames != "" {
		if names, err = config.LoadProtectedNames(settings.ProtectedNames); err != nil {
			return nil, fail(err, "protected names are YAML, such as names: [{name: Acme Agent, domains: [acme.example]}]")
		}
	}
	p.protection = newProtection(names)
	if p.policy, err = choosePolicy(settings.Data, settings.Policy, settings.FirstPolicy); err != nil {
		return nil, err
	}
	if err := checkSourceNeeds(p.policy.Policy, settings.Geo); err != nil {
		return nil, fail(err, "name the file in the settings, or take the rule out of the policy")
	}
	if p.geo, err = geo.Open(geoFiles(settings.Geo)); err != nil {
		return nil, fail(err, "geo in the settings names the files: in the format of MaxMind, and lists with a network and the end of its entry in each line")
	}
	p.place = newPolicyPlace(settings.Data, settings.Policy)
	if p.webhooks, err = loadWebhooks(settings, p.lookup); err != nil {
		return nil, err
	}
	if settings.TLS.CertFile != "" {
		if p.certificate, err = openCertificate(pairFiles{settings.TLS.CertFile, settings.TLS.KeyFile}, time.Now()); err != nil {
			return nil, fail(err, "tls.cert_file and tls.key_file are PEM: the service's own certificate first, and the key to it, not encrypted")
		}
	}
	return p, nil
}

// lookupOf is how settings have publishers looked up.
func lookupOf(cfg config.Config) (lookup online.Config, err error) {
	lookup.InsecureLoopback = cfg.AllowLoopback
	for _, r := range cfg.Resolvers {
		lookup.Resolvers = append(lookup.Resolvers, online.Resolver{
			Address: r.Address, Operator: r.Operator, Unvalidated: r.Validating != nil && !*r.Validating,
			Validating: r.Validating != nil && *r.Validating,
		})
	}
	if cfg.CAFile != "" {
		if lookup.RootCAs, err = loadCA(cfg.CAFile); err != nil {
			return lookup, fail(err, caFileHint)
		}
	}
	if len(cfg.ConnectTo) > 0 {
		if lookup.InsecureConnectTo, err = config.ParseConnectTo(cfg.ConnectTo); err != nil {
			return lookup, fail(fmt.Errorf("connect_to %w", err), "")
		}
	}
	return lookup, nil
}

// service is the configuration of a service.
func (p *parts) service(log *slog.Logger) serviceConfig {
	cfg := p.settings
	hosts := slices.Clone(cfg.Hosts)
	if cfg.PublicURL != "" {
		hosts = append(hosts, hostOf(cfg.PublicURL))
	}
	return serviceConfig{
		Dir: cfg.Data, Listen: cfg.Listen, Logger: log, Lookup: p.lookup, Policy: p.policy.Policy, KeepPolicy: p.keepPolicy(log),
		Issuer: p.issuer, AuthorizationServer: cfg.AuthorizationServer, PublicURL: cfg.PublicURL,
		Certificate: p.certificate, Geo: p.geo, Hosts: hosts, Limits: cfg.Limits, Origins: cfg.CORS.Origins,
		Protection: p.protection, TrustedProxies: p.proxies, ProxyHeader: http.CanonicalHeaderKey(cfg.ProxyHeader), Webhooks: p.webhooks,
	}
}

// pinnedRoots are the pinned publishers, which a reload replaces.
type pinnedRoots struct {
	atomic.Pointer[trustroots.Loaded]
}

// Root implements [trustroots.Source].
func (r *pinnedRoots) Root(ctx context.Context, p metadata.Publisher) (*trustroots.Root, error) {
	return r.Load().Set.Root(ctx, p)
}

// attrs are what is logged of the policy in force.
func (c chosenPolicy) attrs() []slog.Attr {
	attrs := []slog.Attr{slog.String("policy", c.Name()), slog.String("policy_digest", c.Digest()), slog.String("policy_from", c.from)}
	if c.was != "" && c.was != c.Digest() {
		attrs = append(attrs, slog.String("policy_was", c.was))
	}
	return attrs
}

// tell logs what an operator should know of the policy in force: at every start,
// and when it changes.
func (c chosenPolicy) tell(ctx context.Context, log *slog.Logger) {
	for _, o := range c.Overrides() {
		log.LogAttrs(ctx, slog.LevelWarn, "policy overrides", slog.String("tier", o.Tier.String()), slog.String("because", o.Reason))
	}
	for _, warning := range c.Warnings() {
		log.LogAttrs(ctx, slog.LevelWarn, "policy", slog.String("warning", warning))
	}
}

// newLogger returns the log of the service, and what sets its level.
func newLogger(w io.Writer, cfg config.Log) (*slog.Logger, *slog.LevelVar) {
	level := &slog.LevelVar{}
	level.Set(levelOf(cfg.Level))
	options := &slog.HandlerOptions{Level: level}
	if cfg.Format == "json" {
		return slog.New(slog.NewJSONHandler(w, options)), level
	}
	return slog.New(slog.NewTextHandler(w, options)), level
}

// levelOf is a level by its name.
func levelOf(name string) slog.Level {
	return map[string]slog.Level{"debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn, "error": slog.LevelError}[name]
}

// keepPolicy returns what writes a policy where the next start reads it, unless it
// asks for what the settings do not have: that start would refuse it.
func (p *parts) keepPolicy(log *slog.Logger) func(*issuer.Policy) error {
	return func(policy *issuer.Policy) error {
		if err := checkSourceNeeds(policy, p.settings.Geo); err != nil {
			return fmt.Errorf("%w: %w", issuer.ErrPolicyNeeds, err)
		}
		if err := p.place.keep(policy); err != nil {
			return err
		}
		chosenPolicy{Policy: policy}.tell(context.Background(), log)
		return nil
	}
}
