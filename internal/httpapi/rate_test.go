package httpapi_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fc28f635/countersign/internal/access"
	"github.com/fc28f635/countersign/internal/gcra"
	"github.com/fc28f635/countersign/internal/httpapi"
	"github.com/fc28f635/countersign/issuer"
	"github.com/fc28f635/countersign/verify"
)

// oneAnHour lets two requests through at once, and for a test no more.
var oneAnHour = httpapi.Rates{Key: gcra.Rate{PerSecond: 1, Burst: 2}, Network: gcra.Rate{PerSecond: 1, Burst: 2}}

// A stopped clock stands until it is moved.
type stopped struct{ seconds atomic.Int64 }

func (c *stopped) now() time.Time { return noon.Add(time.Duration(c.seconds.Load()) * time.Second) }

// from asks as a peer with an address would.
func (s *testService) from(addr, method, path string, header http.Header) answer {
	s.t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(""))
	r.Host, r.RemoteAddr = s.address, netip.AddrPortFrom(netip.MustParseAddr(addr), 4711).String()
	for name, values := range header {
		r.Header[name] = values
	}
	w := httptest.NewRecorder()
	s.server.Config.Handler.ServeHTTP(w, r)
	return answer{status: w.Code, header: w.Header(), body: w.Body.String()}
}

func TestRateOfAKey(t *testing.T) {
	clock := &stopped{}
	s := start(t, setup{rates: oneAnHour, clock: clock.now})
	_, other := s.key(access.Terms{Role: access.Decide})
	t.Run("H23 a burst", func(t *testing.T) {
		for range 2 {
			s.post(good).decision(t)
		}
		a := s.post(good)
		a.want(t, http.StatusTooManyRequests, "rate_limited")
		if p := a.problem(t); p.Error != "temporarily_unavailable" || a.header.Get("Retry-After") != "1" {
			t.Errorf("error %q, Retry-After %q", p.Error, a.header.Get("Retry-After"))
		}
	})
	t.Run("H23 another key has its own", func(t *testing.T) {
		s.as(other).post(good).decision(t)
	})
	t.Run("H23 after Retry-After", func(t *testing.T) {
		clock.seconds.Store(1)
		s.post(good).decision(t)
		s.post(good).want(t, http.StatusTooManyRequests, "rate_limited")
	})
}

// What goes out to the network is charged to the key that it goes out for, and
// what is remembered is not.
func TestRateOfLookups(t *testing.T) {
	clock := &stopped{}
	rates := httpapi.Rates{Lookups: gcra.Rate{PerSecond: 1, Burst: 3}}
	s := start(t, setup{rates: rates, clock: clock.now, verifier: verify.Config{Fetcher: documentFetcher{}, InsecureSpecialUse: true}})
	_, other := s.key(access.Terms{Role: access.Decide})
	ask := func(s *testService, name string) answer {
		return s.post(fmt.Sprintf(`{"client_id":"https://%s.example/mcp/client.json"}`, name))
	}
	t.Run("H23 what is remembered", func(t *testing.T) {
		for range 10 {
			ask(s, "acme").decision(t)
		}
	})
	t.Run("H23 look-ups", func(t *testing.T) {
		limited := 0
		for i := range 10 {
			if ask(s, fmt.Sprint("other", i)).status == http.StatusTooManyRequests {
				limited++
			}
		}
		if limited != 8 { // one was spent on acme
			t.Errorf("%d of 10 were limited", limited)
		}
		ask(s, "acme").want(t, http.StatusTooManyRequests, "rate_limited")
		ask(s.as(other), "another").want(t, http.StatusServiceUnavailable, "document_unavailable")
	})
	t.Run("H23 later", func(t *testing.T) {
		clock.seconds.Store(1)
		ask(s, "acme").decision(t)
	})
}

