package main

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"strings"
)

// listen listens where a service is to: on an IP address and a port, and for
// tests on none that other machines reach. 0.0.0.0 is every address of IPv4, and
// of IPv6 none.
func listen(cfg serviceConfig) (net.Listener, error) {
	addr, err := netip.ParseAddrPort(cfg.Listen)
	switch {
	case err != nil:
		return nil, fmt.Errorf("listening: %.100q is not an IP address and a port, such as %s", cfg.Listen, defaultListen)
	case cfg.Lookup.InsecureLoopback && !addr.Addr().IsLoopback():
		return nil, fmt.Errorf("listening: %.100q is reached from other machines, and this service is for tests on this one", cfg.Listen)
	}
	network := "tcp"
	if addr.Addr().Unmap().Is4() {
		network = "tcp4" // tcp would be IPv6 too
	}
	listener, err := net.Listen(network, cfg.Listen)
	if err != nil {
		return nil, fmt.Errorf("listening: %w", err)
	}
	return listener, nil
}

// ownURL is where a service is reached of which nothing else was said: at its
// listener, where that is on loopback. Others have no address that is surely
// theirs.
func ownURL(addr net.Addr, overTLS bool) string {
	if tcp, ok := addr.(*net.TCPAddr); !ok || !tcp.IP.IsLoopback() {
		return ""
	}
	return schemeOf(overTLS) + "://" + addr.String()
}

func schemeOf(overTLS bool) string {
	if overTLS {
		return "https"
	}
	return "http"
}

// hostOf is the host of a public address as callers put it into the Host header:
// in lower case, without the scheme's port.
func hostOf(publicURL string) string {
	u, err := url.Parse(publicURL)
	if err != nil {
		return ""
	}
	port := map[string]string{"http": ":80", "https": ":443"}[u.Scheme]
	return strings.TrimSuffix(strings.ToLower(u.Host), port)
}

// tellExposure warns of what an address that other machines reach is still in
// want of.
func (p *parts) tellExposure(ctx context.Context, log *slog.Logger) {
	cfg := p.settings
	if addr, err := netip.ParseAddrPort(cfg.Listen); err != nil || addr.Addr().IsLoopback() {
		return
	}
	if p.certificate == nil && len(cfg.TrustedProxies) == 0 {
		log.LogAttrs(ctx, slog.LevelWarn, "API keys travel in the clear: other machines reach the service, and without TLS", slog.String("listen", cfg.Listen),
			slog.String("mend", "set tls.cert_file and tls.key_file; or put a proxy with TLS before it and name its network in trusted_proxies"))
	}
	if cfg.PublicURL == "" {
		log.LogAttrs(ctx, slog.LevelWarn, "decisions name no page that explains them: public_url is missing",
			slog.String("mend", "set public_url, or --public-url, to where users reach the service, such as https://trust.example"))
	}
}
