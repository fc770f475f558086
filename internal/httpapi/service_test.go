package httpapi_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fc28f635/countersign/internal/access"
	"github.com/fc28f635/countersign/internal/gcra"
	"github.com/fc28f635/countersign/internal/httpapi"
	"github.com/fc28f635/countersign/internal/store/badgerstore"
	"github.com/fc28f635/countersign/issuer"
	"github.com/fc28f635/countersign/verify"
)

// A good registration, which is approved.
const good = `{"client":{"client_name":"Acme Agent","redirect_uris":["http://127.0.0.1/callback"]}}`

var noon = time.Now().Truncate(time.Second)

// A testService is a service over a real socket, on a real store.
type testService struct {
	t        *testing.T
	address  string // host and port
	log      *lockedBuffer
	failed   *counter
	server   *httptest.Server
	operator http.Handler // the operator's door
	keys     *access.Keyring
	token    string // of an operator, sent where a test says nothing else
}

// A setup changes a service before it starts.
type setup struct {
	store    func(issuer.Store) issuer.Store
	verifier verify.Config
	policy   *issuer.Policy // nil is standard
	jwks     func() json.RawMessage
	timeout  time.Duration // of reading a body and of idling; zero is the default
	failed   func()        // called with OnStorageFailed

	authorizationServer string // the service's own
	rates               httpapi.Rates
	clock               func() time.Time // of rates; nil is the world's
	arrivals            issuer.ArrivalRates
	proxies             []netip.Prefix
	proxyHeader         string
	origins             []string
	observe             func(httpapi.Observation)
}

func start(t *testing.T, s setup) *testService {
	t.Helper()
	const freeBytes = 16 << 20
	opened, err := badgerstore.Open(badgerstore.Config{Dir: t.TempDir(), Small: true, MinFreeBytes: freeBytes})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := opened.Close(); err != nil {
			t.Errorf("closing the store: %v", err)
		}
	})
	var store issuer.Store = opened
	if s.store != nil {
		store = s.store(store)
	}
	verifier, err := verify.New(s.verifier)
	if err != nil {
		t.Fatal(err)
	}
	deciding := issuer.Config{Verifier: verifier, Store: store, Policy: s.policy, AuthorizationServer: s.authorizationServer, PublicURL: "https://trust.example", Arrivals: s.arrivals}
	if s.arrivals != (issuer.ArrivalRates{}) {
		deciding.Now = s.clock
	}
	registry, err := issuer.NewRegistry(deciding)
	if err != nil {
		t.Fatal(err)
	}
	keys, err := access.Open(t.Context(), opened, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	svc := &testService{t: t, log: &lockedBuffer{}, failed: &counter{}, keys: keys}
	if svc.token, err = keys.First(t.Context()); err != nil {
		t.Fatal(err)
	}
	svc.server = httptest.NewUnstartedServer(nil)
	svc.address = svc.server.Listener.Addr().String()
	svc.server.Config.IdleTimeout = s.timeout
	svc.server.Config.DisableGeneralOptionsHandler = true
	svc.server.Config.MaxHeaderBytes = 16 << 10
	for _, rate := range []*gcra.Rate{&s.rates.Key, &s.rates.Lookups, &s.rates.Network, &s.rates.Strangers} {
		if *rate == (gcra.Rate{}) {
			*rate = gcra.Rate{PerSecond: 20_000, Burst: 20_000} // a test that says nothing of it is not limited
		}
	}
	handlers, err := httpapi.New(httpapi.Config{
		Registry: registry, Keys: keys, JWKS: s.jwks, Hosts: []string{svc.address},
		Logger: slog.New(slog.NewJSONHandler(svc.log, nil)), BodyTimeout: s.timeout, Now: s.clock,
		Rates: s.rates, TrustedProxies: s.proxies, ProxyHeader: s.proxyHeader, Origins: s.origins, OnRequest: s.observe,
		OnStorageFailed: func() {
			svc.failed.add()
			if s.failed != nil {
				s.failed()
			}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	svc.server.Config.Handler = handlers.Public
	svc.operator = handlers.Operator
	svc.server.Start()
	t.Cleanup(svc.server.Close)
	return svc
}

// An answer is what came back.
type answer struct {
	status int
	header http.Header
	body   string
}

// problem reads the API error of an answer.
func (a answer) problem(t *testing.T) (p struct {
	Error, Reason string
	Description   string `json:"error_description"`
	RequestID     string `json:"request_id"`
}) {
	t.Helper()
	if err := json.Unmarshal([]byte(a.body), &p); err != nil || p.Error == "" || p.Description == "" || p.RequestID == "" {
		t.Fatalf("status %d, and no error of the formats: %.200q", a.status, a.body)
	}
	return p
}

// decision reads the decision of an answer.
func (a answer) decision(t *testing.T) (d issuer.Decision) {
	t.Helper()
	if err := json.Unmarshal([]byte(a.body), &d); err != nil || a.status != http.StatusOK || d.ID == "" {
		t.Fatalf("status %d, and no decision: %.300q: %v", a.status, a.body, err)
	}
	return d
}

// want compares status and reason.
func (a answer) want(t *testing.T, status int, reason string) {
	t.Helper()
	if p := a.problem(t); a.status != status || p.Reason != reason {
		t.Errorf("answered %d %q, want %d %q: %s", a.status, p.Reason, status, reason, a.body)
	}
}

// post asks for a decision.
func (s *testService) post(body string) answer {
	s.t.Helper()
	return s.send(http.MethodPost, "/v1/decisions", body)
}

// send sends JSON.
func (s *testService) send(method, path, body string) answer {
	s.t.Helper()
	return s.do(method, path, strings.NewReader(body), http.Header{"Content-Type": {"application/json"}})
}

func (s *testService) get(path string) answer {
	s.t.Helper()
	return s.do(http.MethodGet, path, nil, nil)
}

func (s *testService) do(method, path string, body io.Reader, header http.Header) answer {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), method, "http://"+s.address+path, body)
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+s.token)
	for name, values := range header {
		req.Header[name] = values
	}
	resp, err := s.server.Client().Transport.RoundTrip(req)
	if err != nil {
		s.t.Fatal(err)
	}
	return s.read(resp)
}

