package fetch

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"github.com/fc28f635/countersign/verify"
)

// ownOrigin runs a server over TLS and returns it as an origin.
func ownOrigin(t *testing.T, h http.HandlerFunc) *Origin {
	t.Helper()
	c := serve(t, h)
	o, err := NewOrigin(c.cfg, "https://pub.test/issuer")
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func TestOriginDo(t *testing.T) {
	var got *http.Request
	var body string
	o := ownOrigin(t, func(w http.ResponseWriter, r *http.Request) {
		data, _ := io.ReadAll(r.Body)
		got, body = r, string(data)
		w.Header().Set("WWW-Authenticate", "Bearer")
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = io.WriteString(w, "<html>")
	})
	res, err := o.Do(t.Context(), Request{Method: "POST", URL: "https://pub.test/register", Bearer: "secret", MediaType: "application/json", Body: []byte("{}")}, 6)
	if err != nil || res.Status != 401 || res.Challenge != "Bearer" || string(res.Body) != "<html>" {
		t.Fatalf("%+v, %v", res, err)
	}
	if got.Method != "POST" || body != "{}" || got.Header.Get("Authorization") != "Bearer secret" || got.Header.Get("Content-Type") != "application/json" || got.Header.Get("Accept") != "application/json" || got.UserAgent() != "countersign" || got.Header.Get("Accept-Encoding") != "identity" {
		t.Errorf("%s %q %v", got.Method, body, got.Header)
	}
	if _, err := o.Do(t.Context(), Request{Method: "DELETE", URL: "https://pub.test/c/1"}, 6); err != nil || got.Method != "DELETE" || len(got.Header["Authorization"])+len(got.Header["Content-Type"]) > 0 {
		t.Errorf("%s %v, %v", got.Method, got.Header, err)
	}
	r := Request{Method: "GET", URL: "https://pub.test/c/1", Accept: "application/jwt", Header: map[string]string{"Signature": "sig1=:AA==:"}}
	if _, err := o.Do(t.Context(), r, 6); err != nil || got.Header.Get("Accept") != "application/jwt" || got.Header.Get("Signature") != "sig1=:AA==:" {
		t.Errorf("%v, %v", got.Header, err)
	}
	t.Run("a method that is none", func(t *testing.T) {
		got = nil
		var failure *verify.FetchError
		if _, err := o.Do(t.Context(), Request{Method: "GET /", URL: "https://pub.test/"}, 6); !errors.As(err, &failure) || !failure.Refused || got != nil {
			t.Errorf("%v, want refused", err)
		}
	})
	t.Run("U22 one byte too many", func(t *testing.T) {
		_, err := o.Do(t.Context(), Request{Method: "GET", URL: "https://pub.test/"}, 5)
		contains(t, err, "larger than 5 bytes")
	})
}

// A server that hangs up is no answer, and no host that answers.
func TestNoAnswer(t *testing.T) {
	gone := false
	answer := func(w http.ResponseWriter, r *http.Request) {
		if gone {
			panic(http.ErrAbortHandler)
		}
		document("Cache-Control", "max-age=300")(w, r)
	}
	t.Run("origin", func(t *testing.T) {
		gone = true
		_, err := ownOrigin(t, answer).Do(t.Context(), Request{Method: "GET", URL: "https://pub.test/"}, 6)
		var failure *verify.FetchError
		if !errors.As(err, &failure) || failure.Server == "" {
			t.Errorf("%v, want a fault of a server that is named", err)
		}
	})
	t.Run("S20 it loses its place", func(t *testing.T) {
		gone = false
		c := serve(t, answer)
		for _, want := range []bool{true, false} {
			if _, err := c.Fetch(t.Context(), testURL, 100); (err == nil) != want {
				t.Fatalf("answered: %t, %v", want, err)
			}
			if known := c.answered.Contains(testHost); known != want {
				t.Errorf("it answered last: %t, want %t", known, want)
			}
			gone = true
		}
	})
}

func TestOriginBounds(t *testing.T) {
	for name, tc := range map[string]struct {
		answer   http.HandlerFunc
		unusable bool
	}{
		"U22 too large": {func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, strings.Repeat("x", 10<<20)) }, true},
		"U23 encoded":   {document("Content-Encoding", "gzip"), true},
		"S14 short": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "70")
			_, _ = io.WriteString(w, testDoc)
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := ownOrigin(t, tc.answer).Do(t.Context(), Request{Method: "GET", URL: testURL}, 100)
			var failure *verify.FetchError
			if !errors.As(err, &failure) || failure.Unusable != tc.unusable || failure.Server == "" {
				t.Errorf("%+v, want unusable %v", err, tc.unusable)
			}
		})
	}
	t.Run("U18 a redirect is an answer", func(t *testing.T) {
		requests := 0
		o := ownOrigin(t, func(w http.ResponseWriter, r *http.Request) {
			requests++
			http.Redirect(w, r, "/other", http.StatusTemporaryRedirect)
		})
		if res, err := o.Do(t.Context(), Request{Method: "POST", URL: testURL}, 100); err != nil || res.Status != 307 || requests != 1 {
			t.Errorf("%+v, %v after %d requests", res, err, requests)
		}
	})
}

