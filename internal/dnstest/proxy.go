package dnstest

import (
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/miekg/dns"
)

// Proxy stands before a server until the test ends and changes its answers: what
// somebody on the way can do, or a server that lies. change gets the answer and the
// network, "udp" or "tcp", that it goes over.
func Proxy(t testing.TB, server netip.AddrPort, change func(m *dns.Msg, network string)) netip.AddrPort {
	t.Helper()
	at := FreePort(t)
	packets, err := net.ListenPacket("udp", at.String())
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", at.String())
	if err != nil {
		t.Fatal(err)
	}
	handler := dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
		network := w.RemoteAddr().Network()
		m, _, err := (&dns.Client{Net: network, Timeout: time.Second, UDPSize: dns.MaxMsgSize}).Exchange(q, server.String())
		if err != nil {
			return // as a server that does not answer
		}
		change(m, network)
		_ = w.WriteMsg(m) // who asked is gone
	})
	var served sync.WaitGroup
	t.Cleanup(served.Wait)
	for _, s := range []*dns.Server{{PacketConn: packets, Handler: handler}, {Listener: listener, Handler: handler}} {
		started := make(chan struct{})
		s.NotifyStartedFunc = func() { close(started) }
		served.Go(func() { _ = s.ActivateAndServe() })
		<-started
		t.Cleanup(func() { _ = s.Shutdown() })
	}
	return at
}
