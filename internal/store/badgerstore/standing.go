package badgerstore

import (
	"context"
	"errors"
	"fmt"

	"github.com/dgraph-io/badger/v4"

	"github.com/fc28f635/countersign/issuer"
	"github.com/fc28f635/countersign/metadata"
)

// Standing implements issuer.Store. The acceptances of a publisher come first,
// whichever shape was seen with it.
func (s *Store) Standing(ctx context.Context, subjects []metadata.Subject) (issuer.Standing, error) {
	var found issuer.Standing
	err := s.view(ctx, func(txn *badger.Txn) error {
		for _, subject := range subjects {
			if err := said(txn, subject, &found); err != nil {
				return err
			}
		}
		var err error
		found.Observations, err = observations(txn)
		return err
	})
	if err != nil {
		return issuer.Standing{}, err
	}
	return found, nil
}

// said adds what was said of one subject.
func said(txn *badger.Txn, subject metadata.Subject, found *issuer.Standing) error {
	if p := subject.Publisher(); !p.IsZero() {
		if err := scan(txn, publisherPrefix(p), &found.Acceptances); err != nil {
			return err
		}
	}
	if shape := subject.Shape(); shape != "" {
		key := acceptanceKey(issuer.Acceptance{Shape: shape})
		if err := find(txn, key, &found.Acceptances); err != nil {
			return err
		}
		if len(key) > 0 { // those that reviews gave
			if err := scan(txn, append(key, 0), &found.Acceptances); err != nil {
				return err
			}
		}
	}
	return find(txn, exceptionKey(subject.String()), &found.Exceptions)
}

// Listing implements issuer.Store.
func (s *Store) Listing(ctx context.Context) (issuer.Listing, error) {
	l := issuer.Listing{Acceptances: []issuer.Acceptance{}, Exceptions: []issuer.Exception{}, Pins: []issuer.Pin{},
		Observations: []issuer.Observation{}}
	err := s.view(ctx, func(txn *badger.Txn) error {
		if err := scan(txn, []byte(acceptancePrefix), &l.Acceptances); err != nil {
			return err
		}
		if err := scan(txn, []byte(exceptionPrefix), &l.Exceptions); err != nil {
			return err
		}
		if err := scan(txn, []byte(pinPrefix), &l.Pins); err != nil {
			return err
		}
		said, err := observations(txn)
		l.Observations = append(l.Observations, said...)
		return err
	})
	if err != nil {
		return issuer.Listing{}, err
	}
	for i := range l.Pins {
		l.Pins[i].Document = nil
	}
	return l, nil
}

// Pinned implements issuer.Store.
func (s *Store) Pinned(ctx context.Context, clientID string) (issuer.Pin, error) {
	var found []issuer.Pin
	err := s.view(ctx, func(txn *badger.Txn) error { return find(txn, pinKey(clientID), &found) })
	if err != nil {
		return issuer.Pin{}, err
	}
	if len(found) == 0 {
		return issuer.Pin{}, fmt.Errorf("pin of %.100q: %w", clientID, issuer.ErrNotFound)
	}
	return found[0], nil
}

// scan adds the values whose keys begin with prefix.
func scan[T any](txn *badger.Txn, prefix []byte, found *[]T) error {
	it := txn.NewIterator(badger.IteratorOptions{Prefix: prefix})
	defer it.Close()
	for it.Rewind(); it.Valid(); it.Next() {
		var v T
		if err := read(it.Item(), &v); err != nil {
			return err
		}
		*found = append(*found, v)
	}
	return nil
}

// find adds the value of a key, where there is one. The empty key has none.
func find[T any](txn *badger.Txn, key []byte, found *[]T) error {
	if len(key) == 0 {
		return nil
	}
	var v T
	switch err := get(txn, key, &v); {
	case errors.Is(err, badger.ErrKeyNotFound):
		return nil
	case err != nil:
		return err
	}
	*found = append(*found, v)
	return nil
}
