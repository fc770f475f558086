// Package dnsx looks up TXT records and says how well an answer is vouched for.
// Make a [Resolver] with [New] from the upstreams of [System] or of
// configuration; it implements [verify.Resolver]. Publishers' tools ask a zone's
// own servers with [Resolver.Authorities] and [Resolver.AskAuthority].
//
// # What an answer is worth
//
// The package validates no signature. An answer is secure where a validating
// resolver that configuration trusts says so (the AD bit) over loopback, TLS or
// HTTPS; the bit counts for nothing over any other network, or from a server that
// claims authority for what it says. An answer is corroborated where resolvers of
// two operators gave the same one over TCP, TLS or HTTPS: see [Perspective]. Where
// they differ there is no answer.
//
// # Against who guesses
//
// Over UDP every question has an id, a port, letters in a case (0x20) and a cookie
// (RFC 7873) of its own, and an answer must repeat all of them; where one is right
// in all but the last two, or ten are wrong, the question is asked over TCP.
//
// # What it never does
//
// No search list is applied and no hosts file is read: names are asked for as
// they are, of the configured upstreams and nobody else. A truncated answer is
// never used. An answer that is none (a timeout, a refusal, a loop, too many
// records) is an error, and never an absence.
package dnsx

import (
	"crypto/x509"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/fc28f635/countersign/internal/dnsaddr"
	"github.com/fc28f635/countersign/internal/limits"
	"github.com/fc28f635/countersign/verify"
)

var _ verify.Resolver = (*Resolver)(nil)

// Config configures a Resolver. Upstreams are required.
type Config struct {
	// Upstreams are asked in this order, the next where one has no usable
	// answer. With two operators or more, two of them answer each question.
	Upstreams []Upstream

	// Perspectives are further views, after those of the upstreams.
	Perspectives []Perspective

	// RootCAs are the certificate authorities of upstreams over TLS and HTTPS. Nil
	// means the system's.
	RootCAs *x509.CertPool

	// ConnectTo rewrites an address that is about to be asked, as curl's
	// --connect-to: it gets "host:port" and returns an "ip:port" on loopback,
	// or what it got. Any other result is an error. Nil rewrites nothing.
	ConnectTo func(address string) string

	// AllowSpecialUse permits names under special-use top-level names (RFC
	// 6761), such as "acme.test". Otherwise they are never asked for.
	AllowSpecialUse bool

	// AllowLoopback lets [Resolver.AskAuthority] ask servers on loopback
	// addresses. Other addresses that are not public are never asked. Of the
	// upstreams it concerns those over HTTPS, which may have private addresses all
	// the same.
	AllowLoopback bool

	// Timeout bounds one look-up with all its questions. Zero, and anything
	// above, means limits.DNSTimeout.
	Timeout time.Duration
}

// A Resolver looks up TXT records. It is safe for concurrent use, keeps no answer
// and no connection between look-ups (callers cache), and needs no closing. At most 64 look-ups
// run at once, 8 of names below one registrable domain; others wait for as long as their context lets them.
type Resolver struct {
	cfg          Config
	upstreams    []*upstream
	perspectives []Perspective // in the order of their first upstream
	places       chan struct{}
	domains      domains
}

// New returns a Resolver. It refuses an upstream whose address is none or is
// there twice, a perspective whose operator is there twice, none, and more than 8.
func New(cfg Config) (*Resolver, error) {
	if len(cfg.Upstreams) == 0 {
		return nil, errors.New("no resolver is configured")
	}
	if n := len(cfg.Upstreams) + len(cfg.Perspectives); n > limits.Upstreams {
		return nil, fmt.Errorf("%d resolvers are configured, at most %d can be asked", n, limits.Upstreams)
	}
	if cfg.Timeout <= 0 || cfg.Timeout > limits.DNSTimeout {
		cfg.Timeout = limits.DNSTimeout
	}
	if cfg.ConnectTo == nil {
		cfg.ConnectTo = func(address string) string { return address }
	}
	r := &Resolver{cfg: cfg, places: make(chan struct{}, limits.DNSLookups)}
	seen := make(map[dnsaddr.Address]bool)
	operators := make(map[string]*operator)
	for _, configured := range cfg.Upstreams {
		up, err := r.newUpstream(configured)
		if err != nil {
			return nil, err
		}
		if seen[up.at] {
			return nil, fmt.Errorf("resolver %s is configured twice", up.at)
		}
		seen[up.at] = true
		r.upstreams = append(r.upstreams, up)
		o := operators[up.Operator]
		if o == nil {
			o = &operator{resolver: r, name: up.Operator}
			operators[up.Operator] = o
			r.perspectives = append(r.perspectives, o)
		}
		o.upstreams = append(o.upstreams, up)
	}
	for _, p := range cfg.Perspectives {
		if operators[p.Operator()] != nil {
			return nil, fmt.Errorf("two perspectives are of the operator %s", quote(p.Operator()))
		}
		operators[p.Operator()] = new(operator)
		r.perspectives = append(r.perspectives, p)
	}
	return r, nil
}

// quote returns what a stranger wrote, shortened and quoted.
func quote(s string) string {
	const most = 100
	return strconv.Quote(s[:min(len(s), most)])
}
