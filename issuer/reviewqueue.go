package issuer

import (
	"slices"
	"strings"
	"sync"

	"github.com/fc28f635/countersign/internal/limits"
)

// A ReviewQueue bounds the reviews that are pending, for a [Store]. What nobody
// vouched for makes room: that of the same network where it has many, else the
// oldest of all. What a publisher vouches for stays; where a registrable domain has
// many, its own oldest goes. Whoever is dropped is asked about again when he
// comes again. Networks are known since the start only. It is safe for concurrent
// use.
type ReviewQueue struct {
	mu      sync.Mutex
	pending []queued // oldest first
}

// A queued is what the queue knows of a review.
type queued struct {
	id, crowd string
	vouched   bool
}

// NewReviewQueue returns the queue of the reviews that are pending among those.
func NewReviewQueue(kept []Review) *ReviewQueue {
	kept = slices.DeleteFunc(slices.Clone(kept), func(r Review) bool { return r.State != ReviewPending })
	slices.SortFunc(kept, func(a, b Review) int {
		if c := a.At.Compare(b.At); c != 0 {
			return c
		}
		return strings.Compare(a.ID, b.ID)
	})
	q := &ReviewQueue{}
	for _, r := range kept {
		q.pending = append(q.pending, queuedOf(r))
	}
	return q
}

// queuedOf returns what the queue knows of a review. Its crowd is whose others it
// can push out; empty where that is not known.
func queuedOf(r Review) queued {
	q := queued{id: r.ID, vouched: r.Vouched}
	switch {
	case r.Vouched:
		q.crowd = r.Publisher.RegistrableDomain()
	case r.Network.IsValid():
		q.crowd = r.Network.String()
	}
	return q
}

// Add takes a review in, and returns the ids of those that make room for it.
// Adding one again changes nothing.
func (q *ReviewQueue) Add(r Review) (dropped []string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if slices.ContainsFunc(q.pending, func(k queued) bool { return k.id == r.ID }) {
		return nil
	}
	added := queuedOf(r)
	room := func(most int, crowded func(queued) bool) {
		count, oldest := 0, -1
		for i, k := range q.pending {
			if crowded(k) {
				if count++; oldest < 0 {
					oldest = i
				}
			}
		}
		if count >= most {
			dropped = append(dropped, q.pending[oldest].id)
			q.pending = slices.Delete(q.pending, oldest, oldest+1)
		}
	}
	if added.crowd != "" {
		room(limits.ReviewsOfOne, func(k queued) bool { return k.crowd == added.crowd && k.vouched == added.vouched })
	}
	if !added.vouched {
		room(limits.ReviewsUnvouched, func(k queued) bool { return !k.vouched })
	}
	q.pending = append(q.pending, added)
	return dropped
}

// Remove takes reviews out.
func (q *ReviewQueue) Remove(ids ...string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.pending = slices.DeleteFunc(q.pending, func(k queued) bool { return slices.Contains(ids, k.id) })
}

// Len returns how many are pending.
func (q *ReviewQueue) Len() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.pending)
}
