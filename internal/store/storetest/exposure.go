package storetest

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/fc28f635/countersign/issuer"
	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/verify"
)

func (s *storage) expose(at time.Time, thumbprints ...string) {
	s.t.Helper()
	if err := s.Expose(s.t.Context(), thumbprints, at); err != nil {
		s.t.Errorf("exposing %v: %v", thumbprints, err)
	}
}

// exposed compares which of the keys are known to be exposed, in any order.
func (s *storage) exposed(thumbprints []string, want ...verify.Exposure) {
	s.t.Helper()
	got, err := s.Exposed(s.t.Context(), thumbprints)
	slices.SortFunc(got, func(a, b verify.Exposure) int { return cmp.Compare(a.Thumbprint, b.Thumbprint) })
	same := func(a, b verify.Exposure) bool { return a.Thumbprint == b.Thumbprint && a.Seen.Equal(b.Seen) }
	if err != nil || !slices.EqualFunc(got, want, same) {
		s.t.Errorf("exposed are %v, %v, want %v", got, err, want)
	}
}

func exposuresStay(t *testing.T, s *storage) {
	all := []string{"a", "b", "c", ""}
	a, b := verify.Exposure{Thumbprint: "a", Seen: noon}, verify.Exposure{Thumbprint: "b", Seen: noon.Add(time.Hour)}
	s.exposed(all)
	s.exposed(nil)
	s.expose(noon, "a")
	s.expose(noon)
	s.reopen()
	s.expose(noon.Add(time.Hour), "b", "a", "b")
	s.both(func() {
		s.exposed(all, a, b)
		s.exposed([]string{"b"}, b)
	})
	s.see(acme, noon, []string{"a"}, verify.Sighting{Thumbprint: "a", First: noon, Last: noon})
	s.record(issuer.VerbLift, issuer.Change{LiftKey: "a"})
	s.both(func() { s.exposed(all, b) })
	if err := s.Record(t.Context(), act(issuer.VerbLift), issuer.Change{LiftKey: "a"}); !errors.Is(err, issuer.ErrNotFound) {
		t.Errorf("lifting it twice: %v", err)
	}
	s.acts(issuer.VerbLift)
	a.Seen = noon.Add(2 * time.Hour)
	s.expose(a.Seen, "a")
	s.exposed(all, a, b)
	if err := s.Expose(t.Context(), []string{"d", ""}, noon); err == nil {
		t.Error("the exposure of no key was taken")
	}
	s.exposed([]string{"d"})
}

func concurrentExposures(t *testing.T, s *storage) {
	const callers = 16
	var all []string
	var want []verify.Exposure
	for i := range callers {
		all = append(all, fmt.Sprintf("%02d", i))
		want = append(want, verify.Exposure{Thumbprint: all[i], Seen: noon})
	}
	together(callers, func(i int) {
		if err := s.Expose(t.Context(), []string{all[i], all[(i+1)%callers]}, noon); err != nil {
			t.Errorf("exposing: %v", err)
		}
	})
	s.both(func() { s.exposed(all, want...) })
}

// issued records a statement and compares the latest.
func (s *storage) issued(p metadata.Publisher, id metadata.ClientID, iat, latest int64) {
	s.t.Helper()
	if got, err := s.Issued(s.t.Context(), p, id, iat); err != nil || got != latest {
		s.t.Errorf("of %s at %s after %d the latest is %d, %v, want %d", p, id, iat, got, err, latest)
	}
}

func issuedIsKept(t *testing.T, s *storage) {
	sub := metadata.MustPublisher("https://sub.acme.example")
	a, longer := clientID(t, "https://acme.example/a"), clientID(t, "https://acme.example/a/b")
	s.issued(acme, a, 0, 0)
	s.issued(acme, a, 20, 20)
	s.issued(acme, a, 10, 20)
	s.issued(acme, a, 0, 20)
	s.issued(sub, a, 5, 5)
	s.issued(acme, longer, 7, 7)
	s.reopen()
	s.issued(acme, a, 0, 20)
	s.issued(acme, a, 30, 30)
	s.record(issuer.VerbLift, issuer.Change{LiftDocument: a})
	s.both(func() {
		s.issued(acme, a, 0, 0)
		s.issued(sub, a, 0, 0)
		s.issued(acme, longer, 0, 7)
	})
	if err := s.Record(t.Context(), act(issuer.VerbLift), issuer.Change{LiftDocument: a}); !errors.Is(err, issuer.ErrNotFound) {
		t.Errorf("lifting it twice: %v", err)
	}
	s.acts(issuer.VerbLift)
	together(16, func(i int) {
		if _, err := s.Issued(t.Context(), acme, a, int64(100+i)); err != nil {
			t.Errorf("recording a statement: %v", err)
		}
	})
	s.issued(acme, a, 0, 115)
	if _, err := s.Issued(t.Context(), metadata.Publisher{}, a, 1); err == nil {
		t.Error("a statement of no publisher was taken")
	}
	if _, err := s.Issued(t.Context(), acme, metadata.ClientID{}, 1); err == nil {
		t.Error("a statement in no document was taken")
	}
}

func clientID(t *testing.T, url string) metadata.ClientID {
	t.Helper()
	id, err := metadata.ParseClientID(url)
	if err != nil {
		t.Fatal(err)
	}
	return id
}
