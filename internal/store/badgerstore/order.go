package badgerstore

import (
	"context"
	"errors"
	"time"

	"github.com/dgraph-io/badger/v4"

	"github.com/fc28f635/countersign/issuer"
)

// pageBytes is about how much of decisions a page holds: one that walks over all
// of them must not need the memory for all.
const pageBytes = 2 << 20

// Decisions implements issuer.Store.
func (s *Store) Decisions(ctx context.Context, after issuer.Place, limit int) ([]issuer.Decision, error) {
	list := []issuer.Decision{}
	err := s.view(ctx, func(txn *badger.Txn) error {
		it := txn.NewIterator(badger.IteratorOptions{Prefix: []byte(orderPrefix)})
		defer it.Close()
		from := []byte(orderPrefix)
		if !after.At.IsZero() || after.ID != "" {
			from = orderKey(after)
			if after.ID != "" {
				from = append(from, 0) // the least that is greater
			}
		}
		size := 0
		for it.Seek(from); it.Valid() && len(list) < limit && size < pageBytes; it.Next() {
			if err := ctx.Err(); err != nil {
				return err
			}
			id := it.Item().Key()[len(orderPrefix)+8:]
			item, err := txn.Get(decisionKey(string(id)))
			if errors.Is(err, badger.ErrKeyNotFound) {
				continue // it was not committed with its order
			}
			var d issuer.Decision
			if err == nil {
				err = read(item, &d)
			}
			if err != nil {
				return err
			}
			size += int(item.ValueSize())
			list = append(list, d)
		}
		return nil
	})
	return list, err
}

// orderedAtOnce is how many decisions get their order in one commit.
const orderedAtOnce = 1000

// orderDecisions gives the decisions of a directory of an older version their
// order. Where it is interrupted, the next start begins anew.
func (s *Store) orderDecisions() error {
	s.log.Info("decisions are given their order, once; the older version does not read the directory any more")
	var keys [][]byte
	write := func(more func(*badger.Txn) error) error {
		err := s.commitAlone(func(txn *badger.Txn) error {
			for _, key := range keys {
				if err := put(txn, key, nil); err != nil {
					return err
				}
			}
			return more(txn)
		})
		keys = keys[:0]
		return err
	}
	err := s.db.View(func(txn *badger.Txn) error {
		it := txn.NewIterator(badger.IteratorOptions{Prefix: []byte(decisionPrefix)})
		defer it.Close()
		for it.Rewind(); it.Valid(); it.Next() {
			var d struct {
				At time.Time `json:"at"`
			}
			if err := read(it.Item(), &d); err != nil {
				return err
			}
			id := string(it.Item().Key()[len(decisionPrefix):])
			keys = append(keys, orderKey(issuer.Place{At: d.At, ID: id}))
			if len(keys) == orderedAtOnce {
				if err := write(func(*badger.Txn) error { return nil }); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	if err := write(recordFormat); err != nil {
		return err
	}
	return s.ack.Sync()
}
