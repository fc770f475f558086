package main

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"github.com/fc28f635/countersign/internal/config"
)

// answerOK answers every request.
var answerOK = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })

// serveBounded serves on loopback, as if it were another network.
func serveBounded(t *testing.T, network, all int, trusted ...netip.Prefix) (addr string, bounded *boundedListener, refused *atomic.Int64) {
	t.Helper()
	refused = &atomic.Int64{}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	bounded = newBoundedListener(listener, config.Limits{NetworkConnections: network, Connections: all}, nil)
	bounded.trusted, bounded.refused = trusted, func() { refused.Add(1) }
	server := newServer(answerOK)
	done := make(chan struct{})
	go func() { defer close(done); _ = server.Serve(bounded) }()
	t.Cleanup(func() { _ = server.Close(); <-done })
	return listener.Addr().String(), bounded, refused
}

// answered asks over a connection and reports whether an answer came.
func answered(t *testing.T, conn net.Conn) bool {
	t.Helper()
	if err := conn.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	_, _ = io.WriteString(conn, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
	line, _ := bufio.NewReader(conn).ReadString('\n')
	return strings.HasPrefix(line, "HTTP/1.1 200 ")
}

func dial(t *testing.T, addr string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// A network that holds as many connections as it may gets no other until it lets
// one go; nobody else waits for it.
func TestConnectionsOfANetwork(t *testing.T) {
	loopback := netip.MustParsePrefix("127.0.0.0/8")
	for _, test := range []struct {
		name         string
		network, all int
		trusted      []netip.Prefix
		limited      bool
	}{
		{"H6 one network", 2, 100, nil, true},
		{"H6 all networks", 100, 2, nil, true},
		{"H6 all networks, the trusted ones too", 100, 2, []netip.Prefix{loopback}, true},
		{"H6 a trusted network", 2, 100, []netip.Prefix{loopback}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			addr, bounded, refused := serveBounded(t, test.network, test.all, test.trusted...)
			held := []net.Conn{dial(t, addr), dial(t, addr)}
			for _, conn := range held {
				if !answered(t, conn) {
					t.Fatal("the first are not answered")
				}
			}
			if answered(t, dial(t, addr)) == test.limited {
				t.Errorf("the third is answered: %t", !test.limited)
			}
			if got := refused.Load() > 0; got != test.limited {
				t.Errorf("%d connections were reported as refused", refused.Load())
			}
			for _, conn := range held {
				_ = conn.Close()
			}
			for deadline := time.Now().Add(10 * time.Second); !answered(t, dial(t, addr)); {
				if time.Now().After(deadline) {
					t.Fatal("after they are gone nobody is answered")
				}
			}
			bounded.mu.Lock()
			defer bounded.mu.Unlock()
			if len(bounded.held) > 1 || bounded.sum > test.all {
				t.Errorf("held %v, %d", bounded.held, bounded.sum)
			}
		})
	}
}

// An address of the network, as a connection has it.
type peer struct {
	net.Conn
	addr string
}

func (p peer) RemoteAddr() net.Addr {
	return net.TCPAddrFromAddrPort(netip.AddrPortFrom(netip.MustParseAddr(p.addr), 1))
}

func TestNetworkOfAConnection(t *testing.T) {
	l := newBoundedListener(nil, config.Limits{}, []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")})
	for addr, want := range map[string]string{
		"192.0.2.7": "192.0.2.0/24", "::ffff:192.0.2.7": "192.0.2.0/24", "2001:db8:1:2:3::4": "2001:db8:1:2::/64",
		"127.0.0.1": "invalid Prefix", "::1": "invalid Prefix", "10.1.2.3": "invalid Prefix",
	} {
		if got := l.networkOf(peer{addr: addr}).String(); got != want {
			t.Errorf("H6 %s is of %s, want %s", addr, got, want)
		}
	}
}

// H6: a caller that does not finish its header is cut off; one that does nothing
// as well.
func TestServerBounds(t *testing.T) {
	s := newServer(answerOK)
	if s.ReadHeaderTimeout <= 0 || s.ReadHeaderTimeout > 5*time.Second || s.IdleTimeout <= 0 || s.IdleTimeout > time.Minute ||
		s.MaxHeaderBytes != 16<<10 || s.WriteTimeout <= 0 || s.ReadTimeout <= 0 {
		t.Errorf("H6 the server has %s, %s, %d bytes", s.ReadHeaderTimeout, s.IdleTimeout, s.MaxHeaderBytes)
	}
	s.ReadHeaderTimeout = 100 * time.Millisecond
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() { defer close(done); _ = s.Serve(listener) }()
	defer func() { _ = s.Close(); <-done }()
	for name, text := range map[string]string{"H6 a header that does not end": "GET / HTTP/1.1\r\nHost: x\r\nX: ", "H6 nothing": ""} {
		conn := dial(t, listener.Addr().String())
		if err := conn.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
			t.Fatal(err)
		}
		_, _ = io.WriteString(conn, text)
		if back, err := io.ReadAll(conn); err != nil || strings.Contains(string(back), " 200 ") {
			t.Errorf("%s: %q, %v", name, back, err)
		}
	}
}

// An h2 is a connection that speaks HTTP/2 frame by frame.
type h2 struct {
	*http2.Framer
	t       *testing.T
	conn    net.Conn
	streams uint32 // that the server allows at once
	next    uint32
}

func dialHTTP2(t *testing.T, server *httptest.Server) *h2 {
	t.Helper()
	conn, err := tls.Dial("tcp", server.Listener.Addr().String(), &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"h2"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(conn, http2.ClientPreface); err != nil {
		t.Fatal(err)
	}
	c := &h2{Framer: http2.NewFramer(conn, conn), t: t, conn: conn, next: 1}
	if err := c.WriteSettings(); err != nil {
		t.Fatal(err)
	}
	frame, err := c.ReadFrame()
	if err != nil {
		t.Fatal(err)
	}
	settings, ok := frame.(*http2.SettingsFrame)
	if !ok {
		t.Fatalf("the first frame is %v", frame)
	}
	c.streams, _ = settings.Value(http2.SettingMaxConcurrentStreams)
	return c
}

// get begins a request and returns its stream.
func (c *h2) get() (uint32, error) {
	var block bytes.Buffer
	e := hpack.NewEncoder(&block)
	for _, f := range [][2]string{{":method", "GET"}, {":scheme", "https"}, {":path", "/"}, {":authority", "x"}} {
		_ = e.WriteField(hpack.HeaderField{Name: f[0], Value: f[1]})
	}
	stream := c.next
	c.next += 2
	return stream, c.WriteHeaders(http2.HeadersFrameParam{StreamID: stream, BlockFragment: block.Bytes(), EndStream: true, EndHeaders: true})
}

// HTTP/2 has the bound on streams that we set, and no more requests are under
// way than that, however fast they are reset.
func TestHTTP2(t *testing.T) {
	var running, most atomic.Int64
	release := make(chan struct{})
	server := httptest.NewUnstartedServer(nil)
	bounded := newServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Healthy") == "" {
			for n := running.Add(1); ; {
				if m := most.Load(); n <= m || most.CompareAndSwap(m, n) {
					break
				}
			}
			<-release // a handler that does not notice that its caller is gone
			running.Add(-1)
		}
		w.WriteHeader(http.StatusOK)
	}))
	bounded.ErrorLog = log.New(io.Discard, "", 0)
	server.Config, server.EnableHTTP2 = bounded, true
	server.StartTLS()
	t.Cleanup(server.Close)
	c := dialHTTP2(t, server)
	t.Run("H8 streams", func(t *testing.T) {
		if c.streams != http2Streams {
			t.Errorf("%d streams at once, want %d", c.streams, http2Streams)
		}
	})
	t.Run("H8 rapid reset", func(t *testing.T) {
		for range 5000 {
			stream, err := c.get()
			if err == nil {
				err = c.WriteRSTStream(stream, http2.ErrCodeCancel)
			}
			if err != nil {
				break // the server has enough of it
			}
		}
		healthy := server.Client()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("X-Healthy", "1")
		resp, err := healthy.Do(req)
		if err != nil {
			t.Fatalf("another caller is not answered: %v", err)
		}
		_ = resp.Body.Close()
		if resp.ProtoMajor != 2 {
			t.Errorf("over HTTP/%d", resp.ProtoMajor)
		}
		close(release)
		if n := most.Load(); n > http2Streams {
			t.Errorf("%d requests were under way, want at most %d", n, http2Streams)
		}
	})

}
