package storetest

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fc28f635/countersign/internal/limits"
	"github.com/fc28f635/countersign/issuer"
	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/verify"
)

// reviewID returns the id of the question about a client that presents something.
func reviewID(client, presents int) string { return fmt.Sprintf("r%020x%020x", client, presents) }

// review returns a review in which every member is set, which waits.
func review(client, presents int) issuer.Review {
	id := reviewID(client, presents)
	return issuer.Review{
		ID: id, State: issuer.ReviewPending, At: noon, Why: []issuer.ReviewCause{issuer.CauseBeyondReads}, Publisher: acme, Signed: true,
		Shape: "sha256:1", Line: []string{"t"}, Name: "Acme <Agent>", ClientID: "https://acme.example/c", Codes: []string{"acme.example"},
		Scopes: []string{"files:write"}, Resembles: "x", Tier: issuer.TierSigned, Binding: metadata.BindingWeb, AuthorizationServer: "https://as.example",
		Decision: "d", Bound: issuer.Bound{Review: id, Registration: "sha256:2", Metadata: "sha256:3", Thumbprint: "t", Passed: []verify.Check{verify.CheckForm}},
		Approvals: []issuer.Approval{{Actor: "ada", Person: "ada", Credential: "socket", Reason: "known", At: noon}}, Vouched: true,
	}
}

// raise commits a decision that raises a review.
func (s *storage) raise(r issuer.Review) {
	s.t.Helper()
	s.raised++
	d := Decision(s.t, fmt.Sprintf("raise-%d", s.raised))
	d.Review = &r
	s.commit(d)
}

