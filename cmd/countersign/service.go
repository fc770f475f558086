package main

import (
	"cmp"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/fc28f635/countersign/internal/access"
	"github.com/fc28f635/countersign/internal/config"
	"github.com/fc28f635/countersign/internal/geo"
	"github.com/fc28f635/countersign/internal/httpapi"
	"github.com/fc28f635/countersign/internal/metrics"
	"github.com/fc28f635/countersign/internal/store/badgerstore"
	"github.com/fc28f635/countersign/internal/webhook"
	"github.com/fc28f635/countersign/issuer"
	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/verify"
	"github.com/fc28f635/countersign/verify/online"
)

// drainTimeout is how long the requests under way are waited for at the end.
const drainTimeout = 10 * time.Second

// A serviceConfig says what a service decides with. Dir and Logger are
// required.
type serviceConfig struct {
	Dir    string // the data directory
	Listen string // an IP address and a port, which is chosen where it is 0
	Logger *slog.Logger

	// Lookup is how publishers are looked up. Memory and Countersigners are
	// set by the service. With InsecureLoopback all decisions are marked as
	// tests.
	Lookup online.Config

	// Protection is what clients are compared with. Nil is the embedded list, and
	// what is accepted.
	Protection *protection

	// Policy decides, unless a later one did here. Nil is the embedded one.
	// KeepPolicy writes the one that is put in force where the next start reads it.
	Policy     *issuer.Policy
	KeepPolicy func(*issuer.Policy) error

	// Geo says what is known of addresses. Nil knows nothing.
	Geo *geo.Directory

	// Certificate is that of the service. Nil speaks plain HTTP.
	Certificate *certificate

	// Hosts are further values of the Host header that are answered.
	Hosts []string

	// Limits bound what callers send. The zero Limits are the defaults of the
	// settings.
	Limits config.Limits

	// Issuer is the service's own https origin. Zero countersigns nothing.
	Issuer metadata.Publisher

	// AuthorizationServer is the one that requests are for which name none.
	AuthorizationServer string

	// PublicURL is where others reach the service. Empty means at its listener on
	// loopback, by this machine only, and elsewhere nowhere. See
	// issuer.CheckPublicURL.
	PublicURL string

	// TrustedProxies, ProxyHeader and Origins are those of httpapi.Config.
	TrustedProxies []netip.Prefix
	ProxyHeader    string
	Origins        []string

	// Webhooks are told of reviews.
	Webhooks []webhook.Target

	// Small and MinFreeBytes are those of badgerstore.Config.
	Small        bool
	MinFreeBytes uint64
}

// A service decides over HTTP until it is stopped.
type service struct {
	scheme   string // http or https
	addr     string // host and port
	registry *issuer.Registry
	store    issuer.Store
	webhooks *webhook.Sender

	// firstKey is the API key that this start made, empty where there was one
	// before. Nothing else has it.
	firstKey string

	server *http.Server
	admin  *http.Server // answers on the operator's socket
	log    *slog.Logger
	cancel context.CancelCauseFunc
	abort  context.CancelFunc // ends the drain of the requests under way
	done   chan struct{}      // closed when everything is released
	err    error              // why the service ended; set before done is closed
}

// errStopped is why a service ends that somebody wanted to end.
var errStopped = errors.New("stopped")

// startService starts a service that runs until ctx is done, stop is called, or
// it cannot go on. The caller calls stop or wait.
func startService(ctx context.Context, cfg serviceConfig) (*service, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	s, err := newService(ctx, cfg, cancel)
	if err != nil {
		cancel(errStopped)
		return nil, err
	}
	return s, nil
}

