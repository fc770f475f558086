package badgerstore

import (
	"context"
	"errors"
	"fmt"

	"github.com/dgraph-io/badger/v4"

	"github.com/fc28f635/countersign/issuer"
)

// errReviewID is for a review whose id is no name for anything.
var errReviewID = errors.New("a review needs an id of at most 512 bytes")

// loadReviews reads which reviews are pending.
func (s *Store) loadReviews() error {
	var kept []issuer.Review
	err := s.db.View(func(txn *badger.Txn) error { return scan(txn, []byte(reviewPrefix), &kept) })
	s.reviews = issuer.NewReviewQueue(kept)
	return err
}

// raising returns what writes the review that a decision raises, and whether that
// must be alone in its transaction: both are there, or none. Most reviews are kept
// already, and the registry does not have them recorded again.
func (s *Store) raising(ctx context.Context, r *issuer.Review) (raise func(*badger.Txn) error, alone bool, err error) {
	if r == nil {
		return func(*badger.Txn) error { return nil }, false, nil
	}
	if len(reviewKey(r.ID)) == 0 {
		return nil, false, errReviewID
	}
	value, err := encode(r)
	if err != nil {
		return nil, false, err
	}
	return func(txn *badger.Txn) error { return s.raise(txn, *r, value) }, true, nil
}

// raise writes a review, where it is asked though others are kept.
func (s *Store) raise(txn *badger.Txn, r issuer.Review, value []byte) error {
	var kept []issuer.Review
	if err := scan(txn, reviewKey(r.Client()), &kept); err != nil {
		return err
	}
	var dropped []string
	for _, k := range kept {
		switch {
		case !r.Asks(k):
			return nil
		case k.State == issuer.ReviewPending:
			dropped = append(dropped, k.ID)
		}
	}
	s.reviews.Remove(dropped...)
	for _, id := range append(dropped, s.reviews.Add(r)...) {
		if err := txn.Delete(reviewKey(id)); err != nil {
			return fmt.Errorf("writing: %w", err)
		}
	}
	return put(txn, reviewKey(r.ID), value)
}

// decided writes what was decided on a review that is there, and then what else
// changes.
func (s *Store) decided(r issuer.Review, change func(*badger.Txn) error) (func(*badger.Txn) error, error) {
	write, err := set(reviewKey(r.ID), r)
	return func(txn *badger.Txn) error {
		var before []issuer.Review
		if err := find(txn, reviewKey(r.ID), &before); err != nil {
			return err
		}
		if len(before) == 0 {
			return issuer.ErrNotFound
		}
		if err := write(txn); err != nil {
			return err
		}
		if err := change(txn); err != nil {
			return err
		}
		if r.State != issuer.ReviewPending {
			s.reviews.Remove(r.ID)
		}
		return nil
	}, err
}

// Review implements issuer.Store.
func (s *Store) Review(ctx context.Context, id string) (issuer.Review, error) {
	var found []issuer.Review
	if err := s.view(ctx, func(txn *badger.Txn) error { return find(txn, reviewKey(id), &found) }); err != nil {
		return issuer.Review{}, err
	}
	if len(found) == 0 {
		return issuer.Review{}, fmt.Errorf("review %.100q: %w", id, issuer.ErrNotFound)
	}
	return found[0], nil
}

// Reviews implements issuer.Store.
func (s *Store) Reviews(ctx context.Context) ([]issuer.Review, error) {
	list := []issuer.Review{}
	err := s.view(ctx, func(txn *badger.Txn) error { return scan(txn, []byte(reviewPrefix), &list) })
	return list, err
}

// PendingReviews returns how many reviews are pending.
func (s *Store) PendingReviews() int { return s.reviews.Len() }
