package storetest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/verify"
)

var acme = metadata.MustPublisher("https://acme.example")

// named returns keys that are each published under its thumbprint.
func named(thumbprints ...string) []verify.PublishedKey {
	var keys []verify.PublishedKey
	for _, thumbprint := range thumbprints {
		keys = append(keys, verify.PublishedKey{KeyID: thumbprint, Thumbprint: thumbprint})
	}
	return keys
}

// see records a sighting and compares the answer, in any order.
func (s *storage) see(p metadata.Publisher, at time.Time, thumbprints []string, want ...verify.Sighting) {
	s.t.Helper()
	got, err := s.See(s.t.Context(), p, named(thumbprints...), at)
	if err != nil {
		s.t.Fatalf("seeing: %v", err)
	}
	s.compare(at, got, want)
}

func (s *storage) compare(at time.Time, got, want []verify.Sighting) {
	s.t.Helper()
	for i := range want { // keys are seen under their thumbprint, where nothing else is said
		if want[i].KeyIDs == nil {
			want[i].KeyIDs = []string{want[i].Thumbprint}
		}
	}
	less := func(a, b verify.Sighting) bool { return a.Thumbprint < b.Thumbprint }
	if diff := cmp.Diff(want, got, cmpopts.SortSlices(less), cmpopts.EquateEmpty()); diff != "" {
		s.t.Errorf("at %v (-want +got):\n%s", at, diff)
	}
}

func sightingsGrow(_ *testing.T, s *storage) {
	hour := func(n int) time.Time { return noon.Add(time.Duration(n) * time.Hour) }
	s.see(acme, hour(0), nil)
	s.see(acme, hour(1), []string{"a"}, verify.Sighting{Thumbprint: "a", First: hour(1), Last: hour(1)})
	s.see(acme, hour(2), []string{"b", "a", "a"},
		verify.Sighting{Thumbprint: "a", First: hour(1), Last: hour(2)}, verify.Sighting{Thumbprint: "b", First: hour(2), Last: hour(2)})
	s.reopen()
	s.see(acme, hour(3), []string{"b"},
		verify.Sighting{Thumbprint: "a", First: hour(1), Last: hour(2)}, verify.Sighting{Thumbprint: "b", First: hour(2), Last: hour(3)})
	s.see(acme, hour(4), []string{},
		verify.Sighting{Thumbprint: "a", First: hour(1), Last: hour(2)}, verify.Sighting{Thumbprint: "b", First: hour(2), Last: hour(3)})
	// T23: a clock that went back shortens nothing.
	s.see(acme, hour(2), []string{"b"},
		verify.Sighting{Thumbprint: "a", First: hour(1), Last: hour(2)}, verify.Sighting{Thumbprint: "b", First: hour(2), Last: hour(3)})
}

// sightingsBeginAnew has a key come and go beside one of the publisher: before it has
// a past, it begins anew whenever it is back.
func sightingsBeginAnew(_ *testing.T, s *storage) {
	hour := func(n int) time.Time { return noon.Add(time.Duration(n) * time.Hour) }
	of := func(key string, first, last int) verify.Sighting {
		return verify.Sighting{Thumbprint: key, First: hour(first), Last: hour(last)}
	}
	s.see(acme, hour(0), []string{"a"}, of("a", 0, 0))
	s.see(acme, hour(1), []string{"a", "b"}, of("a", 0, 1), of("b", 1, 1))
	s.see(acme, hour(2), []string{"a"}, of("a", 0, 2), of("b", 1, 1))
	s.reopen()
	s.see(acme, hour(90), []string{"b", "a"}, of("a", 0, 90), of("b", 90, 90))
	s.see(acme, hour(114), []string{"a", "b"}, of("a", 0, 114), of("b", 90, 114))
	// It has joined the line: from now on it may be missing.
	s.see(acme, hour(115), []string{"a"}, of("a", 0, 115), of("b", 90, 114))
	s.see(acme, hour(116), []string{"b"}, of("a", 0, 115), of("b", 90, 116))
}

