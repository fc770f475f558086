package dnsx

import (
	"context"
	"strings"
	"sync"

	"github.com/fc28f635/countersign/internal/limits"
	"github.com/fc28f635/countersign/metadata"
)

// domains bounds how many look-ups below one registrable domain run at once: who
// owns a domain whose servers hang has any number of names there, and holds few of
// the places. The zero domains is ready.
type domains struct {
	mu    sync.Mutex
	lines map[string]*line
}

// A line counts the look-ups of one domain; it is forgotten with the last.
type line struct {
	places chan struct{}
	users  int // running or waiting, guarded by domains.mu
}

// enter waits for a place of the domain of name. The caller calls leave once.
func (d *domains) enter(ctx context.Context, name string) (leave func(), err error) {
	domain := domainOf(name)
	d.mu.Lock()
	l := d.lines[domain]
	if l == nil {
		l = &line{places: make(chan struct{}, limits.DNSLookupsPerDomain)}
		if d.lines == nil {
			d.lines = make(map[string]*line)
		}
		d.lines[domain] = l
	}
	l.users++
	d.mu.Unlock()
	forget := func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		if l.users--; l.users == 0 {
			delete(d.lines, domain)
		}
	}
	select {
	case l.places <- struct{}{}:
		return func() { <-l.places; forget() }, nil
	case <-ctx.Done():
		forget()
		return nil, ctx.Err()
	}
}

// domainOf returns the registrable domain of a name, labels with underscores aside,
// or what is left of it where there is none.
func domainOf(name string) string {
	name = strings.ToLower(name)
	for strings.HasPrefix(name, "_") {
		name = above(name)
	}
	if p, err := metadata.PublisherOf(name); err == nil {
		return p.RegistrableDomain()
	}
	return name
}
