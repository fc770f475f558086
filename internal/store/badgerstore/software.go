package badgerstore

import (
	"context"
	"errors"
	"slices"

	"github.com/dgraph-io/badger/v4"

	"github.com/fc28f635/countersign/issuer"
	"github.com/fc28f635/countersign/metadata"
)

// A tally is what decisions say of software, in the committer's memory: most are
// on software that came a moment ago, and many of a batch on the same. It can be
// ahead of the disk by a decision that was not committed, which a count bears.
type tally struct {
	known   map[metadata.Shape]issuer.Software
	changed map[metadata.Shape]bool // since it was last written
}

// tallyMost bounds what is known: a hundred bytes each.
const tallyMost = 4096

func newTally() *tally {
	return &tally{map[metadata.Shape]issuer.Software{}, map[metadata.Shape]bool{}}
}

// take takes a decision down for the software of its shape. It does no
// harm to do it twice.
func (t *tally) take(txn *badger.Txn, d issuer.Decision) error {
	key := softwareKey(d.Shape)
	if len(key) == 0 {
		return nil
	}
	before, known := t.known[d.Shape]
	if !known {
		if err := get(txn, key, &before); err != nil && !errors.Is(err, badger.ErrKeyNotFound) {
			return err
		}
	}
	t.known[d.Shape], t.changed[d.Shape] = before.See(d), true
	return nil
}

// write writes what has changed. Where the transaction has no room for all of it,
// the rest is for the next.
func (t *tally) write(txn *badger.Txn) error {
	for shape := range t.changed {
		value, err := encode(t.known[shape])
		if err != nil {
			return err
		}
		if err := put(txn, softwareKey(shape), value); errors.Is(err, badger.ErrTxnTooBig) {
			return nil
		} else if err != nil {
			return err
		}
		delete(t.changed, shape)
	}
	if len(t.known) > tallyMost && len(t.changed) == 0 {
		clear(t.known)
	}
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
