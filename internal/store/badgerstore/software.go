package badgerstore

import (
	"context"
	"errors"
	"slices"

	"github.com/dgraph-io/badger/v4"

	"github.com/fc28f635/countersign/issuer"
	"github.com/fc28f635/countersign/metadata"
)

// counted is what was written last of software, in the committer's memory: most
// decisions are on software that came a moment ago. It can be ahead of the disk
// by a decision that was not committed, which a count bears.
type counted map[metadata.Shape]issuer.Software

// countedMost bounds it: a hundred bytes each.
const countedMost = 4096

// take takes a decision down for the software of its shape. It does no
// harm to do it twice.
func (c counted) take(txn *badger.Txn, d issuer.Decision) error {
	key := softwareKey(d.Shape)
	if len(key) == 0 {
		return nil
	}
	before, known := c[d.Shape]
	if !known {
		if err := get(txn, key, &before); err != nil && !errors.Is(err, badger.ErrKeyNotFound) {
			return err
		}
		if len(c) >= countedMost {
			clear(c)
		}
	}
	after := before.See(d)
	value, err := encode(after)
	if err != nil {
		return err
	}
	if err := put(txn, key, value); err != nil {
		return err
	}
	c[d.Shape] = after
	return nil
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
