package dnsx

import (
	"compress/gzip"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/miekg/dns"

	"github.com/fc28f635/countersign/verify"
)

// certificateName is a name in the certificate that httptest has for its servers,
// beside their address 127.0.0.1.
const certificateName = "example.com"

// newHTTPSFake serves DNS over HTTPS, each response made by answer.
func newHTTPSFake(t *testing.T, answer func(w http.ResponseWriter, r *http.Request, q *dns.Msg)) (address string, pool *x509.CertPool) {
	t.Helper()
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		q := new(dns.Msg)
		if err != nil || q.Unpack(body) != nil {
			t.Errorf("asked with %d bytes, %v", len(body), err)
			return
		}
		answer(w, r, q)
	}))
	srv.EnableHTTP2 = true
	srv.StartTLS()
	t.Cleanup(srv.Close)
	pool = x509.NewCertPool()
	pool.AddCert(srv.Certificate())
	return srv.URL + "/dns-query", pool
}

// writeMessage answers as RFC 8484 has it.
func writeMessage(t *testing.T, w http.ResponseWriter, m *dns.Msg) {
	w.Header().Set("Content-Type", messageType)
	_, _ = w.Write(pack(t, m))
}

// newTLSFake serves DNS over TLS on loopback under certificateName.
func newTLSFake(t *testing.T, answer injector) (address string, pool *x509.CertPool) {
	t.Helper()
	srv := httptest.NewTLSServer(http.NotFoundHandler()) // for its certificate
	pool = x509.NewCertPool()
	pool.AddCert(srv.Certificate())
	certificates := srv.TLS.Certificates
	srv.Close()
	listener, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: certificates, NextProtos: []string{"dot"}, MinVersion: tls.VersionTLS12})
	if err != nil {
		t.Fatal(err)
	}
	s := &dns.Server{Listener: listener, Handler: dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
		if m := answer(q, "tls"); m != nil {
			_ = w.WriteMsg(m)
		}
	})}
	served, started := make(chan struct{}), make(chan struct{})
	s.NotifyStartedFunc = func() { close(started) }
	go func() { defer close(served); _ = s.ActivateAndServe() }()
	<-started
	t.Cleanup(func() { _ = s.Shutdown(); <-served })
	return "tls://" + listener.Addr().String() + "#" + certificateName, pool
}

