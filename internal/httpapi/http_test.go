package httpapi_test

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/fc28f635/countersign/internal/access"
	"github.com/fc28f635/countersign/internal/gcra"
	"github.com/fc28f635/countersign/internal/httpapi"
	"github.com/fc28f635/countersign/internal/limits"
	"github.com/fc28f635/countersign/issuer"
)

// padded is a good request of n bytes.
func padded(n int) string {
	head := strings.TrimSuffix(good, "}}") + `,"x":"`
	return head + strings.Repeat("a", n-len(head)-len(`"}}`)) + `"}}`
}

func TestBodySize(t *testing.T) {
	s := start(t, setup{timeout: 500 * time.Millisecond})
	head := s.head("POST", "/v1/decisions") + "Content-Type: application/json\r\n"
	t.Run("H1 the largest", func(t *testing.T) {
		if d := s.post(padded(limits.RequestBytes)).decision(t); d.Outcome != "approved" {
			t.Errorf("%s %s", d.Outcome, d.Reason)
		}
	})
	for _, test := range []struct{ name, text, status, reason string }{
		{"H1 one byte more", head + fmt.Sprintf("Content-Length: %d\r\n\r\n", limits.RequestBytes+1) + padded(limits.RequestBytes+1), "413", "request_too_large"},
		{"H1 ten gigabytes announced", head + "Content-Length: 10000000000\r\n\r\n{", "413", "request_too_large"},
		{"H1 a chunk that never ends", head + "Transfer-Encoding: chunked\r\n\r\nfffffff\r\n" + strings.Repeat("a", 1<<20), "413", "request_too_large"},
		{"H1 less than announced", head + "Content-Length: 1000\r\n\r\n{", "408", ""},
		{"H1 a chunk that is none", head + "Transfer-Encoding: chunked\r\n\r\nzz\r\n", "400", ""},
		{"H1 a negative length", head + "Content-Length: -1\r\n\r\n", "400", ""},
		{"H1 a length with a sign", head + "Content-Length: +5\r\n\r\n12345", "400", ""},
		{"H1 two lengths", head + "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}", "400", ""},
		{"H10 length and chunks", head + "Content-Length: 3\r\nTransfer-Encoding: chunked, identity\r\n\r\n{}", "501", ""},
		{"H7 two hosts", "POST /v1/decisions HTTP/1.1\r\nHost: " + s.address + "\r\nHost: evil.example\r\nContent-Length: 0\r\n\r\n", "400", ""},
		{"H7 a header of a megabyte", head + "X: " + strings.Repeat("a", 1<<20) + "\r\n\r\n", "431", ""},
		{"H7 a hundred thousand headers", head + strings.Repeat("X: a\r\n", 100000) + "\r\n", "431", ""},
		{"H18 an expectation that nobody has", head + "Expect: 200-maybe\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}", "417", ""},
		{"H18 100-continue for too much", head + "Expect: 100-continue\r\nContent-Length: 99999999\r\n\r\n", "413", "request_too_large"},
	} {
		t.Run(test.name, func(t *testing.T) {
			back := s.raw(test.text)
			if !strings.HasPrefix(back, "HTTP/1.1 "+test.status+" ") || !strings.Contains(back, test.reason) {
				t.Errorf("answered %.300q, want %s %s", back, test.status, test.reason)
			}
			if strings.Contains(back, "100 Continue") || strings.Count(back, "HTTP/1.1 ") != 1 {
				t.Errorf("want one answer and nothing else: %.300q", back)
			}
		})
	}
}