func TestOriginAddresses(t *testing.T) {
	for name, tc := range map[string]struct {
		origin, addr string
		loopback     bool
		refused      bool
	}{
		"private address and port":        {origin: "https://as.corp.test:8443", addr: "10.255.255.255"},
		"S1 loopback":                     {origin: "https://as.corp.test", addr: "127.0.0.1", refused: true},
		"S2 cloud metadata":               {origin: "https://as.corp.test", addr: "169.254.169.254", refused: true},
		"S2 cloud metadata over loopback": {origin: "http://as.corp.test", addr: "169.254.169.254", loopback: true, refused: true},
		"S10 http to a private address":   {origin: "http://as.corp.test", addr: "10.255.255.255", loopback: true, refused: true},
		"denied":                          {origin: "https://as.corp.test", addr: "10.9.9.9", refused: true},
		"mapped":                          {origin: "https://as.corp.test", addr: "::ffff:10.0.0.1", refused: true},
	} {
		t.Run(name, func(t *testing.T) {
			calls := 0
			o, err := NewOrigin(Config{LookupAddrs: to(&calls, tc.addr), AllowLoopback: tc.loopback, Deny: []netip.Prefix{netip.MustParsePrefix("10.9.9.0/24")}}, tc.origin)
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			cancel() // no packet leaves: only what is refused says so
			_, err = o.Do(ctx, Request{Method: "GET", URL: tc.origin + "/"}, 100)
			var failure *verify.FetchError
			if !errors.As(err, &failure) || failure.Refused != tc.refused || calls != 1 {
				t.Errorf("%v after %d look-ups, want refused %v", err, calls, tc.refused)
			}
		})
	}
}

func TestOriginIsOneServer(t *testing.T) {
	requests := 0
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { requests++ }))
	defer s.Close()
	o, err := NewOrigin(Config{AllowLoopback: true}, s.URL)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := o.Do(t.Context(), Request{Method: "GET", URL: s.URL + "/a"}, 100); err != nil || requests != 1 {
		t.Fatalf("%v after %d requests", err, requests)
	}
	for _, other := range []string{
		"https" + strings.TrimPrefix(s.URL, "http"), "http://127.0.0.1:1/", "http://127.0.0.2" + s.URL[len("http://127.0.0.1"):],
		strings.Replace(s.URL, "http://", "http://a@", 1), s.URL + "/#a", "http:/", "\x00",
	} {
		var failure *verify.FetchError
		if _, err := o.Do(t.Context(), Request{Method: "GET", URL: other}, 100); !errors.As(err, &failure) || !failure.Refused || requests != 1 {
			t.Errorf("%q: %v after %d requests", other, err, requests)
		}
	}
	for _, bad := range []string{"", "http://as.test", "ftp://as.test", "https:as.test", "https://u@as.test", "https://as.test:0", "https://as.test:0443", "https://as.test:99999", "https://as.test:x"} {
		if _, err := NewOrigin(Config{}, bad); err == nil {
			t.Errorf("%q is an origin", bad)
		}
		if _, err := NewOrigin(Config{AllowLoopback: true}, bad); err == nil && bad != "http://as.test" {
			t.Errorf("%q is an origin on loopback", bad)
		}
	}
}
