package fetch

import (
	"fmt"
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/fc28f635/countersign/internal/limits"
)

// A budget bounds how many new addresses below one registrable domain are asked
// in a minute: nobody can have us ask a host for one made-up address after the
// other. An address that served a document lately is not new and costs nothing,
// so that made-up ones do not keep it from being asked again.
type budget struct {
	now func() time.Time

	mu      sync.Mutex
	domains *lru.Cache[string, spent]
	served  *lru.Cache[string, struct{}]
}

// spent is what was asked of a domain in the minute that began.
type spent struct {
	began time.Time
	asked int
}

func newBudget() *budget {
	return &budget{now: time.Now, domains: newCache[spent](), served: newCache[struct{}]()}
}

// newCache returns a cache for as many hosts or addresses as others remember.
func newCache[V any]() *lru.Cache[string, V] {
	cache, err := lru.New[string, V](limits.CachedPublishers)
	if err != nil {
		panic("fetch: " + err.Error()) // only for a size that is not positive
	}
	return cache
}

// spend takes one address off its domain's budget, or says that it is used up.
func (b *budget) spend(host, address string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.served.Contains(address) {
		return nil
	}
	domain, now := domainOf(host), b.now()
	s, _ := b.domains.Get(domain)
	if now.Sub(s.began) >= time.Minute {
		s = spent{began: now}
	}
	if s.asked >= limits.NewDocumentsPerMinute {
		return fmt.Errorf("more than %d new addresses of %s in a minute", limits.NewDocumentsPerMinute, quote(domain))
	}
	s.asked++
	b.domains.Add(domain, s)
	return nil
}

// has notes that an address served a document.
func (b *budget) has(address string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.served.Add(address, struct{}{})
}
