package httpapi

import (
	"fmt"
	"math"
	"net/http"
	"net/netip"
	"time"

	"github.com/fc28f635/countersign/internal/gcra"
	"github.com/fc28f635/countersign/issuer"
	"github.com/fc28f635/countersign/metadata"
)

// Rates bound how often callers ask. What is over them is answered with 429.
type Rates struct {
	// Key bounds the requests of one API key.
	Key gcra.Rate

	// Lookups bounds what goes out to the network for one key: questions for
	// keys in DNS, and documents.
	Lookups gcra.Rate

	// Network bounds the requests of one network, IPv4 /24 or IPv6 /64, that
	// come without a key in force, and four times as many of an IPv6 /48.
	Network gcra.Rate

	// Strangers bounds all requests without a key together.
	Strangers gcra.Rate
}

// check refuses rates of which one would let nothing through, or is missing.
func (r Rates) check() error {
	for _, rate := range []gcra.Rate{r.Key, r.Lookups, r.Network, r.Strangers} {
		if err := rate.Check(); err != nil {
			return fmt.Errorf("field Rates: %w", err)
		}
	}
	return nil
}

// limiters count requests against Rates. What they take of memory does not
// depend on who asks.
type limiters struct {
	key, lookups, strangers *gcra.Limiter
	network                 *gcra.Networks
}

func newLimiters(r Rates) limiters {
	return limiters{
		key: gcra.NewLimiter(r.Key), lookups: gcra.NewLimiter(r.Lookups),
		network: gcra.NewNetworks(r.Network), strangers: gcra.NewLimiter(r.Strangers),
	}
}

// known counts a request of an API key.
func (l limiters) known(id string, now gcra.Clock) error {
	if wait := l.lookups.Wait(id, now); wait > 0 { // it has had too many
		return tooMany(LimitLookups, wait)
	}
	return tooMany(LimitKey, l.key.Take(id, now))
}

// stranger counts a request without a key in force.
func (l limiters) stranger(from netip.Addr, now gcra.Clock) error {
	if wait := l.network.Take(nil, from, now); wait > 0 {
		return tooMany(LimitNetwork, wait)
	}
	return tooMany(LimitStrangers, l.strangers.Take(nil, now))
}

// charge has a key pay for a look-up: its next request waits where it has had too
// many.
func (l limiters) charge(id string, now gcra.Clock) { l.lookups.Take(id, now) }

// tooMany refuses until the time has passed; there is no error in no time.
func tooMany(l Limit, wait time.Duration) error {
	if wait <= 0 {
		return nil
	}
	return &refusal{problem: limited(l, wait)}
}

// limited is how it is told that somebody was over a limit.
func limited(l Limit, wait time.Duration) problem {
	p := problemFor(metadata.ReasonRateLimited.Problem(), metadata.ReasonRateLimited)
	p.limit, p.retryAfter = l, time.Duration(math.Ceil(wait.Seconds()))*time.Second
	return p
}

// limitOf is the limit of the registry's that an arrival was over.
func limitOf(e *issuer.RateError) Limit {
	if e.OfPublisher {
		return LimitPublisher
	}
	return LimitSource
}

// admit counts a request, and says who asks where that must be known.
func (s *server) admit(r *http.Request, private bool) error {
	e := eventOf(r)
	if e.operator {
		return s.authenticate(r)
	}
	var unknown error
	if private {
		if unknown = s.authenticate(r); unknown == nil {
			return s.limits.known(e.caller.ID, s.cfg.Now)
		}
	}
	if err := s.limits.stranger(e.from, s.cfg.Now); err != nil {
		return err
	}
	return unknown
}
