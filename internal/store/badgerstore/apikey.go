package badgerstore

import (
	"context"
	"errors"

	"github.com/dgraph-io/badger/v4"

	"github.com/fc28f635/countersign/internal/access"
)

var _ access.Store = (*Store)(nil)

var errNoKeyID = errors.New("an API key needs an id of at most 256 bytes")

// PutAPIKey implements access.Store.
func (s *Store) PutAPIKey(ctx context.Context, r access.Record) error {
	if r.ID == "" || len(r.ID) > idBytes {
		return errNoKeyID
	}
	value, err := encode(r)
	if err != nil {
		return err
	}
	return s.write(ctx, func(txn *badger.Txn) (bool, error) { return true, put(txn, apiKeyKey(r.ID), value) })
}

// APIKeys implements access.Store.
func (s *Store) APIKeys(ctx context.Context) (list []access.Record, err error) {
	err = s.view(ctx, func(txn *badger.Txn) error {
		it := txn.NewIterator(badger.IteratorOptions{Prefix: []byte(apiKeyPrefix)})
		defer it.Close()
		for it.Rewind(); it.Valid(); it.Next() {
			var r access.Record
			if err := read(it.Item(), &r); err != nil {
				return err
			}
			list = append(list, r)
		}
		return nil
	})
	return list, err
}
