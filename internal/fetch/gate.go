package fetch

import (
	"context"
	"errors"
	"sync"

	"golang.org/x/net/publicsuffix"

	"github.com/fc28f635/countersign/internal/limits"
)

// A gate bounds how many fetches run at once: of one host, of the hosts below
// one registrable domain, and in all. Hosts that answered when they were asked
// last have places of their own: however many others hang, they hold up each
// other only, and those of one domain that answered once never all the others.
type gate struct {
	perHost           int
	mu                sync.Mutex
	lines             map[string]*line
	strangers, proven pool
}

// A line counts the fetches of one host, or of one domain; it is forgotten with
// the last.
type line struct {
	places chan struct{}
	users  int // running or waiting, guarded by gate.mu
}

// A pool counts fetches of any host.
type pool struct {
	places chan struct{}
	users  int // running or waiting, guarded by gate.mu
}

var errQueueFull = errors.New("too many fetches wait already")

func newGate(perHost int) *gate {
	return &gate{perHost: perHost, lines: make(map[string]*line),
		strangers: pool{places: make(chan struct{}, limits.Fetches)}, proven: pool{places: make(chan struct{}, limits.Fetches)}}
}

// enter waits for a place, first of the host and last of all, so that those who
// wait for a slow host hold no place of others. The caller calls leave once.
func (g *gate) enter(ctx context.Context, host string, proven bool) (leave func(), err error) {
	all, names, bounds := &g.strangers, []string{host, "." + domainOf(host)}, []int{g.perHost, limits.FetchesPerDomain}
	if proven { // a host below the same domain that hangs holds up few of those that answer
		all, names[1], bounds[1] = &g.proven, "+"+names[1], limits.FetchesPerProvenDomain
	}
	g.mu.Lock()
	domain := g.lines[names[1]]
	if all.users >= limits.Fetches+limits.FetchQueue || domain != nil && domain.users >= limits.FetchDomainQueue {
		g.mu.Unlock()
		return nil, errQueueFull
	}
	all.users++
	var wanted []chan struct{}
	for i, name := range names {
		l := g.lines[name]
		if l == nil {
			l = &line{places: make(chan struct{}, bounds[i])}
			g.lines[name] = l
		}
		l.users++
		wanted = append(wanted, l.places)
	}
	g.mu.Unlock()
	wanted = append(wanted, all.places)

	taken := 0
	leave = func() {
		for _, places := range wanted[:taken] {
			<-places
		}
		g.forget(all, names)
	}
	for _, places := range wanted {
		if err := take(ctx, places); err != nil {
			leave()
			return nil, err
		}
		taken++
	}
	return leave, nil
}

// forget takes one fetch off the counts.
func (g *gate) forget(all *pool, names []string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	all.users--
	for _, name := range names {
		l := g.lines[name]
		if l.users--; l.users == 0 {
			delete(g.lines, name)
		}
	}
}

// take takes one of the places, or fails when ctx is done.
func take(ctx context.Context, places chan<- struct{}) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case places <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// domainOf returns the registrable domain of a host, or the host itself where it
// has none.
func domainOf(host string) string {
	if domain, err := publicsuffix.EffectiveTLDPlusOne(host); err == nil {
		return domain
	}
	return host
}