func TestMediaType(t *testing.T) {
	s := start(t, setup{})
	for _, test := range []struct {
		name   string
		types  []string
		status int
	}{
		{"H2 missing", nil, 415},
		{"H2 empty", []string{""}, 415},
		{"H2 text", []string{"text/plain"}, 415},
		{"H2 a form", []string{"application/x-www-form-urlencoded"}, 415},
		{"H2 multipart", []string{"multipart/form-data; boundary=x"}, 415},
		{"H2 latin1", []string{"application/json;charset=latin1"}, 415},
		{"H2 another parameter", []string{"application/json; profile=x"}, 415},
		{"H2 another parameter of that value", []string{"application/json; profile=utf-8"}, 415},
		{"H2 JSON of another kind", []string{"application/ld+json"}, 415},
		{"H2 two", []string{"application/json", "application/json"}, 415},
		{"H2 two in one", []string{"application/json, text/plain"}, 415},
		{"H2 json", []string{"application/json"}, 200},
		{"H2 in UTF-8", []string{"application/json; charset=utf-8"}, 200},
		{"H2 in quoted UTF-8", []string{`application/json; charset="UTF-8"`}, 200},
		{"H2 in upper case, which media types ignore", []string{"APPLICATION/JSON"}, 200},
	} {
		t.Run(test.name, func(t *testing.T) {
			a := s.do(http.MethodPost, "/v1/decisions", strings.NewReader(good), http.Header{"Content-Type": test.types})
			if test.status == http.StatusOK {
				a.decision(t)
				return
			}
			a.want(t, test.status, "media_type_unsupported")
		})
	}
}

func TestMethods(t *testing.T) {
	s := start(t, setup{})
	id := s.post(good).decision(t).ID
	for path, allow := range map[string]string{
		"/v1/decisions": "GET, HEAD, POST", "/v1/acceptances": "POST", "/v1/decisions/" + id: "GET, HEAD", "/v1/keys": "GET, HEAD, POST", "/v1/keys/0": "DELETE",
		"/openapi.json": "GET, HEAD", "/schemas/policy.json": "GET, HEAD", "/docs": "GET, HEAD", "/why/" + id: "GET, HEAD",
		"/.well-known/jwks.json": "GET, HEAD", "/healthz": "GET, HEAD",
	} {
		for _, method := range []string{"GET", "POST", "HEAD", "PUT", "PATCH", "DELETE", "TRACE", "OPTIONS", "get", "FOO"} {
			t.Run("H4 "+method+" "+path, func(t *testing.T) {
				a := s.do(method, path, nil, http.Header{"X-Http-Method-Override": {strings.Split(allow, ",")[0]}})
				if strings.Contains(allow, method) {
					if a.status == http.StatusMethodNotAllowed {
						t.Errorf("%s is refused", method)
					}
					return
				}
				if a.status != http.StatusMethodNotAllowed || a.header.Get("Allow") != allow {
					t.Errorf("answered %d, Allow %q, want 405 and %q", a.status, a.header.Get("Allow"), allow)
				}
				if method != http.MethodHead && a.problem(t).Error != "method_not_allowed" {
					t.Errorf("answered %s", a.body)
				}
			})
		}
	}
}

func TestPaths(t *testing.T) {
	s := start(t, setup{})
	for _, target := range []string{
		"//healthz", "/healthz/", "/./healthz", "/x/../healthz", "/healthz;x", "/..%2fhealthz", "/healthz%00", "/healthz%2f",
		"/HEALTHZ", "//evil.example/%2e%2e", "/" + strings.Repeat("a", 8<<10), "*",
		"/", "/v1", "/v1/", "/v2/decisions", "/admin", "/metrics",
		"/debug/pprof/", "/debug/vars", "/.well-known/countersign-configuration",
	} {
		t.Run(fmt.Sprintf("H5 H27 %.30s", target), func(t *testing.T) {
			method := "GET"
			if target == "*" {
				method = "OPTIONS"
			}
			back := s.raw(method + " " + target + " HTTP/1.1\r\nHost: " + s.address + "\r\nConnection: close\r\n\r\n")
			if !strings.HasPrefix(back, "HTTP/1.1 404 ") || strings.Contains(back, "Location:") || !strings.Contains(back, `"not_found"`) {
				t.Errorf("answered %.300q", back)
			}
		})
	}
	t.Run("H5 an escaped letter is that letter", func(t *testing.T) {
		if back := s.raw("GET /%68ealthz HTTP/1.1\r\nHost: " + s.address + "\r\nConnection: close\r\n\r\n"); !strings.HasPrefix(back, "HTTP/1.1 200 ") {
			t.Errorf("answered %.300q", back)
		}
	})
	t.Run("H4 CONNECT", func(t *testing.T) {
		back := s.raw("CONNECT evil.example:443 HTTP/1.1\r\nHost: " + s.address + "\r\nConnection: close\r\n\r\n")
		if strings.HasPrefix(back, "HTTP/1.1 2") {
			t.Errorf("answered %.300q", back)
		}
	})
}

