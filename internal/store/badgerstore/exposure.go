package badgerstore

import (
	"context"
	"errors"
	"time"

	"github.com/dgraph-io/badger/v4"

	"github.com/fc28f635/countersign/verify"
)

// Expose implements verify.Memory. What is known already costs no write.
func (s *Store) Expose(ctx context.Context, thumbprints []string, at time.Time) error {
	at = at.Round(0)
	var news map[string][]byte
	look := func(txn *badger.Txn) error {
		news = map[string][]byte{}
		for _, thumbprint := range thumbprints {
			key := exposureKey(thumbprint)
			if len(key) == 0 {
				return errForNothing
			}
			switch _, err := txn.Get(key); {
			case errors.Is(err, badger.ErrKeyNotFound):
			case err != nil:
				return err
			default:
				continue
			}
			value, err := encode(verify.Exposure{Thumbprint: thumbprint, Seen: at})
			if err != nil {
				return err
			}
			news[string(key)] = value
		}
		return nil
	}
	if err := s.view(ctx, look); err != nil || len(news) == 0 {
		return err
	}
	return s.write(ctx, func(txn *badger.Txn) (bool, error) {
		if err := look(txn); err != nil {
			return false, err
		}
		for key, value := range news {
			if err := put(txn, []byte(key), value); err != nil {
				return false, err
			}
		}
		return len(news) > 0, nil
	})
}

// Exposed implements verify.Memory.
func (s *Store) Exposed(ctx context.Context, thumbprints []string) ([]verify.Exposure, error) {
	var exposed []verify.Exposure
	err := s.view(ctx, func(txn *badger.Txn) error {
		exposed = nil
		for _, thumbprint := range thumbprints {
			if err := find(txn, exposureKey(thumbprint), &exposed); err != nil {
				return err
			}
		}
		return nil
	})
	return exposed, err
}
