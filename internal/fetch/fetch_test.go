package fetch

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/fc28f635/countersign/internal/limits"
)

var discardLog = log.New(io.Discard, "", 0)

func TestFetch(t *testing.T) {
	var got *http.Request
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		got = r
		w.Header().Set("Set-Cookie", "a=b")
		document("Cache-Control", "max-age=300")(w, r)
	})
	for range 2 {
		res, err := c.Fetch(t.Context(), testURL, len(testDoc))
		if err != nil {
			t.Fatal(err)
		}
		if string(res.Body) != testDoc || res.Fresh != 5*time.Minute || res.Server != c.cfg.ConnectTo("") {
			t.Errorf("got %+v", res)
		}
	}
	t.Run("S15 no cookie, no credential, fixed user agent", func(t *testing.T) {
		if got.Header.Get("Cookie") != "" || got.Header.Get("Authorization") != "" || got.UserAgent() != "countersign" {
			t.Errorf("header %v", got.Header)
		}
	})
	t.Run("U23 no encoding asked for", func(t *testing.T) {
		if e := got.Header.Get("Accept-Encoding"); e != "identity" {
			t.Errorf("Accept-Encoding %q", e)
		}
	})
	t.Run("S4 host and server name are the URL's", func(t *testing.T) {
		if got.Host != testHost || got.TLS.ServerName != testHost || got.TLS.NegotiatedProtocol != "" {
			t.Errorf("host %q, server name %q, protocol %q", got.Host, got.TLS.ServerName, got.TLS.NegotiatedProtocol)
		}
	})
	t.Run("documents are asked for", func(t *testing.T) {
		if a := got.Header.Get("Accept"); got.Method != "GET" || a != "application/json, application/*+json" {
			t.Errorf("%s, Accept %q", got.Method, a)
		}
	})
	t.Run("no limit", func(t *testing.T) {
		for _, limit := range []int{0, -1} {
			_, err := c.Fetch(t.Context(), testURL, limit)
			contains(t, err, "must be positive")
		}
		_, err := c.Fetch(t.Context(), testURL, 1)
		contains(t, err, "larger than 1 bytes")
	})
}

// What a Config leaves open is the safe thing, and never more than that.
func TestNew(t *testing.T) {
	for timeout, want := range map[time.Duration]time.Duration{
		0: limits.FetchTimeout, -1: limits.FetchTimeout, limits.FetchTimeout + 1: limits.FetchTimeout,
		1: 1, limits.FetchTimeout - 1: limits.FetchTimeout - 1,
	} {
		if got := New(Config{Timeout: timeout}).cfg.Timeout; got != want {
			t.Errorf("timeout %v is %v, want %v", timeout, got, want)
		}
	}
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.UserAgent() != "acme" {
			t.Errorf("user agent %q", r.UserAgent())
		}
		document()(w, r)
	})
	c.cfg.UserAgent = "acme"
	if _, err := New(c.cfg).Fetch(t.Context(), testURL, 100); err != nil {
		t.Error(err)
	}
	t.Run("a look-up says what stopped it", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if addrs, err := New(Config{}).cfg.LookupAddrs(ctx, "pub.countersign.dev"); err == nil {
			t.Errorf("addresses %v and no error", addrs)
		}
	})
}

// Only a host that answered when it was asked last has places beside strangers.
func TestAnswered(t *testing.T) {
	for name, tc := range map[string]struct {
		answer string
		want   bool
	}{
		"S20 no such document": {"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", true},
		"S20 a page":           {"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 0\r\n\r\n", true},
		"S20 broken off":       {"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 70\r\n\r\n{", false},
		"S20 no HTTP":          {"{}", false},
	} {
		t.Run(name, func(t *testing.T) {
			for _, before := range []bool{false, true} {
				c := serveRaw(t, tc.answer)
				if before {
					c.answered.Add(testHost, struct{}{})
				}
				_ = mustFail(t, c, testURL)
				if got := c.answered.Contains(testHost); got != tc.want {
					t.Errorf("answered before: %t, and now: %t, want %t", before, got, tc.want)
				}
				if c.budget.served.Len() > 0 {
					t.Error("U33 it counts as a known document")
				}
			}
		})
	}
	t.Run("S20 the caller gave up", func(t *testing.T) {
		c := serve(t, document())
		if _, err := c.Fetch(t.Context(), "https://PUB.test/doc.json", 100); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		c.cfg.ConnectTo = func(string) string { cancel(); return "127.0.0.1:1" }
		if _, err := c.Fetch(ctx, testURL, 100); err == nil || !c.answered.Contains(testHost) {
			t.Errorf("%v, and the host lost its place", err)
		}
	})
}

