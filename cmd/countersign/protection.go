package main

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/fc28f635/countersign/issuer"
	"github.com/fc28f635/countersign/metadata"
)

// protectionEvery is how often it is looked what is accepted, besides after each
// act: acceptances end, and software that is accepted is decided on first later.
const protectionEvery = 10 * time.Minute

// A protection is what the names and hosts of clients are compared with: the
// embedded list, what the operator listed, and what was accepted. Call
// [newProtection].
type protection struct {
	acted   chan struct{} // holds a token while an act is not taken in
	inForce atomic.Pointer[metadata.Protected]

	mu               sync.Mutex
	listed, accepted []metadata.ProtectedName
}

// newProtection returns one with the embedded list, and what the operator listed.
func newProtection(listed []metadata.ProtectedName) *protection {
	p := &protection{acted: make(chan struct{}, 1), listed: listed}
	p.inForce.Store(metadata.NewProtected(listed, nil))
	return p
}

// get is what verify.Config.Protected wants.
func (p *protection) get() *metadata.Protected { return p.inForce.Load() }

// onAct is what issuer.Config.OnAct wants.
func (p *protection) onAct(issuer.Act) {
	select {
	case p.acted <- struct{}{}:
	default: // there is one
	}
}

// renew puts in force what is accepted now. On an error nothing has changed.
func (p *protection) renew(ctx context.Context, registry *issuer.Registry) error {
	accepted, err := registry.AcceptedNames(ctx)
	if err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.accepted = accepted
	p.inForce.Store(metadata.NewProtected(p.listed, accepted))
	return nil
}

// adopt puts in force what another one has listed.
func (p *protection) adopt(other *protection) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.listed = other.listed
	p.inForce.Store(metadata.NewProtected(p.listed, p.accepted))
}

// watch takes in what is accepted, after each act and now and then, until ctx is
// done.
func (p *protection) watch(ctx context.Context, registry *issuer.Registry, log *slog.Logger) {
	ticker := time.NewTicker(protectionEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-p.acted:
		case <-ticker.C:
		}
		if err := p.renew(ctx, registry); err != nil && ctx.Err() == nil {
			log.LogAttrs(ctx, slog.LevelWarn, "protected names not renewed", slog.String("error", err.Error()))
		}
	}
}
