// Package dnsaddr reads how configuration names a DNS resolver. Call [Parse]; it
// knows three forms:
//
//	192.0.2.53:53                      UDP, and TCP where UDP does not do
//	tls://192.0.2.53:853#dns.example   DNS over TLS (RFC 7858)
//	https://dns.example/dns-query      DNS over HTTPS (RFC 8484)
package dnsaddr

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strings"
)

// A Transport is how a resolver is asked.
type Transport int

// The transports. The zero Transport is plain UDP with TCP behind it.
const (
	Plain Transport = iota
	TLS
	HTTPS
)

// tlsPort is the port of DNS over TLS where none is named (RFC 7858, Section 3.1).
const tlsPort = 853

// An Address is where a resolver is and how it is asked. Addresses are
// comparable: two that are equal are one resolver. The zero Address is none.
type Address struct {
	Transport Transport
	AddrPort  netip.AddrPort // of Plain and TLS, never mapped into IPv6
	Name      string         // of TLS: what its certificate must prove, a name or an IP address
	URL       string         // of HTTPS
}

// Parse reads one of the three forms. An error begins with the text.
func Parse(text string) (Address, error) {
	var a Address
	var err error
	switch {
	case strings.HasPrefix(text, "tls://"):
		a, err = parseTLS(strings.TrimPrefix(text, "tls://"))
	case strings.HasPrefix(text, "https://"):
		a, err = parseHTTPS(text)
	default:
		a.AddrPort, err = netip.ParseAddrPort(text)
		if err != nil {
			err = errors.New("is not an IP address and a port, such as 127.0.0.1:53")
		}
	}
	if err == nil && a.Transport != HTTPS {
		a.AddrPort = netip.AddrPortFrom(a.AddrPort.Addr().Unmap(), a.AddrPort.Port())
		if addr := a.AddrPort.Addr(); a.AddrPort.Port() == 0 || addr.IsUnspecified() || addr.IsMulticast() {
			err = errors.New("is an address that nothing answers from")
		}
	}
	if err != nil {
		return Address{}, fmt.Errorf("%.100q %w", text, err)
	}
	return a, nil
}

// parseTLS reads IP[:PORT][#NAME]. Without a name the certificate must prove the
// IP address (RFC 8310, Section 8.1, allows both).
func parseTLS(text string) (Address, error) {
	where, name, named := strings.Cut(text, "#")
	at, err := netip.ParseAddrPort(where)
	if err != nil {
		addr, bad := netip.ParseAddr(strings.Trim(where, "[]"))
		if bad != nil {
			return Address{}, errors.New("is not tls://IP:PORT#NAME, such as tls://192.0.2.53:853#dns.example")
		}
		at = netip.AddrPortFrom(addr, tlsPort)
	}
	if !named {
		name = at.Addr().Unmap().String()
	}
	if !certifiable(name) {
		return Address{}, errors.New("has no name behind # that a certificate could prove")
	}
	return Address{Transport: TLS, AddrPort: at, Name: strings.ToLower(name)}, nil
}

// certifiable reports whether name is a host name or an IP address.
func certifiable(name string) bool {
	if _, err := netip.ParseAddr(name); err == nil {
		return true
	}
	u, err := url.Parse("https://" + name)
	return err == nil && name != "" && u.Host == name && u.Port() == ""
}

// parseHTTPS reads the URL of a resolver that takes POST, which needs no template
// (RFC 8484, Section 4.1).
func parseHTTPS(text string) (Address, error) {
	u, err := url.Parse(text)
	if err != nil || u.Hostname() == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || strings.ContainsAny(text, "{}") {
		return Address{}, errors.New("is no plain https URL, such as https://dns.example/dns-query")
	}
	return Address{Transport: HTTPS, URL: text}, nil
}

// Operator returns who runs the resolver as far as its address says: the name
// that its certificate proves, else its IP address.
func (a Address) Operator() string {
	switch a.Transport {
	case TLS:
		return a.Name
	case HTTPS:
		u, err := url.Parse(a.URL)
		if err != nil {
			return a.URL
		}
		return strings.ToLower(u.Hostname())
	default:
		return a.AddrPort.Addr().String()
	}
}

// Loopback reports whether the resolver is on this machine, by its address.
func (a Address) Loopback() bool { return a.Transport != HTTPS && a.AddrPort.Addr().IsLoopback() }

// Private reports whether nobody between the resolver and us can change what it
// answers: it is on this machine, or TLS proves who it is.
func (a Address) Private() bool { return a.Transport != Plain || a.Loopback() }

// String returns what [Parse] reads.
func (a Address) String() string {
	switch a.Transport {
	case TLS:
		return "tls://" + a.AddrPort.String() + "#" + a.Name
	case HTTPS:
		return a.URL
	default:
		return a.AddrPort.String()
	}
}