// Nothing of a fetch goes on once it has returned.
func TestFetchEnds(t *testing.T) {
	var ctx context.Context
	lookup := func(given context.Context, _ string) ([]netip.Addr, error) {
		ctx = given
		return nil, errors.New("no such host")
	}
	_ = mustFail(t, New(Config{LookupAddrs: lookup}), pubURL)
	if ctx.Err() == nil {
		t.Error("the look-up of a document goes on")
	}
	o, err := NewOrigin(Config{LookupAddrs: lookup}, pubURL)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := roundTrip(t.Context(), o, pubURL); err == nil || ctx.Err() == nil {
		t.Errorf("%v, and the look-up of the own server goes on", err)
	}
}

func TestHTTP2(t *testing.T) {
	for offers, want := range map[bool]string{false: "HTTP/1.1", true: "HTTP/2.0"} {
		var proto string
		c := serveTLS(t, func(w http.ResponseWriter, r *http.Request) {
			proto = r.Proto
			document()(w, r)
		}, func(c *tls.Config) { c.NextProtos = []string{"h2", "http/1.1"} }, Config{HTTP2: offers})
		if _, err := c.Fetch(t.Context(), testURL, 100); err != nil || proto != want {
			t.Errorf("HTTP2 %t: %s, %v, want %s", offers, proto, err, want)
		}
	}
}

// A transport has the one connection that was checked, and makes no other.
func TestTransportHasOneConnection(t *testing.T) {
	ours, theirs := net.Pipe()
	defer theirs.Close()
	dial := New(Config{}).transport(ours).DialContext
	if conn, err := dial(t.Context(), "tcp", "8.8.8.8:443"); err != nil || conn != ours {
		t.Errorf("%v, %v, want the connection", conn, err)
	}
	_, err := dial(t.Context(), "tcp", "8.8.8.8:443")
	contains(t, err, "used up")
}

func TestStatus(t *testing.T) {
	for _, status := range []int{201, 203, 204, 206, 300, 301, 302, 303, 304, 307, 308, 401, 403, 404, 407, 410, 429, 500, 503} {
		row := "U18"
		if status == 206 || status == 304 {
			row = "U19"
		}
		t.Run(fmt.Sprintf("%s %d", row, status), func(t *testing.T) {
			requests := 0
			c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				requests++
				w.Header().Set("Content-Type", "application/json")
				w.Header().Set("Location", "https://pub.test/other")
				w.Header().Set("WWW-Authenticate", "Negotiate")
				w.WriteHeader(status)
				if status != 204 && status != 304 {
					_, _ = io.WriteString(w, testDoc)
				}
			})
			got := mustFail(t, c, testURL)
			if got.Status != status || got.Refused || got.Unusable || requests != 1 || got.Server == "" {
				t.Errorf("%+v after %d requests", got, requests)
			}
		})
	}
}

func TestMediaTypes(t *testing.T) {
	for name, tc := range map[string]struct {
		types    []string
		ok, html bool
	}{
		"U20 json":            {types: []string{"application/json"}, ok: true},
		"U20 json utf-8":      {types: []string{"Application/JSON; charset=UTF-8"}, ok: true},
		"U20 suffix":          {types: []string{"application/vnd.x+json"}, ok: true},
		"U20 html":            {types: []string{"text/html; charset=utf-8"}, html: true},
		"U20 xhtml":           {types: []string{"application/xhtml+xml"}, html: true},
		"U20 plain":           {types: []string{"text/plain"}},
		"U20 text suffix":     {types: []string{"text/x+json"}},
		"U20 missing":         {types: []string{""}},
		"U20 utf-16":          {types: []string{"application/json; charset=utf-16"}},
		"U20 jsonp":           {types: []string{"application/jsonp"}},
		"U20 bare suffix":     {types: []string{"application/+json"}},
		"U20 duplicate":       {types: []string{"application/json", "application/json"}},
		"U20 two in one":      {types: []string{"application/json, text/html"}},
		"U20 broken argument": {types: []string{"application/json; charset"}},
	} {
		t.Run(name, func(t *testing.T) {
			c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header()["Content-Type"] = tc.types
				if tc.types[0] == "" {
					w.Header()["Content-Type"] = nil
				}
				_, _ = io.WriteString(w, testDoc)
			})
			if tc.ok {
				if _, err := c.Fetch(t.Context(), testURL, 100); err != nil {
					t.Error(err)
				}
				return
			}
			if got := mustFail(t, c, testURL); !got.Unusable || got.HTML != tc.html || got.Status != 200 {
				t.Errorf("%+v", got)
			}
		})
	}
}

