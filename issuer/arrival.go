package issuer

import (
	"fmt"
	"net/netip"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/fc28f635/countersign/internal/gcra"
	"github.com/fc28f635/countersign/internal/jose"
	"github.com/fc28f635/countersign/internal/limits"
	"github.com/fc28f635/countersign/internal/network"
	"github.com/fc28f635/countersign/internal/strictjson"
	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/verify"
)

// ArrivalRates bound how often clients arrive, in two layers: each network within
// the publisher that its clients claim, and of each publisher the clients that
// were not seen before. Only requests with a [Request].Source are counted. All
// four are at least 1; the zero ArrivalRates bound nothing.
//
// Of a publisher's burst a quarter is held for confidential clients, and for
// networks from which clients of that publisher were approved a day ago or
// earlier. Whoever copies a public statement of the publisher's uses up the rest
// at most, however many networks he comes from.
type ArrivalRates struct {
	NetworkPerSecond, NetworkBurst     int
	PublisherPerSecond, PublisherBurst int
}

// A RateError says that there were too many arrivals: nothing was decided, and
// nothing recorded.
type RateError struct {
	OfPublisher bool          // of new clients of the publisher; else of its clients from the network
	Wait        time.Duration // after which there is room for one
}

func (e *RateError) Error() string {
	if e.OfPublisher {
		return "too many new clients of this publisher"
	}
	return "too many clients of this publisher from this network"
}

// arrivals count against ArrivalRates, in memory of fixed size. Nil counts
// nothing.
type arrivals struct {
	networks   *gcra.Networks
	publishers *gcra.Limiter
	held       int // of a publisher's burst
	rows       *lru.Cache[row, struct{}]
	pasts      *pasts
	now        gcra.Clock
}

// A row is what one registration is at one authorization server: arrivals of the
// same make no new one.
type row struct {
	publisher metadata.Publisher
	shape     metadata.Shape
	server    string
}

func newArrivals(r ArrivalRates, now gcra.Clock) (*arrivals, error) {
	if r == (ArrivalRates{}) {
		return nil, nil
	}
	ofNetwork, ofPublisher := gcra.Rate{PerSecond: r.NetworkPerSecond, Burst: r.NetworkBurst}, gcra.Rate{PerSecond: r.PublisherPerSecond, Burst: r.PublisherBurst}
	for _, rate := range []gcra.Rate{ofNetwork, ofPublisher} {
		if err := rate.Check(); err != nil {
			return nil, fmt.Errorf("field Arrivals: %w", err)
		}
	}
	rows, err := lru.New[row, struct{}](limits.ArrivalMemory)
	if err != nil {
		return nil, err
	}
	pasts, err := newPasts()
	if err != nil {
		return nil, err
	}
	const share = 4
	return &arrivals{networks: gcra.NewNetworks(ofNetwork), publishers: gcra.NewLimiter(ofPublisher),
		held: r.PublisherBurst / share, rows: rows, pasts: pasts, now: now}, nil
}

// enter counts a request before anything of it is verified. Whom it claims to be
// of selects a bucket and nothing else.
func (a *arrivals) enter(req Request) error {
	if a == nil || !req.Source.IsValid() {
		return nil
	}
	if wait := a.networks.Take(claimedPublisher(req), req.Source, a.now); wait > 0 {
		return &RateError{Wait: wait}
	}
	return nil
}

// create counts a decision where it makes a row: what was verified says of whom
// that is, and whether the client is confidential by a statement of theirs.
func (a *arrivals) create(req Request, v *verify.Verdict, d Decision) error {
	made, ok := a.rowOf(req, v, d)
	if !ok || a.rows.Contains(made) {
		return nil
	}
	others := a.held
	if _, stated := v.Statement(); stated && d.Binding == metadata.BindingKey || a.pasts.has(pastOf(made, req), v.At) {
		others = 0
	}
	if wait := a.publishers.TakeLeaving(others, made.publisher, a.now); wait > 0 {
		return &RateError{OfPublisher: true, Wait: wait}
	}
	return nil
}

// created remembers a decision that was recorded.
func (a *arrivals) created(req Request, v *verify.Verdict, d Decision) {
	if made, ok := a.rowOf(req, v, d); ok {
		a.rows.Add(made, struct{}{})
		a.pasts.see(pastOf(made, req), v.At)
	}
}

// rowOf returns the row that a decision makes, or made before. There is none
// where the client is denied, and none to count where there is no publisher whom
// the next arrival could cost something.
func (a *arrivals) rowOf(req Request, v *verify.Verdict, d Decision) (row, bool) {
	if a == nil || !req.Source.IsValid() || d.Outcome == Denied || d.DryRun || v == nil || v.Publisher.IsZero() {
		return row{}, false
	}
	if _, verified := v.Client(); !verified {
		return row{}, false // it passes because nothing is enforced, and who it is of is a claim
	}
	return row{v.Publisher, d.Shape, d.AuthorizationServer}, true
}

// claimedPublisher returns the publisher that a request claims to be of, zero
// where it claims none that can be one. Nothing of it is verified.
func claimedPublisher(req Request) metadata.Publisher {
	if req.Client == nil {
		id, _ := metadata.ParseClientID(req.ClientID)
		return id.Publisher()
	}
	if req.Client.SoftwareStatement == "" {
		p, _ := metadata.DeliveryOf(*req.Client)
		return p
	}
	compact, _ := jose.Parse(req.Client.SoftwareStatement)
	claims, _ := strictjson.ParseObject(compact.Payload, limits.JSONDepth)
	for _, claim := range claims {
		if claim.Name == "iss" {
			iss, _ := strictjson.Text(claim.Value)
			p, _ := metadata.ParsePublisher(iss)
			return p
		}
	}
	return metadata.Publisher{}
}

// A past is that of one network with one publisher.
type past struct {
	publisher metadata.Publisher
	network   netip.Prefix
}

func pastOf(r row, req Request) past { return past{r.publisher, network.Of(req.Source)} }

// pasts are the networks from which clients of a publisher were approved. Those
// that have a past are kept apart: however many new ones come, they displace none
// of them.
type pasts struct {
	recent *lru.Cache[past, time.Time] // when it was seen first
	known  *lru.Cache[past, struct{}]
}

func newPasts() (*pasts, error) {
	recent, err := lru.New[past, time.Time](limits.ArrivalMemory)
	if err != nil {
		return nil, err
	}
	known, err := lru.New[past, struct{}](limits.ArrivalMemory)
	return &pasts{recent, known}, err
}

// has reports whether a network has a past.
func (p *pasts) has(x past, at time.Time) bool {
	first, ok := p.recent.Peek(x)
	return p.known.Contains(x) || ok && at.Sub(first) >= limits.ArrivalPast
}

// see takes down that a client of the publisher was approved.
func (p *pasts) see(x past, at time.Time) {
	switch first, ok := p.recent.Get(x); {
	case p.has(x, at):
		p.recent.Remove(x)
		p.known.Add(x, struct{}{})
	case !ok || at.Before(first):
		p.recent.Add(x, at)
	}
}
