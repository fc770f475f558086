package httpapi

import (
	"errors"
	"hash/maphash"
	"math"
	"net/http"
	"net/netip"
	"sync/atomic"
	"time"

	"github.com/fc28f635/countersign/issuer"
	"github.com/fc28f635/countersign/metadata"
)

// A Rate is how often something may happen. Both are at least 1.
type Rate struct {
	PerSecond int
	Burst     int // at once, after a pause
}

// Rates bound how often callers ask. What is over them is answered with 429.
type Rates struct {
	// Key bounds the requests of one API key.
	Key Rate

	// Lookups bounds what goes out to the network for one key: questions for
	// keys in DNS, and documents.
	Lookups Rate

	// Network bounds the requests of one network, IPv4 /24 or IPv6 /64, that
	// come without a key in force, and four times as many of an IPv6 /48.
	Network Rate

	// Strangers bounds all requests without a key together.
	Strangers Rate
}

// check refuses rates of which one would let nothing through, or is missing.
func (r Rates) check() error {
	for _, rate := range []Rate{r.Key, r.Lookups, r.Network, r.Strangers} {
		if rate.PerSecond < 1 || rate.Burst < 1 {
			return errors.New("field Rates: each is at least 1 a second and 1 at once")
		}
	}
	return nil
}

// limiters count requests against Rates. What they take of memory does not
// depend on who asks.
type limiters struct {
	key, lookups, network, prefix, strangers *limiter
}

func newLimiters(r Rates) limiters {
	return limiters{
		key: newLimiter(r.Key), lookups: newLimiter(r.Lookups),
		network: newLimiter(r.Network), prefix: newLimiter(Rate{4 * r.Network.PerSecond, 4 * r.Network.Burst}),
		strangers: newLimiter(r.Strangers),
	}
}

// known counts a request of an API key.
func (l limiters) known(id string, now clock) error {
	if wait := l.lookups.take(id, 0, now); wait > 0 { // it has had too many
		return tooMany(LimitLookups, wait)
	}
	return tooMany(LimitKey, l.key.take(id, 1, now))
}

// stranger counts a request without a key in force.
func (l limiters) stranger(from netip.Addr, now clock) error {
	const site = 48
	if wait := l.network.take(issuer.NetworkOf(from), 1, now); wait > 0 {
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
func (l limiters) charge(id string, now clock) { l.lookups.take(id, 1, now) }

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
			return s.limits.known(e.caller.ID, s.cfg.Now)
		}
	}
	if err := s.limits.stranger(e.from, s.cfg.Now); err != nil {
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

// A clock reports the current time.
type clock func() time.Time

// take takes n requests of a caller, one or none. It returns how long to wait
// where there is no room for one, and has then taken none.
func (l *limiter) take(caller any, n int, now clock) (wait time.Duration) {
	hash := maphash.Comparable(l.seed, caller)
	cost := int64(n) * int64(l.interval)
	var full int
	for i := range l.rows {
		bucket := &l.rows[i][hash>>(32*i)%buckets]
		for {
			// The clock is read after the bucket: a caller that waited for a core in
			// between is not early, it is late.
			old := bucket.Load()
			at := now().UnixNano()
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
