package fetch

import (
	"context"
	"sync"

	"github.com/fc28f635/countersign/internal/limits"
)

// A gate bounds how many fetches run at once, in all and for one host.
type gate struct {
	all     chan struct{}
	perHost int
	mu      sync.Mutex
	hosts   map[string]*host
}

// A host counts the fetches of one host; it is forgotten with the last.
type host struct {
	places chan struct{}
	users  int // running or waiting, guarded by gate.mu
}

func newGate(perHost int) *gate {
	return &gate{all: make(chan struct{}, limits.Fetches), perHost: perHost, hosts: make(map[string]*host)}
}

// enter waits for a place, first of the host and then of all, so that those who
// wait for a slow host hold no place of others. The caller calls leave once.
func (g *gate) enter(ctx context.Context, name string) (leave func(), err error) {
	g.mu.Lock()
	h := g.hosts[name]
	if h == nil {
		h = &host{places: make(chan struct{}, g.perHost)}
		g.hosts[name] = h
	}
	h.users++
	g.mu.Unlock()
	forget := func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		if h.users--; h.users == 0 {
			delete(g.hosts, name)
		}
	}

	if err := take(ctx, h.places); err != nil {
		forget()
		return nil, err
	}
	if err := take(ctx, g.all); err != nil {
		<-h.places
		forget()
		return nil, err
	}
	return func() {
		<-g.all
		<-h.places
		forget()
	}, nil
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
