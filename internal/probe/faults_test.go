package probe_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fc28f635/countersign/internal/probe"
	"github.com/fc28f635/countersign/verify"
)

// faulty runs a server that plays a fault; metadata of its own and a registration
// endpoint are where it does not play.
func faulty(t *testing.T, faults map[string]http.HandlerFunc) (issuer string) {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if fault := faults[r.URL.Path]; fault != nil {
			fault(w, r)
			return
		}
		if r.URL.Path != "/.well-known/oauth-authorization-server" {
			http.NotFound(w, r)
			return
		}
		fmt.Fprintf(w, `{"issuer":%q,"registration_endpoint":%q,"code_challenge_methods_supported":["S256"]}`, "http://"+r.Host, "http://"+r.Host+"/register")
	}))
	t.Cleanup(s.Close)
	return s.URL
}

const metadataPath = "/.well-known/oauth-authorization-server"

func answer(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}
}

// hang answers when the other side has gone.
func hang(_ http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body) // else the server does not see that it has gone
	<-r.Context().Done()
}

// TestNothingToLookAt plays servers whose metadata cannot be had or is not theirs.
func TestNothingToLookAt(t *testing.T) {
	for name, tc := range map[string]struct {
		metadata http.HandlerFunc
		says     string
	}{
		"not found":     {answer(404, ""), "answered 404"},
		"page":          {answer(200, "<!doctype html><title>Sign in</title>"), "holds no metadata"},
		"no object":     {answer(200, "[]"), "holds no metadata"},
		"duplicate":     {answer(200, `{"issuer":"https://a.test","issuer":"https://b.test"}`), "holds no metadata"},
		"wrong type":    {answer(200, `{"issuer":"https://a.test","scopes_supported":"openid"}`), "holds no metadata"},
		"no issuer":     {answer(200, `{}`), "names no issuer"},
		"other issuer":  {answer(200, `{"issuer":"https://other.example"}`), "is of the issuer \"https://other.example\""},
		"10 MB":         {answer(200, strings.Repeat("x", 10<<20)), "larger than"},
		"hang":          {hang, "deadline"},
		"redirect":      {http.RedirectHandler("/elsewhere", http.StatusFound).ServeHTTP, "answered 302"},
		"encoded":       {func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Content-Encoding", "gzip") }, "encoded"},
		"server breaks": {answer(503, ""), "answered 503"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := full()
			cfg.Fetch.Timeout = time.Second
			r, err := probe.Run(t.Context(), cfg, faulty(t, map[string]http.HandlerFunc{metadataPath: tc.metadata}))
			if err == nil || !strings.Contains(err.Error(), tc.says) {
				t.Errorf("%+v, %v, want an error that says %q", r, err, tc.says)
			}
		})
	}
}

// TestRegistrationBreaks plays registration endpoints whose answers prove nothing:
// none counts as passed, and none gives a grade.
func TestRegistrationBreaks(t *testing.T) {
	for name, tc := range map[string]struct {
		register http.HandlerFunc
		says     string
		left     int
	}{
		"hang":         {hang, "no answer", 1},
		"10 MB":        {answer(201, strings.Repeat("x", 10<<20)), "no answer", 1},
		"page":         {answer(200, "<!doctype html>"), "names no client_id", 1},
		"no client_id": {answer(201, `{"client_name":"x"}`), "names no client_id", 1},
		"redirect":     {http.RedirectHandler("/elsewhere", http.StatusTemporaryRedirect).ServeHTTP, "answered 307", 0},
		"breaks":       {answer(500, ""), "answered 500", 0},
		"not found":    {answer(404, ""), "answered 404", 0},
		"busy":         {answer(429, ""), "answered 429", 0},
		"strange":      {answer(400, `{"error":"invalid_client_metadata"}`), "answered 400", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := full()
			cfg.Fetch.Timeout = 300 * time.Millisecond
			r := run(t, cfg, faulty(t, map[string]http.HandlerFunc{"/register": tc.register}))
			f := finding(t, r, probe.OpenRegistration)
			if f.Status != verify.Unavailable || !strings.Contains(f.Detail, tc.says) {
				t.Errorf("%s %q, want unavailable that says %q", f.Status, f.Detail, tc.says)
			}
			if f := finding(t, r, probe.ForgedStatement); f.Status != verify.Skipped {
				t.Errorf("forged statement: %s", f.Status)
			}
			if r.Grade != "" || r.Complete || r.Registered != 0 || len(r.Left) != tc.left {
				t.Errorf("grade %q, complete %v, %d registered, left %+v", r.Grade, r.Complete, r.Registered, r.Left)
			}
		})
	}
}