func TestRateOfANetwork(t *testing.T) {
	const health = "/healthz"
	for _, test := range []struct {
		name  string
		addrs []string
		limit int // of the last how many are limited
	}{
		{"H23 one address", []string{"192.0.2.1", "192.0.2.1", "192.0.2.1"}, 1},
		{"H23 one /24", []string{"192.0.2.1", "192.0.2.2", "192.0.2.255"}, 1},
		{"H23 two /24", []string{"192.0.2.1", "192.0.2.2", "192.0.3.1"}, 0},
		{"H23 one /24 in IPv6 clothes", []string{"192.0.2.1", "::ffff:192.0.2.2", "192.0.2.3"}, 1},
		{"H15 one /64", []string{"2001:db8:1:1::1", "2001:db8:1:1::2", "2001:db8:1:1:ffff::"}, 1},
		{"H23 two /64", []string{"2001:db8:1:1::1", "2001:db8:1:1::2", "2001:db8:1:2::"}, 0},
		{"H23 hopping in a /48", []string{"2001:db8:1:1::", "2001:db8:1:2::", "2001:db8:1:3::", "2001:db8:1:4::", "2001:db8:1:5::", "2001:db8:1:6::", "2001:db8:1:7::", "2001:db8:1:8::", "2001:db8:1:9::"}, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			clock := &stopped{}
			s := start(t, setup{rates: oneAnHour, clock: clock.now})
			for i, addr := range test.addrs {
				a := s.from(addr, "GET", health, nil)
				if want := i >= len(test.addrs)-test.limit; (a.status == http.StatusTooManyRequests) != want {
					t.Errorf("request %d from %s answered %d", i+1, addr, a.status)
				}
			}
		})
	}
	t.Run("H23 a wrong key counts, a good one does not", func(t *testing.T) {
		clock := &stopped{}
		s := start(t, setup{rates: oneAnHour, clock: clock.now})
		for i, want := range []int{401, 401, 429} {
			if a := s.from("192.0.2.1", "GET", "/v1/keys", http.Header{"Authorization": {"Bearer x"}}); a.status != want {
				t.Errorf("request %d answered %d, want %d", i+1, a.status, want)
			}
		}
		if a := s.from("192.0.2.1", "GET", "/v1/keys", http.Header{"Authorization": {"Bearer " + s.token}}); a.status != http.StatusOK {
			t.Errorf("a good key beside them: %d", a.status)
		}
		if a := s.from("192.0.2.1", "GET", "/nothing", nil); a.status != http.StatusTooManyRequests {
			t.Errorf("what is not there answered %d", a.status)
		}
	})
	t.Run("H23 all strangers together", func(t *testing.T) {
		clock := &stopped{}
		s := start(t, setup{rates: httpapi.Rates{Strangers: gcra.Rate{PerSecond: 1, Burst: 20}}, clock: clock.now})
		limited := 0
		for i := range 30 {
			if s.from(fmt.Sprintf("192.0.%d.1", i), "GET", health, nil).status == http.StatusTooManyRequests {
				limited++
			}
		}
		if limited != 10 {
			t.Errorf("%d of 30 were limited", limited)
		}
	})
}

// Arrivals are counted for the address that a caller asserts, not for its own.
func TestRateOfArrivals(t *testing.T) {
	clock := &stopped{}
	seen := &observations{}
	s := start(t, setup{clock: clock.now, verifier: verify.Config{InsecureSpecialUse: true}, observe: seen.add,
		arrivals: issuer.ArrivalRates{NetworkPerSecond: 1, NetworkBurst: 2, PublisherPerSecond: 1, PublisherBurst: 4}})
	from := func(addr string, n int) answer {
		body := fmt.Sprintf(`{"client":{"client_name":"Acme %d","redirect_uris":["https://acme.example/cb"]},"source":{"ip":%q}}`, n, addr)
		r, w := httptest.NewRequest("POST", "/v1/decisions", strings.NewReader(body)), httptest.NewRecorder()
		r.Host, r.Header = s.address, http.Header{"Authorization": {"Bearer " + s.token}, "Content-Type": {"application/json"}}
		s.server.Config.Handler.ServeHTTP(w, r)
		return answer{status: w.Code, header: w.Header(), body: w.Body.String()}
	}
	limited := func(a answer, by httpapi.Limit) {
		t.Helper()
		a.want(t, http.StatusTooManyRequests, "rate_limited")
		if a.header.Get("Retry-After") != "1" || seen.last().Limit != by {
			t.Errorf("Retry-After %q, limited by %q", a.header.Get("Retry-After"), seen.last().Limit)
		}
	}
	t.Run("H23 one network", func(t *testing.T) {
		from("192.0.2.1", 1).decision(t)
		from("192.0.2.2", 1).decision(t)
		limited(from("192.0.2.3", 1), httpapi.LimitSource)
		from("::ffff:192.0.3.1", 1).decision(t)
	})
	t.Run("H23 new clients of one publisher", func(t *testing.T) {
		from("198.51.100.1", 2).decision(t)
		from("198.51.101.1", 3).decision(t)
		limited(from("198.51.102.1", 4), httpapi.LimitPublisher)
		from("198.51.103.1", 3).decision(t)
	})
	t.Run("H23 after Retry-After", func(t *testing.T) {
		clock.seconds.Store(1)
		from("192.0.2.3", 1).decision(t)
		from("198.51.102.1", 4).decision(t)
	})
}

