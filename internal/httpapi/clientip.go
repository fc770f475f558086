package httpapi

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// Headers in which a proxy says from where a request came.
const (
	XForwardedFor = "X-Forwarded-For"
	Forwarded     = "Forwarded" // RFC 7239
)

// clientAddr returns from where a request came: the peer of the connection, or
// where that is a trusted proxy, the right-most address in the header that is
// none. What stands left of it is the caller's own word, and is not read. The
// zero address is one that cannot be told.
func (s *server) clientAddr(r *http.Request) netip.Addr {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	addr := peer.Addr().Unmap().WithZone("")
	if len(s.cfg.TrustedProxies) == 0 {
		return addr
	}
	hops := strings.Split(strings.Join(r.Header.Values(s.cfg.ProxyHeader), ","), ",")
	for _, hop := range slices.Backward(hops) {
		if !s.trusts(addr) {
			return addr
		}
		next, ok := s.hop(hop)
		if !ok {
			return addr // whom a proxy did not name is not told from it
		}
		addr = next
	}
	return addr
}

func (s *server) trusts(a netip.Addr) bool {
	return slices.ContainsFunc(s.cfg.TrustedProxies, func(p netip.Prefix) bool { return p.Contains(a) })
}

// hop reads one element of the header: an address, with a port or without.
func (s *server) hop(text string) (netip.Addr, bool) {
	text = strings.TrimSpace(text)
	if s.cfg.ProxyHeader == Forwarded {
		text = forwardedFor(text)
	}
	if ap, err := netip.ParseAddrPort(text); err == nil {
		return ap.Addr().Unmap().WithZone(""), true
	}
	a, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(text, "["), "]"))
	return a.Unmap().WithZone(""), err == nil
}

// forwardedFor returns the value of the parameter for (RFC 7239, Section 5.2).
func forwardedFor(element string) string {
	for pair := range strings.SplitSeq(element, ";") {
		name, value, _ := strings.Cut(pair, "=")
		if strings.EqualFold(strings.TrimSpace(name), "for") {
			return strings.Trim(strings.TrimSpace(value), `"`)
		}
	}
	return ""
}
