package badgerstore

import (
	"context"
	"errors"

	"github.com/dgraph-io/badger/v4"

	"github.com/fc28f635/countersign/internal/access"
	"github.com/fc28f635/countersign/issuer"
)

var _ access.Store = (*Store)(nil)

var errNoKeyID = errors.New("an API key needs an id of at most 256 bytes")

// PutAPIKey implements access.Store.
func (s *Store) PutAPIKey(ctx context.Context, r access.Record, a issuer.Act) error {
	if r.ID == "" || len(r.ID) > idBytes {
		return errNoKeyID
	}
	change, err := set(apiKeyKey(r.ID), r)
	if err != nil {
		return err
	}
	return s.act(ctx, a, change)
}

// APIKeys implements access.Store.
func (s *Store) APIKeys(ctx context.Context) (list []access.Record, err error) {
	err = s.view(ctx, func(txn *badger.Txn) error { return scan(txn, []byte(apiKeyPrefix), &list) })
	return list, err
}