// A page in a browser on this machine whose own name points here reaches
// nothing.
func TestHost(t *testing.T) {
	s := start(t, setup{})
	_, port, _ := strings.Cut(s.address, ":")
	for _, host := range []string{"evil.example", "evil.example:" + port, "127.0.0.1", "127.0.0.1:1", "127.0.0.1.evil.example:" + port, ""} {
		t.Run(strconv.Quote(host), func(t *testing.T) {
			back := s.raw("POST /v1/decisions HTTP/1.1\r\nHost: " + host + "\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: " +
				strconv.Itoa(len(good)) + "\r\n\r\n" + good)
			if !strings.HasPrefix(back, "HTTP/1.1 421 ") {
				t.Errorf("answered %.300q", back)
			}
		})
	}
	t.Run("H5 an absolute target", func(t *testing.T) {
		if back := s.raw("GET http://evil.example/healthz HTTP/1.1\r\nHost: " + s.address + "\r\nConnection: close\r\n\r\n"); !strings.HasPrefix(back, "HTTP/1.1 421 ") {
			t.Errorf("answered %.300q", back)
		}
	})
}

// H20, H21: whatever is asked, the answer is not cached, not sniffed, and
// repeats nothing of the request.
// The address at which a connection arrived is a name of the service, whatever
// it listens on.
func TestHostIsTheListener(t *testing.T) {
	s := start(t, setup{})
	for _, test := range []struct {
		name, local, host string
		tls               bool
		status            int
	}{
		{"the address", "192.0.2.1:8640", "192.0.2.1:8640", false, http.StatusOK},
		{"the address in IPv6", "[2001:db8::1]:8640", "[2001:db8::1]:8640", false, http.StatusOK},
		{"without the port of http", "192.0.2.1:80", "192.0.2.1", false, http.StatusOK},
		{"without the port of https", "[2001:db8::1]:443", "[2001:db8::1]", true, http.StatusOK},
		{"without another port", "192.0.2.1:8640", "192.0.2.1", false, http.StatusMisdirectedRequest},
		{"without the port of the other scheme", "192.0.2.1:443", "192.0.2.1", false, http.StatusMisdirectedRequest},
		{"another address", "192.0.2.1:8640", "192.0.2.2:8640", false, http.StatusMisdirectedRequest},
		{"a name", "192.0.2.1:8640", "evil.example:8640", false, http.StatusMisdirectedRequest},
		{"none", "192.0.2.1:80", "", false, http.StatusMisdirectedRequest},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodGet, "/healthz", nil)
			r.Host = test.host
			if test.tls {
				r.TLS = &tls.ConnectionState{}
			}
			local := net.TCPAddrFromAddrPort(netip.MustParseAddrPort(test.local))
			w := httptest.NewRecorder()
			s.server.Config.Handler.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), http.LocalAddrContextKey, local)))
			if w.Code != test.status {
				t.Errorf("answered %d, want %d", w.Code, test.status)
			}
		})
	}
}