// TestOneOrigin names a registration endpoint at another server: no packet goes
// there.
func TestOneOrigin(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	visited := make(chan struct{}, 1)
	go func() {
		if c, err := l.Accept(); err == nil {
			c.Close()
			visited <- struct{}{}
		}
	}()
	issuer := faulty(t, map[string]http.HandlerFunc{metadataPath: func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, `{"issuer":%q,"registration_endpoint":"http://%s/register"}`, "http://"+r.Host, l.Addr())
	}})
	r := run(t, full(), issuer)
	if f := finding(t, r, probe.OpenRegistration); f.Status != verify.Unavailable || !strings.Contains(f.Detail, "another origin") || r.Grade != "" {
		t.Errorf("%s %q, grade %q, want unavailable, why, and none", f.Status, f.Detail, r.Grade)
	}
	select {
	case <-visited:
		t.Error("another server was asked")
	default:
	}
}

// TestBreaksLater plays servers that take the ordinary client, and then answer
// everything in a way that proves nothing: it is unavailable, and the probe ends.
func TestBreaksLater(t *testing.T) {
	for name, later := range map[string]http.HandlerFunc{
		"hang":     hang,
		"10 MB":    answer(201, strings.Repeat("x", 10<<20)),
		"breaks":   answer(500, ""),
		"redirect": http.RedirectHandler("/elsewhere", http.StatusFound).ServeHTTP,
		"slow":     answer(408, ""),
		"busy":     answer(429, ""),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := full()
			cfg.Fetch.Timeout = 100 * time.Millisecond
			r := run(t, cfg, faulty(t, map[string]http.HandlerFunc{"/register": first(later)}))
			for _, c := range []probe.Check{probe.ForgedStatement, probe.UnsignedStatement, probe.ChosenScope, probe.EmptyScope, probe.ScriptRedirect, probe.ForeignRedirect, probe.InsideJWKS} {
				if f := finding(t, r, c); f.Status != verify.Unavailable {
					t.Errorf("%s: %s: %s", c, f.Status, f.Detail)
				}
			}
			if r.Grade != "B" || r.Complete || len(r.Left) == 0 || r.Left[0].ClientID != "first" {
				t.Errorf("grade %q, complete %v, left %+v", r.Grade, r.Complete, r.Left)
			}
		})
	}
}

// first answers the first request with a client, and all others with later.
func first(later http.HandlerFunc) http.HandlerFunc {
	var requests atomic.Int32
	return func(w http.ResponseWriter, r *http.Request) {
		if requests.Add(1) > 1 {
			later(w, r)
			return
		}
		answer(201, `{"client_id":"first"}`)(w, r)
	}
}

// TestRefusalNeedsAControl plays a server that takes no client which authenticates
// by key: that it refuses one with a jwks_uri inside says nothing.
func TestRefusalNeedsAControl(t *testing.T) {
	r := run(t, full(), faulty(t, map[string]http.HandlerFunc{"/register": first(answer(400, `{"error":"invalid_client_metadata"}`))}))
	if f := finding(t, r, probe.InsideJWKS); f.Status != verify.Unavailable {
		t.Errorf("%s: %s", f.Status, f.Detail)
	}
	if f := finding(t, r, probe.RateLimit); f.Status != verify.Unavailable {
		t.Errorf("rate limit %s: %s", f.Status, f.Detail)
	}
	if f := finding(t, r, probe.ForgedStatement); f.Status != verify.Passed || f.Effect != probe.Refused || string(f.Evidence[0].Answer["error"]) != `"invalid_client_metadata"` {
		t.Errorf("forged statement %+v", f)
	}
}

func TestIssuerIdentifier(t *testing.T) {
	for issuer, ok := range map[string]bool{
		"https://as.example": true, "https://as.example/tenant": true, "https://as.example:8443": true, "http://127.0.0.1:4444": false,
		"": false, "as.example": false, "https://as.example?a=b": false, "https://as.example/#a": false, "https://u@as.example": false, "ftp://as.example": false,
	} {
		if err := probe.CheckIssuer(issuer, false); (err == nil) != ok {
			t.Errorf("%q: %v", issuer, err)
		}
	}
	if err := probe.CheckIssuer("http://127.0.0.1:4444", true); err != nil {
		t.Error(err)
	}
}