func newService(ctx context.Context, cfg serviceConfig, cancel context.CancelCauseFunc) (_ *service, err error) {
	// Nothing is made or changed on the disk for a service that cannot listen.
	listener, err := listen(cfg)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, listener.Close())
		}
	}()
	if err := closeToOthers(ctx, cfg.Dir, cfg.Logger); err != nil {
		return nil, err
	}
	counted := metrics.New(currentVersion().Version)
	store, err := badgerstore.Open(badgerstore.Config{
		Dir: cfg.Dir, MinFreeBytes: cfg.MinFreeBytes, Small: cfg.Small, Logger: cfg.Logger,
		OnFailure: func(err error) { cancel(err) }, OnCommit: counted.Commit,
	})
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, store.Close())
		}
	}()
	countersigner, err := openCountersigner(cfg)
	if err != nil {
		return nil, err
	}
	cfg.PublicURL = cmp.Or(cfg.PublicURL, ownURL(listener.Addr(), cfg.Certificate != nil))
	cfg.Limits = cmp.Or(cfg.Limits, config.Defaults().Limits)
	cfg.Protection = cmp.Or(cfg.Protection, newProtection(nil))
	webhooks, err := newWebhooks(cfg, counted)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			webhooks.Close()
		}
	}()
	glass := newGlass(cfg.Logger)
	registry, err := newRegistry(cfg, store, countersigner, counted, webhooks, func(a issuer.Act) {
		cfg.Protection.onAct(a)
		glass.onAct(a)
	})
	if err != nil {
		return nil, err
	}
	if err := cfg.Protection.renew(ctx, registry); err != nil {
		return nil, err
	}
	if err := beginPolicy(ctx, registry, cfg); err != nil {
		return nil, err
	}
	keys, err := access.Open(ctx, store, cfg.now)
	if err != nil {
		return nil, err
	}
	handlers, err := httpapi.New(httpapi.Config{
		Registry: registry, Keys: keys, JWKS: jwksOf(countersigner), Logger: cfg.Logger,
		Hosts: append(hostsOf(listener.Addr(), cfg.Certificate != nil), cfg.Hosts...), BodyTimeout: cfg.Limits.BodyTimeout,
		TrustedProxies: cfg.TrustedProxies, ProxyHeader: cfg.ProxyHeader, Origins: cfg.Origins, Rates: ratesOf(cfg.Limits),
		OnRequest: counted.Request, Metrics: counted.Text,
		OnStorageFailed: func() { cancel(issuer.ErrStorageFailed) },
	})
	if err != nil {
		return nil, err
	}
	key, err := firstKey(ctx, keys, cfg.Logger)
	if err != nil {
		return nil, err
	}
	if err := checkCallers(listener.Addr(), keys); err != nil {
		return nil, fmt.Errorf("listening: %w", err)
	}
	drain, abort := context.WithCancel(context.WithoutCancel(ctx))
	s := &service{
		addr: listener.Addr().String(), registry: registry, store: store, webhooks: webhooks, firstKey: key,
		server: newServer(handlers.Public), admin: newServer(handlers.Operator),
		log: cfg.Logger, cancel: cancel, abort: abort, done: make(chan struct{}),
	}
	s.server.ErrorLog = newServerLog(cfg.Logger)
	s.admin.ErrorLog = s.server.ErrorLog
	if socket, err := listenSocket(cfg.Dir); err != nil {
		cfg.Logger.LogAttrs(ctx, slog.LevelWarn, "operator commands on this machine need an API key", slog.String("error", err.Error()))
	} else {
		go func() { cancel(s.admin.Serve(socket)) }()
	}
	bounded := newBoundedListener(listener, cfg.Limits, cfg.TrustedProxies)
	bounded.refused = counted.ConnectionRefused
	counted.Watch(metrics.Watched{
		Cached: registry.Cached, Free: store.Free, Connections: bounded.open, PendingReviews: store.PendingReviews,
		PolicyDigest: func() string { return registry.Policy().Digest() },
		Observations: func() (int, error) {
			inForce, err := registry.Observations(ctx)
			return len(inForce), err
		},
	})
	s.serve(bounded, cfg.Certificate)
	go cfg.Protection.watch(ctx, registry, cfg.Logger)
	go glass.watch(ctx, registry)
	go s.end(ctx, drain)
	return s, nil
}

// serve answers on a listener, over TLS where there is a certificate.
func (s *service) serve(listener net.Listener, own *certificate) {
	s.scheme = schemeOf(own != nil)
	if own == nil {
		go func() { s.cancel(s.server.Serve(listener)) }()
		return
	}
	s.server.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: own.get}
	go func() { s.cancel(s.server.ServeTLS(listener, "", "")) }()
}

