// Package gcra counts what callers do against rates, by the generic cell rate
// algorithm. Make a [Limiter] for callers that have a name, or [Networks] for
// callers that have an address.
package gcra

import (
	"errors"
	"hash/maphash"
	"sync/atomic"
	"time"
)

// A Rate is how often something may happen. Both are at least 1: the zero Rate
// lets nothing through, and Check refuses it.
type Rate struct {
	PerSecond int
	Burst     int // at once, after a pause
}

// Check refuses a rate that lets nothing through.
func (r Rate) Check() error {
	if r.PerSecond < 1 || r.Burst < 1 {
		return errors.New("a rate is at least 1 a second and 1 at once")
	}
	return nil
}

// A Limiter holds the buckets of many callers in memory of fixed size: a bucket
// is the instant at which it is empty again. A caller has a bucket in each of two
// rows, and is limited where both are full, so that few others share its fate. It
// is safe for concurrent use.
type Limiter struct {
	interval time.Duration // that one request takes up
	burst    time.Duration
	seed     maphash.Seed
	rows     [2][buckets]atomic.Int64 // Unix time in nanoseconds
}

const buckets = 1 << 14

// NewLimiter returns a Limiter with empty buckets. Check of the rate must hold.
func NewLimiter(r Rate) *Limiter {
	interval := time.Second / time.Duration(r.PerSecond)
	return &Limiter{interval: interval, burst: time.Duration(r.Burst) * interval, seed: maphash.MakeSeed()}
}

// A Clock reports the current time.
type Clock func() time.Time

// Take takes one request of a caller, any comparable value. It returns how long
// to wait where there is no room for one, and has then taken none.
func (l *Limiter) Take(caller any, now Clock) (wait time.Duration) {
	return l.take(caller, l.interval, l.burst, now)
}

// TakeLeaving is Take for requests that must leave room for as many others of the
// same caller: those find it with Take.
func (l *Limiter) TakeLeaving(others int, caller any, now Clock) (wait time.Duration) {
	return l.take(caller, l.interval, l.burst-time.Duration(others)*l.interval, now)
}

// Wait returns how long to wait for room for one request, and takes none.
func (l *Limiter) Wait(caller any, now Clock) (wait time.Duration) {
	return l.take(caller, 0, l.burst, now)
}

// take adds the cost of a request to a caller's buckets where one request more
// keeps them within room.
func (l *Limiter) take(caller any, cost, room time.Duration, now Clock) (wait time.Duration) {
	hash := maphash.Comparable(l.seed, caller)
	var full int
	for i := range l.rows {
		bucket := &l.rows[i][hash>>(32*i)%buckets]
		for {
			// The clock is read after the bucket: a caller that waited for a core in
			// between is not early, it is late.
			old := bucket.Load()
			at := now().UnixNano()
			empty := max(old, at)
			if over := empty + int64(l.interval) - at - int64(room); over > 0 {
				full++
				if wait == 0 || time.Duration(over) < wait {
					wait = time.Duration(over)
				}
				break
			}
			if cost == 0 || bucket.CompareAndSwap(old, empty+int64(cost)) {
				break
			}
		}
	}
	if full < len(l.rows) {
		return 0
	}
	return wait
}
