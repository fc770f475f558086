package badgerstore

import (
	"context"
	"errors"
	"fmt"

	"github.com/dgraph-io/badger/v4"

	"github.com/fc28f635/countersign/issuer"
)

var (
	errNoID = errors.New("a decision needs an id of at most 256 bytes")
	errSame = errors.New("there is a decision with this id already")
)

// Commit implements issuer.Store. It returns when the decision is durable. A
// decision that cannot be written as JSON, or is larger than 256 KiB, is an
// error and changes nothing.
func (s *Store) Commit(ctx context.Context, d issuer.Decision) error {
	if d.ID == "" || len(d.ID) > idBytes {
		return errNoID
	}
	value := d.Recorded()
	if value == nil {
		var err error
		if value, err = d.Encode(); err != nil {
			return fmt.Errorf("encoding for the store: %w", err)
		}
	}
	if len(value) > valueBytes {
		return errTooLarge
	}
	raise, alone, err := s.raising(ctx, d.Review)
	if err != nil {
		return err
	}
	key := decisionKey(d.ID)
	return s.send(ctx, &request{alone: alone, apply: func(txn *badger.Txn) (bool, error) {
		switch _, err := txn.Get(key); {
		case err == nil:
			return false, fmt.Errorf("committing %.100q: %w", d.ID, errSame)
		case !errors.Is(err, badger.ErrKeyNotFound):
			return false, fmt.Errorf("reading the store: %w", err)
		}
		if err := s.tally.take(txn, d); err != nil {
			return false, err
		}
		if err := raise(txn); err != nil {
			return false, err
		}
		if err := put(txn, orderKey(issuer.PlaceOf(d)), nil); err != nil { // first: alone it does no harm
			return false, err
		}
		return true, put(txn, key, value)
	}})
}

// Decision implements issuer.Store.
func (s *Store) Decision(ctx context.Context, id string) (issuer.Decision, error) {
	var d issuer.Decision
	err := s.view(ctx, func(txn *badger.Txn) error {
		if id == "" || len(id) > idBytes {
			return badger.ErrKeyNotFound
		}
		return get(txn, decisionKey(id), &d)
	})
	if errors.Is(err, badger.ErrKeyNotFound) {
		return issuer.Decision{}, fmt.Errorf("decision %.100q: %w", id, issuer.ErrNotFound)
	}
	if err != nil {
		return issuer.Decision{}, err
	}
	return d, nil
}
