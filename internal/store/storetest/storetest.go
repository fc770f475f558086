// Package storetest is the contract of issuer.Store as tests. Call [Run] from
// the tests of an engine: all engines pass the same suite, and share no code.
package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fc28f635/countersign/internal/strictjson"
	"github.com/fc28f635/countersign/issuer"
	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/verify"
)

// An Engine makes new empty storage for one test, and returns a function that
// opens it. That function is called again only after the store which it
// returned last was closed; it fails the test where it cannot open.
type Engine func(t *testing.T) (open func() issuer.Store)

// Run checks that what an engine gives keeps the contract of issuer.Store.
func Run(t *testing.T, engine Engine) {
	for _, c := range []struct {
		name string
		test func(*testing.T, *storage)
	}{
		{"T26 a decision keeps everything", decisionKeepsEverything},
		{"an unknown decision is not found", unknownDecision},
		{"T8 an id is never overwritten", idIsNeverOverwritten},
		{"T8 of concurrent commits of one id one wins", oneOfConcurrentCommits},
		{"a decision without an id is refused", decisionWithoutID},
		{"T7 a decision that is too large is refused", decisionTooLarge},
		{"a decision that is no JSON is refused", decisionNoJSON},
		{"acceptances are found by publisher and by shape", acceptancesAreFound},
		{"an acceptance replaces the one before", acceptanceReplaces},
		{"an acceptance ends, once", acceptanceEnds},
		{"an acceptance of nothing is refused", acceptanceOfNothing},
		{"exceptions are found by their subject", exceptionsAreFound},
		{"an exception replaces the one before, and an allowance no hold", exceptionReplaces},
		{"an exception ends, once", exceptionEnds},
		{"a pin is kept, replaced and dropped", pinIsKept},
		{"everything that was said is listed", everythingIsListed},
		{"V1 acts are kept in order, the newest first", actsAreKept},
		{"T8 concurrent acts are all kept, each with its change", concurrentActs},
		{"T8 of concurrent ends one is an act", oneOfConcurrentEnds},
		{"decisions have an order", decisionsHaveAnOrder},
		{"T8 each of concurrent decisions has one place in the order", concurrentOrder},
		{"P8 every version of the policy is kept, the newest first", policyVersionsAreKept},
		{"T8 concurrent versions of the policy are all kept", concurrentPolicies},
		{"observations are kept, replaced and ended", observationsAreKept},
		{"T8 a review is kept, and asked once", reviewsAreKept},
		{"T8 a review is there with its decision, or not", reviewWithItsDecision},
		{"a review is decided on, with what it accepts", reviewIsDecided},
		{"T8 of concurrent reviews of one client one is kept", concurrentReviews},
		{"strangers' reviews make room, a publisher's stay", reviewsAreBounded},
		{"software is counted by its shape", softwareIsCounted},
		{"T8 software is counted once a decision", concurrentSoftware},
		{"sightings grow and never shrink", sightingsGrow},
		{"K22 a key that was away begins anew", sightingsBeginAnew},
		{"sightings of another publisher are apart", sightingsApart},
		{"K22 new keys displace no older one", sightingsStay},
		{"K20 what ended stays dead", endingsStay},
		{"T8 concurrent sightings are all kept", concurrentSightings},
		{"U18 a missing document is remembered until it is found", absencesAreKept},
		{"K5 an exposed key stays exposed until it is lifted", exposuresStay},
		{"T8 concurrent exposures are all kept", concurrentExposures},
		{"O13 the latest statement of a document is remembered", issuedIsKept},
		{"T8 concurrent use", concurrentUse},
		{"a context that is done writes nothing", doneContext},
		{"a closed store refuses", closedStore},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(t, newStorage(t, engine)) })
	}
}

// A storage is one engine's storage during one test.
type storage struct {
	t *testing.T
	issuer.Store
	open func() issuer.Store

	raised int // decisions that raised a review
}

func newStorage(t *testing.T, engine Engine) *storage {
	t.Helper()
	s := &storage{t: t, open: engine(t)}
	s.Store = s.open()
	t.Cleanup(s.close)
	return s
}

func (s *storage) close() {
	s.t.Helper()
	if err := s.Close(); err != nil {
		s.t.Errorf("closing: %v", err)
	}
}

// reopen closes the store and opens it again.
func (s *storage) reopen() {
	s.t.Helper()
	s.close()
	s.Store = s.open()
}

// both runs a check on the open store, and again when it was reopened.
func (s *storage) both(check func()) {
	s.t.Helper()
	check()
	s.reopen()
	check()
}

func (s *storage) commit(d issuer.Decision) {
	s.t.Helper()
	if err := s.Commit(s.t.Context(), d); err != nil {
		s.t.Fatalf("committing: %v", err)
	}
}

func (s *storage) has(want issuer.Decision) {
	s.t.Helper()
	got, err := s.Decision(s.t.Context(), want.ID)
	if err != nil {
		s.t.Fatalf("reading: %v", err)
	}
	if diff := cmp.Diff(comparable(s.t, want), comparable(s.t, got)); diff != "" {
		s.t.Errorf("decision differs (-committed +read):\n%s", diff)
	}
}

