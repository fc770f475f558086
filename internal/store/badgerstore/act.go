package badgerstore

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/dgraph-io/badger/v4"

	"github.com/fc28f635/countersign/issuer"
)

// Record implements issuer.Store. An act and what it changes are a transaction of
// their own: they fit into one, whatever else waits.
func (s *Store) Record(ctx context.Context, a issuer.Act, c issuer.Change) error {
	change, err := changeOf(a, c)
	if err == nil && c.Review != nil {
		change, err = s.decided(*c.Review, change)
	}
	if err != nil {
		return err
	}
	return s.act(ctx, a, change)
}

// act writes the record of an act together with a change.
func (s *Store) act(ctx context.Context, a issuer.Act, change func(*badger.Txn) error) error {
	if a.Verb == "" {
		return errors.New("an act needs a verb")
	}
	record, err := encode(a)
	if err != nil {
		return err
	}
	return s.send(ctx, &request{alone: true, apply: func(txn *badger.Txn) (bool, error) {
		if err := change(txn); err != nil {
			return false, err
		}
		return true, put(txn, numbered(actPrefix, last(txn, actPrefix)+1), record)
	}})
}

// changeOf returns what writes a change.
func changeOf(a issuer.Act, c issuer.Change) (func(*badger.Txn) error, error) {
	switch {
	case c.Accept != nil:
		return set(acceptanceKey(*c.Accept), *c.Accept)
	case c.Unaccept != nil:
		return end(acceptanceKey(*c.Unaccept))
	case c.Except != nil:
		write, err := set(exceptionKey(c.Except.Subject.String()), *c.Except)
		return func(txn *badger.Txn) error {
			if err := unheld(txn, a, *c.Except); err != nil {
				return err
			}
			return write(txn)
		}, err
	case !c.Release.IsZero():
		return end(exceptionKey(c.Release.String()))
	case c.Pin != nil:
		return set(pinKey(c.Pin.ClientID), *c.Pin)
	case c.Unpin != "":
		return end(pinKey(c.Unpin))
	case c.LiftKey != "":
		return end(exposureKey(c.LiftKey))
	case !c.LiftDocument.IsZero():
		return forget(c.LiftDocument), nil
	case c.Policy != nil:
		return nextPolicy(*c.Policy)
	case c.Observe != nil:
		return observe(*c.Observe), nil
	case c.Unobserve != nil:
		return unobserve(c.Unobserve.Of), nil
	}
	return func(*badger.Txn) error { return nil }, nil
}

var errForNothing = errors.New("what is changed needs a name of at most 512 bytes")

// set returns what sets a key, end what deletes one that is there.
func set(key []byte, v any) (func(*badger.Txn) error, error) {
	if len(key) == 0 {
		return nil, errForNothing
	}
	value, err := encode(v)
	return func(txn *badger.Txn) error { return put(txn, key, value) }, err
}

func end(key []byte) (func(*badger.Txn) error, error) {
	if len(key) == 0 {
		return nil, errForNothing
	}
	return func(txn *badger.Txn) error {
		switch _, err := txn.Get(key); {
		case errors.Is(err, badger.ErrKeyNotFound):
			return issuer.ErrNotFound
		case err != nil:
			return fmt.Errorf("reading the store: %w", err)
		}
		return txn.Delete(key)
	}, nil
}

// Acts implements issuer.Store.
func (s *Store) Acts(ctx context.Context, limit int) ([]issuer.Act, error) {
	return newestOf[issuer.Act](ctx, s, actPrefix, max(limit, 0))
}

// newestOf returns the last values of what is numbered, the newest first: at most
// limit, or all where that is negative.
func newestOf[T any](ctx context.Context, s *Store, prefix string, limit int) ([]T, error) {
	list := []T{}
	err := s.view(ctx, func(txn *badger.Txn) error {
		it := backwards(txn, prefix)
		defer it.Close()
		for ; it.Valid() && len(list) != limit; it.Next() {
			var v T
			if err := read(it.Item(), &v); err != nil {
				return err
			}
			list = append(list, v)
		}
		return nil
	})
	return list, err
}

// backwards returns an iterator that stands at the last of what is numbered and
// goes back.
func backwards(txn *badger.Txn, prefix string) *badger.Iterator {
	it := txn.NewIterator(badger.IteratorOptions{Prefix: []byte(prefix), Reverse: true})
	it.Seek(numbered(prefix, ^uint64(0)))
	return it
}

// last returns the number of the last one, 0 where there is none.
func last(txn *badger.Txn, prefix string) uint64 {
	it := backwards(txn, prefix)
	defer it.Close()
	if !it.Valid() {
		return 0
	}
	return binary.BigEndian.Uint64(it.Item().Key()[len(prefix):])
}
