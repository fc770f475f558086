package storetest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fc28f635/countersign/issuer"
	"github.com/fc28f635/countersign/metadata"
)

// act returns the record of an act in which every member is set.
func act(verb issuer.Verb) issuer.Act {
	return issuer.Act{Verb: verb, At: noon, Actor: "ada <\u202e>", Reason: "we & they", Subject: "https://acme.example", Seen: "sha256:1",
		Until: noon.Add(time.Hour), Tier: issuer.TierSigned, Line: []string{"a", "b"}, Digest: "sha256:2"}
}

func (s *storage) record(verb issuer.Verb, c issuer.Change) {
	s.t.Helper()
	if err := s.Record(s.t.Context(), act(verb), c); err != nil {
		s.t.Fatalf("recording %s: %v", verb, err)
	}
}

// acts compares the verbs of all acts.
func (s *storage) acts(want ...issuer.Verb) {
	s.t.Helper()
	acts, err := s.Acts(s.t.Context(), 1000)
	if err != nil {
		s.t.Fatal(err)
	}
	got := make([]issuer.Verb, len(acts))
	for i, a := range acts {
		got[i] = a.Verb
	}
	if !slices.Equal(got, want) {
		s.t.Errorf("acts are %v, want %v", got, want)
	}
}

func actsAreKept(t *testing.T, s *storage) {
	for i := range 300 { // past one byte of a number
		a := act(issuer.VerbKeyCreate)
		a.Subject = fmt.Sprint(i)
		if err := s.Record(t.Context(), a, issuer.Change{}); err != nil {
			t.Fatal(err)
		}
	}
	s.reopen()
	s.record(issuer.VerbKeyRevoke, issuer.Change{})
	s.both(func() {
		acts, err := s.Acts(t.Context(), 3)
		if err != nil {
			t.Fatal(err)
		}
		want := []issuer.Act{act(issuer.VerbKeyRevoke), act(issuer.VerbKeyCreate), act(issuer.VerbKeyCreate)}
		want[1].Subject, want[2].Subject = "299", "298"
		if diff := cmp.Diff(comparable(t, want), comparable(t, acts)); diff != "" {
			t.Errorf("acts differ (-recorded +read):\n%s", diff)
		}
		if acts, err := s.Acts(t.Context(), 1000); err != nil || len(acts) != 301 {
			t.Errorf("%d acts, %v", len(acts), err)
		}
	})
	if err := s.Record(t.Context(), issuer.Act{}, issuer.Change{}); err == nil {
		t.Error("an act without a verb was taken")
	}
}

func concurrentActs(t *testing.T, s *storage) {
	const callers = 16
	together(callers, func(i int) {
		e := hold(fmt.Sprintf("h%02d.example", i))
		if err := s.Record(t.Context(), act(issuer.VerbHold), issuer.Change{Except: &e}); err != nil {
			t.Errorf("holding: %v", err)
		}
		if err := s.Commit(t.Context(), Decision(t, fmt.Sprint(i))); err != nil {
			t.Errorf("committing: %v", err)
		}
	})
	s.both(func() {
		s.acts(slices.Repeat([]issuer.Verb{issuer.VerbHold}, callers)...)
		if l, err := s.Listing(t.Context()); err != nil || len(l.Exceptions) != callers {
			t.Errorf("%d exceptions, %v", len(l.Exceptions), err)
		}
		for i := range callers {
			s.has(Decision(t, fmt.Sprint(i)))
		}
	})
}

func oneOfConcurrentEnds(t *testing.T, s *storage) {
	const callers = 16
	e := hold("acme.example")
	s.record(issuer.VerbHold, issuer.Change{Except: &e})
	errs := make([]error, callers)
	together(callers, func(i int) {
		errs[i] = s.Record(t.Context(), act(issuer.VerbRelease), issuer.Change{Release: e.Subject})
	})
	ended := 0
	for _, err := range errs {
		if err == nil {
			ended++
		} else if !errors.Is(err, issuer.ErrNotFound) {
			t.Errorf("ending: %v", err)
		}
	}
	if ended != 1 {
		t.Errorf("%d were told that they ended it", ended)
	}
	s.acts(issuer.VerbRelease, issuer.VerbHold)
}