func (s *testService) read(resp *http.Response) answer {
	s.t.Helper()
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return answer{status: resp.StatusCode, header: resp.Header, body: string(text)}
}

// head begins a request with a key, to which header fields can be added.
func (s *testService) head(method, target string) string {
	return method + " " + target + " HTTP/1.1\r\nHost: " + s.address + "\r\nAuthorization: Bearer " + s.token + "\r\n"
}

// raw sends bytes as they are and returns everything that comes back until the
// service closes the connection.
func (s *testService) raw(text string) string {
	s.t.Helper()
	conn, err := net.Dial("tcp", s.address)
	if err != nil {
		s.t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		s.t.Fatal(err)
	}
	if _, err := io.WriteString(conn, text); err != nil {
		s.t.Logf("sending: %v", err) // refused before all of it was sent
	}
	back, err := io.ReadAll(conn)
	var timeout net.Error
	if errors.As(err, &timeout) && timeout.Timeout() {
		s.t.Errorf("no end after %.300q", back)
	}
	return string(back)
}

// events returns what was logged of requests.
func (s *testService) events() (list []map[string]any) {
	s.t.Helper()
	for line := range strings.Lines(s.log.String()) {
		var e map[string]any
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			s.t.Fatalf("the log has %q: %v", line, err)
		}
		if e["msg"] == "request" {
			list = append(list, e)
		}
	}
	return list
}

type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

type counter struct {
	mu sync.Mutex
	n  int
}

func (c *counter) add() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.n++
}

func (c *counter) count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.n
}

// A faultyStore fails at one thing; the rest is the real store's.
type faultyStore struct {
	issuer.Store
	commit  func() error
	commits *counter
}

func (f faultyStore) Commit(ctx context.Context, d issuer.Decision) error {
	if f.commits != nil {
		f.commits.add()
	}
	if f.commit != nil {
		return f.commit()
	}
	return f.Store.Commit(ctx, d)
}
