package storetest

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fc28f635/countersign/issuer"
	"github.com/fc28f635/countersign/metadata"
)

func acceptance(publisher string, shape metadata.Shape, actor string) issuer.Acceptance {
	var p metadata.Publisher
	if err := p.UnmarshalText([]byte(publisher)); err != nil {
		panic(err)
	}
	return issuer.Acceptance{
		Publisher: p, Shape: shape, By: issuer.ByOperator, Actor: actor, Reason: "we <know> them",
		At: noon, Until: noon.Add(90 * 24 * time.Hour),
	}
}

func (s *storage) accept(list ...issuer.Acceptance) {
	s.t.Helper()
	for _, a := range list {
		s.record(issuer.VerbAccept, issuer.Change{Accept: &a})
	}
}

func (s *storage) standing(publisher string, shape metadata.Shape) []issuer.Acceptance {
	s.t.Helper()
	standing, err := s.Standing(s.t.Context(), []metadata.Subject{
		metadata.PublisherSubject(acceptance(publisher, "", "").Publisher), metadata.ShapeSubject(shape)})
	if err != nil {
		s.t.Fatalf("asking for acceptances: %v", err)
	}
	return standing.Acceptances
}

func acceptancesAreFound(t *testing.T, s *storage) {
	ended := acceptance("https://ended.example", "", "ended")
	ended.At, ended.Until = noon.Add(-48*time.Hour), noon.Add(-24*time.Hour)
	s.accept(
		acceptance("https://acme.example", "", "acme"),
		acceptance("https://sub.acme.example", "", "sub"),
		acceptance("https://acme.example", "sha256:1", "acme unsigned"),
		acceptance("", "sha256:1", "one"),
		acceptance("", "sha256:11", "eleven"),
		ended,
	)
	s.both(func() {
		for _, c := range []struct {
			publisher string
			shape     metadata.Shape
			want      []string
		}{
			{"", "", []string{}},
			{"https://acme.example", "", []string{"acme", "acme unsigned"}},
			{"https://sub.acme.example", "", []string{"sub"}},
			{"", "sha256:1", []string{"one"}},
			{"", "sha256:11", []string{"eleven"}},
			{"", "sha256:", []string{}},
			{"https://acme.example", "sha256:11", []string{"acme", "acme unsigned", "eleven"}},
			{"https://other.example", "sha256:1", []string{"one"}},
			{"https://ended.example", "", []string{"ended"}},
		} {
			if diff := cmp.Diff(c.want, sortedActors(s.standing(c.publisher, c.shape))); diff != "" {
				t.Errorf("for %q and %q (-want +got):\n%s", c.publisher, c.shape, diff)
			}
		}
		got := s.standing("", "sha256:1")
		want := []issuer.Acceptance{acceptance("", "sha256:1", "one")}
		if diff := cmp.Diff(comparable(t, want), comparable(t, got)); diff != "" {
			t.Errorf("acceptance differs (-accepted +read):\n%s", diff)
		}
	})
}

func acceptanceReplaces(t *testing.T, s *storage) {
	s.accept(
		acceptance("https://acme.example", "", "first"), acceptance("", "sha256:1", "first"),
		acceptance("https://acme.example", "", "second"), acceptance("", "sha256:1", "second"),
	)
	s.both(func() {
		got := sortedActors(s.standing("https://acme.example", "sha256:1"))
		if diff := cmp.Diff([]string{"second", "second"}, got); diff != "" {
			t.Errorf("after a second acceptance (-want +got):\n%s", diff)
		}
	})
}

func acceptanceEnds(t *testing.T, s *storage) {
	both := acceptance("https://acme.example", "sha256:1", "both")
	s.accept(acceptance("https://acme.example", "", "acme"), both, acceptance("", "sha256:1", "one"))
	s.record(issuer.VerbUnaccept, issuer.Change{Unaccept: &issuer.Acceptance{Publisher: both.Publisher, Shape: both.Shape}})
	err := s.Record(t.Context(), act(issuer.VerbUnaccept), issuer.Change{Unaccept: &both})
	if !errors.Is(err, issuer.ErrNotFound) {
		t.Errorf("ending it twice: %v, want an error wrapping ErrNotFound", err)
	}
	s.both(func() {
		if diff := cmp.Diff([]string{"acme", "one"}, sortedActors(s.standing("https://acme.example", "sha256:1"))); diff != "" {
			t.Errorf("what is left (-want +got):\n%s", diff)
		}
	})
	s.acts(issuer.VerbUnaccept, issuer.VerbAccept, issuer.VerbAccept, issuer.VerbAccept)
}

func acceptanceOfNothing(t *testing.T, s *storage) {
	nothing := acceptance("", "", "nobody")
	for verb, change := range map[issuer.Verb]issuer.Change{issuer.VerbAccept: {Accept: &nothing}, issuer.VerbUnaccept: {Unaccept: &nothing}} {
		if err := s.Record(t.Context(), act(verb), change); err == nil {
			t.Errorf("%s of nothing was taken", verb)
		}
	}
	s.acts()
	if got := s.standing("", ""); len(got) != 0 {
		t.Errorf("it is found: %v", got)
	}
}