func TestSize(t *testing.T) {
	body := func(n int, chunked bool) *Client {
		return serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			if chunked {
				w.(http.Flusher).Flush()
			}
			_, _ = io.WriteString(w, strings.Repeat("x", n))
		})
	}
	for _, chunked := range []bool{false, true} {
		t.Run(fmt.Sprintf("U22 at the limit, chunked %v", chunked), func(t *testing.T) {
			res, err := body(5120, chunked).Fetch(t.Context(), testURL, 5120)
			if err != nil || len(res.Body) != 5120 {
				t.Errorf("%d bytes, %v", len(res.Body), err)
			}
		})
		for _, n := range []int{5121, 1 << 20} {
			t.Run(fmt.Sprintf("U22 %d bytes, chunked %v", n, chunked), func(t *testing.T) {
				if got := mustFail(t, body(n, chunked), testURL); !got.Unusable || got.Status != 200 {
					t.Errorf("%+v", got)
				}
			})
		}
	}
	t.Run("U22 endless", func(t *testing.T) {
		c := serveConn(t, Config{}, func(c net.Conn) {
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")
			for {
				if _, err := c.Write(make([]byte, 4096)); err != nil {
					return
				}
			}
		})
		if got := mustFail(t, c, testURL); !got.Unusable {
			t.Errorf("%+v", got)
		}
	})
	t.Run("U22 more is announced than is read", func(t *testing.T) {
		got := mustFail(t, serveRaw(t, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 5121\r\n\r\n"), testURL)
		if contains(t, got, "larger than 5120 bytes"); !got.Unusable {
			t.Errorf("%+v", got)
		}
	})
}

func TestEncoding(t *testing.T) {
	for name, coding := range map[string]string{
		"U23 gzip": "gzip", "U23 br": "br", "U23 zstd": "zstd", "U23 chain": "identity, " + strings.Repeat("gzip, ", 100),
	} {
		t.Run(name, func(t *testing.T) {
			if got := mustFail(t, serve(t, document("Content-Encoding", coding)), testURL); !got.Unusable {
				t.Errorf("%+v", got)
			}
		})
	}
	for _, coding := range []string{"identity", "Identity, , identity", ""} {
		t.Run("U23 "+coding, func(t *testing.T) {
			if _, err := serve(t, document("Content-Encoding", coding)).Fetch(t.Context(), testURL, 100); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestTLS(t *testing.T) {
	other := newAuthority(t)
	for name, adjust := range map[string]func(*tls.Config){
		"S9 another name": func(c *tls.Config) {}, // replaced below: needs the same authority
		"S9 another authority": func(c *tls.Config) {
			c.Certificates = []tls.Certificate{other.issue(t, testHost, time.Now().Add(time.Hour))}
		},
		"S9 TLS 1.1": func(c *tls.Config) { c.MinVersion, c.MaxVersion = tls.VersionTLS10, tls.VersionTLS11 },
		"S9 RC4": func(c *tls.Config) {
			c.MaxVersion, c.CipherSuites = tls.VersionTLS12, []uint16{tls.TLS_ECDHE_ECDSA_WITH_RC4_128_SHA}
		},
		"S9 client certificate wanted": func(c *tls.Config) { c.ClientAuth = tls.RequireAnyClientCert },
	} {
		t.Run(name, func(t *testing.T) {
			url := testURL
			if name == "S9 another name" {
				url = "https://other.test/doc.json"
			}
			got := mustFail(t, serveTLS(t, document(), adjust, Config{}), url)
			if got.Refused || got.Unusable || got.Status != 0 || got.Server == "" {
				t.Errorf("%+v, want unavailable", got)
			}
		})
	}
	t.Run("S9 expired", func(t *testing.T) {
		a := newAuthority(t)
		c := serveTLS(t, document(), func(c *tls.Config) {
			c.Certificates = []tls.Certificate{a.issue(t, testHost, time.Now().Add(-time.Hour))}
		}, Config{})
		c.cfg.RootCAs = a.pool
		contains(t, mustFail(t, c, testURL), "expired")
	})
	t.Run("S9 an authority that the system does not know", func(t *testing.T) {
		c := serve(t, document())
		c.cfg.RootCAs = nil
		if got := mustFail(t, c, testURL); got.Status != 0 {
			t.Errorf("%+v", got)
		}
	})
	t.Run("S9 h2 offered by the server", func(t *testing.T) {
		c := serveTLS(t, document(), func(c *tls.Config) { c.NextProtos = []string{"h2", "http/1.1"} }, Config{})
		if _, err := c.Fetch(t.Context(), testURL, 100); err != nil {
			t.Error(err)
		}
	})
}

func TestWire(t *testing.T) {
	const ok = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
	for name, answer := range map[string]string{
		"S12 header bomb":             ok + "A: " + strings.Repeat("a", 64<<10) + "\r\nContent-Length: 7\r\n\r\n" + testDoc,
		"S12 many fields":             ok + strings.Repeat("A: b\r\n", 10000) + "Content-Length: 7\r\n\r\n" + testDoc,
		"S12 endless 1xx":             strings.Repeat("HTTP/1.1 103 Early Hints\r\nA: b\r\n\r\n", 5000) + ok + "Content-Length: 7\r\n\r\n" + testDoc,
		"S12 NUL in a field":          ok + "A\x00: b\r\nContent-Length: 7\r\n\r\n" + testDoc,
		"S14 HTTP/0.9":                testDoc,
		"S14 garbage":                 "HTTP/1.1 2x0 OK\r\n\r\n" + testDoc,
		"S14 negative length":         ok + "Content-Length: -1\r\n\r\n" + testDoc,
		"S14 huge length":             ok + "Content-Length: 99999999999999999999\r\n\r\n" + testDoc,
		"S14 two lengths":             ok + "Content-Length: 7\r\nContent-Length: 5\r\n\r\n" + testDoc,
		"S14 short body":              ok + "Content-Length: 70\r\n\r\n" + testDoc,
		"S14 no final chunk":          ok + "Transfer-Encoding: chunked\r\n\r\n7\r\n" + testDoc + "\r\n",
		"S14 chunk size overflow":     ok + "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n" + testDoc + "\r\n0\r\n\r\n",
		"S14 chunk extension bomb":    ok + "Transfer-Encoding: chunked\r\n\r\n7;" + strings.Repeat("a", 64<<10) + "\r\n" + testDoc + "\r\n0\r\n\r\n",
		"S14 unknown transfer coding": ok + "Transfer-Encoding: gzip\r\n\r\n" + testDoc,
	} {
		t.Run(name, func(t *testing.T) {
			got := mustFail(t, serveRaw(t, answer), testURL)
			if got.Refused || got.Unusable {
				t.Errorf("%+v, want unavailable", got)
			}
		})
	}
}

func TestSlowDrip(t *testing.T) {
	for name, header := range map[string]string{
		"S14 slow header": "", "S14 slow body": "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			c := serveConn(t, Config{Timeout: 200 * time.Millisecond}, func(c net.Conn) {
				_, _ = io.WriteString(c, header)
				for range 100 {
					if _, err := c.Write([]byte("H")); err != nil {
						return
					}
					time.Sleep(20 * time.Millisecond)
				}
			})
			start := time.Now()
			got := mustFail(t, c, testURL)
			if took := time.Since(start); took > time.Second {
				t.Errorf("took %v", took)
			}
			if !errors.Is(got, context.DeadlineExceeded) {
				t.Errorf("%v, want the deadline", got)
			}
		})
	}
	t.Run("caller goes away", func(t *testing.T) {
		c := serveConn(t, Config{}, func(c net.Conn) { _, _ = io.Copy(io.Discard, c) })
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		if _, err := c.Fetch(ctx, testURL, 100); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v, want the deadline", err)
		}
	})
}

