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
func (s *Store) See(ctx context.Context, p metadata.Publisher, keys []verify.PublishedKey, at time.Time) ([]verify.Sighting, error) {
	return s.remember(ctx, p, func(before []verify.Sighting) ([]verify.Sighting, bool) { return merge(before, keys, at) })
}

// End implements verify.Memory. What ended already costs no write. At most
// [limits.Sightings] names under which no key was seen are remembered of a
// publisher.
func (s *Store) End(ctx context.Context, p metadata.Publisher, kids []string, at time.Time) ([]verify.Sighting, error) {
	return s.remember(ctx, p, func(before []verify.Sighting) ([]verify.Sighting, bool) { return bury(before, kids, at) })
}

// remember changes what is known of a publisher, if there is news.
func (s *Store) remember(ctx context.Context, p metadata.Publisher, change func([]verify.Sighting) ([]verify.Sighting, bool)) ([]verify.Sighting, error) {
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
		seen, news = change(before)
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
func merge(before []verify.Sighting, keys []verify.PublishedKey, at time.Time) (after []verify.Sighting, news bool) {
	at = at.Round(0)
	after = slices.Clone(before)
	for _, key := range keys {
		i := slices.IndexFunc(after, func(s verify.Sighting) bool { return s.Thumbprint == key.Thumbprint })
		if i < 0 {
			if count(after, false) >= limits.Sightings {
				continue
			}
			after = append(after, verify.Sighting{Thumbprint: key.Thumbprint, KeyIDs: []string{key.KeyID}, First: at, Last: at})
			news = true
			continue
		}
		known := &after[i]
		if !known.Ended.IsZero() {
			continue
		}
		if !slices.Contains(known.KeyIDs, key.KeyID) && len(known.KeyIDs) < limits.KeyRecords {
			known.KeyIDs, news = append(slices.Clone(known.KeyIDs), key.KeyID), true
		}
		if at.Before(known.First) || at.After(known.Last) && verify.BeginsAnew(before, key.Thumbprint) {
			known.First, news = at, true
		}
		if at.After(known.Last) {
			news = news || at.Sub(known.Last) >= seenAgain
			known.Last = at
		}
	}
	return sorted(after), news
}

// bury marks what was published under kids as dead.
func bury(before []verify.Sighting, kids []string, at time.Time) (after []verify.Sighting, news bool) {
	at = at.Round(0)
	after = slices.Clone(before)
	for _, kid := range kids {
		known := false
		for i := range after {
			if !slices.Contains(after[i].KeyIDs, kid) {
				continue
			}
			known = true
			if after[i].Ended.IsZero() {
				after[i].Ended, news = at, true
			}
		}
		if !known && count(after, true) < limits.Sightings {
			after = append(after, verify.Sighting{KeyIDs: []string{kid}, First: at, Last: at, Ended: at})
			news = true
		}
	}
	return sorted(after), news
}

// count returns how many of the sightings are of keys, or of names alone.
func count(sightings []verify.Sighting, names bool) (n int) {
	for _, s := range sightings {
		if (s.Thumbprint == "") == names {
			n++
		}
	}
	return n
}

func sorted(sightings []verify.Sighting) []verify.Sighting {
	slices.SortStableFunc(sightings, func(a, b verify.Sighting) int {
		return cmp.Or(a.First.Compare(b.First), cmp.Compare(a.Thumbprint, b.Thumbprint))
	})
	return sightings
}