// H15: from where a request came is told by the connection, and by trusted proxies.
func TestClientAddress(t *testing.T) {
	proxies := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}
	for _, test := range []struct {
		name    string
		proxies []netip.Prefix
		header  string
		peer    string
		sent    []string
		want    string
	}{
		{"no proxy is trusted", nil, "", "192.0.2.1", []string{"198.51.100.1"}, "192.0.2.0/24"},
		{"the peer is no proxy", proxies, "", "192.0.2.1", []string{"198.51.100.1"}, "192.0.2.0/24"},
		{"one proxy", proxies, "", "10.0.0.1", []string{"198.51.100.1"}, "198.51.100.0/24"},
		{"what stands left is the caller's word", proxies, "", "10.0.0.1", []string{"203.0.113.9, 198.51.100.1"}, "198.51.100.0/24"},
		{"a trusted address that the caller wrote", proxies, "", "10.0.0.1", []string{"10.0.0.9, 198.51.100.1"}, "198.51.100.0/24"},
		{"two proxies", proxies, "", "10.0.0.1", []string{"203.0.113.9, 198.51.100.1, 10.0.0.2"}, "198.51.100.0/24"},
		{"two headers", proxies, "", "10.0.0.1", []string{"203.0.113.9", "198.51.100.1"}, "198.51.100.0/24"},
		{"a port", proxies, "", "10.0.0.1", []string{"198.51.100.1:80"}, "198.51.100.0/24"},
		{"IPv6", proxies, "", "fd00::1", []string{"2001:db8::1"}, "2001:db8::/64"},
		{"IPv6 with brackets and a port", proxies, "", "10.0.0.1", []string{"[2001:db8::1]:80"}, "2001:db8::/64"},
		{"a zone", proxies, "", "10.0.0.1", []string{"fe80::1%eth0"}, "fe80::/64"},
		{"an IPv4 address in IPv6 clothes", proxies, "", "::ffff:10.0.0.1", []string{"::ffff:198.51.100.1"}, "198.51.100.0/24"},
		{"garbage", proxies, "", "10.0.0.1", []string{"203.0.113.9, unknown"}, "10.0.0.0/24"},
		{"garbage left of it", proxies, "", "10.0.0.1", []string{strings.Repeat("x,", 4000) + "198.51.100.1"}, "198.51.100.0/24"},
		{"no header", proxies, "", "10.0.0.1", nil, "10.0.0.0/24"},
		{"the other header", proxies, httpapi.Forwarded, "10.0.0.1", []string{`for=203.0.113.9, For="198.51.100.1:80";proto=https`}, "198.51.100.0/24"},
		{"the other header, IPv6", proxies, httpapi.Forwarded, "10.0.0.1", []string{`proto=https;for="[2001:db8::1]:4711"`}, "2001:db8::/64"},
		{"the other header, a quote that never ends", proxies, httpapi.Forwarded, "10.0.0.1", []string{`for="203.0.113.9, for=198.51.100.1`}, "198.51.100.0/24"},
		{"the other header, twice", proxies, httpapi.Forwarded, "10.0.0.1", []string{`for=203.0.113.9`, `for=198.51.100.1, for=10.0.0.2`}, "198.51.100.0/24"},
		{"the other header, an element without for", proxies, httpapi.Forwarded, "10.0.0.1", []string{`for=203.0.113.9, proto=https`}, "10.0.0.0/24"},
		{"the other header, hidden", proxies, httpapi.Forwarded, "10.0.0.1", []string{`for=203.0.113.9, for=_hidden`}, "10.0.0.0/24"},
	} {
		t.Run("H15 "+test.name, func(t *testing.T) {
			s := start(t, setup{proxies: test.proxies, proxyHeader: test.header})
			sent, unread := httpapi.XForwardedFor, httpapi.Forwarded
			if test.header != "" {
				sent, unread = unread, sent
			}
			s.from(test.peer, "GET", "/healthz", http.Header{sent: test.sent, unread: {"for=203.0.113.77", "203.0.113.77"}})
			if events := s.events(); len(events) != 1 || events[0]["network"] != test.want {
				t.Errorf("logged %v, want %s", events, test.want)
			}
		})
	}
	t.Run("H15 a thousand left-most addresses are one caller", func(t *testing.T) {
		clock := &stopped{}
		s := start(t, setup{rates: oneAnHour, clock: clock.now, proxies: proxies})
		passed := 0
		for i := range 1000 {
			header := http.Header{httpapi.XForwardedFor: {fmt.Sprintf("203.%d.%d.1, 198.51.100.1", i/256, i%256)}}
			if s.from("10.0.0.1", "GET", "/healthz", header).status == http.StatusOK {
				passed++
			}
		}
		if passed != 2 {
			t.Errorf("%d passed", passed)
		}
	})
}