func TestProxyIgnored(t *testing.T) {
	t.Run("S8 environment proxy", func(t *testing.T) {
		req, err := http.NewRequest(http.MethodGet, testURL, nil)
		if err != nil {
			t.Fatal(err)
		}
		if proxy, err := http.ProxyFromEnvironment(req); err != nil || proxy == nil {
			t.Fatalf("the environment names proxy %v, %v: this test shows nothing", proxy, err)
		}
		if _, err := serve(t, document()).Fetch(t.Context(), testURL, 100); err != nil {
			t.Error(err)
		}
	})
}

// What a server wrote is escaped wherever an error repeats it.
func TestForeignError(t *testing.T) {
	t.Run("S18 control characters in an error", func(t *testing.T) {
		got := foreign("reading", errors.New("a\x1b[31m\r\n\u202eb\"\xff"+strings.Repeat("x", 200))).Error()
		if strings.ContainsAny(got, "\x1b\r\n\u202e") || len(got) > 200 || !strings.HasPrefix(got, `reading: a\x1b`) {
			t.Errorf("%q", got)
		}
	})
	for text, want := range map[string]string{
		strings.Repeat("x", 100): "reading: " + strings.Repeat("x", 100), strings.Repeat("x", 101): "reading: " + strings.Repeat("x", 100) + "…",
	} {
		if got := foreign("reading", errors.New(text)).Error(); got != want {
			t.Errorf("S18 %q, want %q", got, want)
		}
	}
	if got, want := quote(strings.Repeat("x", 101)), `"`+strings.Repeat("x", 100)+`"`; got != want {
		t.Errorf("S18 %s, want %s", got, want)
	}
}

