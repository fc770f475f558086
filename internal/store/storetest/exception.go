package storetest

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fc28f635/countersign/issuer"
	"github.com/fc28f635/countersign/metadata"
)

// exceptions returns those on any of the subjects.
func (s *storage) exceptions(subjects ...string) []issuer.Exception {
	s.t.Helper()
	var list []metadata.Subject
	for _, subject := range subjects {
		list = append(list, hold(subject).Subject)
	}
	standing, err := s.Standing(s.t.Context(), list)
	if err != nil {
		s.t.Fatalf("asking for exceptions: %v", err)
	}
	return standing.Exceptions
}

// isExcepted compares the exceptions on subjects.
func (s *storage) isExcepted(subjects []string, want ...issuer.Exception) {
	s.t.Helper()
	got := s.exceptions(subjects...)
	if len(got) == 0 && len(want) == 0 {
		return
	}
	if diff := cmp.Diff(comparable(s.t, want), comparable(s.t, got)); diff != "" {
		s.t.Errorf("exceptions on %q differ (-said +read):\n%s", subjects, diff)
	}
}

func exceptionsAreFound(_ *testing.T, s *storage) {
	shape := "sha256:" + strings.Repeat("0a", 32)
	byPublisher, byClient, byShape := hold("acme.example"), hold("https://acme.example/client.json"), hold(shape)
	byShape.Tier, byShape.Line = issuer.TierAccepted, []string{"a", "b"}
	for _, e := range []issuer.Exception{byPublisher, byClient, byShape} {
		s.record(issuer.VerbHold, issuer.Change{Except: &e})
	}
	s.both(func() {
		s.isExcepted(nil)
		s.isExcepted([]string{"sub.acme.example", "example.acme", "https://acme.example/", "https://acme.example/client.json2", "sha256:" + strings.Repeat("0b", 32)})
		s.isExcepted([]string{"acme.example"}, byPublisher)
		s.isExcepted([]string{"https://acme.example/client.json"}, byClient)
		s.isExcepted([]string{shape, "other.example", "acme.example"}, byShape, byPublisher)
	})
}

func exceptionReplaces(t *testing.T, s *storage) {
	allowed, held := hold("acme.example"), hold("acme.example")
	allowed.Tier = issuer.TierDomain
	s.record(issuer.VerbAllow, issuer.Change{Except: &allowed})
	s.record(issuer.VerbHold, issuer.Change{Except: &held})
	s.both(func() { s.isExcepted([]string{"acme.example"}, held) })
	if err := s.Record(t.Context(), act(issuer.VerbAllow), issuer.Change{Except: &allowed}); !errors.Is(err, issuer.ErrHeld) {
		t.Errorf("allowing what is held: %v, want an error wrapping ErrHeld", err)
	}
	s.isExcepted([]string{"acme.example"}, held)
	s.record(issuer.VerbHold, issuer.Change{Except: &held})
	s.acts(issuer.VerbHold, issuer.VerbHold, issuer.VerbAllow)

	later := act(issuer.VerbAllow)
	later.At = held.Until // the hold has run out
	if err := s.Record(t.Context(), later, issuer.Change{Except: &allowed}); err != nil {
		t.Errorf("allowing what was held: %v", err)
	}
	s.both(func() { s.isExcepted([]string{"acme.example"}, allowed) })
}

func exceptionEnds(t *testing.T, s *storage) {
	e, other := hold("acme.example"), hold("sub.acme.example")
	s.record(issuer.VerbHold, issuer.Change{Except: &e})
	s.record(issuer.VerbHold, issuer.Change{Except: &other})
	s.record(issuer.VerbRelease, issuer.Change{Release: e.Subject})
	s.both(func() { s.isExcepted([]string{"acme.example", "sub.acme.example"}, other) })
	if err := s.Record(t.Context(), act(issuer.VerbRelease), issuer.Change{Release: e.Subject}); !errors.Is(err, issuer.ErrNotFound) {
		t.Errorf("ending it twice: %v, want an error wrapping ErrNotFound", err)
	}
	if err := s.Record(t.Context(), act(issuer.VerbHold), issuer.Change{Except: &issuer.Exception{}}); err == nil {
		t.Error("a hold on nobody was taken")
	}
	s.acts(issuer.VerbRelease, issuer.VerbHold, issuer.VerbHold)
}