func TestCrossOrigin(t *testing.T) {
	const page = "https://console.example"
	s := start(t, setup{origins: []string{page}})
	open := start(t, setup{})
	preflight := func(origin string) http.Header {
		return http.Header{"Authorization": nil, "Origin": {origin}, "Access-Control-Request-Method": {"POST"}, "Access-Control-Request-Headers": {"authorization"}}
	}
	t.Run("H17 a configured origin", func(t *testing.T) {
		a := s.do("OPTIONS", "/v1/decisions", nil, preflight(page))
		if a.status != http.StatusNoContent || a.header.Get("Access-Control-Allow-Origin") != page || a.header.Get("Access-Control-Allow-Methods") != "GET, HEAD, POST" {
			t.Errorf("preflight: %d %v", a.status, a.header)
		}
		a = s.do("POST", "/v1/decisions", strings.NewReader(good), http.Header{"Content-Type": {"application/json"}, "Origin": {page}})
		if a.decision(t); a.header.Get("Access-Control-Allow-Origin") != page || a.header.Get("Vary") != "Origin" {
			t.Errorf("%v", a.header)
		}
		a = s.do("GET", "/v1/keys", nil, http.Header{"Authorization": nil, "Origin": {page}})
		if a.status != http.StatusUnauthorized {
			t.Errorf("without a key: %d", a.status)
		}
	})
	for _, origin := range []string{"null", "https://evil.example", page + ".evil.example", "http://console.example", page + ":444", "*", ""} {
		t.Run("H17 "+origin, func(t *testing.T) {
			for name, s := range map[string]*testService{"one configured": s, "none configured": open} {
				for _, header := range []http.Header{preflight(origin), {"Origin": {origin}}, {"Origin": {page, origin}}} {
					a := s.do("OPTIONS", "/v1/decisions", nil, header)
					if a.status < 400 || a.header.Get("Access-Control-Allow-Origin") != "" {
						t.Errorf("%s: %d %v", name, a.status, a.header)
					}
				}
			}
		})
	}
	t.Run("H17 what is public is read by all, without credentials", func(t *testing.T) {
		for _, path := range []string{"/openapi.json", "/.well-known/jwks.json"} {
			a := s.do("GET", path, nil, http.Header{"Origin": {"null"}, "Authorization": nil})
			if a.header.Get("Access-Control-Allow-Origin") != "*" || a.header.Get("Access-Control-Allow-Credentials") != "" {
				t.Errorf("%s: %v", path, a.header)
			}
		}
	})
	for _, origin := range []string{"*", "null", "", "console.example", "http://console.example", "https://console.example/", "https://a@console.example"} {
		_, err := httpapi.New(httpapi.Config{Registry: &issuer.Registry{}, Keys: &access.Keyring{}, Hosts: []string{"x"}, Origins: []string{origin}})
		if err == nil || !strings.Contains(err.Error(), "Origins") {
			t.Errorf("H17 the origin %q is taken: %v", origin, err)
		}
	}
}
