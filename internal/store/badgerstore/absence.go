package badgerstore

import (
	"context"
	"errors"
	"time"

	"github.com/dgraph-io/badger/v4"

	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/verify"
)

var errNoClientID = errors.New("an absence needs a client_id")

// Missing implements verify.Memory. Where it would do no more than move the last
// time by less than a minute, nothing is written.
func (s *Store) Missing(ctx context.Context, id metadata.ClientID, at time.Time) (time.Time, error) {
	if id.IsZero() {
		return time.Time{}, errNoClientID
	}
	var after verify.Absence
	var news bool
	look := func(txn *badger.Txn) error {
		var before verify.Absence
		if err := get(txn, absenceKey(id), &before); err != nil && !errors.Is(err, badger.ErrKeyNotFound) {
			return err
		}
		after = before.Again(at.Round(0))
		news = after.First != before.First || after.Last.Sub(before.Last) >= seenAgain
		return nil
	}
	if err := s.view(ctx, look); err != nil || !news {
		return after.First, err
	}
	err := s.write(ctx, func(txn *badger.Txn) (bool, error) {
		if err := look(txn); err != nil || !news {
			return false, err
		}
		value, err := encode(after)
		if err != nil {
			return false, err
		}
		return true, put(txn, absenceKey(id), value)
	})
	return after.First, err
}

// Found implements verify.Memory. It writes only where there is an absence.
func (s *Store) Found(ctx context.Context, id metadata.ClientID) error {
	if id.IsZero() {
		return errNoClientID
	}
	var missing bool
	look := func(txn *badger.Txn) error {
		var a verify.Absence
		err := get(txn, absenceKey(id), &a)
		missing = err == nil
		if errors.Is(err, badger.ErrKeyNotFound) {
			return nil
		}
		return err
	}
	if err := s.view(ctx, look); err != nil || !missing {
		return err
	}
	return s.write(ctx, func(txn *badger.Txn) (bool, error) {
		return true, txn.Delete(absenceKey(id))
	})
}
