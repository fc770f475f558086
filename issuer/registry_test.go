package issuer

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fc28f635/countersign/internal/vectortest"
	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/verify"
)

func signedZone(tags string) map[string]string {
	return map[string]string{"dns.zone": keyRecords(tags)}
}

func wantDecision(t *testing.T, d Decision, outcome Outcome, tier Tier, reason metadata.Reason) {
	t.Helper()
	if d.Outcome != outcome || d.Tier != tier || d.Reason != reason {
		t.Errorf("got %s %s %s, want %s %s %s", d.Outcome, d.Tier, d.Reason, outcome, tier, reason)
		for _, f := range d.Findings {
			t.Logf("  %s %s %s %s", f.Check, f.Status, f.Reason, f.Detail)
		}
	}
}

func TestNewRegistryNamesWhatIsMissing(t *testing.T) {
	if _, err := NewRegistry(Config{Store: newMemStore()}); err == nil || !strings.Contains(err.Error(), "Verifier") {
		t.Errorf("error %v", err)
	}
	verifier, err := verify.New(verify.Config{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := NewRegistry(Config{Verifier: verifier}); err == nil || !strings.Contains(err.Error(), "Store") {
		t.Errorf("error %v", err)
	}
	if r, err := NewRegistry(Config{Verifier: verifier, Store: newMemStore()}); err != nil || r.Policy() != Standard() {
		t.Errorf("policy %v, error %v", r, err)
	}
}

// Another policy decides from now on, whoever is deciding meanwhile.
func TestSetPolicy(t *testing.T) {
	short, err := ParsePolicy([]byte(strings.ReplaceAll(string(Standard().Source()), "access_token_ttl: 900", "access_token_ttl: 60")))
	if err != nil {
		t.Fatal(err)
	}
	o := newOffice(t, secure, signedZone(""), nil)
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			d, err := o.Decide(t.Context(), registration(agent("")))
			if want := map[string]int{Standard().Digest(): 900, short.Digest(): 60}[d.Policy]; err != nil || d.Grant.AccessTokenTTL != want {
				t.Errorf("under policy %s %d seconds, want %d: %v", d.Policy, d.Grant.AccessTokenTTL, want, err)
			}
		})
	}
	o.SetPolicy(short)
	group.Wait()
	if d := o.decide(t, registration(agent(""))); d.Policy != short.Digest() || d.Grant.AccessTokenTTL != 60 {
		t.Errorf("decided under %s: %+v", d.Policy, d.Grant)
	}
	o.SetPolicy(nil)
	if o.Policy() != Standard() {
		t.Errorf("no policy is %s", o.Policy().Name())
	}
}

