package verify

import (
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/fc28f635/countersign/internal/limits"
)

// showings bounds how many keys the hosts below one registrable domain can have
// us remember as exposed in a day: that is for good, and a stranger can make keys
// and addresses to show them at for nothing.
type showings struct {
	mu      sync.Mutex
	domains *lru.Cache[string, shown]
}

// shown is how many keys were remembered in the day that began.
type shown struct {
	began time.Time
	keys  int
}

func newShowings() *showings {
	domains, err := lru.New[string, shown](limits.CachedPublishers)
	if err != nil {
		panic("verify: " + err.Error()) // only for a size that is not positive
	}
	return &showings{domains: domains}
}

// take returns how many of n more keys of a domain may be remembered.
func (s *showings) take(domain string, n int, now time.Time) int {
	const day = 24 * time.Hour
	s.mu.Lock()
	defer s.mu.Unlock()
	d, _ := s.domains.Get(domain)
	if now.Sub(d.began) >= day {
		d = shown{began: now}
	}
	n = min(n, limits.ExposedKeys-d.keys)
	d.keys += n
	s.domains.Add(domain, d)
	return n
}
