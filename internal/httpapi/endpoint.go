package httpapi

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"regexp"
	"runtime/debug"
	"slices"
	"strconv"
	"time"

	"github.com/fc28f635/countersign/internal/access"
	"github.com/fc28f635/countersign/internal/network"
	"github.com/fc28f635/countersign/internal/strictjson"
	"github.com/fc28f635/countersign/issuer"
)

// endpoint makes a handler of two functions: one reads the request, one answers
// it. Neither sees how answers, errors and log events are written.
func endpoint[Req, Resp any](s *server, status int, read func(http.ResponseWriter, *http.Request) (Req, error),
	call func(context.Context, Req) (Resp, error),
) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		req, err := read(w, r)
		if err != nil {
			s.refuse(w, r, err)
			return
		}
		resp, err := call(r.Context(), req)
		if err != nil {
			s.refuse(w, r, err)
			return
		}
		body := eventOf(r).answer
		if body == nil {
			if body, err = strictjson.Encode(resp, false); err != nil {
				s.refuse(w, r, err)
				return
			}
		}
		write(w, r, status, jsonType, body)
	})
}

// An event is what is known of a request, and what is logged of it, once, when
// it was answered.
type event struct {
	id       string
	route    string     // template of the path; empty where it is none of ours
	method   string     // empty where it is none of the route's
	operator bool       // it came through the operator's door
	from     netip.Addr // where it came from; zero through the operator's door
	caller   access.Key // zero where nobody needs to be known
	named    string     // who the caller says does it
	auth     Auth
	limit    Limit
	status   int
	reason   string
	decision string
	answer   []byte // the body, where it is written already
	err      error
	stack    []byte
}

type eventKey struct{}

// eventOf returns the event of a request that came through ServeHTTP.
func eventOf(r *http.Request) *event { return eventIn(r.Context()) }

// eventIn returns the event of the request that is answered in ctx.
func eventIn(ctx context.Context) *event {
	e, _ := ctx.Value(eventKey{}).(*event)
	return e
}

// A door is one way to a server.
type door struct {
	*server
	operator bool
}

// ServeHTTP implements http.Handler. Whatever happens, a panic too, the request
// is answered and logged once; what panicked is never taken for a decision.
func (s door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	start := s.cfg.Now()
	e := &event{id: newRequestID(), operator: s.operator}
	r = r.WithContext(context.WithValue(r.Context(), eventKey{}, e))
	defer s.log(r, e, start)
	defer func() {
		if p := recover(); p != nil {
			e.stack = debug.Stack()
			s.refuse(w, r, fmt.Errorf("panic: %v", p))
		}
	}()
	w.Header().Set("X-Request-Id", e.id)
	if !s.operator {
		e.from = s.clientAddr(r)
	}
	if !s.operator && !slices.Contains(s.cfg.Hosts, r.Host) && !namesListener(r) {
		s.refuse(w, r, errHost)
		return
	}
	s.router.ServeHTTP(w, r)
}

// namesListener reports whether Host is the address at which the connection
// arrived. No page gets a browser to send that in place of its own name.
func namesListener(r *http.Request) bool {
	local, ok := r.Context().Value(http.LocalAddrContextKey).(*net.TCPAddr)
	if !ok {
		return false
	}
	host := r.Host
	if _, _, err := net.SplitHostPort(host); err != nil {
		port := map[bool]string{false: ":80", true: ":443"}[r.TLS != nil]
		host += port
	}
	return host == local.String()
}

// log writes the event of a request.
func (s *server) log(r *http.Request, e *event, start time.Time) {
	took := s.cfg.Now().Sub(start)
	s.observe(e, took)
	level := slog.LevelInfo
	switch {
	case r.Context().Err() != nil: // the caller is gone, whatever came of it
	case e.status == http.StatusServiceUnavailable:
		level = slog.LevelWarn
	case e.status >= http.StatusInternalServerError:
		level = slog.LevelError
	}
	attrs := []slog.Attr{
		slog.String("request_id", e.id), slog.String("method", shorten(r.Method, longestShown)), slog.String("path", shorten(withoutKeys(r.URL.Path), longestShown)),
		slog.Int("status", e.status), slog.Duration("took", took),
	}
	if e.from.IsValid() {
		attrs = append(attrs, slog.String("network", network.Of(e.from).String()))
	}
	if e.caller.ID != "" {
		attrs = append(attrs, slog.String("key", e.caller.ID))
	}
	if e.reason != "" {
		attrs = append(attrs, slog.String("reason", e.reason))
	}
	if e.decision != "" {
		attrs = append(attrs, slog.String("decision", e.decision))
	}
	if e.err != nil {
		attrs = append(attrs, slog.String("error", withoutKeys(e.err.Error())))
	}
	if e.stack != nil {
		attrs = append(attrs, slog.String("stack", string(e.stack)))
	}
	s.cfg.Logger.LogAttrs(r.Context(), level, "request", attrs...)
}

// refuse answers with the problem that an error is. What it says beyond that is
// logged only.
func (s *server) refuse(w http.ResponseWriter, r *http.Request, err error) {
	p, e := problemOf(err), eventOf(r)
	e.err, e.reason, e.limit = err, string(p.reason), p.limit
	if p.challenge != "" {
		w.Header().Set("WWW-Authenticate", p.challenge)
	}
	if p.retryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(p.retryAfter/time.Second)))
	}
	write(w, r, p.status, jsonType, p.body(e.id))
	if errors.Is(err, issuer.ErrStorageFailed) {
		_ = http.NewResponseController(w).Flush() // the caller has its answer before the process ends
		s.cfg.OnStorageFailed()
	}
}

// contentPolicy lets a page have its own style, and nothing else.
const contentPolicy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

const (
	jsonType   = "application/json"
	htmlType   = "text/html"
	schemaType = "application/schema+json"
)

// write answers with a body of a media type.
func write(w http.ResponseWriter, r *http.Request, status int, mediaType string, body []byte) {
	eventOf(r).status = status
	h := w.Header()
	h.Set("Content-Type", mediaType)
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	if h.Get("Content-Security-Policy") == "" {
		h.Set("Content-Security-Policy", contentPolicy)
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body) // a caller that is gone needs no answer
}

func newRequestID() string {
	var random [8]byte
	_, _ = rand.Read(random[:]) // never fails (crypto/rand)
	return hex.EncodeToString(random[:])
}

// aKey is what is, or begins as, an API key.
var aKey = regexp.MustCompile(`csk_[0-9a-f_]*`)

// withoutKeys is a text for the log, without the API keys that a caller put where
// no key belongs, as in place of its id.
func withoutKeys(s string) string { return aKey.ReplaceAllLiteralString(s, "[API key]") }

// longestShown bounds what a stranger wrote and people read, in bytes.
const longestShown = 100

// shorten bounds what somebody wrote.
func shorten(s string, longest int) string {
	if len(s) > longest {
		return s[:longest] + "…"
	}
	return s
}