// now reports the current time, by the clock of look-ups where one is set.
func (cfg serviceConfig) now() time.Time {
	if cfg.Lookup.Now != nil {
		return cfg.Lookup.Now()
	}
	return time.Now()
}

// newRegistry wires what decides.
func newRegistry(cfg serviceConfig, store issuer.Store, countersigner *issuer.Countersigner, counted *metrics.Metrics, webhooks *webhook.Sender, onAct func(issuer.Act)) (*issuer.Registry, error) {
	lookup := cfg.Lookup
	lookup.Memory, lookup.Logger, lookup.Observer = store, cfg.Logger, counted.Observer()
	lookup.Protected = cfg.Protection.get
	lookup.Documents = func(f verify.Fetcher) verify.Fetcher {
		return issuer.PinnedFetcher{Fetcher: f, Store: store, Now: cfg.now}
	}
	if countersigner != nil {
		lookup.Countersigners = append(lookup.Countersigners, countersigner.Issuer())
	}
	verifier, err := online.New(lookup)
	if err != nil {
		return nil, err
	}
	return issuer.NewRegistry(issuer.Config{
		Verifier: verifier, Store: store, Policy: cfg.Policy, KeepPolicy: cfg.KeepPolicy, Countersigner: countersigner,
		AuthorizationServer: cfg.AuthorizationServer, PublicURL: cfg.PublicURL, Test: lookup.InsecureLoopback, Now: lookup.Now, Logger: cfg.Logger,
		OnDecision: counted.Decision, Arrivals: arrivalsOf(cfg.Limits), Locate: locate(cfg.Geo), OnAct: onAct, OnReview: webhooks.Review,
	})
}

// end waits for the end of ctx, lets the requests under way finish as long as
// drain and its time-out let them, and releases everything.
func (s *service) end(ctx, drain context.Context) {
	defer close(s.done)
	defer s.abort()
	<-ctx.Done()
	cause, level := context.Cause(ctx), slog.LevelInfo
	if !errors.Is(cause, errStopped) && !errors.Is(cause, context.Canceled) {
		s.err, level = cause, slog.LevelError
	}
	s.log.LogAttrs(drain, level, "stopping", slog.String("cause", cause.Error()))
	limited, cancel := context.WithTimeout(drain, drainTimeout)
	defer cancel()
	if err := errors.Join(s.server.Shutdown(limited), s.admin.Shutdown(limited)); err != nil {
		why := "they took too long"
		if drain.Err() != nil {
			why = "asked again to end"
		}
		s.log.LogAttrs(drain, slog.LevelWarn, "requests under way are cut off", slog.String("cause", why))
		_, _ = s.server.Close(), s.admin.Close()
	}
	s.webhooks.Close()
	if err := s.store.Close(); err != nil {
		s.err = errors.Join(s.err, err)
		s.log.LogAttrs(drain, slog.LevelError, "closing the store", slog.String("error", err.Error()))
	}
	s.log.LogAttrs(drain, slog.LevelInfo, "stopped")
}

// wait returns when the service has ended and released everything, with an
// error where it was not asked to end.
func (s *service) wait() error {
	<-s.done
	return s.err
}

// stop ends the service, and returns as wait does.
func (s *service) stop() error {
	s.cancel(errStopped)
	return s.wait()
}

// url is where the service is.
func (s *service) url() string { return s.scheme + "://" + s.addr }

// client returns a client with the key that this start made.
func (s *service) client() *client {
	return newClient(&url.URL{Scheme: s.scheme, Host: s.addr}, s.firstKey)
}

func jwksOf(c *issuer.Countersigner) func() json.RawMessage {
	if c == nil {
		return nil
	}
	return c.JWKS
}

// hostsOf returns what callers on this machine put into the Host header: the
// names of loopback, and the address itself.
func hostsOf(addr net.Addr, overTLS bool) []string {
	own, port, _ := net.SplitHostPort(addr.String())
	if strings.Contains(own, ":") {
		own = "[" + own + "]"
	}
	schemePort := "80"
	if overTLS {
		schemePort = "443"
	}
	var hosts []string
	for _, name := range []string{"localhost", "127.0.0.1", "[::1]", own} {
		if port == schemePort {
			hosts = append(hosts, name)
		}
		hosts = append(hosts, name+":"+port)
	}
	return hosts
}
