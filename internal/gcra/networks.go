package gcra

import (
	"net/netip"
	"time"

	"github.com/fc28f635/countersign/internal/network"
)

// Networks count the requests of networks: IPv4 /24 or IPv6 /64, and of an IPv6
// /48 four times as many. They are safe for concurrent use.
type Networks struct {
	networks, sites *Limiter
}

// NewNetworks returns Networks with empty buckets. Check of the rate must hold.
func NewNetworks(r Rate) *Networks {
	const perSite = 4
	return &Networks{NewLimiter(r), NewLimiter(Rate{perSite * r.PerSecond, perSite * r.Burst})}
}

// Take takes one request for something, any comparable value, of the network that
// an address is in. It returns how long to wait where there is no room for one.
func (n *Networks) Take(what any, from netip.Addr, now Clock) (wait time.Duration) {
	type caller struct {
		what    any
		network netip.Prefix
	}
	if wait := n.networks.Take(caller{what, network.Of(from)}, now); wait > 0 {
		return wait
	}
	if site := network.SiteOf(from); site.IsValid() {
		return n.sites.Take(caller{what, site}, now)
	}
	return 0
}
