package storetest

import (
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
		if err := s.Accept(s.t.Context(), a); err != nil {
			s.t.Fatalf("accepting: %v", err)
		}
	}
}

func (s *storage) standing(publisher string, shape metadata.Shape) []issuer.Acceptance {
	s.t.Helper()
	standing, err := s.Standing(s.t.Context(), acceptance(publisher, "", "").Publisher, shape)
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

func acceptanceOfNothing(t *testing.T, s *storage) {
	if err := s.Accept(t.Context(), acceptance("", "", "nobody")); err == nil {
		t.Error("an acceptance of nothing was taken")
	}
	if got := s.standing("", ""); len(got) != 0 {
		t.Errorf("it is found: %v", got)
	}
}
