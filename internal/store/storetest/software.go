package storetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fc28f635/countersign/issuer"
	"github.com/fc28f635/countersign/metadata"
)

// software compares all that is known of software.
func (s *storage) software(limit int, want ...issuer.Software) {
	s.t.Helper()
	got, err := s.Software(s.t.Context(), limit)
	if err != nil {
		s.t.Fatal(err)
	}
	if len(got) == 0 && len(want) == 0 {
		return
	}
	if diff := cmp.Diff(comparable(s.t, want), comparable(s.t, got)); diff != "" {
		s.t.Errorf("software differs (-decided +read):\n%s", diff)
	}
}

func softwareIsCounted(t *testing.T, s *storage) {
	s.software(10)
	decide := func(id string, shape metadata.Shape, hour int) issuer.Decision {
		d := Decision(t, id)
		d.Shape, d.At = shape, noon.Add(time.Duration(hour)*time.Hour)
		s.commit(d)
		return d
	}
	one := issuer.Software{}.See(decide("1", "sha256:a", 0)).See(decide("2", "sha256:a", 2))
	two := issuer.Software{}.See(decide("3", "sha256:ab", 1))
	decide("4", "", 3)
	s.both(func() {
		s.software(10, one, two)
		s.software(1, one)
		s.software(0)
	})
	two = two.See(decide("5", "sha256:ab", 4))
	s.both(func() { s.software(10, two, one) })
	if err := s.Commit(t.Context(), Decision(t, "5")); err == nil {
		t.Error("the same id was taken twice")
	}
	s.software(10, two, one)
}

// concurrentSoftware commits decisions that are too large to share a transaction
// of a small store.
func concurrentSoftware(t *testing.T, s *storage) {
	const writers = 32
	together(writers, func(i int) {
		d := Decision(t, fmt.Sprint(i))
		d.Told = string(make([]byte, 20<<10))
		if err := s.Commit(t.Context(), d); err != nil {
			t.Errorf("committing: %v", err)
		}
	})
	s.both(func() {
		got, err := s.Software(t.Context(), 10)
		if err != nil || len(got) != 1 || got[0].Decisions != writers {
			t.Errorf("%+v, %v, want one software with %d decisions", got, err, writers)
		}
	})
}
