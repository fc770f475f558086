package probe_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/fc28f635/countersign/internal/peertest"
	"github.com/fc28f635/countersign/internal/probe"
	"github.com/fc28f635/countersign/verify"
)

// A recorder stands between the probe and a real server, and notes what passes.
type recorder struct {
	mu       sync.Mutex
	requests []string // "METHOD path status"
	secrets  []string // what the server gave that nobody else may see
	after    func(method, path string)
}

// record puts a recorder before issuer and leads cfg through it.
func record(t *testing.T, cfg *probe.Config, issuer string) *recorder {
	t.Helper()
	target, err := url.Parse(issuer)
	if err != nil {
		t.Fatal(err)
	}
	rec := &recorder{after: func(string, string) {}}
	proxy := httputil.NewSingleHostReverseProxy(target)
	proxy.ModifyResponse = rec.note
	s := httptest.NewServer(proxy)
	t.Cleanup(s.Close)
	cfg.Fetch.ConnectTo = func(string) string { return s.Listener.Addr().String() }
	return rec
}

func (rec *recorder) note(resp *http.Response) error {
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	var given struct {
		Token  string `json:"registration_access_token"`
		Secret string `json:"client_secret"`
	}
	_ = json.Unmarshal(body, &given)
	rec.mu.Lock()
	defer rec.mu.Unlock()
	for _, secret := range []string{given.Token, given.Secret} {
		if secret != "" {
			rec.secrets = append(rec.secrets, secret)
		}
	}
	rec.requests = append(rec.requests, resp.Request.Method+" "+resp.Request.URL.Path+" "+resp.Status)
	rec.after(resp.Request.Method, resp.Request.URL.Path)
	return nil
}

// count counts the requests that begin with prefix and end in suffix.
func (rec *recorder) count(prefix, suffix string) int {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	n := 0
	for _, r := range rec.requests {
		if strings.HasPrefix(r, prefix) && strings.HasSuffix(r, suffix) {
			n++
		}
	}
	return n
}

// TestLooksOnly reads metadata and nothing else without leave to register.
func TestLooksOnly(t *testing.T) {
	cfg := full()
	cfg.Register = false
	issuer := peertest.OIDCProvider(t, "open")
	rec := record(t, &cfg, issuer)
	r := run(t, cfg, issuer)
	if rec.count("GET /.well-known/", "200 OK") == 0 || len(rec.requests) != rec.count("GET /.well-known/", "") {
		t.Errorf("requests %q, want metadata only", rec.requests)
	}
	if r.Grade != "" || r.Complete || r.Registered != 0 {
		t.Errorf("grade %q, complete %v, %d registered", r.Grade, r.Complete, r.Registered)
	}
	for _, f := range r.Findings {
		if want := f.Check == probe.PKCE || f.Check == probe.ClientAuthentication; want != (f.Status == verify.Passed) || !want && f.Status != verify.Skipped {
			t.Errorf("%s: %s", f.Check, f.Status)
		}
	}
}

// TestLeavesNothing counts what was made and removed, and looks for secrets in the
// report.
func TestLeavesNothing(t *testing.T) {
	for name, start := range map[string]func() string{
		"oidc-provider": func() string { return peertest.OIDCProvider(t, "open") },
		"strict":        func() string { return peertest.OIDCProvider(t, "strict") },
		"Hydra":         func() string { return peertest.Hydra(t, true) },
	} {
		t.Run(name, func(t *testing.T) {
			cfg := full()
			cfg.Token = peertest.Token
			issuer := start()
			rec := record(t, &cfg, issuer)
			r := run(t, cfg, issuer)
			made, removed := rec.count("POST /", "201 Created"), rec.count("DELETE /", "204 No Content")
			if made == 0 || made != removed || made != r.Registered || len(r.Left) != 0 {
				t.Errorf("made %d, removed %d, reported %d, left %+v", made, removed, r.Registered, r.Left)
			}
			const most = 22 // as countersign probe --help says
			if made > most {
				t.Errorf("made %d clients, at most %d are told", made, most)
			}
			text, err := json.Marshal(r)
			if err != nil {
				t.Fatal(err)
			}
			if len(rec.secrets) == 0 {
				t.Fatal("the server gave no secret: this test shows nothing")
			}
			for _, secret := range append(rec.secrets, peertest.Token) {
				if strings.Contains(string(text), secret) {
					t.Errorf("the report has the secret %q", secret)
				}
			}
		})
	}
}

// TestInterrupted ends the caller's context while a client is there: it is removed
// all the same, and what was not looked at is not passed.
func TestInterrupted(t *testing.T) {
	cfg := full()
	issuer := peertest.OIDCProvider(t, "open")
	rec := record(t, &cfg, issuer)
	ctx, cancel := context.WithCancel(t.Context())
	reads := 0
	rec.after = func(method, path string) {
		if method == http.MethodGet && strings.HasPrefix(path, "/reg/") {
			if reads++; reads == 2 { // the client with the forged statement
				cancel()
			}
		}
	}
	r, err := probe.Run(ctx, cfg, issuer)
	if err != nil {
		t.Fatal(err)
	}
	if made, removed := rec.count("POST /reg", "201 Created"), rec.count("DELETE /reg", "204 No Content"); made == 0 || made != removed || len(r.Left) != 0 {
		t.Errorf("made %d, removed %d, left %+v: %q", made, removed, r.Left, rec.requests)
	}
	if f := finding(t, r, probe.ChosenScope); f.Status != verify.Unavailable || r.Complete {
		t.Errorf("chosen scope %s, complete %v", f.Status, r.Complete)
	}
}