func sightingsApart(t *testing.T, s *storage) {
	sub := metadata.MustPublisher("https://sub.acme.example")
	s.see(acme, noon, []string{"a"}, verify.Sighting{Thumbprint: "a", First: noon, Last: noon})
	s.see(sub, noon, []string{"b"}, verify.Sighting{Thumbprint: "b", First: noon, Last: noon})
	s.see(acme, noon, nil, verify.Sighting{Thumbprint: "a", First: noon, Last: noon})
	if _, err := s.See(t.Context(), metadata.Publisher{}, named("a"), noon); err == nil {
		t.Error("a sighting of no publisher was taken")
	}
}

// sightingsStay floods a publisher with keys, all at once and one after another:
// the line's key stays the first, and a key that was once remembered stays.
func sightingsStay(t *testing.T, s *storage) {
	s.see(acme, noon, []string{"line"}, verify.Sighting{Thumbprint: "line", First: noon, Last: noon})
	at := noon
	var before []verify.Sighting
	for round := range 4 {
		at = at.Add(time.Hour)
		var flood []string
		for i := range []int{100, 1, 1, 100}[round] {
			flood = append(flood, fmt.Sprintf("%d-%d", round, i))
		}
		seen, err := s.See(t.Context(), acme, named(flood...), at)
		if err != nil {
			t.Fatal(err)
		}
		first := slices.MinFunc(seen, func(a, b verify.Sighting) int { return a.First.Compare(b.First) })
		if first.Thumbprint != "line" || !first.First.Equal(noon) {
			t.Fatalf("after flood %d the publisher's first key is %v", round, first)
		}
		for _, b := range before {
			if !slices.ContainsFunc(seen, func(a verify.Sighting) bool { return a.Thumbprint == b.Thumbprint && a.First.Equal(b.First) }) {
				t.Errorf("flood %d displaced %v", round, b)
			}
		}
		before = seen
	}
	s.reopen()
	s.see(acme, noon, nil, before...)
}

func concurrentSightings(t *testing.T, s *storage) {
	const callers = 16
	var want []verify.Sighting
	for i := range callers {
		want = append(want, verify.Sighting{Thumbprint: fmt.Sprintf("%02d", i), First: noon, Last: noon})
	}
	together(callers, func(i int) {
		if _, err := s.See(t.Context(), acme, named(want[i].Thumbprint), noon); err != nil {
			t.Errorf("seeing: %v", err)
		}
	})
	s.both(func() { s.see(acme, noon, nil, want...) })
}

// endingsStay ends keys by their names: they stay dead, with the first time, under
// every name that they had, and a sighting does not wake them.
func endingsStay(t *testing.T, s *storage) {
	hour := func(n int) time.Time { return noon.Add(time.Duration(n) * time.Hour) }
	two := []verify.PublishedKey{{KeyID: "one", Thumbprint: "a"}, {KeyID: "two", Thumbprint: "a"}}
	if _, err := s.See(t.Context(), acme, append(two, named("b")...), noon); err != nil {
		t.Fatal(err)
	}
	a := verify.Sighting{Thumbprint: "a", KeyIDs: []string{"one", "two"}, First: noon, Last: noon, Ended: hour(1)}
	b := verify.Sighting{Thumbprint: "b", First: noon, Last: noon}
	never := verify.Sighting{KeyIDs: []string{"never"}, First: hour(1), Last: hour(1), Ended: hour(1)}
	end := func(at time.Time, kids []string, want ...verify.Sighting) {
		t.Helper()
		got, err := s.End(t.Context(), acme, kids, at)
		if err != nil {
			t.Fatal(err)
		}
		s.compare(at, got, want)
	}
	end(hour(1), []string{"two", "never", "never"}, a, b, never)
	s.reopen()
	end(hour(2), []string{"one", "two", "never"}, a, b, never)
	end(hour(2), nil, a, b, never)
	s.see(acme, hour(30), []string{"a", "b"}, a, verify.Sighting{Thumbprint: "b", First: noon, Last: hour(30)}, never)
	if _, err := s.End(t.Context(), metadata.Publisher{}, []string{"a"}, noon); err == nil {
		t.Error("an end of no publisher was taken")
	}
	s.see(metadata.MustPublisher("https://sub.acme.example"), noon, nil)
}
