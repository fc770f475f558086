package issuer

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/verify"
)

// Config configures a [Registry]. Verifier and Store are required.
type Config struct {
	Verifier *verify.Verifier
	Store    Store

	// Policy decides. Nil means [Standard].
	Policy *Policy

	// KeepPolicy writes a policy where the next start reads it, before it is
	// recorded and decides. It is called again with the one before where that
	// fails. Nil keeps it in the record only.
	KeepPolicy func(*Policy) error

	// Countersigner signs decisions. Nil signs none.
	Countersigner *Countersigner

	// AuthorizationServer is the issuer identifier of the authorization server
	// that requests are for which name none. Empty means that none is known:
	// nothing is countersigned for them, and no statement with an audience is
	// accepted. See [CheckAuthorizationServer].
	AuthorizationServer string

	// PublicURL is where others reach the service, such as
	// https://trust.example: a decision is explained at /why/ID below it, and a
	// refusal says so. Empty means that refusals have no address. See
	// [CheckPublicURL].
	PublicURL string

	// Arrivals bound how often clients arrive from one network, and how many new
	// ones a publisher has. The zero ArrivalRates bound nothing.
	Arrivals ArrivalRates

	// Locate says what is known of an address at an instant, for the rules of the
	// policy on sources. It must be safe for concurrent use, and must not block.
	// Nil knows the address itself.
	Locate func(addr netip.Addr, at time.Time) Origin

	// Test marks every decision as made by a service that may fetch from
	// loopback. No such decision is countersigned.
	Test bool

	// Now reports the current time. Nil means time.Now.
	Now func() time.Time

	// Logger receives one event per decision. Nil discards.
	Logger *slog.Logger

	// OnDecision is called for each decision, after it was recorded, or was one
	// that is not recorded, with how long it took. It is called from several
	// goroutines, must not block, and must not change the decision. Nil does
	// nothing.
	OnDecision func(d Decision, took time.Duration)

	// OnAct is called for each act of an operator that was recorded, under the
	// same conditions. Nil does nothing.
	OnAct func(a Act)

	// OnReview is called after a review was recorded as pending, approved or
	// denied; where two decisions raise one at the same time, for each. It is
	// called from several goroutines, must not block, and must not change the
	// review. Nil does nothing.
	OnReview func(Review)
}

// A Registry decides on clients and keeps what it decided. It is safe for
// concurrent use.
type Registry struct {
	cfg    Config
	policy atomic.Pointer[Policy] // what decides; cfg.Policy is what decided first

	faulty   sync.Map // policy digest and condition: those whose failure was logged
	arrivals *arrivals

	// said is held for reading from when a decision learns what operators said
	// until it is recorded, and for writing while they say more: whose word was
	// acknowledged finds no decision on its way that does not know it.
	said sync.RWMutex

	changing sync.Mutex // held while the policy is changed
}

