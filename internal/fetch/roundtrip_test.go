package fetch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/fc28f635/countersign/verify"
)

func roundTrip(ctx context.Context, o *Origin, url string) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader("{}"))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept-Encoding", "gzip")
	resp, err := o.RoundTrip(req)
	if req.Header.Get("Accept-Encoding") != "gzip" || req.UserAgent() != "" {
		return nil, fmt.Errorf("RoundTrip changed the request that it was given: %v", req.Header)
	}
	return resp, err
}

func TestOriginRoundTrip(t *testing.T) {
	more := make(chan struct{})
	var got http.Header
	o := ownOrigin(t, func(w http.ResponseWriter, r *http.Request) {
		got = r.Header
		_, _ = io.WriteString(w, "one")
		_ = http.NewResponseController(w).Flush()
		<-more
		_, _ = io.WriteString(w, "two")
	})
	resp, err := roundTrip(t.Context(), o, "https://pub.test/mcp")
	if err != nil {
		t.Fatal(err)
	}
	first := make([]byte, len("one"))
	if _, err := io.ReadFull(resp.Body, first); err != nil || string(first) != "one" {
		t.Fatalf("%q, %v: what arrives is not passed on", first, err)
	}
	close(more)
	rest, err := io.ReadAll(resp.Body)
	if err != nil || string(rest) != "two" {
		t.Errorf("%q, %v", rest, err)
	}
	if err := resp.Body.Close(); err != nil {
		t.Error(err)
	}
	if got.Get("User-Agent") != "countersign" || got.Get("Accept-Encoding") != "identity" {
		t.Errorf("%v", got)
	}
}

func TestOriginRoundTripRefuses(t *testing.T) {
	requests := 0
	o := ownOrigin(t, func(w http.ResponseWriter, _ *http.Request) {
		requests++
		w.Header().Set("Content-Encoding", "gzip")
	})
	var failure *verify.FetchError
	if _, err := roundTrip(t.Context(), o, "https://other.test/mcp"); !errors.As(err, &failure) || !failure.Refused || requests != 0 {
		t.Errorf("another server: %v after %d requests", err, requests)
	}
	if _, err := roundTrip(t.Context(), o, "https://pub.test/mcp"); !errors.As(err, &failure) || !failure.Unusable || requests != 1 {
		t.Errorf("an encoded answer: %v after %d requests", err, requests)
	}
	calls := 0
	inside, err := NewOrigin(Config{LookupAddrs: to(&calls, "169.254.169.254")}, "https://as.corp.test")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := roundTrip(t.Context(), inside, "https://as.corp.test/"); !errors.As(err, &failure) || !failure.Refused || calls != 1 {
		t.Errorf("S2 cloud metadata: %v after %d look-ups", err, calls)
	}
	nowhere, err := NewOrigin(Config{LookupAddrs: func(context.Context, string) ([]netip.Addr, error) { return nil, nil }}, "https://as.corp.test")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := roundTrip(t.Context(), nowhere, "https://as.corp.test/"); err == nil {
		t.Error("a host without address was asked")
	}
	t.Run("the request's body is closed, and may be missing", func(t *testing.T) {
		closed := 0
		for _, url := range []string{"https://other.test/", "https://as.corp.test/"} {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := nowhere.RoundTrip(req); err == nil {
				t.Errorf("%s was asked", url)
			}
			req.Body = closing{strings.NewReader("{}"), &closed}
			if _, err := nowhere.RoundTrip(req); err == nil {
				t.Errorf("%s was asked", url)
			}
		}
		if closed != 2 {
			t.Errorf("%d bodies of 2 were closed", closed)
		}
	})
}

// closing counts how often it is closed.
type closing struct {
	io.Reader
	closed *int
}

func (c closing) Close() error {
	*c.closed++
	return nil
}

// A connection over which nothing could be asked is not left open.
func TestUnusedConnectionIsClosed(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	// The user agent can stand in no header, so that net/http sends nothing.
	cfg := Config{AllowLoopback: true, UserAgent: "a\nb", ConnectTo: connectTo(l.Addr().String())}
	o, err := NewOrigin(cfg, testURL)
	if err != nil {
		t.Fatal(err)
	}
	for name, ask := range map[string]func() error{
		"Fetch": func() error {
			_, err := New(cfg).Fetch(t.Context(), testURL, 100)
			return err
		},
		"Do": func() error {
			_, err := o.Do(t.Context(), Request{Method: "GET", URL: testURL}, 100)
			return err
		},
		"RoundTrip": func() error {
			_, err := roundTrip(t.Context(), o, testURL)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			contains(t, ask(), "invalid header")
			conn, err := l.Accept()
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			if err := conn.SetReadDeadline(time.Now().Add(time.Second)); err != nil {
				t.Fatal(err)
			}
			if n, err := conn.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
				t.Errorf("%d bytes, %v, want the end of the connection", n, err)
			}
		})
	}
}

// What a server says by breaking off is quoted as all that strangers write.
func TestOriginRoundTripBreaksOff(t *testing.T) {
	for name, answer := range map[string]string{"before": "no HTTP\r\n\r\n", "within": "HTTP/1.1 200 OK\r\nContent-Length: 70\r\n\r\n{}"} {
		t.Run("S14 "+name+" the answer", func(t *testing.T) {
			o, err := NewOrigin(serveRaw(t, answer).cfg, testURL)
			if err != nil {
				t.Fatal(err)
			}
			resp, err := roundTrip(t.Context(), o, testURL)
			if name == "before" {
				var failure *verify.FetchError
				if contains(t, err, "no answer"); !errors.As(err, &failure) || failure.Server == "" || failure.Status != 0 {
					t.Errorf("%+v, want a fault of a server that is named", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			body, err := io.ReadAll(resp.Body)
			if contains(t, err, "the answer broke off"); !errors.Is(err, io.ErrUnexpectedEOF) || string(body) != "{}" {
				t.Errorf("%q, %v", body, err)
			}
		})
	}
}
