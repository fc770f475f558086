package httpapi

import (
	"hash/maphash"
	"math"
	"net/http"
	"net/netip"
	"sync/atomic"
	"time"

	"github.com/fc28f635/countersign/metadata"
)

// A Rate is how often something may happen. The zero Rate is the default.
type Rate struct {
	PerSecond int
	Burst     int // at once, after a pause
}

// Rates bound how often callers ask. What is over them is answered with 429.
type Rates struct {
	// Key bounds the requests of one API key. The default, 20,000 a second, is
	// more than one machine decides: what costs are look-ups.
	Key Rate

	// Lookups bounds what goes out to the network for one key: questions for
	// keys in DNS, and documents. The default is 50 a second and 500 at once.
	Lookups Rate

	// Network bounds the requests of one network, IPv4 /24 or IPv6 /64, that
	// come without a key in force, and four times as many of an IPv6 /48. The
	// default is 50 a second and 200 at once.
	Network Rate

	// Strangers bounds all requests without a key together. The default is 2,000
	// a second and 4,000 at once.
	Strangers Rate
}

func (r Rate) or(d Rate) Rate {
	if r.PerSecond <= 0 || r.Burst <= 0 {
		return d
	}
	return r
}

// limiters count requests against Rates. What they take of memory does not
// depend on who asks.
type limiters struct {
	key, lookups, network, prefix, strangers *limiter
}

func newLimiters(r Rates) limiters {
	network := r.Network.or(Rate{50, 200})
	return limiters{
		key: newLimiter(r.Key.or(Rate{20_000, 20_000})), lookups: newLimiter(r.Lookups.or(Rate{50, 500})),
		network: newLimiter(network), prefix: newLimiter(Rate{4 * network.PerSecond, 4 * network.Burst}),
		strangers: newLimiter(r.Strangers.or(Rate{2_000, 4_000})),
	}
}

// known counts a request of an API key.
func (l limiters) known(id string, now time.Time) error {
	if wait := l.lookups.take(id, 0, now); wait > 0 { // it has had too many
		return tooMany(LimitLookups, wait)
	}
	return tooMany(LimitKey, l.key.take(id, 1, now))
}

// stranger counts a request without a key in force.
func (l limiters) stranger(from netip.Addr, now time.Time) error {
	const site = 48
	if wait := l.network.take(networkOf(from), 1, now); wait > 0 {
		return tooMany(LimitNetwork, wait)
	}
	if from.Is6() {
		if wait := l.prefix.take(prefixOf(from, site), 1, now); wait > 0 {
			return tooMany(LimitNetwork, wait)
		}
	}
	return tooMany(LimitStrangers, l.strangers.take("", 1, now))
}

// charge has a key pay for a look-up: its next request waits where it has had too
// many.
func (l limiters) charge(id string, now time.Time) { l.lookups.take(id, 1, now) }

// networkOf returns the network that is taken for one caller: who has one
// address of it has all.
func networkOf(a netip.Addr) netip.Prefix {
	const v4, v6 = 24, 64
	if a.Is4() {
		return prefixOf(a, v4)
	}
	return prefixOf(a, v6)
}

func prefixOf(a netip.Addr, bits int) netip.Prefix {
	p, _ := a.Prefix(bits) // zero for the zero address
	return p
}

// tooMany refuses until the time has passed; there is no error in no time.
func tooMany(l Limit, wait time.Duration) error {
	if wait <= 0 {
		return nil
	}
	p := problemFor(metadata.ReasonRateLimited.Problem(), metadata.ReasonRateLimited)
	p.limit, p.retryAfter = l, time.Duration(math.Ceil(wait.Seconds()))*time.Second
	return &refusal{problem: p}
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
			return s.limits.known(e.caller.ID, s.cfg.Now())
		}
	}
	if err := s.limits.stranger(e.from, s.cfg.Now()); err != nil {
		return err
	}
	return unknown
}

// A limiter holds the buckets of many callers in memory of fixed size (GCRA): a
// bucket is the instant at which it is empty again. A caller has a bucket in each
// of two rows, and is limited where both are full, so that few others share its
// fate. It is safe for concurrent use.
type limiter struct {
	interval time.Duration // that one request takes up
	burst    time.Duration
	seed     maphash.Seed
	rows     [2][buckets]atomic.Int64 // Unix time in nanoseconds
}

const buckets = 1 << 14

func newLimiter(r Rate) *limiter {
	interval := time.Second / time.Duration(r.PerSecond)
	return &limiter{interval: interval, burst: time.Duration(r.Burst) * interval, seed: maphash.MakeSeed()}
}

// take takes n requests of a caller, one or none. It returns how long to wait
// where there is no room for one, and has then taken none.
func (l *limiter) take(caller any, n int, now time.Time) (wait time.Duration) {
	hash := maphash.Comparable(l.seed, caller)
	at, cost := now.UnixNano(), int64(n)*int64(l.interval)
	var full int
	for i := range l.rows {
		bucket := &l.rows[i][hash>>(32*i)%buckets]
		for {
			old := bucket.Load()
			empty := max(old, at)
			if over := empty + int64(l.interval) - at - int64(l.burst); over > 0 {
				full++
				if wait == 0 || time.Duration(over) < wait {
					wait = time.Duration(over)
				}
				break
			}
			if cost == 0 || bucket.CompareAndSwap(old, empty+cost) {
				break
			}
		}
	}
	if full < len(l.rows) {
		return 0
	}
	return wait
}