// NewRegistry returns a Registry, or an error that names the field at fault.
func NewRegistry(cfg Config) (*Registry, error) {
	if cfg.Verifier == nil || cfg.Store == nil {
		return nil, errors.New("fields Verifier and Store are required")
	}
	if cfg.AuthorizationServer != "" {
		if err := CheckAuthorizationServer(cfg.AuthorizationServer); err != nil {
			return nil, fmt.Errorf("field AuthorizationServer: %w", err)
		}
	}
	if cfg.PublicURL != "" {
		if err := CheckPublicURL(cfg.PublicURL); err != nil {
			return nil, fmt.Errorf("field PublicURL: %w", err)
		}
	}
	if cfg.Policy == nil {
		cfg.Policy = Standard()
	}
	if cfg.Now == nil {
		cfg.Now = time.Now //nolint:forbidigo // the default of the injected clock
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.Locate == nil {
		cfg.Locate = func(addr netip.Addr, _ time.Time) Origin { return Origin{Addr: addr} }
	}
	arrivals, err := newArrivals(cfg.Arrivals, cfg.Now)
	if err != nil {
		return nil, err
	}
	r := &Registry{cfg: cfg, arrivals: arrivals}
	r.policy.Store(cfg.Policy)
	return r, nil
}

// Policy returns the policy that decides.
func (r *Registry) Policy() *Policy { return r.policy.Load() }

// SetPolicy has another policy decide from now on; nil is [Standard]. What is
// being decided keeps the policy that it began with, and what was decided is not
// touched.
func (r *Registry) SetPolicy(p *Policy) {
	if p == nil {
		p = Standard()
	}
	r.policy.Store(p)
}

// Decide verifies what the client presents, decides, records the decision, and
// returns it: no grant leaves before its record is durable. A refusal is a
// decision too, recorded by the same road. A decision whose reason has problem
// status 503 says nothing of the client, and is not recorded.
//
// An error is a [*RateError], or a defect of ours: [ErrStorageFull],
// [ErrStorageFailed], ctx being done, or a request that is none.
func (r *Registry) Decide(ctx context.Context, req Request) (Decision, error) {
	if err := req.check(); err != nil {
		return Decision{}, err
	}
	if err := r.arrivals.enter(req); err != nil {
		return Decision{}, err
	}
	policy, start := r.Policy(), r.cfg.Now()
	e, err := r.examine(ctx, req, policy, start)
	if err != nil {
		return Decision{}, err
	}
	r.said.RLock()
	defer r.said.RUnlock()
	d, err := r.judge(ctx, req, e, policy)
	if err != nil {
		return Decision{}, err
	}
	r.tellFaults(ctx, d)
	d.DryRun, d.Test = req.DryRun, r.cfg.Test
	d.AuthorizationServer = r.audience(req)
	if err := r.arrivals.create(req, e.verdict, d); err != nil {
		return Decision{}, err
	}
	if d.ID, err = newID(); err != nil {
		return Decision{}, err
	}
	if d.Review != nil {
		d.Review.Decision = d.ID
	}
	d.explainAt(r.cfg.PublicURL)
	if r.countersigns(d, policy) {
		if d.Countersigned, err = r.cfg.Countersigner.Sign(d); err != nil {
			return Decision{}, fmt.Errorf("countersigning: %w", err)
		}
	}
	if d.Unavailable() {
		attrs := append(d.Asked.attrs(), slog.String("publisher", d.Asked.Publisher.String()),
			slog.String("reason", string(d.Reason)), unavailableAttr(d.Findings))
		r.cfg.Logger.LogAttrs(ctx, slog.LevelWarn, "not decided", attrs...)
		r.tellDecision(d, start)
		return d, nil
	}
	if d.recorded, err = d.Encode(); err == nil {
		err = r.cfg.Store.Commit(ctx, d)
	}
	if err != nil {
		return Decision{}, fmt.Errorf("recording the decision: %w", err)
	}
	r.arrivals.created(req, e.verdict, d)
	r.cfg.Logger.LogAttrs(ctx, slog.LevelInfo, "decided", append(d.Asked.attrs(),
		slog.String("id", d.ID), slog.String("outcome", string(d.Outcome)), slog.String("tier", d.Tier.String()),
		slog.String("reason", string(d.Reason)), slog.String("publisher", d.Publisher.String()),
		slog.Bool("dry_run", d.DryRun))...)
	r.tellDecision(d, start)
	if d.Review != nil {
		r.tellReview(ctx, *d.Review)
	}
	return d, nil
}

// tellDecision reports a decision that began at start.
func (r *Registry) tellDecision(d Decision, start time.Time) {
	if r.cfg.OnDecision != nil {
		r.cfg.OnDecision(d, r.cfg.Now().Sub(start))
	}
}

// Decision returns a recorded decision, or an error wrapping [ErrNotFound].
func (r *Registry) Decision(ctx context.Context, id string) (Decision, error) {
	return r.cfg.Store.Decision(ctx, id)
}

// Decisions returns recorded decisions; see [Store].
func (r *Registry) Decisions(ctx context.Context, after Place, limit int) ([]Decision, error) {
	return r.cfg.Store.Decisions(ctx, after, limit)
}

// AuthorizationServer returns [Config].AuthorizationServer.
func (r *Registry) AuthorizationServer() string { return r.cfg.AuthorizationServer }

// Cached returns how many entries a cache of the verifier holds.
func (r *Registry) Cached(c verify.Cache) int { return r.cfg.Verifier.Cached(c) }

func (r *Registry) audience(req Request) string {
	if req.AuthorizationServer != "" {
		return req.AuthorizationServer
	}
	return r.cfg.AuthorizationServer
}

// countersigns reports whether a decision is worth a signature: a consumer
// without our code cannot see its tier, and gives its own default scope where
// none is named.
func (r *Registry) countersigns(d Decision, policy *Policy) bool {
	return r.cfg.Countersigner != nil && d.Outcome == Approved && d.Mode != ModeObserve && !d.DryRun && !d.Test &&
		d.AuthorizationServer != "" && d.Tier >= policy.countersignFrom && d.Grant.Scope != "" && countersignedUntil(d).After(d.At)
}

// Unavailable reports whether a decision only says that no decision could be
// made now.
func (d Decision) Unavailable() bool {
	const serviceUnavailable = 503
	return d.OAuthError != nil && d.OAuthError.Status >= serviceUnavailable
}

func firstReason(err error) metadata.Reason {
	var defects metadata.Defects
	if errors.As(err, &defects) && len(defects) > 0 {
		return defects[0].Reason
	}
	return metadata.ReasonServerError
}

// newID returns an id that nobody can guess: 128 random bits.
func newID() (string, error) {
	var random [16]byte
	if _, err := rand.Read(random[:]); err != nil {
		return "", fmt.Errorf("making an id: %w", err)
	}
	return "d" + hex.EncodeToString(random[:]), nil
}