func TestAnswers(t *testing.T) {
	s := start(t, setup{})
	const marker = "zq<script>"
	id := s.post(good).decision(t).ID
	_, weak := s.key(access.Terms{Role: access.Read})
	answers := map[string]answer{
		"decision":   s.post(good),
		"recorded":   s.get("/v1/decisions/" + id),
		"no JSON":    s.post(marker),
		"member":     s.post(`{"` + marker + `":1}`),
		"path":       s.get("/zq%3Cscript%3E"),
		"method":     s.do("ZQ", "/healthz", nil, nil),
		"media type": s.do(http.MethodPost, "/v1/decisions", strings.NewReader(good), http.Header{"Content-Type": {marker}}),
		"health":     s.get("/healthz"),
		"no key":     s.do(http.MethodGet, "/v1/zq", nil, http.Header{"Authorization": nil}),
		"wrong key":  s.do(http.MethodGet, "/v1/keys", nil, http.Header{"Authorization": {"Bearer " + marker}}),
		"wrong role": s.as(weak).get("/v1/keys"),
		"a new key":  s.send(http.MethodPost, "/v1/keys", `{"name":"a","role":"`+marker+`"}`),
		"keys":       s.get("/.well-known/jwks.json"),
	}
	ids := map[string]bool{}
	for name, a := range answers {
		t.Run(name, func(t *testing.T) {
			for header, want := range map[string]string{"Content-Type": "application/json", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"} {
				if got := a.header.Get(header); got != want {
					t.Errorf("H21 %s: %q, want %q", header, got, want)
				}
			}
			if strings.Contains(strings.ToLower(a.body), "zq") {
				t.Errorf("H20 the answer repeats the request: %s", a.body)
			}
			if open := a.header.Get("Access-Control-Allow-Origin"); (open != "") != (name == "keys") {
				t.Errorf("H17 pages of the origins %q may read it", open)
			}
			requestID := a.header.Get("X-Request-Id")
			if ids[requestID] || len(requestID) != 16 {
				t.Errorf("request id %q", requestID)
			}
			ids[requestID] = true
		})
	}
	events := s.events()
	if len(events) != len(answers)+1 {
		t.Errorf("%d requests logged, want %d", len(events), len(answers)+1)
	}
	for _, e := range events {
		if id, _ := e["request_id"].(string); !ids[id] && e["decision"] == nil {
			t.Errorf("logged %v, which nobody asked", e)
		}
	}
}

func TestHealth(t *testing.T) {
	s := start(t, setup{})
	if a := s.get("/healthz"); a.body != `{"status":"ok"}` {
		t.Errorf("H27 healthz says %s", a.body)
	}
}

func TestKeys(t *testing.T) {
	t.Run("none", func(t *testing.T) {
		if a := start(t, setup{}).get("/.well-known/jwks.json"); a.body != `{"keys":[]}` {
			t.Errorf("answered %s", a.body)
		}
	})
	t.Run("one", func(t *testing.T) {
		const set = `{"keys":[{"kty":"OKP"}]}`
		s := start(t, setup{jwks: func() json.RawMessage { return json.RawMessage(set) }})
		if a := s.get("/.well-known/jwks.json"); a.body != set {
			t.Errorf("answered %s", a.body)
		}
	})
}

// A client that goes away in the middle leaves the service as it was.
func TestClientGoesAway(t *testing.T) {
	s := start(t, setup{})
	body, send := io.Pipe()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+s.address+"/v1/decisions", body)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	done := make(chan struct{})
	go func() {
		defer close(done)
		if resp, err := s.server.Client().Transport.RoundTrip(req); err == nil {
			_ = resp.Body.Close()
		}
	}()
	if _, err := io.WriteString(send, `{"client":`); err != nil {
		t.Fatal(err)
	}
	_ = send.CloseWithError(io.ErrClosedPipe)
	<-done
	s.post(good).decision(t)
}

func TestNewRefuses(t *testing.T) {
	if _, err := httpapi.New(httpapi.Config{}); err == nil || !strings.Contains(err.Error(), "Registry") {
		t.Errorf("an empty Config gave %v", err)
	}
	one := gcra.Rate{PerSecond: 1, Burst: 1}
	for name, rates := range map[string]httpapi.Rates{
		"none": {}, "no rate of a key": {Lookups: one, Network: one, Strangers: one},
		"nothing at once": {Key: one, Lookups: one, Network: gcra.Rate{PerSecond: 1}, Strangers: one},
	} {
		_, err := httpapi.New(httpapi.Config{Registry: &issuer.Registry{}, Keys: &access.Keyring{}, Hosts: []string{"x"}, Rates: rates})
		if err == nil || !strings.Contains(err.Error(), "Rates") {
			t.Errorf("H23 rates, %s: %v", name, err)
		}
	}
}
