package storetest

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fc28f635/countersign/internal/access"
	"github.com/fc28f635/countersign/issuer"
)

// RunAPIKeys checks that what an engine gives keeps the contract of access.Store
// too.
func RunAPIKeys(t *testing.T, engine Engine) {
	for _, c := range []struct {
		name string
		test func(*testing.T, *storage)
	}{
		{"A2 a key keeps everything", apiKeyKeepsEverything},
		{"A2 a key is replaced by its revoked self", apiKeyIsReplaced},
		{"a key without an id is refused", apiKeyWithoutID},
		{"T8 concurrent keys are all kept", concurrentAPIKeys},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(t, newStorage(t, engine)) })
	}
}

// apiKeys is the storage as a store of API keys.
func (s *storage) apiKeys() access.Store {
	s.t.Helper()
	store, ok := s.Store.(access.Store)
	if !ok {
		s.t.Fatalf("%T keeps no API keys", s.Store)
	}
	return store
}

func (s *storage) putAPIKeys(list ...access.Record) {
	s.t.Helper()
	for _, r := range list {
		if err := s.apiKeys().PutAPIKey(s.t.Context(), r, act(issuer.VerbKeyCreate)); err != nil {
			s.t.Fatalf("putting a key: %v", err)
		}
	}
}

func (s *storage) hasAPIKeys(want ...access.Record) {
	s.t.Helper()
	got, err := s.apiKeys().APIKeys(s.t.Context())
	if err != nil {
		s.t.Fatalf("reading the keys: %v", err)
	}
	slices.SortFunc(got, func(a, b access.Record) int { return strings.Compare(a.ID, b.ID) })
	if diff := cmp.Diff(comparable(s.t, want), comparable(s.t, got)); diff != "" {
		s.t.Errorf("keys differ (-put +read):\n%s", diff)
	}
}

func apiKey(id string) access.Record {
	return access.Record{
		Key: access.Key{ID: id, Created: noon, Terms: access.Terms{
			Name: "the <AS> & söhne", Role: access.Decide, Rights: []access.Right{access.Source, access.Findings},
			AuthorizationServers: []string{"https://as.example", "https://other.example"},
		}},
		Digest: []byte(strings.Repeat("\xff\x00", 16)),
	}
}

func apiKeyKeepsEverything(_ *testing.T, s *storage) {
	s.putAPIKeys(apiKey("1"), apiKey("2"))
	s.commit(Decision(s.t, "d1"))
	s.both(func() { s.hasAPIKeys(apiKey("1"), apiKey("2")) })
	s.acts(issuer.VerbKeyCreate, issuer.VerbKeyCreate)
}

func apiKeyIsReplaced(_ *testing.T, s *storage) {
	revoked := apiKey("1")
	revoked.Revoked = noon.Add(time.Hour)
	s.putAPIKeys(apiKey("1"), apiKey("2"), revoked)
	s.both(func() { s.hasAPIKeys(revoked, apiKey("2")) })
}

func apiKeyWithoutID(t *testing.T, s *storage) {
	if err := s.apiKeys().PutAPIKey(t.Context(), apiKey(""), act(issuer.VerbKeyCreate)); err == nil {
		t.Error("it was taken")
	}
	s.hasAPIKeys()
	s.acts()
}

func concurrentAPIKeys(t *testing.T, s *storage) {
	const callers = 16
	var want []access.Record
	for i := range callers {
		want = append(want, apiKey(string(rune('a'+i))))
	}
	together(callers, func(i int) {
		if err := s.apiKeys().PutAPIKey(t.Context(), want[i], act(issuer.VerbKeyCreate)); err != nil {
			t.Errorf("putting a key: %v", err)
		}
	})
	s.both(func() { s.hasAPIKeys(want...) })
}