func newPrivateResolver(t *testing.T, pool *x509.CertPool, ups ...Upstream) *Resolver {
	t.Helper()
	r, err := New(Config{Upstreams: ups, RootCAs: pool, AllowSpecialUse: true, AllowLoopback: true, Timeout: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestTLS(t *testing.T) {
	address, pool := newTLSFake(t, serving(t, keyRecord(), ad))
	for name, tc := range map[string]struct {
		up         Upstream
		pool       *x509.CertPool
		ok, secure bool
	}{
		"vouched for":                    {Upstream{Address: address, Validating: true}, pool, true, true},
		"D27 AD from who is not trusted": {Upstream{Address: address}, pool, true, false},
		"D27 certificate of another":     {Upstream{Address: strings.Replace(address, certificateName, "dns.other.test", 1), Validating: true}, pool, false, false},
		"D27 authority not known":        {Upstream{Address: address, Validating: true}, x509.NewCertPool(), false, false},
		"proven by its address":          {Upstream{Address: strings.TrimSuffix(address, "#"+certificateName), Validating: true}, pool, true, true},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := lookup(t, newPrivateResolver(t, tc.pool, tc.up))
			if !tc.ok && (err == nil || !strings.Contains(err.Error(), "opening TLS: ")) {
				t.Errorf("%v, want an error that says what could not be opened", err)
			}
			if (err == nil) != tc.ok || got.Secure != tc.secure || errors.Is(err, verify.ErrNoRecord) || errors.Is(err, verify.ErrBogus) {
				t.Fatalf("%+v, %v", got, err)
			}
			if tc.ok && (!slices.Equal(got.Texts, []string{record}) || !strings.HasSuffix(got.Server, " (tls)")) {
				t.Errorf("%+v", got)
			}
		})
	}
	t.Run("D8 never around TLS", func(t *testing.T) {
		plain := newFake(t, serving(t, keyRecord(), ad))
		r := newPrivateResolver(t, pool, Upstream{Address: "tls://" + plain.address + "#" + certificateName, Validating: true})
		if got, err := lookup(t, r); err == nil || got.Secure || len(plain.questions()) > 0 {
			t.Errorf("%+v, %v, asked %q", got, err, plain.questions())
		}
	})
	t.Run("connections are moved, the name is not", func(t *testing.T) {
		at, _, _ := strings.Cut(strings.TrimPrefix(address, "tls://"), "#")
		r, err := New(Config{
			Upstreams: []Upstream{{Address: "tls://192.0.2.53#" + certificateName, Validating: true}}, RootCAs: pool, AllowSpecialUse: true,
			ConnectTo: func(address string) string {
				if address != "192.0.2.53:853" {
					t.Errorf("asked about %q", address)
				}
				return at
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		if got, err := lookup(t, r); err != nil || !got.Secure || got.Server != "tls://192.0.2.53:853#example.com (tls)" {
			t.Errorf("%+v, %v", got, err)
		}
	})
}

func TestHTTPS(t *testing.T) {
	good := func(t *testing.T, q *dns.Msg) *dns.Msg { return respond(t, q, keyRecord(), ad) }
	for name, tc := range map[string]struct {
		answer func(t *testing.T, w http.ResponseWriter, q *dns.Msg)
		ttl    time.Duration // zero where there is no usable answer
	}{
		"vouched for": {func(t *testing.T, w http.ResponseWriter, q *dns.Msg) { writeMessage(t, w, good(t, q)) }, 300 * time.Second},
		"D39 held by a cache": {func(t *testing.T, w http.ResponseWriter, q *dns.Msg) {
			w.Header().Set("Age", "290")
			writeMessage(t, w, good(t, q))
		}, 10 * time.Second},
		"D39 held for longer than it lives": {func(t *testing.T, w http.ResponseWriter, q *dns.Msg) {
			w.Header().Set("Age", "4000")
			m := good(t, q)
			m.Answer[0].Header().Ttl = 4001
			writeMessage(t, w, m)
		}, time.Second},
		"D39 page with status 200": {func(t *testing.T, w http.ResponseWriter, q *dns.Msg) {
			w.Header().Set("Content-Type", "text/html")
			_, _ = w.Write(pack(t, good(t, q)))
		}, 0},
		"D39 no media type": {func(t *testing.T, w http.ResponseWriter, q *dns.Msg) {
			w.Header()["Content-Type"] = nil
			_, _ = w.Write(pack(t, good(t, q)))
		}, 0},
		"D39 redirect": {func(t *testing.T, w http.ResponseWriter, q *dns.Msg) {
			w.Header().Set("Location", "/elsewhere")
			w.Header().Set("Content-Type", messageType)
			w.WriteHeader(http.StatusFound)
			_, _ = w.Write(pack(t, good(t, q)))
		}, 0},
		"D39 status 500": {func(t *testing.T, w http.ResponseWriter, q *dns.Msg) {
			w.Header().Set("Content-Type", messageType)
			w.WriteHeader(http.StatusInternalServerError)
			_, _ = w.Write(pack(t, good(t, q)))
		}, 0},
		"D39 gzip bomb": {func(t *testing.T, w http.ResponseWriter, q *dns.Msg) {
			w.Header().Set("Content-Type", messageType)
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			_, _ = z.Write(pack(t, good(t, q)))
			_, _ = z.Write(make([]byte, 1<<20))
			_ = z.Close()
		}, 0},
		"D39 larger than a message": {func(t *testing.T, w http.ResponseWriter, q *dns.Msg) {
			w.Header().Set("Content-Type", messageType)
			_, _ = w.Write(append(pack(t, good(t, q)), make([]byte, dns.MaxMsgSize)...))
		}, 0},
		"D39 another id": {func(t *testing.T, w http.ResponseWriter, q *dns.Msg) {
			m := good(t, q)
			m.Id++
			writeMessage(t, w, m)
		}, 0},
		"D39 another question": {func(t *testing.T, w http.ResponseWriter, q *dns.Msg) {
			m := good(t, q)
			m.Question[0].Name = "_client-key.evil.test."
			writeMessage(t, w, m)
		}, 0},
		"D39 truncated": {func(t *testing.T, w http.ResponseWriter, q *dns.Msg) {
			m := good(t, q)
			m.Truncated = true
			writeMessage(t, w, m)
		}, 0},
		"D39 empty": {func(_ *testing.T, w http.ResponseWriter, _ *dns.Msg) { w.Header().Set("Content-Type", messageType) }, 0},
	} {
		t.Run(name, func(t *testing.T) {
			address, pool := newHTTPSFake(t, func(w http.ResponseWriter, r *http.Request, q *dns.Msg) {
				if r.ProtoMajor != 2 || r.Method != http.MethodPost || r.Header.Get("Content-Type") != messageType || r.Header.Get("Accept") != messageType || q.Id != 0 {
					t.Errorf("asked with %s %s, %v, id %d", r.Proto, r.Method, r.Header, q.Id)
				}
				if asked(q) != owner+"." { // the sibling
					writeMessage(t, w, respond(t, q, nil))
					return
				}
				tc.answer(t, w, q)
			})
			got, err := lookup(t, newPrivateResolver(t, pool, Upstream{Address: address, Validating: true}))
			if tc.ttl == 0 {
				if err == nil || got.Secure || got.Texts != nil || errors.Is(err, verify.ErrNoRecord) || errors.Is(err, verify.ErrBogus) {
					t.Errorf("%+v, %v, want unavailable", got, err)
				}
				return
			}
			if err != nil || !got.Secure || got.TTL != tc.ttl || got.Server != address+" (https)" {
				t.Errorf("%+v, %v", got, err)
			}
		})
	}
	t.Run("S1 never where nobody may dial", func(t *testing.T) {
		for _, url := range []string{"https://169.254.169.254/dns-query", "https://100.64.0.1/dns-query", "https://127.0.0.1:1/dns-query"} {
			r, err := New(Config{Upstreams: []Upstream{{Address: url}}, AllowSpecialUse: true})
			if err != nil {
				t.Fatal(err)
			}
			var refused *verify.FetchError
			if _, err := lookup(t, r); !errors.As(err, &refused) || !refused.Refused {
				t.Errorf("%s: %v", url, err)
			}
		}
	})
}

// Two operators agree over TLS and HTTPS; a forger on the way has no part in it.
func TestCorroboratedPrivately(t *testing.T) {
	overTLS, pool := newTLSFake(t, serving(t, keyRecord()))
	overHTTPS, _ := newHTTPSFake(t, func(w http.ResponseWriter, _ *http.Request, q *dns.Msg) {
		writeMessage(t, w, respond(t, q, keyRecord()))
	})
	got, err := lookup(t, newPrivateResolver(t, pool, Upstream{Address: overTLS, Operator: "one"}, Upstream{Address: overHTTPS, Operator: "two"}))
	if err != nil || !got.Corroborated || got.Secure || !slices.Equal(got.Texts, []string{record}) {
		t.Errorf("%+v, %v", got, err)
	}
}

// A seer is a perspective that sees one view.
type seer struct {
	name string
	view View

	mu    sync.Mutex
	asked []string
}

func (s *seer) Operator() string { return s.name }

func (s *seer) Look(_ context.Context, name string, reliable bool) View {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, name)
	if !reliable || name != owner {
		return View{Err: verify.ErrNoRecord}
	}
	return s.view
}

func TestPerspectives(t *testing.T) {
	with := func(a verify.Answer) View { return View{Answer: a} }
	for name, tc := range map[string]struct {
		seen []View
		want string
	}{
		"agrees":                               {[]View{with(verify.Answer{Texts: []string{record}})}, "corroborated"},
		"D36 sees something else":              {[]View{with(verify.Answer{Texts: []string{"v=ck1; kid=evil"}})}, "none"},
		"D36 sees nothing":                     {[]View{{Err: verify.ErrNoRecord}}, "none"},
		"D36 sees nothing, a third is late":    {[]View{{Err: verify.ErrNoRecord}, with(verify.Answer{Texts: []string{record}})}, "none"},
		"cannot say, a third agrees":           {[]View{{Err: errLate}, with(verify.Answer{Texts: []string{record}})}, "corroborated"},
		"cannot say, and nobody else is there": {[]View{{Err: errLate}, {Err: errLate}}, "alone"},
		"D18 finds it bogus":                   {[]View{{Err: verify.ErrBogus}}, "bogus"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t, serving(t, keyRecord()))
			cfg := Config{Upstreams: []Upstream{{Address: f.address, Operator: "here"}}, AllowSpecialUse: true}
			for i, v := range tc.seen {
				cfg.Perspectives = append(cfg.Perspectives, &seer{name: string(rune('a' + i)), view: v})
			}
			r, err := New(cfg)
			if err != nil {
				t.Fatal(err)
			}
			got, err := lookup(t, r)
			switch tc.want {
			case "corroborated", "alone":
				if err != nil || got.Corroborated != (tc.want == "corroborated") || got.Wildcard {
					t.Errorf("%+v, %v", got, err)
				}
			default:
				if err == nil || errors.Is(err, verify.ErrNoRecord) || errors.Is(err, verify.ErrBogus) != (tc.want == "bogus") || got.Texts != nil {
					t.Errorf("%+v, %v", got, err)
				}
			}
		})
	}
	t.Run("one of them knows of a wildcard", func(t *testing.T) {
		f := newFake(t, serving(t, keyRecord()))
		for _, views := range [][]bool{{true, false}, {false, true}} {
			cfg := Config{Upstreams: []Upstream{{Address: f.address, Operator: "here"}}, AllowSpecialUse: true}
			for i, wildcard := range views {
				cfg.Perspectives = append(cfg.Perspectives, &seer{name: string(rune('a' + i)), view: with(verify.Answer{Texts: []string{record}, Wildcard: wildcard})})
			}
			r, err := New(cfg)
			if err != nil {
				t.Fatal(err)
			}
			r.perspectives = r.perspectives[1:] // of the seers alone
			if got, err := lookup(t, r); err != nil || !got.Corroborated || !got.Wildcard {
				t.Errorf("%+v, %v", got, err)
			}
		}
	})
	t.Run("D37 alone, and says that all agree", func(t *testing.T) {
		f := newFake(t, func(q *dns.Msg, _ string) *dns.Msg { return new(dns.Msg).SetRcode(q, dns.RcodeRefused) })
		r, err := New(Config{Upstreams: []Upstream{{Address: f.address}}, AllowSpecialUse: true,
			Perspectives: []Perspective{&seer{name: "liar", view: with(verify.Answer{Texts: []string{record}, Corroborated: true})}}})
		if err != nil {
			t.Fatal(err)
		}
		if got, err := lookup(t, r); err != nil || got.Corroborated {
			t.Errorf("%+v, %v", got, err)
		}
	})
	t.Run("D37 two of one name", func(t *testing.T) {
		for _, name := range []string{"here", "there"} {
			_, err := New(Config{
				Upstreams:    []Upstream{{Address: "192.0.2.1:53", Operator: "here"}},
				Perspectives: []Perspective{&seer{name: "there"}, &seer{name: name}},
			})
			if err == nil {
				t.Errorf("a second perspective %q was taken", name)
			}
		}
	})
}
