package storetest

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fc28f635/countersign/issuer"
)

// ids walks over the decisions behind a place, few at a time.
func (s *storage) ids(after issuer.Place, few int) (ids []string) {
	s.t.Helper()
	for {
		page, err := s.Decisions(s.t.Context(), after, few)
		if err != nil {
			s.t.Fatal(err)
		}
		if len(page) == 0 {
			return ids
		}
		if len(page) > few {
			s.t.Fatalf("%d decisions, at most %d were asked for", len(page), few)
		}
		for _, d := range page {
			ids = append(ids, d.ID)
		}
		after = issuer.PlaceOf(page[len(page)-1])
	}
}

func decisionsHaveAnOrder(t *testing.T, s *storage) {
	for _, d := range []struct {
		id string
		at time.Time
	}{
		{"c", noon}, {"last", noon.Add(time.Hour)}, {"a", noon}, {"first", noon.Add(-time.Hour)}, {"none", time.Time{}},
		{"b", noon.Truncate(time.Second)}, {"ab", noon}, {"old", time.Date(1969, 7, 20, 0, 0, 0, 0, time.UTC)},
	} {
		committed := Decision(t, d.id)
		committed.At = d.at
		s.commit(committed)
	}
	all := []string{"none", "old", "first", "a", "ab", "b", "c", "last"}
	s.both(func() {
		for few := range len(all) + 1 {
			if got := s.ids(issuer.Place{}, few+1); !slices.Equal(got, all) {
				t.Errorf("%d at a time: %v, want %v", few+1, got, all)
			}
		}
		for place, want := range map[issuer.Place][]string{
			{At: noon}:                            all[3:], // those of its second too
			{At: noon, ID: "ab"}:                  all[5:],
			{At: noon, ID: "aa"}:                  all[4:], // also where there is none such
			{At: noon.Add(time.Second)}:           all[7:],
			{At: noon.Add(2 * time.Hour)}:         nil,
			{At: noon.Add(time.Hour), ID: "last"}: nil,
		} {
			if got := s.ids(place, 2); !slices.Equal(got, want) {
				t.Errorf("behind %v: %v, want %v", place, got, want)
			}
		}
		page, err := s.Decisions(t.Context(), issuer.Place{At: noon, ID: "b"}, 1)
		want := Decision(t, "c")
		if err != nil || len(page) != 1 || comparable(t, page[0]) != comparable(t, want) {
			t.Errorf("%d decisions, %v; want the whole of c", len(page), err)
		}
		if page, err := s.Decisions(t.Context(), issuer.Place{}, 0); err != nil || len(page) != 0 {
			t.Errorf("%d decisions, %v, and none was asked for", len(page), err)
		}
	})
}

func concurrentOrder(t *testing.T, s *storage) {
	const writers, each = 8, 40
	together(writers, func(i int) {
		for j := range each {
			if err := s.Commit(t.Context(), Decision(t, fmt.Sprintf("%d-%02d", i, j))); err != nil {
				t.Errorf("committing: %v", err)
			}
		}
	})
	_ = s.Commit(t.Context(), Decision(t, "0-00")) // again: it has one place
	s.both(func() {
		got := s.ids(issuer.Place{}, 7)
		if len(got) != writers*each || !slices.IsSorted(got) || len(slices.Compact(slices.Clone(got))) != len(got) {
			t.Errorf("%d decisions were committed, and there are %d: %v", writers*each, len(got), got)
		}
	})
}

func policyVersionsAreKept(t *testing.T, s *storage) {
	want := []issuer.PolicyVersion{}
	s.both(func() {
		got, err := s.Policies(t.Context())
		if err != nil || len(got) != 0 {
			t.Errorf("%d versions, %v", len(got), err)
		}
	})
	for i := range 300 { // past one byte of a number
		v := issuer.PolicyVersion{Digest: fmt.Sprintf("sha256:%d", i%7), Name: "ours", Source: fmt.Sprintf("# <%d>\nversion: 1\n", i),
			Actor: "ada", Reason: "we & they", At: noon.Add(time.Duration(i) * time.Hour), Rollback: i >= 7}
		s.record(issuer.VerbPolicyApply, issuer.Change{Policy: &v})
		want = slices.Insert(want, 0, v)
	}
	s.both(func() {
		got, err := s.Policies(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(comparable(t, want), comparable(t, got)); diff != "" {
			t.Errorf("versions differ (-recorded +read):\n%s", diff)
		}
	})
	s.acts(slices.Repeat([]issuer.Verb{issuer.VerbPolicyApply}, 300)...)
}

func concurrentPolicies(t *testing.T, s *storage) {
	const callers = 16
	together(callers, func(i int) {
		v := issuer.PolicyVersion{Digest: fmt.Sprint(i), Source: "version: 1\n", At: noon}
		if err := s.Record(t.Context(), act(issuer.VerbPolicyApply), issuer.Change{Policy: &v}); err != nil {
			t.Errorf("recording: %v", err)
		}
	})
	s.both(func() {
		got, err := s.Policies(t.Context())
		if err != nil || len(got) != callers {
			t.Errorf("%d versions, %v, want %d", len(got), err, callers)
		}
		s.acts(slices.Repeat([]issuer.Verb{issuer.VerbPolicyApply}, callers)...)
	})
}

func observationsAreKept(t *testing.T, s *storage) {
	observation := func(of, actor string) issuer.Observation {
		return issuer.Observation{Of: of, Actor: actor, Reason: "<night>", At: noon, Until: noon.Add(2 * time.Hour)}
	}
	wants := func(want ...issuer.Observation) {
		t.Helper()
		s.both(func() {
			t.Helper()
			l, err := s.Listing(t.Context())
			if err != nil || comparable(t, l.Observations) != comparable(t, append([]issuer.Observation{}, want...)) {
				t.Errorf("listed are %v, %v, want %v", l.Observations, err, want)
			}
			standing, err := s.Standing(t.Context(), nil) // they are for every client
			if err != nil || !slices.Equal(standing.Observations, want) {
				t.Errorf("in force are %v, %v, want %v", standing.Observations, err, want)
			}
		})
	}
	wants()
	first, other, again := observation("https://mcp.acme.example/", "ada"), observation("", "bob"), observation("https://mcp.acme.example/", "eve")
	s.record(issuer.VerbObserve, issuer.Change{Observe: &first})
	s.record(issuer.VerbObserve, issuer.Change{Observe: &other})
	wants(first, other)
	s.record(issuer.VerbObserve, issuer.Change{Observe: &again})
	wants(other, again)
	s.record(issuer.VerbEnforce, issuer.Change{Unobserve: &first})
	wants(other)
	if err := s.Record(t.Context(), act(issuer.VerbEnforce), issuer.Change{Unobserve: &first}); !errors.Is(err, issuer.ErrNotFound) {
		t.Errorf("ending it again: %v, want ErrNotFound", err)
	}
	wants(other) // which is of everything
	s.record(issuer.VerbEnforce, issuer.Change{Unobserve: &other})
	wants()
	s.acts(issuer.VerbEnforce, issuer.VerbEnforce, issuer.VerbObserve, issuer.VerbObserve, issuer.VerbObserve)
}
