// Package httpapi answers the service's HTTP requests. Call [New] with the
// registry that decides, and serve the handler on a loopback address: nothing
// here authenticates a caller, who is taken for the operator.
//
// An endpoint is a function. One adapter, endpoint, owns size, media type,
// strict JSON, the translation of errors, and the one log event of a request.
package httpapi

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/gorilla/mux"

	"github.com/fc28f635/countersign/issuer"
)

// Config configures the handler. Registry and Hosts are required.
type Config struct {
	Registry *issuer.Registry

	// JWKS returns the JWK set of the countersigning keys. Nil means that there
	// are none.
	JWKS func() json.RawMessage

	// Hosts are the values of the Host header that are answered, with the port
	// where it is not the scheme's: a page in a browser on this machine that
	// had its own name point here is not.
	Hosts []string

	// Logger receives one event per request. Nil discards.
	Logger *slog.Logger

	// Now reports the current time, for how long a request takes. Nil means
	// time.Now.
	Now func() time.Time

	// BodyTimeout bounds how long after its header the body of a request may
	// arrive. Zero means 5 seconds: a caller on this machine needs none.
	BodyTimeout time.Duration

	// OnStorageFailed is called after a request was answered with 500 because
	// its decision could not be made durable: the process must then end. It can
	// be called more than once and must not block. Nil does nothing.
	OnStorageFailed func()
}

// A server is what all endpoints share.
type server struct {
	cfg    Config
	router *mux.Router
}

// New returns the handler of the service, or an error that names the field at
// fault. It is safe for concurrent use.
func New(cfg Config) (http.Handler, error) {
	if cfg.Registry == nil || len(cfg.Hosts) == 0 {
		return nil, errors.New("fields Registry and Hosts are required")
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
	cfg.Hosts = slices.Clone(cfg.Hosts)
	s := &server{cfg: cfg, router: mux.NewRouter()}
	s.routes()
	return s, nil
}

// routes is the route table. Paths are compared as they are after decoding:
// none is cleaned, redirected, or completed with a slash.
func (s *server) routes() {
	s.router.SkipClean(true)
	s.router.NotFoundHandler = refuse(s, errNoSuchPath)
	s.route("/v1/decisions", endpoint(s, s.decisionRequest, s.cfg.Registry.Decide), http.MethodPost)
	s.route("/v1/decisions/{id}", endpoint(s, decisionID, s.cfg.Registry.Decision), http.MethodGet, http.MethodHead)
	s.route("/why/{id}", http.HandlerFunc(s.why), http.MethodGet, http.MethodHead)
	s.route("/.well-known/jwks.json", endpoint(s, nothing, s.jwks), http.MethodGet, http.MethodHead)
	s.route("/healthz", endpoint(s, nothing, health), http.MethodGet, http.MethodHead)
}

// route has the path answered for its methods, and refused for all others.
func (s *server) route(path string, h http.Handler, methods ...string) {
	s.router.Path(path).Methods(methods...).Handler(h)
	refusal := refuse(s, errMethod)
	allow := strings.Join(methods, ", ")
	s.router.Path(path).HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Allow", allow)
		refusal.ServeHTTP(w, r)
	})
}

// nothing is the request of an endpoint that takes none.
func nothing(http.ResponseWriter, *http.Request) (struct{}, error) { return struct{}{}, nil }

func (s *server) jwks(context.Context, struct{}) (json.RawMessage, error) { return s.cfg.JWKS(), nil }

// health says that requests are answered, and nothing of the service.
func health(context.Context, struct{}) (map[string]string, error) {
	return map[string]string{"status": "ok"}, nil
}

// decisionID is the request for a recorded decision.
func decisionID(_ http.ResponseWriter, r *http.Request) (string, error) {
	return mux.Vars(r)["id"], nil
}
