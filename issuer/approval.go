package issuer

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/fc28f635/countersign/internal/network"
	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/verify"
)

// raise says in a decision what became of the question that it raises: what is
// kept is not recorded again, and a dry run raises none.
func (r *Registry) raise(ctx context.Context, req Request, d Decision) (Decision, error) {
	if d.Review == nil {
		return d, nil
	}
	asked := *d.Review
	kept, err := r.cfg.Store.Review(ctx, asked.ID)
	switch {
	case err != nil && !errors.Is(err, ErrNotFound):
		return Decision{}, err
	case err == nil && !asked.Asks(kept):
		d.Review = nil
		if kept.State == ReviewPending {
			d.Acceptance = &AcceptanceNote{Pending: kept.ID}
		}
		if kept.State == ReviewDenied && d.Outcome == InReview {
			return d.deny(metadata.ReasonTierBelowMinimum), nil
		}
	case req.DryRun:
		d.Review = nil
	default:
		if !asked.Vouched {
			asked.Network = network.Of(req.Source)
		}
		d.Review, d.Acceptance = &asked, &AcceptanceNote{Pending: asked.ID}
	}
	return d, nil
}

// Review returns a review, or an error wrapping [ErrNotFound].
func (r *Registry) Review(ctx context.Context, id string) (Review, error) {
	return r.cfg.Store.Review(ctx, id)
}

// Reviews returns the reviews, at most limit: the pending ones, of publishers that
// sign first, of those that nobody vouches for last, and then the others, the
// newest first.
func (r *Registry) Reviews(ctx context.Context, limit int) ([]Review, error) {
	list, err := r.cfg.Store.Reviews(ctx)
	if err != nil {
		return nil, err
	}
	first := func(holds bool) int {
		if holds {
			return 0
		}
		return 1
	}
	slices.SortFunc(list, func(a, b Review) int {
		pending := a.State == ReviewPending
		if c := cmp.Compare(first(pending), first(b.State == ReviewPending)); c != 0 {
			return c
		}
		if !pending {
			return cmp.Or(b.At.Compare(a.At), strings.Compare(a.ID, b.ID))
		}
		return cmp.Or(cmp.Compare(first(a.Signed), first(b.Signed)), cmp.Compare(first(a.Vouched), first(b.Vouched)),
			a.At.Compare(b.At), strings.Compare(a.ID, b.ID))
	})
	return list[:min(len(list), max(limit, 0))], nil
}

// Approve records a person's yes to a pending review. With the last one that the
// policy needs, the client is accepted until then. The error wraps [ErrNotFound]
// where there is no such review, or the client has presented something else since;
// [ErrReviewClosed] where it is not pending; [ErrSamePerson] where the person has
// approved it already.
func (r *Registry) Approve(ctx context.Context, id string, a Approval, until time.Time) (Review, error) {
	return r.decideReview(ctx, VerbApprove, id, a, func(review *Review) (Change, error) {
		switch {
		case review.State != ReviewPending:
			return Change{}, ErrReviewClosed
		case review.given(a):
			return Change{}, ErrSamePerson
		case !until.After(r.now()):
			return Change{}, errors.New("an approval needs an end after its beginning")
		}
		review.Approvals = append(slices.Clone(review.Approvals), a)
		if len(review.Approvals) < r.Policy().review.needed() {
			return Change{Review: review}, nil
		}
		review.State, review.Until = ReviewApproved, until
		accepted := review.acceptance()
		seen, err := r.sightings(ctx, accepted.Publisher)
		if err != nil {
			return Change{}, err
		}
		accepted.Line = verify.Established(seen, r.now())
		return Change{Review: review, Accept: &accepted}, nil
	})
}

// Deny records a person's no to a review. The client keeps what it proves, and is
// not asked about again for the same. Denying one that was approved ends what the
// approval gave. The errors are those of [Registry.Approve].
func (r *Registry) Deny(ctx context.Context, id string, a Approval) (Review, error) {
	return r.decideReview(ctx, VerbDeny, id, a, func(review *Review) (Change, error) {
		if review.State == ReviewDenied {
			return Change{}, ErrReviewClosed
		}
		change := Change{Review: review}
		if review.State == ReviewApproved {
			accepted := review.acceptance()
			change.Unaccept = &accepted
		}
		review.State, review.Until, review.Denied = ReviewDenied, time.Time{}, &a
		return change, nil
	})
}

// decideReview records what a person decides on a review, while no decision is on
// its way that would not know it.
func (r *Registry) decideReview(ctx context.Context, verb Verb, id string, a Approval, decide func(*Review) (Change, error)) (Review, error) {
	if err := a.Check(); err != nil {
		return Review{}, err
	}
	r.said.Lock()
	defer r.said.Unlock()
	review, err := r.cfg.Store.Review(ctx, id)
	if err != nil {
		return Review{}, err
	}
	change, err := decide(&review)
	if err != nil {
		return Review{}, err
	}
	act := Act{Verb: verb, At: a.At, Actor: a.Actor, Reason: a.Reason, Subject: review.ID, Until: review.Until}
	if err := r.cfg.Store.Record(ctx, act, change); err != nil {
		return Review{}, fmt.Errorf("recording %s of %.100q: %w", verb, id, err)
	}
	r.logAct(ctx, act)
	if review.State != ReviewPending {
		r.tellReview(ctx, review)
	}
	return review, nil
}

// tellReview logs a review that was recorded, and reports it.
func (r *Registry) tellReview(ctx context.Context, review Review) {
	r.cfg.Logger.LogAttrs(ctx, slog.LevelInfo, "review", slog.String("id", review.ID), slog.String("state", string(review.State)),
		slog.Any("why", review.Why), slog.String("publisher", review.Publisher.String()), slog.String("client_name", review.Name))
	if r.cfg.OnReview != nil {
		r.cfg.OnReview(review)
	}
}
