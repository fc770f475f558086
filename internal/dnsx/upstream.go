package dnsx

import (
	"crypto/tls"
	"fmt"
	"net/netip"

	"github.com/fc28f635/countersign/internal/dnsaddr"
	"github.com/fc28f635/countersign/internal/fetch"
)

// An Upstream is a recursive resolver, or an authority, that answers questions.
type Upstream struct {
	// Address is where it is and how it is asked, in a form of package dnsaddr:
	// "192.0.2.53:53", "tls://192.0.2.53:853#dns.example" or
	// "https://dns.example/dns-query".
	Address string

	// Operator names who runs it. Upstreams with one name, the empty one too,
	// count once where two operators must agree.
	Operator string

	// Validating says that it validates DNSSEC and is trusted to say so. It has
	// an effect over loopback, TLS and HTTPS only.
	Validating bool
}

// An upstream is an Upstream with what lasts between questions.
type upstream struct {
	Upstream

	at       dnsaddr.Address
	cookies  *jar
	sessions tls.ClientSessionCache // makes the next TLS handshake cheaper
	https    *httpsChannel          // of HTTPS
}

func (r *Resolver) newUpstream(up Upstream) (*upstream, error) {
	at, err := dnsaddr.Parse(up.Address)
	if err != nil {
		return nil, fmt.Errorf("resolver %w", err)
	}
	up.Address = at.String()
	u := &upstream{Upstream: up, at: at, cookies: newJar(), sessions: tls.NewLRUClientSessionCache(1)}
	if at.Transport == dnsaddr.HTTPS {
		u.https, err = newHTTPSChannel(fetch.Config{
			AllowLoopback: r.cfg.AllowLoopback, RootCAs: r.cfg.RootCAs, ConnectTo: r.cfg.ConnectTo, Timeout: r.cfg.Timeout,
		}, at.URL)
		if err != nil {
			return nil, fmt.Errorf("resolver %s: %w", quote(at.URL), err)
		}
	}
	return u, nil
}

// channel returns the way to an upstream.
func (r *Resolver) channel(up *upstream) (channel, error) {
	if up.at.Transport == dnsaddr.HTTPS {
		return up.https, nil
	}
	address, err := r.connectTo(up.at.AddrPort.String())
	if err != nil {
		return nil, err
	}
	if up.at.Transport == dnsaddr.TLS {
		return &tlsChannel{address: address, shown: up.Address, config: &tls.Config{
			ServerName: up.at.Name, RootCAs: r.cfg.RootCAs, MinVersion: tls.VersionTLS12,
			NextProtos: []string{"dot"}, ClientSessionCache: up.sessions,
		}}, nil
	}
	return &plainChannel{address: address, cookies: up.cookies}, nil
}

// connectTo returns where to connect to for an address.
func (r *Resolver) connectTo(address string) (netip.AddrPort, error) {
	to := r.cfg.ConnectTo(address)
	ap, err := netip.ParseAddrPort(to)
	if err != nil || to != address && !ap.Addr().IsLoopback() {
		return netip.AddrPort{}, fmt.Errorf("connections may be moved to a loopback address only, not to %s", quote(to))
	}
	return ap, nil
}
