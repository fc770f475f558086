package main

import (
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/fc28f635/countersign/verify/online"
)

// lookupFlags are the flags of every command that looks something up.
type lookupFlags struct {
	resolvers     []string
	caFile        string
	connectTo     []string
	allowLoopback bool
}

func (f *lookupFlags) add(c *cobra.Command) {
	flags := c.Flags()
	flags.StringArrayVar(&f.resolvers, "resolver", nil, "ask the DNS resolver at `HOST:PORT` (repeatable; default: this machine's)")
	flags.StringVar(&f.caFile, "ca-file", "", "trust the certificate authorities in `PEM` instead of the system's")
	flags.StringArrayVar(&f.connectTo, "connect-to", nil, "connect to HOST2:PORT2 in place of HOST1:PORT1, as curl: `HOST1:PORT1:HOST2:PORT2` (repeatable; only with --allow-loopback, only to loopback)")
	flags.BoolVar(&f.allowLoopback, "allow-loopback", false, "let publishers live on this machine and under special-use names (tests only)")
}

// config turns the flags into what package online needs. What is wrong with the
// flags themselves is a usage error; a file that cannot be read is not.
func (f *lookupFlags) config() (online.Config, error) {
	cfg := online.Config{InsecureLoopback: f.allowLoopback}
	for _, r := range f.resolvers {
		if _, err := netip.ParseAddrPort(r); err != nil {
			return cfg, &usageError{fmt.Errorf("--resolver %q is not an IP address and a port, such as 127.0.0.1:53", r)}
		}
		cfg.Resolvers = append(cfg.Resolvers, online.Resolver{Address: r})
	}
	if f.caFile != "" {
		pool, err := loadCA(f.caFile)
		if err != nil {
			return cfg, fail(err, "--ca-file takes certificates in PEM")
		}
		cfg.RootCAs = pool
	}
	if len(f.connectTo) > 0 {
		if !f.allowLoopback {
			return cfg, &usageError{errors.New("--connect-to needs --allow-loopback")}
		}
		rewrite, err := parseConnectTo(f.connectTo)
		if err != nil {
			return cfg, &usageError{err}
		}
		cfg.InsecureConnectTo = rewrite
	}
	return cfg, nil
}

func loadCA(path string) (*x509.CertPool, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading certificate authorities: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(data) {
		return nil, fmt.Errorf("reading certificate authorities: %q holds none", path)
	}
	return pool, nil
}

// parseConnectTo reads rules HOST1:PORT1:HOST2:PORT2, as curl does: an empty
// HOST1 or PORT1 matches any, an empty HOST2 or PORT2 keeps the one given.
func parseConnectTo(rules []string) (func(string) string, error) {
	type rule struct{ fromHost, fromPort, toHost, toPort string }
	var parsed []rule
	for _, text := range rules {
		parts, ok := splitConnectTo(text)
		if !ok {
			return nil, fmt.Errorf("--connect-to %q is not HOST1:PORT1:HOST2:PORT2", text)
		}
		to := strings.Trim(parts[2], "[]")
		if addr, err := netip.ParseAddr(to); to != "" && to != "localhost" && (err != nil || !addr.IsLoopback()) {
			return nil, fmt.Errorf("--connect-to %q leads off this machine", text)
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
