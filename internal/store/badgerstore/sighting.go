package badgerstore

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/dgraph-io/badger/v4"

	"github.com/fc28f635/countersign/internal/limits"
	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/verify"
)

// seenAgain is how far the last time of a sighting may be behind on disk: lines
// of keys are told apart by hours.
const seenAgain = time.Minute

var errNoPublisher = errors.New("a sighting needs a publisher")

// See implements verify.Memory. At most [limits.Sightings] keys of a publisher
// are remembered: a key beyond is not added, and none is dropped for it. Where it
// would do no more than move the last time of keys by less than a minute,
// nothing is written; the answer has the new time all the same. Sightings come
// sorted by when they were first seen. A sighting of no key changes nothing.
func (s *Store) See(ctx context.Context, p metadata.Publisher, thumbprints []string, at time.Time) ([]verify.Sighting, error) {
	if p.IsZero() {
		return nil, errNoPublisher
	}
	key := sightingKey(p)
	var seen []verify.Sighting
	var news bool
	look := func(txn *badger.Txn) error {
		var before []verify.Sighting
		if err := get(txn, key, &before); err != nil && !errors.Is(err, badger.ErrKeyNotFound) {
			return err
		}
		seen, news = merge(before, thumbprints, at)
		return nil
	}
	if err := s.view(ctx, look); err != nil {
		return nil, err
	}
	if !news {
		return seen, nil
	}
	err := s.write(ctx, func(txn *badger.Txn) (bool, error) {
		if err := look(txn); err != nil || !news {
			return false, err
		}
		value, err := encode(seen)
		if err != nil {
			return false, err
		}
		return true, put(txn, key, value)
	})
	if err != nil {
		return nil, err
	}
	return seen, nil
}

// merge adds a sighting. News says whether it is worth writing down.
func merge(before []verify.Sighting, thumbprints []string, at time.Time) (after []verify.Sighting, news bool) {
	at = at.Round(0)
	after = slices.Clone(before)
	for _, thumbprint := range thumbprints {
		i := slices.IndexFunc(after, func(s verify.Sighting) bool { return s.Thumbprint == thumbprint })
		if i < 0 {
			if len(after) >= limits.Sightings {
				continue
			}
			after = append(after, verify.Sighting{Thumbprint: thumbprint, First: at, Last: at})
			news = true
			continue
		}
		known := &after[i]
		if at.Before(known.First) {
			known.First, news = at, true
		}
		if at.After(known.Last) {
			news = news || at.Sub(known.Last) >= seenAgain
			known.Last = at
		}
	}
	slices.SortFunc(after, func(a, b verify.Sighting) int {
		return cmp.Or(a.First.Compare(b.First), cmp.Compare(a.Thumbprint, b.Thumbprint))
	})
	return after, news
}
