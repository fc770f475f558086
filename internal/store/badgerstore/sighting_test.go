package badgerstore

import (
	"fmt"
	"testing"
	"time"

	"github.com/dgraph-io/badger/v4"

	"github.com/fc28f635/countersign/metadata"
)

var noon = time.Date(2026, 1, 15, 12, 0, 0, 0, time.UTC)

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
			seen, err := s.See(t.Context(), acme, c.keys, at)
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

func TestSightingsAreBounded(t *testing.T) {
	s := open(t, small(t.TempDir()))
	acme := metadata.MustPublisher("https://acme.example")
	const line = "00-line"
	at := noon
	for i := range 3 * sightings {
		at = at.Add(time.Hour)
		seen, err := s.See(t.Context(), acme, []string{line, fmt.Sprintf("%03d", i)}, at)
		if err != nil {
			t.Fatal(err)
		}
		if len(seen) != min(i+2, sightings) {
			t.Fatalf("%d sightings after %d keys", len(seen), i+2)
		}
		if seen[0].Thumbprint != line || !seen[0].First.Equal(noon.Add(time.Hour)) || !seen[0].Last.Equal(at) {
			t.Fatalf("the key that is always there is %v", seen[0])
		}
		if last := seen[len(seen)-1].Thumbprint; last != fmt.Sprintf("%03d", i) {
			t.Fatalf("the newest sighting is of %s, want %03d", last, i)
		}
	}
}
