package dnsx

import (
	"context"
	"errors"
	"sync"

	"github.com/miekg/dns"
)

// A Reached says whether one upstream can be asked over TCP, TLS or HTTPS.
type Reached struct {
	Upstream Upstream

	// Secure says that it validated its answer, and that its word counts.
	Secure bool

	// Err is why it cannot be asked. Nil means that it answered.
	Err error
}

// Reach asks every upstream, not over UDP, for the name servers of the root, which
// concerns no publisher. The answers are in the order of the upstreams, after
// the time of one look-up at most.
func (r *Resolver) Reach(ctx context.Context) []Reached {
	ctx, cancel := context.WithTimeout(ctx, r.cfg.Timeout)
	defer cancel()
	list := make([]Reached, len(r.upstreams))
	var group sync.WaitGroup
	for i, up := range r.upstreams {
		group.Go(func() {
			reply, err := r.ask(ctx, up, ".", dns.TypeNS, true)
			if err == nil && len(reply.Answer) == 0 {
				err = &serverError{reply.server, errors.New("it knows no name server of the root")}
			}
			list[i] = Reached{Upstream: up.Upstream, Secure: err == nil && reply.secure, Err: err}
		})
	}
	group.Wait()
	return list
}