// comparable returns v as it is seen from outside: as the JSON that is told.
func comparable(t *testing.T, v any) string {
	t.Helper()
	data, err := strictjson.Encode(v, true)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

var noon = time.Date(2026, 1, 15, 12, 0, 0, 123456789, time.UTC)

// Decision returns a decision in which every member is set.
func Decision(t testing.TB, id string) issuer.Decision {
	t.Helper()
	client, err := metadata.ParseClient([]byte(`{
		"client_id": "https://acme.example/client.json",
		"client_name": "Acme <Agent> & Söhne \u2028",
		"client_name#de": "Acme Agent",
		"redirect_uris": ["https://acme.example/cb", "http://127.0.0.1/cb?a=1&b=2"],
		"grant_types": ["authorization_code", "refresh_token"],
		"response_types": ["code"],
		"scope": "files:read files:write",
		"token_endpoint_auth_method": "none",
		"jwks": {"keys": []},
		"contacts": ["ops@acme.example"],
		"software_id": "acme", "software_version": "1",
		"x-unknown": {"a": [1, 2.50, 1e400, null, "<&>"], "b": {}},
		"x-big": 123456789012345678901234567890
	}`))
	if err != nil {
		t.Fatal(err)
	}
	return issuer.Decision{
		ID: id, At: noon, Outcome: issuer.Approved, Tier: issuer.TierSigned, Binding: metadata.BindingWeb,
		Publisher: metadata.MustPublisher("https://acme.example"),
		Told:      "Acme Agent by acme.example", Flags: []metadata.Reason{metadata.ReasonStatementMalformed},
		Acceptance: &issuer.AcceptanceNote{By: issuer.ByOperator, Actor: "ada", Until: noon.Add(time.Hour)},
		Grant: issuer.Grant{
			Scope: "files:read", ScopesCut: []issuer.ScopeCut{{Scope: "files:write", Why: "class", Earn: issuer.TierSigned}},
			Classes: []issuer.Class{issuer.ClassRead, issuer.ClassModify}, Sensitive: true,
			AccessTokenTTL: 900, RefreshToken: issuer.RefreshRotate, SessionTTL: 3600, ReauthenticateAfter: 60,
			Consent: issuer.ConsentSession,
		},
		Client: client, Overridden: []string{"scope"},
		Findings: []verify.Finding{
			{Check: verify.CheckForm, Status: verify.Passed},
			{Check: verify.CheckDNSKey, Status: verify.Unavailable, Reason: metadata.ReasonDNSUnavailable, Detail: "timed out",
				Evidence: verify.Evidence{Source: "dns", Server: "192.0.2.1:53", Name: "_client-key.acme.example", SeenAt: noon,
					ValidUntil: noon.Add(time.Minute), Thumbprint: "t", Record: "v=ck1; kid=a"}},
		},
		Statement: "sha256:" + strings.Repeat("0", 64), Shape: metadata.ShapeOf(client), Countersigned: "a.b.c",
		AuthorizationServer: "https://as.example", Enforcement: map[string]string{"scope": "registration", "session": "advisory"},
		ExpiresAt: noon.Add(24 * time.Hour), Policy: "sha256:1", DryRun: true, Test: true, Reason: metadata.ReasonKeyUnknown,
		OAuthError: &issuer.OAuthError{Status: 400, Error: "invalid_software_statement", Description: "d", URI: "https://x.example"},
	}
}

func decisionKeepsEverything(t *testing.T, s *storage) {
	full := Decision(t, "0-full")
	bare := issuer.Decision{ID: "0-bare"}
	far := Decision(t, "0-far")
	far.At = noon.In(time.FixedZone("", 5*3600+1800))
	for _, d := range []issuer.Decision{full, bare, far} {
		s.commit(d)
	}
	s.both(func() {
		for _, d := range []issuer.Decision{full, bare, far} {
			s.has(d)
		}
		got, err := s.Decision(t.Context(), full.ID)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := string(got.Client.More["x-big"]), "123456789012345678901234567890"; got != want {
			t.Errorf("the unknown member x-big is %s, want %s", got, want)
		}
	})
}

func unknownDecision(t *testing.T, s *storage) {
	s.commit(Decision(t, "known"))
	s.both(func() {
		for _, id := range []string{"unknown", "", "know", "known2", "known\x00", strings.Repeat("k", 100000)} {
			if got, err := s.Decision(t.Context(), id); !errors.Is(err, issuer.ErrNotFound) || got.ID != "" {
				t.Errorf("%.20q: %v, %v, want an error wrapping ErrNotFound", id, got.ID, err)
			}
		}
	})
}

func idIsNeverOverwritten(t *testing.T, s *storage) {
	first := Decision(t, "one")
	s.commit(first)
	second := first
	second.Told = "somebody else"
	s.both(func() {
		err := s.Commit(t.Context(), second)
		if err == nil {
			t.Error("a second decision with the same id was taken")
		}
		if errors.Is(err, issuer.ErrNotFound) || errors.Is(err, issuer.ErrStorageFull) || errors.Is(err, issuer.ErrStorageFailed) {
			t.Errorf("the same id again is no failure of the storage: %v", err)
		}
		s.has(first)
	})
}

func oneOfConcurrentCommits(t *testing.T, s *storage) {
	const writers = 16
	errs := make([]error, writers)
	together(writers, func(i int) {
		d := Decision(t, "same")
		d.Told = fmt.Sprint(i)
		errs[i] = s.Commit(t.Context(), d)
	})
	winner := -1
	for i, err := range errs {
		if err != nil {
			continue
		}
		if winner >= 0 {
			t.Fatalf("both %d and %d were told that their decision is recorded", winner, i)
		}
		winner = i
	}
	if winner < 0 {
		t.Fatalf("none was recorded: %v", errs)
	}
	want := Decision(t, "same")
	want.Told = fmt.Sprint(winner)
	s.both(func() { s.has(want) })
}

func decisionWithoutID(t *testing.T, s *storage) {
	for _, id := range []string{"", strings.Repeat("k", 100000)} {
		if err := s.Commit(t.Context(), issuer.Decision{ID: id}); err == nil {
			t.Errorf("a decision with an id of %d bytes was taken", len(id))
		}
	}
}

func decisionTooLarge(t *testing.T, s *storage) {
	large := Decision(t, "large")
	large.Told = strings.Repeat("x", 8<<20)
	if err := s.Commit(t.Context(), large); err == nil {
		t.Error("a decision of 8 MiB was taken")
	}
	s.commit(Decision(t, "small"))
	if _, err := s.Decision(t.Context(), "large"); !errors.Is(err, issuer.ErrNotFound) {
		t.Errorf("reading what was refused: %v", err)
	}
}

func decisionNoJSON(t *testing.T, s *storage) {
	d := Decision(t, "year")
	d.At = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)
	if err := s.Commit(t.Context(), d); err == nil {
		t.Error("a decision that cannot be read again was taken")
	}
	if _, err := s.Decision(t.Context(), "year"); !errors.Is(err, issuer.ErrNotFound) {
		t.Errorf("reading what was refused: %v", err)
	}
}