func TestLoadPolicy(t *testing.T) {
	path := filepath.Join(t.TempDir(), "policy.yaml")
	if _, err := LoadPolicy(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("P1 a missing policy: %v", err)
	}
	if err := os.WriteFile(path, Standard().Source(), 0o600); err != nil {
		t.Fatal(err)
	}
	if p, err := LoadPolicy(path); err != nil || p.Digest() != Standard().Digest() {
		t.Errorf("%v, %v", p, err)
	}
	if err := os.WriteFile(path, []byte("teir: x\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadPolicy(path); err == nil || !strings.HasPrefix(err.Error(), fmt.Sprintf("%q: reading policy: [1:1] unknown field", path)) {
		t.Errorf("P1 unknown key: %v", err)
	}
}

// Record, then answer: nothing leaves before it is durable.
func TestNoDecisionLeavesUnrecorded(t *testing.T) {
	o := newOffice(t, secure, signedZone(""), nil)
	genuine := registration(agent(stated(t, vectortest.Genuine, nil)))
	d := o.decide(t, genuine)
	if kept, err := o.Decision(t.Context(), d.ID); err != nil || comparable(kept) != comparable(d) {
		t.Errorf("kept %+v, error %v", kept, err)
	}
	for _, fail := range []error{ErrStorageFull, ErrStorageFailed, errors.New("disk")} {
		o.store.fail = fail
		if d, err := o.Decide(t.Context(), genuine); !errors.Is(err, fail) || d.ID != "" || d.Outcome != "" || d.Grant.Scope != "" {
			t.Errorf("%v: decision %+v, error %v", fail, d, err)
		}
	}
	if len(o.store.decisions) != 1 {
		t.Errorf("%d decisions kept", len(o.store.decisions))
	}
	o.store.fail = nil
	if _, err := o.Decision(t.Context(), "d0"); !errors.Is(err, ErrNotFound) {
		t.Errorf("error %v", err)
	}
}

// What says nothing of the client is not recorded; a refusal is.
func TestWhatIsRecorded(t *testing.T) {
	genuine := registration(agent(stated(t, vectortest.Genuine, nil)))
	url := vectortest.Acme.PublisherDocumentURL()
	for name, c := range map[string]struct {
		header  map[string][]string
		req     Request
		reason  metadata.Reason
		commits int
	}{
		"D7 no answer":     {map[string][]string{"dns": {"unavailable"}, "http": {url + " timeout"}}, genuine, metadata.ReasonKeysUnavailable, 0},
		"D7 bogus":         {map[string][]string{"dns": {"bogus"}}, genuine, metadata.ReasonDNSBogus, 0},
		"document timeout": {map[string][]string{"http": {foreignDocument + " timeout"}}, Request{ClientID: foreignDocument}, metadata.ReasonDocumentUnavailable, 0},
		"refusal":          {secure, registration(agent(stated(t, vectortest.Foreign, nil))), metadata.ReasonSignatureInvalid, 1},
		"approval":         {secure, genuine, "", 1},
		"defects":          {secure, Request{Client: &metadata.Client{}, Defects: metadata.Defects{{Reason: metadata.ReasonStatementNotAString}}}, metadata.ReasonStatementNotAString, 1},
		"nothing":          {secure, Request{Client: &metadata.Client{}}, metadata.ReasonRedirectURIMalformed, 1},
	} {
		t.Run(name, func(t *testing.T) {
			o := newOffice(t, c.header, signedZone(""), nil)
			d := o.decide(t, c.req)
			if d.Reason != c.reason || o.store.commits != c.commits {
				t.Errorf("reason %q, %d commits; want %q, %d", d.Reason, o.store.commits, c.reason, c.commits)
			}
			if (d.Outcome == Denied) != (d.OAuthError != nil) || d.ID == "" {
				t.Errorf("%+v", d)
			}
			if c.commits == 0 && d.OAuthError.Status != 503 {
				t.Errorf("status %d", d.OAuthError.Status)
			}
		})
	}
}

// An expired release statement is no statement, and one under a key in test
// mode changes nothing.
func TestStatementsThatAreNone(t *testing.T) {
	expired := func(s *metadata.Statement) { s.ExpiresAt = vectortest.DrawnNow.Add(-time.Hour).Unix() }
	without := newOffice(t, secure, signedZone(""), nil).decide(t, registration(agent("")))
	wantDecision(t, without, Approved, TierDomain, "")
	for name, c := range map[string]struct {
		tags   string
		change func(*metadata.Statement)
		why    string
	}{
		"expired":   {"", expired, "statement_expired"},
		"test mode": {"; t=y", nil, "test_mode"},
	} {
		t.Run(name, func(t *testing.T) {
			d := newOffice(t, secure, signedZone(c.tags), nil).decide(t, registration(agent(stated(t, vectortest.Genuine, c.change))))
			wantDecision(t, d, Approved, TierDomain, "")
			if d.Grant.Scope != without.Grant.Scope || d.Statement != "" {
				t.Errorf("grant %+v of statement %q", d.Grant, d.Statement)
			}
			if d.IgnoredStatement == nil || d.IgnoredStatement.Why != c.why {
				t.Errorf("the decision does not say so: %+v", d.IgnoredStatement)
			}
		})
	}
	t.Run("expired where the policy refuses", func(t *testing.T) {
		p, err := ParsePolicy([]byte(strings.Replace(string(Standard().Source()), "expired_statement: ignore", "expired_statement: refuse", 1)))
		if err != nil {
			t.Fatal(err)
		}
		o := newOffice(t, secure, signedZone(""), func(cfg *Config) { cfg.Policy = p })
		wantDecision(t, o.decide(t, registration(agent(stated(t, vectortest.Genuine, expired)))), Denied, TierUnverified, metadata.ReasonStatementExpired)
	})
	t.Run("expired and forged is forged", func(t *testing.T) {
		d := newOffice(t, secure, signedZone(""), nil).decide(t, registration(agent(stated(t, vectortest.Foreign, expired))))
		wantDecision(t, d, Denied, TierUnverified, metadata.ReasonSignatureInvalid)
	})
	t.Run("longer than the policy's limit", func(t *testing.T) {
		for days, reason := range map[int64]metadata.Reason{90: "", 91: metadata.ReasonStatementLifetimeTooLong} {
			d := newOffice(t, secure, signedZone(""), nil).decide(t, registration(agent(stated(t, vectortest.Genuine, func(s *metadata.Statement) {
				s.ExpiresAt = s.IssuedAt + days*24*60*60
			}))))
			if d.Reason != reason {
				t.Errorf("%d days: %q", days, d.Reason)
			}
		}
	})
}

func TestDecisionsAtOnce(t *testing.T) {
	const many = 50
	o := newOffice(t, secure, signedZone(""), nil)
	genuine := stated(t, vectortest.Genuine, nil)
	var wg sync.WaitGroup
	for range many {
		wg.Go(func() {
			if d, err := o.Decide(t.Context(), registration(agent(genuine))); err != nil || d.Tier != TierSigned {
				t.Errorf("%s, %v", d.Tier, err)
			}
		})
	}
	wg.Wait()
	if len(o.store.decisions) != many {
		t.Errorf("%d decisions with %d ids", many, len(o.store.decisions))
	}
	if queries, fetches := o.world.Packets(); queries != 1 || fetches != 1 {
		t.Errorf("%d DNS questions and %d fetches", queries, fetches)
	}
}

// A publisher's new key waits until it was seen for a day beside an old one.
func TestNewKeyIsHeldDown(t *testing.T) {
	o := newOffice(t, secure, signedZone(""), nil)
	old := vectortest.DrawnNow.Add(-100 * time.Hour)
	if _, err := o.store.See(t.Context(), vectortest.Acme, []verify.PublishedKey{{Thumbprint: "old"}}, old); err != nil {
		t.Fatal(err)
	}
	d := o.decide(t, registration(agent(stated(t, vectortest.Genuine, nil))))
	wantDecision(t, d, Approved, TierDomain, "")
	if !slices.Contains(d.Flags, metadata.ReasonKeyLineNew) {
		t.Errorf("flags %v", d.Flags)
	}
	// What was given to the old line is not the new one's.
	o.accept(t, acceptance(nil))
	wantDecision(t, o.decide(t, registration(agent(stated(t, vectortest.Genuine, nil)))), Approved, TierDomain, "")
}

// The table of tiers that the documentation promises of policy standard.
func TestStandardIsWhatItSays(t *testing.T) {
	const day = 24 * 60 * 60
	read, all := []Class{ClassRead}, []Class{ClassRead, ClassModify, ClassDelete}
	reads, alls := Budgets{Read: Budget{120, 5000}}, Budgets{Budget{120, 5000}, Budget{30, 500}, Budget{5, 20}}
	give := func(classes []Class, b Budgets, ttl int, refresh Refresh, session, reauthenticate int, consent Consent) tierGrant {
		return tierGrant{Classes: classes, Sensitive: len(classes) > 1, AccessTokenTTL: ttl, RefreshToken: refresh, SessionTTL: session,
			ReauthenticateAfter: reauthenticate, Consent: consent, budgets: b}
	}
	for tier, want := range map[Tier]tierGrant{
		TierBlocked:    {},
		TierUnverified: give(read, reads, 3600, RefreshNone, 3600, 0, ConsentAlways),
		TierDomain:     give(read, reads, 900, RefreshRotate, 8*3600, 0, ConsentSession),
		TierSigned:     give(read, reads, 900, RefreshRotate, 7*day, 0, ConsentSession),
		TierAccepted:   give(all, alls, 900, RefreshRotate, 7*day, 900, ConsentSession),
		TierEndorsed:   give(all, alls, 900, RefreshRotate, 30*day, day, ConsentSession),
	} {
		if got := Standard().grantOf(tier); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: %+v, want %+v", tier, got, want)
		}
	}
	if Standard().Name() != "standard" || Standard().countersignFrom != TierSigned || Standard().lifetimeDays != 90 || Standard().refuseExpired {
		t.Errorf("%+v", Standard())
	}
	if !strings.HasPrefix(Standard().Digest(), "sha256:") || !strings.Contains(string(Standard().Source()), "\nname: standard\n") {
		t.Error("digest or source")
	}
}
