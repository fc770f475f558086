package badgerstore

import (
	"context"
	"errors"
	"fmt"

	"github.com/dgraph-io/badger/v4"

	"github.com/fc28f635/countersign/issuer"
	"github.com/fc28f635/countersign/metadata"
)

var errNoDocument = errors.New("a statement in a document needs a publisher and a client_id")

// Issued implements verify.Memory. What is no later costs no write.
func (s *Store) Issued(ctx context.Context, p metadata.Publisher, id metadata.ClientID, iat int64) (latest int64, err error) {
	if p.IsZero() || id.IsZero() {
		return 0, errNoDocument
	}
	key := issuedKey(p, id)
	look := func(txn *badger.Txn) error {
		latest = 0
		if err := get(txn, key, &latest); err != nil && !errors.Is(err, badger.ErrKeyNotFound) {
			return err
		}
		return nil
	}
	if err := s.view(ctx, look); err != nil || iat <= latest {
		return latest, err
	}
	err = s.write(ctx, func(txn *badger.Txn) (bool, error) {
		if err := look(txn); err != nil || iat <= latest {
			return false, err
		}
		latest = iat
		value, err := encode(latest)
		if err != nil {
			return false, err
		}
		return true, put(txn, key, value)
	})
	return latest, err
}

// forget returns what deletes what is remembered of the statements in a document.
func forget(id metadata.ClientID) func(*badger.Txn) error {
	return func(txn *badger.Txn) error {
		keys := keysBelow(txn, documentPrefix(id))
		if len(keys) == 0 {
			return issuer.ErrNotFound
		}
		for _, key := range keys {
			if err := txn.Delete(key); err != nil {
				return fmt.Errorf("writing: %w", err)
			}
		}
		return nil
	}
}

func keysBelow(txn *badger.Txn, prefix []byte) (keys [][]byte) {
	it := txn.NewIterator(badger.IteratorOptions{Prefix: prefix})
	defer it.Close()
	for it.Rewind(); it.Valid(); it.Next() {
		keys = append(keys, it.Item().KeyCopy(nil))
	}
	return keys
}
