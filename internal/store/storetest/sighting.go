package storetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/verify"
)

var acme = metadata.MustPublisher("https://acme.example")

// see records a sighting and compares the answer, in any order.
func (s *storage) see(p metadata.Publisher, at time.Time, thumbprints []string, want ...verify.Sighting) {
	s.t.Helper()
	got, err := s.See(s.t.Context(), p, thumbprints, at)
	if err != nil {
		s.t.Fatalf("seeing: %v", err)
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

func sightingsApart(t *testing.T, s *storage) {
	sub := metadata.MustPublisher("https://sub.acme.example")
	s.see(acme, noon, []string{"a"}, verify.Sighting{Thumbprint: "a", First: noon, Last: noon})
	s.see(sub, noon, []string{"b"}, verify.Sighting{Thumbprint: "b", First: noon, Last: noon})
	s.see(acme, noon, nil, verify.Sighting{Thumbprint: "a", First: noon, Last: noon})
	if _, err := s.See(t.Context(), metadata.Publisher{}, []string{"a"}, noon); err == nil {
		t.Error("a sighting of no publisher was taken")
	}
}

func concurrentSightings(t *testing.T, s *storage) {
	const callers = 16
	var want []verify.Sighting
	for i := range callers {
		want = append(want, verify.Sighting{Thumbprint: fmt.Sprintf("%02d", i), First: noon, Last: noon})
	}
	together(callers, func(i int) {
		if _, err := s.See(t.Context(), acme, []string{want[i].Thumbprint}, noon); err != nil {
			t.Errorf("seeing: %v", err)
		}
	})
	s.both(func() { s.see(acme, noon, nil, want...) })
}
