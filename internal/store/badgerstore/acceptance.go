package badgerstore

import (
	"context"
	"errors"

	"github.com/dgraph-io/badger/v4"

	"github.com/fc28f635/countersign/issuer"
	"github.com/fc28f635/countersign/metadata"
)

var errForNothing = errors.New("an acceptance needs a publisher, or a shape of at most 256 bytes")

// Accept implements issuer.Store.
func (s *Store) Accept(ctx context.Context, a issuer.Acceptance) error {
	if (a.Publisher.IsZero() && a.Shape == "") || len(a.Shape) > idBytes {
		return errForNothing
	}
	value, err := encode(a)
	if err != nil {
		return err
	}
	key := shapeKey(a.Shape)
	if !a.Publisher.IsZero() {
		key = append(publisherPrefix(a.Publisher), a.Shape...)
	}
	return s.write(ctx, func(txn *badger.Txn) (bool, error) { return true, put(txn, key, value) })
}

// Standing implements issuer.Store. The acceptances of the publisher come
// first. An acceptance of a publisher that also says which shape was seen is
// for the publisher, and is not found by the shape alone.
func (s *Store) Standing(ctx context.Context, p metadata.Publisher, shape metadata.Shape) (issuer.Standing, error) {
	var found issuer.Standing
	err := s.view(ctx, func(txn *badger.Txn) error {
		if !p.IsZero() {
			if err := scan(txn, publisherPrefix(p), &found); err != nil {
				return err
			}
		}
		if shape == "" || len(shape) > idBytes {
			return nil
		}
		var a issuer.Acceptance
		switch err := get(txn, shapeKey(shape), &a); {
		case errors.Is(err, badger.ErrKeyNotFound):
			return nil
		case err != nil:
			return err
		}
		found.Acceptances = append(found.Acceptances, a)
		return nil
	})
	if err != nil {
		return issuer.Standing{}, err
	}
	return found, nil
}

// scan adds the acceptances whose keys begin with prefix.
func scan(txn *badger.Txn, prefix []byte, found *issuer.Standing) error {
	it := txn.NewIterator(badger.IteratorOptions{Prefix: prefix})
	defer it.Close()
	for it.Rewind(); it.Valid(); it.Next() {
		var a issuer.Acceptance
		if err := read(it.Item(), &a); err != nil {
			return err
		}
		found.Acceptances = append(found.Acceptances, a)
	}
	return nil
}
