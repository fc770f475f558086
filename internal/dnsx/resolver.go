// Package dnsx looks up TXT records and says how well an answer is vouched for.
// Make a [Resolver] with [New] from the upstreams of [System] or of
// configuration; it implements [verify.Resolver]. Publishers' tools ask a zone's
// own servers with [Resolver.Authorities] and [Resolver.AskAuthority].
//
// # What an answer is worth
//
// The package validates no signature. An answer is secure where a validating
// resolver that configuration trusts says so (the AD bit) over loopback; the bit
// counts for nothing over any other network, or from a server that claims
// authority for what it says. An answer is corroborated where resolvers of two
// operators gave the same one over TCP. Where they differ there is no answer.
//
// # What it never does
//
// No search list is applied and no hosts file is read: names are asked for as
// they are, of the configured upstreams and nobody else. A truncated answer is
// never used. An answer that is none (a timeout, a refusal, a loop, too many
// records) is an error, and never an absence.
package dnsx

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"time"

	"github.com/fc28f635/countersign/internal/limits"
	"github.com/fc28f635/countersign/verify"
)

var _ verify.Resolver = (*Resolver)(nil)

// An Upstream is a recursive resolver, or an authority, that answers questions.
type Upstream struct {
	// Address is where it listens: an IP address and a port, such as
	// "192.0.2.53:53" or "[2001:db8::53]:53".
	Address string

	// Operator names who runs it. Upstreams with one name, the empty one too,
	// count once where two operators must agree.
	Operator string

	// Validating says that it validates DNSSEC and is trusted to say so. It has
	// an effect over loopback only.
	Validating bool
}

// Config configures a Resolver. Upstreams are required.
type Config struct {
	// Upstreams are asked in this order, the next where one has no usable
	// answer. With two operators or more, two of them answer each question.
	Upstreams []Upstream

	// ConnectTo rewrites an address that is about to be asked, as curl's
	// --connect-to: it gets "host:port" and returns an "ip:port" on loopback,
	// or what it got. Any other result is an error. Nil rewrites nothing.
	ConnectTo func(address string) string

	// AllowSpecialUse permits names under special-use top-level names (RFC
	// 6761), such as "acme.test". Otherwise they are never asked for.
	AllowSpecialUse bool

	// AllowLoopback lets [Resolver.AskAuthority] ask servers on loopback
	// addresses. Other addresses that are not public are never asked. It does
	// not concern Upstreams.
	AllowLoopback bool

	// Timeout bounds one look-up with all its questions. Zero, and anything
	// above, means limits.DNSTimeout.
	Timeout time.Duration
}

// A Resolver looks up TXT records. It is safe for concurrent use, keeps nothing
// between look-ups (callers cache), and needs no closing. At most 64 look-ups
// run at once; others wait for as long as their context lets them.
type Resolver struct {
	cfg       Config
	operators [][]Upstream // in the order of their first upstream
	places    chan struct{}
}

// New returns a Resolver. It refuses an upstream without an IP address and port,
// one that is named twice, none, and more than 8.
func New(cfg Config) (*Resolver, error) {
	if len(cfg.Upstreams) == 0 {
		return nil, errors.New("no resolver is configured")
	}
	if len(cfg.Upstreams) > limits.Upstreams {
		return nil, fmt.Errorf("%d resolvers are configured, at most %d can be asked", len(cfg.Upstreams), limits.Upstreams)
	}
	if cfg.Timeout <= 0 || cfg.Timeout > limits.DNSTimeout {
		cfg.Timeout = limits.DNSTimeout
	}
	if cfg.ConnectTo == nil {
		cfg.ConnectTo = func(address string) string { return address }
	}
	r := &Resolver{cfg: cfg, places: make(chan struct{}, limits.DNSLookups)}
	seen := make(map[netip.AddrPort]bool)
	place := make(map[string]int)
	for _, up := range cfg.Upstreams {
		ap, err := parseAddress(up.Address)
		if err != nil {
			return nil, err
		}
		if seen[ap] {
			return nil, fmt.Errorf("resolver %s is configured twice", ap)
		}
		seen[ap] = true
		up.Address = ap.String()
		i, ok := place[up.Operator]
		if !ok {
			i = len(r.operators)
			place[up.Operator] = i
			r.operators = append(r.operators, nil)
		}
		r.operators[i] = append(r.operators[i], up)
	}
	return r, nil
}

// parseAddress reads an IP address and port.
func parseAddress(s string) (netip.AddrPort, error) {
	ap, err := netip.ParseAddrPort(s)
	if err != nil {
		return netip.AddrPort{}, fmt.Errorf("resolver %s is no IP address with port, such as 192.0.2.53:53", quote(s))
	}
	ap = netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port())
	if ap.Port() == 0 || ap.Addr().IsUnspecified() || ap.Addr().IsMulticast() {
		return netip.AddrPort{}, fmt.Errorf("resolver %s is an address that nothing answers from", ap)
	}
	return ap, nil
}

// quote returns what a stranger wrote, shortened and quoted.
func quote(s string) string {
	const most = 100
	if len(s) > most {
		s = s[:most]
	}
	return strconv.Quote(s)
}
