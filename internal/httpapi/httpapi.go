// Package httpapi answers the service's HTTP requests. Call [New] with the
// registry that decides and the keys of its callers, and serve the two handlers:
// one to everybody, one on a socket that only the operator can open.
//
// An endpoint is a function, and [add] makes it an operation of the API: its
// path, the role that it needs, and its part of the OpenAPI document. One
// adapter, endpoint, owns strict JSON, the translation of errors, and the one
// log event of a request.
package httpapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"reflect"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gorilla/mux"

	"github.com/fc28f635/countersign/internal/access"
	"github.com/fc28f635/countersign/issuer"
)

// Config configures the handlers. Registry, Keys, Hosts and Rates are required.
type Config struct {
	Registry *issuer.Registry

	// Keys are the API keys of the callers.
	Keys *access.Keyring

	// JWKS returns the JWK set of the countersigning keys. Nil means that there
	// are none.
	JWKS func() json.RawMessage

	// Hosts are the values of the Host header that are answered, with the port
	// where it is not the scheme's: a page in a browser on this machine that
	// had its own name point here is not. The address at which a connection
	// arrived is answered too.
	Hosts []string

	// Origins are the origins of the pages in browsers that may use the API with
	// a key, such as https://console.example. None is the default.
	Origins []string

	// TrustedProxies are the networks of the proxies whose word is taken for from
	// where a request came, in the header ProxyHeader: [XForwardedFor], the
	// default, or [Forwarded]. Without proxies no such header is read.
	TrustedProxies []netip.Prefix
	ProxyHeader    string

	// Rates bound how often callers ask.
	Rates Rates

	// Logger receives one event per request. Nil discards.
	Logger *slog.Logger

	// Now reports the current time, for how long a request takes. Nil means
	// time.Now.
	Now func() time.Time

	// BodyTimeout bounds how long after its header the body of a request may
	// arrive. Zero means 5 seconds.
	BodyTimeout time.Duration

	// OnRequest is called for each request, after it was answered, from several
	// goroutines, and must not block. Nil does nothing.
	OnRequest func(Observation)

	// Metrics returns the metrics of the service and their media type, for GET
	// /v1/metrics. Nil means that there are none, and no such path.
	Metrics func() (mediaType string, body []byte, err error)

	// OnStorageFailed is called after a request was answered with 500 because
	// its decision could not be made durable: the process must then end. It can
	// be called more than once and must not block. Nil does nothing.
	OnStorageFailed func()
}

// Handlers are the two doors of one service, which have the same operations.
type Handlers struct {
	// Public is for everybody: every path below /v1/ needs an API key, and the
	// Host header one of the names of the service.
	Public http.Handler

	// Operator is for a socket that nobody but the operator can open: whoever
	// asks there is the operator, and needs no key.
	Operator http.Handler
}

// A server is what all endpoints share.
type server struct {
	cfg    Config
	router *mux.Router
	api    huma.API
	routes map[string]*route
	limits limiters
}

// New returns the handlers of the service, or an error that names the field at
// fault. They are safe for concurrent use.
func New(cfg Config) (Handlers, error) {
	if cfg.Registry == nil || cfg.Keys == nil || len(cfg.Hosts) == 0 {
		return Handlers{}, errors.New("fields Registry, Keys and Hosts are required")
	}
	if cfg.JWKS == nil {
		cfg.JWKS = func() json.RawMessage { return json.RawMessage(`{"keys":[]}`) }
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.Now == nil {
		cfg.Now = time.Now //nolint:forbidigo // the default of the injected clock
	}
	if cfg.BodyTimeout == 0 {
		cfg.BodyTimeout = 5 * time.Second
	}
	if cfg.OnStorageFailed == nil {
		cfg.OnStorageFailed = func() {}
	}
	if cfg.ProxyHeader == "" {
		cfg.ProxyHeader = XForwardedFor
	}
	for _, origin := range cfg.Origins {
		if err := CheckOrigin(origin); err != nil {
			return Handlers{}, fmt.Errorf("field Origins: %w", err)
		}
	}
	if err := cfg.Rates.check(); err != nil {
		return Handlers{}, err
	}
	cfg.Hosts, cfg.Origins, cfg.TrustedProxies = slices.Clone(cfg.Hosts), slices.Clone(cfg.Origins), slices.Clone(cfg.TrustedProxies)
	s := &server{cfg: cfg, router: mux.NewRouter(), routes: map[string]*route{}, limits: newLimiters(cfg.Rates)}
	s.router.SkipClean(true) // paths are compared as they are: none is cleaned, or redirected
	s.router.NotFoundHandler = s.nowhere()
	s.api = newDescription(s)
	s.operations()
	if err := s.describe(); err != nil {
		return Handlers{}, err
	}
	return Handlers{Public: door{server: s}, Operator: door{server: s, operator: true}}, nil
}

// operations is the table of what can be asked.
func (s *server) operations() {
	s.decisionOperations()
	s.keyOperations()
	s.operatorOperations()
	s.policyOperations()
	s.modeOperations()
	s.reviewOperations()
	add(s, operation{method: http.MethodGet, path: "/.well-known/jwks.json", id: "read-jwks",
		summary: "The public keys of countersigned statements", description: "A JWK set (RFC 7517, Section 5)."}, nothing(), s.jwks)
	add(s, operation{method: http.MethodGet, path: "/healthz", id: "read-health",
		summary: "Whether requests are answered"}, nothing(), health)
	s.register(operation{method: http.MethodGet, path: "/why/{id}", id: "explain", page: true,
		summary:     "Why it was decided so, for whoever has the address",
		description: "A page for people, or JSON where Accept prefers it. The id is the decision's own; nobody is authenticated."},
		nil, reflect.TypeFor[issuer.Explanation](), http.HandlerFunc(s.why))
	if s.cfg.Metrics != nil {
		s.metricsOperation()
	}
}

func (s *server) jwks(context.Context, struct{}) (json.RawMessage, error) { return s.cfg.JWKS(), nil }

// A healthAnswer says that requests are answered, and nothing of the service.
type healthAnswer struct {
	Status string `json:"status"`
}

func health(context.Context, struct{}) (healthAnswer, error) { return healthAnswer{"ok"}, nil }
