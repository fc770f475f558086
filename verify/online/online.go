// Package online gives embedders a verifier that looks up for itself. Call
// [New]; the zero [Config] uses this machine's resolvers and certificate
// authorities, asks public addresses only, and remembers nothing between
// restarts.
//
// Package verify itself links neither DNS nor HTTP; this package brings both
// with safe defaults.
package online

import (
	"crypto/x509"
	"errors"
	"log/slog"
	"time"

	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/trustroots"
	"github.com/fc28f635/countersign/verify"
)

// Config configures a verifier that looks up for itself.
type Config struct {
	// Roots are asked first. Nil knows no publisher.
	Roots trustroots.Source

	// Memory tells a publisher's new key from one with history. Without it, a
	// key is worth tier signed only where it is pinned or DNSSEC-secure.
	Memory verify.Memory

	// Resolvers are asked for TXT records. None means this machine's own.
	Resolvers []Resolver

	// RootCAs are the certificate authorities of publishers' hosts, and of
	// resolvers over TLS and HTTPS. Nil means the system's.
	RootCAs *x509.CertPool

	// Documents, where given, stands before the HTTPS client: what it returns is
	// asked in its place, and may ask it. For copies of documents that cannot be
	// fetched. Nil asks the client.
	Documents func(verify.Fetcher) verify.Fetcher

	// Countersigners are this service and those that the deployment trusts.
	Countersigners []metadata.Publisher

	// Protected is that of [verify.Config]. Nil is the embedded list.
	Protected func() *metadata.Protected

	// DocumentBytes bounds a metadata document. Zero means 5,120.
	DocumentBytes int

	// InsecureLoopback lets publishers live on this machine and under
	// special-use names: for tests and demonstrations only.
	InsecureLoopback bool

	// InsecureConnectTo rewrites "host:port" to "127.0.0.1:port", as curl's
	// --connect-to. It needs InsecureLoopback.
	InsecureConnectTo func(address string) string

	// Now reports the current time. Nil means time.Now.
	Now func() time.Time

	// Logger receives one event per verification. Nil discards.
	Logger *slog.Logger

	// Observer is told what happens, for metrics. The zero Observer is not.
	Observer verify.Observer
}

// A Resolver is a recursive DNS resolver.
type Resolver struct {
	// Address is an IP address and a port, such as "192.0.2.53:53", or of DNS over
	// TLS "tls://192.0.2.53:853#dns.example", whose certificate must prove the name,
	// or of DNS over HTTPS "https://dns.example/dns-query".
	Address string

	// Operator names who runs it: two resolvers of one operator do not
	// corroborate each other. Empty means the name that its certificate proves,
	// else its IP address.
	Operator string

	// Unvalidated says that it does not validate DNSSEC. A resolver on loopback
	// counts as validating otherwise.
	Unvalidated bool

	// Validating says that it validates DNSSEC and that its word counts. Over TLS
	// and HTTPS it has to be said; one on another machine that is asked otherwise
	// never counts.
	Validating bool
}

// New returns a verifier, or an error that names the field of cfg at fault.
func New(cfg Config) (*verify.Verifier, error) {
	if cfg.InsecureConnectTo != nil && !cfg.InsecureLoopback {
		return nil, errors.New("InsecureConnectTo needs InsecureLoopback")
	}
	resolver, err := newResolver(cfg)
	if err != nil {
		return nil, err
	}
	fetcher := newFetcher(cfg)
	if cfg.Documents != nil {
		fetcher = cfg.Documents(fetcher)
	}
	return verify.New(verify.Config{
		Roots:              cfg.Roots,
		Resolver:           resolver,
		Fetcher:            fetcher,
		Memory:             cfg.Memory,
		Countersigners:     cfg.Countersigners,
		Protected:          cfg.Protected,
		DocumentBytes:      cfg.DocumentBytes,
		InsecureSpecialUse: cfg.InsecureLoopback,
		Now:                cfg.Now,
		Logger:             cfg.Logger,
		Observer:           cfg.Observer,
	})
}
