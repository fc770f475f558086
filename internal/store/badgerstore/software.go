package badgerstore

import (
	"context"
	"errors"
	"slices"

	"github.com/dgraph-io/badger/v4"

	"github.com/fc28f635/countersign/issuer"
)

// countSoftware takes a decision down for the software of its shape. It does no
// harm to do it twice.
func countSoftware(txn *badger.Txn, d issuer.Decision) error {
	key := softwareKey(d.Shape)
	if len(key) == 0 {
		return nil
	}
	var before issuer.Software
	if err := get(txn, key, &before); err != nil && !errors.Is(err, badger.ErrKeyNotFound) {
		return err
	}
	value, err := encode(before.See(d))
	if err != nil {
		return err
	}
	return put(txn, key, value)
}

// Software implements issuer.Store. It reads all that is kept of software, and
// keeps no more than limit of it in memory.
func (s *Store) Software(ctx context.Context, limit int) ([]issuer.Software, error) {
	list := []issuer.Software{}
	err := s.view(ctx, func(txn *badger.Txn) error {
		it := txn.NewIterator(badger.IteratorOptions{Prefix: []byte(softwarePrefix)})
		defer it.Close()
		for it.Rewind(); it.Valid(); it.Next() {
			if err := ctx.Err(); err != nil {
				return err
			}
			var sw issuer.Software
			if err := read(it.Item(), &sw); err != nil {
				return err
			}
			if list = append(list, sw); len(list) > 2*limit {
				list = newest(list, limit)
			}
		}
		return nil
	})
	return newest(list, limit), err
}

// newest returns the last decided on, those first.
func newest(list []issuer.Software, limit int) []issuer.Software {
	slices.SortStableFunc(list, func(a, b issuer.Software) int { return b.Last.Compare(a.Last) })
	return list[:min(len(list), max(limit, 0))]
}