func pinIsKept(t *testing.T, s *storage) {
	const url = "https://acme.example/client.json"
	pin := func(document string) issuer.Pin {
		return issuer.Pin{ClientID: url, Document: []byte(document), Digest: "sha256:1", Actor: "ada", Reason: "why", At: noon, Until: noon.Add(time.Hour)}
	}
	largest := pin(strings.Repeat("\xff\x00<", 64<<10/3))
	for _, p := range []issuer.Pin{pin(`{"a":"<&>"}`), largest} {
		s.record(issuer.VerbPin, issuer.Change{Pin: &p})
		s.both(func() {
			got, err := s.Pinned(t.Context(), url)
			if diff := cmp.Diff(comparable(t, p), comparable(t, got)); err != nil || diff != "" {
				t.Errorf("error %v, pin differs (-pinned +read):\n%s", err, diff)
			}
		})
	}
	if _, err := s.Pinned(t.Context(), url+"x"); !errors.Is(err, issuer.ErrNotFound) {
		t.Errorf("another client_id: %v, want an error wrapping ErrNotFound", err)
	}
	s.record(issuer.VerbUnpin, issuer.Change{Unpin: url})
	s.both(func() {
		if got, err := s.Pinned(t.Context(), url); !errors.Is(err, issuer.ErrNotFound) || got.ClientID != "" {
			t.Errorf("dropped: %v, %v, want an error wrapping ErrNotFound", got, err)
		}
	})
	if err := s.Record(t.Context(), act(issuer.VerbUnpin), issuer.Change{Unpin: url}); !errors.Is(err, issuer.ErrNotFound) {
		t.Errorf("dropping it twice: %v", err)
	}
	for _, clientID := range []string{"", strings.Repeat("k", 100000)} {
		if err := s.Record(t.Context(), act(issuer.VerbPin), issuer.Change{Pin: &issuer.Pin{ClientID: clientID}}); err == nil {
			t.Errorf("a pin of a client_id of %d bytes was taken", len(clientID))
		}
		if _, err := s.Pinned(t.Context(), clientID); !errors.Is(err, issuer.ErrNotFound) {
			t.Errorf("and is found: %v", err)
		}
	}
	s.acts(issuer.VerbUnpin, issuer.VerbPin, issuer.VerbPin)
}

func everythingIsListed(t *testing.T, s *storage) {
	e := hold("acme.example")
	pin := issuer.Pin{ClientID: "https://acme.example/c", Document: []byte("{}"), Digest: "sha256:1", Until: noon}
	s.both(func() {
		if got, err := s.Listing(t.Context()); err != nil || comparable(t, got) != comparable(t, issuer.Listing{Acceptances: []issuer.Acceptance{}, Exceptions: []issuer.Exception{}, Pins: []issuer.Pin{}}) {
			t.Errorf("a new store lists %+v, %v", got, err)
		}
	})
	s.accept(acceptance("", "sha256:1", "one"), acceptance("https://acme.example", "", "acme"))
	s.record(issuer.VerbHold, issuer.Change{Except: &e})
	s.record(issuer.VerbPin, issuer.Change{Pin: &pin})
	s.commit(Decision(t, "d1"))
	pin.Document = nil
	s.both(func() {
		got, err := s.Listing(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		slices.SortFunc(got.Acceptances, func(a, b issuer.Acceptance) int { return strings.Compare(a.Actor, b.Actor) })
		want := issuer.Listing{Acceptances: []issuer.Acceptance{acceptance("https://acme.example", "", "acme"), acceptance("", "sha256:1", "one")},
			Exceptions: []issuer.Exception{e}, Pins: []issuer.Pin{pin}, Observations: []issuer.Observation{}}
		if diff := cmp.Diff(comparable(t, want), comparable(t, got)); diff != "" {
			t.Errorf("listing differs (-said +read):\n%s", diff)
		}
	})
}

// hold returns a hold on a subject.
func hold(subject string) issuer.Exception {
	s, err := metadata.ParseSubject(subject)
	if err != nil {
		panic(err)
	}
	return issuer.Exception{Subject: s, Actor: "ada", Reason: "odd <redirects>", At: noon, Until: noon.Add(time.Hour)}
}
