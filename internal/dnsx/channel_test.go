package dnsx

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
	"time"

	"github.com/miekg/dns"
)

// What is lost over UDP is asked again by whoever counts the attempts; what came
// and may be a guess is asked over TCP at once.
func TestWhenTCPIsAsked(t *testing.T) {
	for name, tc := range map[string]struct {
		udp     func(q *dns.Msg) *dns.Msg
		network string
	}{
		"answered":  {func(q *dns.Msg) *dns.Msg { return respond(t, q, keyRecord()) }, "udp"},
		"silent":    {func(*dns.Msg) *dns.Msg { return nil }, "udp"},
		"truncated": {func(q *dns.Msg) *dns.Msg { return respond(t, q, nil, func(m *dns.Msg) { m.Truncated = true }) }, "tcp"},
		"D15 in capitals": {func(q *dns.Msg) *dns.Msg {
			return respond(t, q, nil, func(m *dns.Msg) { m.Question[0].Name = "_CLIENT-KEY.ACME.TEST." })
		}, "tcp"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t, func(q *dns.Msg, network string) *dns.Msg {
				if network == "tcp" {
					return respond(t, q, keyRecord())
				}
				return tc.udp(q)
			})
			way := &plainChannel{address: netip.MustParseAddrPort(f.address)}
			m, network, err := exchangeWithin(t.Context(), 200*time.Millisecond, way, question(owner, dns.TypeTXT), false)
			if network != tc.network || (err == nil) != (name != "silent") || err == nil && len(m.Answer) != 1 {
				t.Errorf("%v over %s, %v, want an answer over %s", m, network, err, tc.network)
			}
			if n := f.count("tcp"); (n > 0) != (tc.network == "tcp") {
				t.Errorf("asked over TCP %d times", n)
			}
		})
	}
}

// Every way says that it cannot be gone, and none goes it once its time is over.
func TestNobodyIsThere(t *testing.T) {
	packets, listener := listenBoth(t)
	address := packets.LocalAddr().String()
	packets.Close()
	listener.Close()
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	for _, up := range []string{address, "tls://" + address + "#" + certificateName, "https://" + address + "/dns-query"} {
		r := newResolver(t, Upstream{Address: up})
		way, err := r.channel(r.upstreams[0])
		if err != nil {
			t.Fatal(err)
		}
		for name, ctx := range map[string]context.Context{"nobody listens": t.Context(), "nobody waits": gone} {
			for _, reliable := range []bool{false, true} {
				if m, _, err := way.exchange(ctx, question(owner, dns.TypeTXT), reliable); err == nil || m != nil {
					t.Errorf("%s where %s: %v, %v", up, name, m, err)
				}
			}
		}
	}
}

// A connection is closed once its answer is there.
func TestConnectionsAreClosed(t *testing.T) {
	certified := httptest.NewTLSServer(http.NotFoundHandler()) // for its certificate
	pool, certificates := x509.NewCertPool(), certified.TLS.Certificates
	pool.AddCert(certified.Certificate())
	certified.Close()
	plain := func(address netip.AddrPort) channel { return &plainChannel{address: address} }
	secured := func(address netip.AddrPort) channel {
		return &tlsChannel{address: address, config: &tls.Config{RootCAs: pool, ServerName: certificateName, MinVersion: tls.VersionTLS12}}
	}
	for name, way := range map[string]func(netip.AddrPort) channel{"tcp": plain, "tls": secured} {
		t.Run(name, func(t *testing.T) {
			listener, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer listener.Close()
			closed := make(chan error, 1)
			go func() {
				c, err := listener.Accept()
				if err != nil {
					closed <- err
					return
				}
				defer c.Close()
				if name == "tls" {
					c = tls.Server(c, &tls.Config{Certificates: certificates, MinVersion: tls.VersionTLS12})
				}
				closed <- answerAndWait(t, &dns.Conn{Conn: c})
			}()
			m, _, err := way(netip.MustParseAddrPort(listener.Addr().String())).exchange(t.Context(), question(owner, dns.TypeTXT), true)
			if err != nil || len(m.Answer) != 1 {
				t.Fatalf("%v, %v", m, err)
			}
			if err := <-closed; !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("the connection is open: %v", err)
			}
		})
	}
}

// answerAndWait answers one question and returns what comes after it.
func answerAndWait(t *testing.T, conn *dns.Conn) error {
	q, err := conn.ReadMsg()
	if err != nil {
		return err
	}
	if err := conn.WriteMsg(respond(t, q, keyRecord())); err != nil {
		return err
	}
	_ = conn.SetReadDeadline(time.Now().Add(5 * time.Second)) // so that the test ends
	_, err = conn.Read(make([]byte, 1))
	return err
}
