package config

import (
	"fmt"
	"net"
	"net/netip"
	"strings"

	"github.com/fc28f635/countersign/internal/network"
)

// ParseNetworks reads the networks of proxies. Its error begins with the one that
// is none, or that would be everybody.
func ParseNetworks(texts []string) ([]netip.Prefix, error) {
	var list []netip.Prefix
	for _, text := range texts {
		p, err := network.Parse(text)
		if err != nil {
			return nil, err
		}
		list = append(list, p)
	}
	return list, nil
}

// ParseConnectTo reads rules HOST1:PORT1:HOST2:PORT2, as curl does, into a
// function that rewrites "host:port": an empty HOST1 or PORT1 matches any, an
// empty HOST2 or PORT2 keeps the one given. The first rule that matches counts.
// HOST2 is on this machine. An error begins with the rule.
func ParseConnectTo(rules []string) (func(string) string, error) {
	type rule struct{ fromHost, fromPort, toHost, toPort string }
	var parsed []rule
	for _, text := range rules {
		parts, ok := splitConnectTo(text)
		if !ok {
			return nil, fmt.Errorf("%.100q is not HOST1:PORT1:HOST2:PORT2", text)
		}
		to := strings.Trim(parts[2], "[]")
		if addr, err := netip.ParseAddr(to); to != "" && to != "localhost" && (err != nil || !addr.IsLoopback()) {
			return nil, fmt.Errorf("%.100q leads off this machine", text)
		}
		if to == "localhost" {
			to = "127.0.0.1"
		}
		parsed = append(parsed, rule{strings.Trim(parts[0], "[]"), parts[1], to, parts[3]})
	}
	return func(address string) string {
		host, port, err := net.SplitHostPort(address)
		if err != nil {
			return address
		}
		for _, r := range parsed {
			if (r.fromHost != "" && !strings.EqualFold(r.fromHost, host)) || (r.fromPort != "" && r.fromPort != port) {
				continue
			}
			if r.toHost != "" {
				host = r.toHost
			}
			if r.toPort != "" {
				port = r.toPort
			}
			return net.JoinHostPort(host, port)
		}
		return address
	}, nil
}

// splitConnectTo splits at colons outside brackets.
func splitConnectTo(text string) (parts [4]string, ok bool) {
	n, depth := 0, 0
	for _, c := range text {
		switch {
		case c == '[':
			depth++
		case c == ']':
			depth--
		case c == ':' && depth == 0:
			if n++; n > 3 {
				return parts, false
			}
			continue
		}
		parts[n] += string(c)
	}
	return parts, n == 3
}
