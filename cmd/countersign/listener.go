package main

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/fc28f635/countersign/internal/config"
	"github.com/fc28f635/countersign/internal/network"
)

// How long a connection may take. A decision that looks a publisher up takes a
// few times limits.DNSTimeout.
const (
	readHeaderTimeout = 5 * time.Second
	readTimeout       = 10 * time.Second
	writeTimeout      = 60 * time.Second
	idleTimeout       = 60 * time.Second
	headerBytes       = 16 << 10
	http2Streams      = 100 // at once on one connection
)

// newServer returns the server of a handler with every bound that it has.
func newServer(h http.Handler) *http.Server {
	return &http.Server{
		Handler: h, ReadHeaderTimeout: readHeaderTimeout, ReadTimeout: readTimeout, WriteTimeout: writeTimeout,
		IdleTimeout: idleTimeout, MaxHeaderBytes: headerBytes, DisableGeneralOptionsHandler: true,
		HTTP2: &http.HTTP2Config{MaxConcurrentStreams: http2Streams},
	}
}

// A boundedListener closes connections that are more than a network may hold, or
// all networks together. Those of its trusted networks count towards the second
// only.
type boundedListener struct {
	net.Listener
	network, all int
	trusted      []netip.Prefix
	refused      func() // called for each connection that is closed at once

	mu   sync.Mutex
	held map[netip.Prefix]int // only networks that hold some
	sum  int
}

// newBoundedListener bounds the connections of a listener. This machine is
// trusted, and so are the proxies that are named.
func newBoundedListener(l net.Listener, limits config.Limits, proxies []netip.Prefix) *boundedListener {
	trusted := append(slices.Clone(proxies), netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128"))
	return &boundedListener{Listener: l, network: limits.NetworkConnections, all: limits.Connections, trusted: trusted, refused: func() {}, held: map[netip.Prefix]int{}}
}

// Accept implements net.Listener.
func (l *boundedListener) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		from := l.networkOf(conn)
		if l.take(from) {
			return &boundedConn{Conn: conn, release: sync.OnceFunc(func() { l.release(from) })}, nil
		}
		l.refused()
		_ = conn.Close()
	}
}

// open returns how many connections are held.
func (l *boundedListener) open() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.sum
}

// networkOf returns the network of a peer, zero where it is trusted.
func (l *boundedListener) networkOf(conn net.Conn) netip.Prefix {
	peer, _ := netip.ParseAddrPort(conn.RemoteAddr().String())
	addr := peer.Addr().Unmap().WithZone("")
	if slices.ContainsFunc(l.trusted, func(p netip.Prefix) bool { return p.Contains(addr) }) {
		return netip.Prefix{}
	}
	return network.Of(addr)
}

func (l *boundedListener) take(from netip.Prefix) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.sum >= l.all || from.IsValid() && l.held[from] >= l.network {
		return false
	}
	l.sum++
	l.held[from]++
	return true
}

func (l *boundedListener) release(from netip.Prefix) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sum--
	if l.held[from]--; l.held[from] == 0 {
		delete(l.held, from)
	}
}

// A boundedConn gives its place back when it is closed.
type boundedConn struct {
	net.Conn
	release func()
}

func (c *boundedConn) Close() error {
	c.release()
	return c.Conn.Close()
}