func doneContext(t *testing.T, s *storage) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Commit(ctx, Decision(t, "late")); !errors.Is(err, context.Canceled) {
		t.Errorf("committing: %v, want context.Canceled", err)
	}
	a := acceptance("https://acme.example", "", "ada")
	if err := s.Record(ctx, act(issuer.VerbAccept), issuer.Change{Accept: &a}); !errors.Is(err, context.Canceled) {
		t.Errorf("accepting: %v, want context.Canceled", err)
	}
	if _, err := s.Decision(t.Context(), "late"); !errors.Is(err, issuer.ErrNotFound) {
		t.Errorf("reading: %v, want ErrNotFound", err)
	}
}

func closedStore(t *testing.T, s *storage) {
	s.commit(Decision(t, "one"))
	for range 2 {
		if err := s.Close(); err != nil {
			t.Fatalf("closing: %v", err)
		}
	}
	if err := s.Commit(t.Context(), Decision(t, "two")); err == nil {
		t.Error("a closed store took a decision")
	}
	if _, err := s.Decision(t.Context(), "one"); err == nil || errors.Is(err, issuer.ErrNotFound) {
		t.Errorf("reading a closed store: %v, want an error that is not ErrNotFound", err)
	}
}

func concurrentUse(t *testing.T, s *storage) {
	const writers, each = 8, 25
	together(writers, func(i int) {
		for j := range each {
			d := Decision(t, fmt.Sprintf("%d-%d", i, j))
			if err := s.Commit(t.Context(), d); err != nil {
				t.Errorf("committing: %v", err)
			}
			if _, err := s.Decision(t.Context(), d.ID); err != nil {
				t.Errorf("reading what was just committed: %v", err)
			}
			a := acceptance("https://acme.example", metadata.Shape(fmt.Sprint(i)), "ada")
			if err := s.Record(t.Context(), act(issuer.VerbAccept), issuer.Change{Accept: &a}); err != nil {
				t.Errorf("accepting: %v", err)
			}
			if _, err := s.Standing(t.Context(), []metadata.Subject{metadata.PublisherSubject(d.Publisher), metadata.ShapeSubject("1")}); err != nil {
				t.Errorf("asking for acceptances: %v", err)
			}
		}
	})
	s.both(func() {
		for i := range writers {
			for j := range each {
				s.has(Decision(t, fmt.Sprintf("%d-%d", i, j)))
			}
		}
		standing, err := s.Standing(t.Context(), []metadata.Subject{metadata.PublisherSubject(acme)})
		if err != nil || len(standing.Acceptances) != writers {
			t.Errorf("%d acceptances, %v, want %d", len(standing.Acceptances), err, writers)
		}
	})
}

// together calls f(0) to f(n-1) concurrently and waits for all.
func together(n int, f func(i int)) {
	var group sync.WaitGroup
	for i := range n {
		group.Go(func() { f(i) })
	}
	group.Wait()
}

func sortedActors(acceptances []issuer.Acceptance) []string {
	actors := []string{}
	for _, a := range acceptances {
		actors = append(actors, a.Actor)
	}
	slices.Sort(actors)
	return actors
}