// S17: outcomes by which ports inside could be told apart look alike.
func TestOutcomesAlike(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	closed := New(Config{AllowLoopback: true, ConnectTo: connectTo(l.Addr().String())})
	silent := serveConn(t, Config{Timeout: 100 * time.Millisecond}, func(c net.Conn) { _, _ = io.Copy(io.Discard, c) })
	untrusted := serve(t, document())
	untrusted.cfg.RootCAs = newAuthority(t).pool
	for name, c := range map[string]*Client{"S17 refused": closed, "S17 silent": silent, "S17 untrusted": untrusted} {
		t.Run(name, func(t *testing.T) {
			if got := mustFail(t, c, testURL); got.Refused || got.Unusable || got.HTML || got.Status != 0 {
				t.Errorf("%+v, want the zero unavailability", got)
			}
		})
	}
}

func TestRedirectHost(t *testing.T) {
	for location, want := range map[string]string{
		"Location: https://WWW.pub.example:8443/a?b\r\n": "www.pub.example", "Location: /elsewhere\r\n": "pub.test", "": "", "Location: %%\r\n": "",
	} {
		answer := "HTTP/1.1 301 Moved Permanently\r\nContent-Length: 0\r\n" + location + "\r\n"
		got := mustFail(t, serveRaw(t, answer), testURL)
		if got.RedirectHost != want {
			t.Errorf("%q leads to %q, want %q", location, got.RedirectHost, want)
		}
		if want != "" {
			contains(t, got, "redirects are not followed")
		}
	}
}

func TestNothingEchoed(t *testing.T) {
	const secret = "hunter2"
	for name, answer := range map[string]string{
		"S18 body of an error":   "HTTP/1.1 500 " + secret + "\r\nContent-Length: 7\r\n\r\n" + secret,
		"S18 body not JSON":      "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 7\r\n\r\n" + secret,
		"S18 body broken off":    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 70\r\n\r\n" + secret,
		"S18 body of a page":     "HTTP/1.1 404 Not Found\r\nX: " + secret + "\r\n\r\n" + secret,
		"S18 redirect elsewhere": "HTTP/1.1 302 Found\r\nLocation: https://u:" + secret + "@evil/\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			if got := mustFail(t, serveRaw(t, answer), testURL); strings.Contains(got.Error(), secret) {
				t.Errorf("%v repeats what was answered", got)
			}
		})
	}
	t.Run("S18 escape sequences and length", func(t *testing.T) {
		got := mustFail(t, serveRaw(t, "HTTP/1.1 \x1b[31m%s%n"+strings.Repeat("a", 1000)+"\r\n\r\n"), testURL)
		if text := got.Error(); strings.Contains(text, "\x1b") || len(text) > 300 {
			t.Errorf("error %q", text)
		}
		got = mustFail(t, serve(t, document("Content-Type", "text/\"\x1b[31m")), testURL)
		if strings.Contains(got.Error(), "\x1b") {
			t.Errorf("error %q", got.Error())
		}
	})
}
