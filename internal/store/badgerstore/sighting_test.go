package badgerstore

import (
	"fmt"
	"testing"
	"time"

	"github.com/dgraph-io/badger/v4"

	"github.com/fc28f635/countersign/internal/limits"
	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/verify"
)

var noon = time.Date(2026, 1, 15, 12, 0, 0, 0, time.UTC)

// publishedAs returns keys that are each published under its thumbprint.
func publishedAs(thumbprints []string) []verify.PublishedKey {
	var keys []verify.PublishedKey
	for _, thumbprint := range thumbprints {
		keys = append(keys, verify.PublishedKey{KeyID: thumbprint, Thumbprint: thumbprint})
	}
	return keys
}

// What moves no more than the last time, by less than a minute, costs no sync.
func TestSeeSkipsWriting(t *testing.T) {
	s := open(t, small(t.TempDir()))
	commits := 0
	s.commitTxn = func(txn *badger.Txn) error {
		commits++
		return txn.Commit()
	}
	acme := metadata.MustPublisher("https://acme.example")
	for _, c := range []struct {
		name  string
		after time.Duration
		keys  []string
		want  int
	}{
		{"first", 0, []string{"a"}, 1},
		{"same instant", 0, []string{"a"}, 1},
		{"within a minute", 59 * time.Second, []string{"a"}, 1},
		{"within a minute again, of what is on disk", 59 * time.Second, []string{"a"}, 1},
		{"no key", time.Hour, nil, 1},
		{"a new key", 59 * time.Second, []string{"a", "b"}, 2},
		{"after a minute", 119 * time.Second, []string{"a"}, 3},
		{"before the first time", -time.Second, []string{"a"}, 4},
	} {
		t.Run(c.name, func(t *testing.T) {
			at := noon.Add(c.after)
			seen, err := s.See(t.Context(), acme, publishedAs(c.keys), at)
			if err != nil {
				t.Fatal(err)
			}
			if commits != c.want {
				t.Errorf("%d commits so far, want %d", commits, c.want)
			}
			for _, known := range seen {
				if len(c.keys) > 0 && known.Thumbprint == c.keys[0] && (known.First.After(at) || known.Last.Before(at)) {
					t.Errorf("%v is not within %v", at, known)
				}
			}
		})
	}
}

// K22: a key beyond the bound is not added and costs no sync, and the keys that
// are there go on.
func TestSightingsAreBounded(t *testing.T) {
	s := open(t, small(t.TempDir()))
	commits := 0
	s.commitTxn = func(txn *badger.Txn) error {
		commits++
		return txn.Commit()
	}
	acme := metadata.MustPublisher("https://acme.example")
	published := []string{"line"}
	for i := range limits.Sightings {
		published = append(published, fmt.Sprintf("%03d", i))
	}
	see := func(at time.Time, thumbprints ...string) []verify.Sighting {
		t.Helper()
		seen, err := s.See(t.Context(), acme, publishedAs(thumbprints), at)
		if err != nil {
			t.Fatal(err)
		}
		return seen
	}
	see(noon, "line")
	seen := see(noon.Add(time.Hour), published...)
	if len(seen) != limits.Sightings || seen[0].Thumbprint != "line" || !seen[0].First.Equal(noon) {
		t.Errorf("%d sightings, the first of them %v", len(seen), seen[0])
	}
	if last := seen[len(seen)-1].Thumbprint; last != published[limits.Sightings-1] {
		t.Errorf("the last key that was added is %s", last)
	}
	before := commits
	see(noon.Add(2*time.Hour), "another")
	if commits != before {
		t.Error("a key that is not remembered was written down")
	}
	if seen = see(noon.Add(3*time.Hour), "line", "another"); !seen[0].Last.Equal(noon.Add(3 * time.Hour)) {
		t.Errorf("the line's key does not go on: %v", seen[0])
	}
}

// What ended already costs no sync, and names that were never seen are bounded
// beside the keys.
func TestEndIsBounded(t *testing.T) {
	s := open(t, small(t.TempDir()))
	commits := 0
	s.commitTxn = func(txn *badger.Txn) error {
		commits++
		return txn.Commit()
	}
	acme := metadata.MustPublisher("https://acme.example")
	var flood []string
	for i := range 2 * limits.Sightings {
		flood = append(flood, fmt.Sprintf("%03d", i))
	}
	if _, err := s.See(t.Context(), acme, publishedAs(flood), noon); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		seen, err := s.End(t.Context(), acme, flood, noon.Add(time.Hour))
		if err != nil || len(seen) != 2*limits.Sightings {
			t.Fatalf("%d sightings, %v", len(seen), err)
		}
	}
	if commits != 2 {
		t.Errorf("%d commits, want one for the sighting and one for the end", commits)
	}
}