// reviews compares all reviews, in any order.
func (s *storage) reviews(want ...issuer.Review) {
	s.t.Helper()
	got, err := s.Reviews(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	for _, list := range [][]issuer.Review{got, want} {
		slices.SortFunc(list, func(a, b issuer.Review) int { return strings.Compare(a.ID, b.ID) })
	}
	if diff := cmp.Diff(comparable(s.t, append([]issuer.Review{}, want...)), comparable(s.t, got)); diff != "" {
		s.t.Errorf("reviews differ (-want +got):\n%s", diff)
	}
}

func reviewsAreKept(t *testing.T, s *storage) {
	s.reviews()
	first := review(1, 1)
	s.raise(first)
	again := first
	again.At, again.Name = noon.Add(time.Hour), "another"
	s.raise(again)
	s.both(func() {
		s.reviews(first)
		got, err := s.Review(t.Context(), first.ID)
		if diff := cmp.Diff(comparable(t, first), comparable(t, got)); err != nil || diff != "" {
			t.Errorf("error %v, review differs (-raised +read):\n%s", err, diff)
		}
		for _, id := range []string{"", first.ID[:21], reviewID(1, 2), strings.Repeat("r", 100000)} {
			if _, err := s.Review(t.Context(), id); !errors.Is(err, issuer.ErrNotFound) {
				t.Errorf("%.50q: %v, want an error wrapping ErrNotFound", id, err)
			}
		}
	})
	changed, other := review(1, 2), review(2, 1)
	s.raise(changed)
	s.raise(other)
	s.both(func() { s.reviews(changed, other) })
	nameless := Decision(t, "nameless")
	nameless.Review = &issuer.Review{State: issuer.ReviewPending}
	if err := s.Commit(t.Context(), nameless); err == nil {
		t.Error("a review without an id was taken")
	}
}

// A review and the decision that raised it are both there, or none.
func reviewWithItsDecision(t *testing.T, s *storage) {
	s.commit(Decision(t, "one"))
	d, r := Decision(t, "one"), review(1, 1)
	d.Review = &r
	if err := s.Commit(t.Context(), d); err == nil {
		t.Error("the same id was taken twice")
	}
	s.both(func() { s.reviews() })
	d.ID = "two"
	s.commit(d)
	s.both(func() {
		s.reviews(r)
		s.has(d)
	})
}

func reviewIsDecided(t *testing.T, s *storage) {
	approved, denied := review(1, 1), review(2, 1)
	s.raise(approved)
	s.raise(denied)
	approved.State, approved.Until = issuer.ReviewApproved, noon.Add(time.Hour)
	denied.State = issuer.ReviewDenied
	a := acceptance("https://acme.example", "", "ada")
	a.Bound = &approved.Bound
	byName, byShape := acceptance("https://acme.example", "", "by name"), acceptance("", "sha256:1", "shape of a review")
	byShape.Bound = &denied.Bound
	s.accept(byName, acceptance("", "sha256:1", "shape by name"), byShape)
	s.record(issuer.VerbApprove, issuer.Change{Review: &approved, Accept: &a})
	s.record(issuer.VerbDeny, issuer.Change{Review: &denied})
	s.both(func() {
		s.reviews(approved, denied)
		want := []string{"ada", "by name", "shape by name", "shape of a review"}
		if diff := cmp.Diff(want, sortedActors(s.standing("https://acme.example", "sha256:1"))); diff != "" {
			t.Errorf("acceptances (-want +got):\n%s", diff)
		}
	})
	again := review(1, 1)
	for _, r := range []issuer.Review{again, review(2, 1)} {
		s.raise(r)
	}
	s.reviews(approved, denied)
	again.At = approved.Until
	s.raise(again)
	s.both(func() { s.reviews(again, denied) })
	denied.State = issuer.ReviewDenied
	s.record(issuer.VerbDeny, issuer.Change{Review: &approved, Unaccept: &a})
	if diff := cmp.Diff([]string{"by name", "shape by name", "shape of a review"}, sortedActors(s.standing("https://acme.example", "sha256:1"))); diff != "" {
		t.Errorf("after the approval ended (-want +got):\n%s", diff)
	}
	changes := []issuer.Change{{Review: &approved, Unaccept: &a}, {Review: ptr(review(9, 9)), Accept: &a}}
	for _, c := range changes { // of which one half is not there
		if err := s.Record(t.Context(), act(issuer.VerbApprove), c); !errors.Is(err, issuer.ErrNotFound) {
			t.Errorf("%v, want an error wrapping ErrNotFound", err)
		}
	}
	if got := s.standing("https://acme.example", ""); len(got) != 1 {
		t.Errorf("half of a change was made: %v", got)
	}
}

func ptr[T any](v T) *T { return &v }

func concurrentReviews(t *testing.T, s *storage) {
	const writers = 16
	together(writers, func(i int) {
		d, r := Decision(t, fmt.Sprint(i)), review(1, 1)
		r.Name = fmt.Sprint(i)
		d.Review = &r
		if err := s.Commit(t.Context(), d); err != nil {
			t.Errorf("committing: %v", err)
		}
	})
	kept, err := s.Review(t.Context(), reviewID(1, 1))
	if err != nil {
		t.Fatal(err)
	}
	s.both(func() { s.reviews(kept) })
	for i := range writers {
		if _, err := s.Decision(t.Context(), fmt.Sprint(i)); err != nil {
			t.Errorf("decision %d: %v", i, err)
		}
	}
}

// What nobody vouched for makes room for others of its network; what a publisher
// vouches for never does.
func reviewsAreBounded(t *testing.T, s *storage) {
	vouched := review(1, 1)
	vouched.At = noon.Add(-time.Hour)
	s.raise(vouched)
	stranger := func(i int) issuer.Review {
		r := review(100+i, 1)
		r.Vouched, r.Network, r.At = false, netip.MustParsePrefix("192.0.2.0/24"), noon.Add(time.Duration(i)*time.Second)
		return r
	}
	for i := range limits.ReviewsOfOne {
		s.raise(stranger(i))
	}
	const more = 2
	elsewhere := stranger(50)
	elsewhere.Network = netip.MustParsePrefix("198.51.100.0/24")
	s.raise(elsewhere)
	want := []issuer.Review{vouched, elsewhere}
	for i := range more {
		s.raise(stranger(limits.ReviewsOfOne + i))
	}
	for i := range limits.ReviewsOfOne {
		want = append(want, stranger(more+i))
	}
	s.both(func() { s.reviews(want...) })
	s.raise(stranger(99)) // networks are not kept over a start
	s.reviews(append(want, stranger(99))...)
}
