package issuer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fc28f635/countersign/internal/limits"
	"github.com/fc28f635/countersign/internal/vectortest"
	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/verify"
)

const ownDocument = "https://acme.example/client.json"

// documentOf is a metadata document at an address.
func documentOf(t testing.TB, url string, c metadata.Client) string {
	t.Helper()
	c.ClientID = url
	data, err := c.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// desktop is a client whose codes go to this computer.
func desktop(statement string) metadata.Client {
	c := agent(statement)
	c.RedirectURIs = []string{"http://127.0.0.1/callback"}
	return c
}

// desktopStatement is acme's statement on it, which is in its document.
func desktopStatement(t testing.TB) string {
	return stated(t, vectortest.Genuine, func(s *metadata.Statement) { s.Client, s.Client.ClientID = desktop(""), ownDocument })
}

// by is a person's word.
func by(person string) Approval {
	return Approval{Actor: person, Person: person, Credential: "key " + person, Reason: "test", At: vectortest.DrawnNow}
}

// inAYear is when approvals of tests end.
var inAYear = vectortest.DrawnNow.Add(limits.AcceptanceDefault)

func (o *office) approve(t testing.TB, id string) {
	t.Helper()
	if r, err := o.Approve(context.Background(), id, by("ada"), inAYear); err != nil || r.State != ReviewApproved {
		t.Fatalf("approving %s: %s, %v", id, r.State, err)
	}
}

// pendingID returns the review that a decision waits for, empty where it waits for
// none.
func pendingID(d Decision) string {
	if d.Acceptance == nil {
		return ""
	}
	return d.Acceptance.Pending
}

// asked decides, and returns the review that is then pending.
func (o *office) asked(t testing.TB, req Request) (Decision, Review) {
	t.Helper()
	d := o.decide(t, req)
	r, err := o.Review(context.Background(), pendingID(d))
	if err != nil {
		t.Fatalf("no review is pending for %s at tier %s: %v", d.Outcome, d.Tier, err)
	}
	return d, r
}

// Policy standard asks for four causes, and for no other client.
func TestWhenAPersonIsAsked(t *testing.T) {
	names := map[string][]string{"dns": {"secure"}}
	reads := func(c metadata.Client) metadata.Client { c.Scope = "files:read"; return c }
	for name, c := range map[string]struct {
		client metadata.Client
		want   []ReviewCause
	}{
		"reads":                        {reads(desktop("")), nil},
		"nothing asked for":            {func() metadata.Client { c := desktop(""); c.Scope = ""; return c }(), nil},
		"modify":                       {desktop(""), []ReviewCause{CauseBeyondReads}},
		"sensitive reads":              {func() metadata.Client { c := desktop(""); c.Scope = "mail:read files:read"; return c }(), []ReviewCause{CauseBeyondReads}},
		"modify alone, which is empty": {func() metadata.Client { c := desktop(""); c.Scope = "files:write"; return c }(), []ReviewCause{CauseBeyondReads}},
		"what no tier gives":           {func() metadata.Client { c := desktop(""); c.Scope = "files:read offline_access"; return c }(), nil},
		"an unknown scheme": {func() metadata.Client {
			c := reads(desktop(""))
			c.RedirectURIs = []string{"example.strange:/cb"}
			return c
		}(),
			[]ReviewCause{CausePrivateScheme}},
		"the scheme of a client in the catalog": {func() metadata.Client {
			c := reads(desktop(""))
			c.RedirectURIs = []string{"cursor://anysphere.cursor-mcp/oauth/callback"}
			return c
		}(), nil},
		"a key of its own": {func() metadata.Client {
			c := reads(agent(""))
			c.TokenEndpointAuthMethod = metadata.AuthPrivateKeyJWT
			c.JWKS = json.RawMessage(`{"keys":[` + string(vectortest.Foreign.Key.JWK()) + `]}`)
			return c
		}(), []ReviewCause{CauseUncoveredKey}},
	} {
		t.Run(name, func(t *testing.T) {
			o := newOffice(t, names, nil, nil)
			d := o.decide(t, registration(c.client))
			if c.want == nil {
				if len(o.store.reviews) > 0 || pendingID(d) != "" {
					t.Errorf("a person is asked: %v", o.store.reviews)
				}
				return
			}
			r, err := o.Review(t.Context(), pendingID(d))
			if err != nil || !slices.Equal(r.Why, c.want) {
				t.Errorf("asked for %v, want %v: %v", r.Why, c.want, err)
			}
		})
	}
}

// A review is found again: by whoever comes after, by many at once, and after the
// answer. A dry run asks nobody.
func TestAReviewIsAskedOnce(t *testing.T) {
	var told []Review
	var mu sync.Mutex
	o := newOffice(t, secure, signedZone(""), func(cfg *Config) {
		cfg.OnReview = func(r Review) {
			mu.Lock()
			defer mu.Unlock()
			told = append(told, r)
		}
	})
	req := registration(desktop(""))
	dry := req
	dry.DryRun = true
	if d := o.decide(t, dry); d.Acceptance != nil || len(o.store.reviews) > 0 {
		t.Fatalf("a dry run asks: %+v", d.Acceptance)
	}
	first, r := o.asked(t, req)
	if first.Outcome != Approved || first.Tier != TierUnverified || r.Decision != first.ID || r.State != ReviewPending {
		t.Errorf("%s at tier %s, review %+v", first.Outcome, first.Tier, r)
	}
	if d := o.decide(t, dry); pendingID(d) != r.ID {
		t.Errorf("a dry run does not say what is pending: %+v", d.Acceptance)
	}
	var group sync.WaitGroup
	for i := range 16 {
		group.Go(func() {
			again := req
			c := *req.Client
			c.RedirectURIs = []string{fmt.Sprintf("http://127.0.0.1:%d/callback", 5000+i)} // ports are free
			again.Client = &c
			if d, err := o.Decide(context.Background(), again); err != nil || pendingID(d) != r.ID {
				t.Errorf("waits for %s, %v", pendingID(d), err)
			}
		})
	}
	group.Wait()
	if len(o.store.reviews) != 1 || len(told) != 1 || told[0].ID != r.ID {
		t.Errorf("%d reviews, told of %d", len(o.store.reviews), len(told))
	}
	if _, err := o.Deny(t.Context(), r.ID, by("ada")); err != nil {
		t.Fatal(err)
	}
	if d := o.decide(t, req); d.Acceptance != nil || d.Tier != TierUnverified || d.Outcome != Approved {
		t.Errorf("denied, and asked again: %+v at tier %s", d.Acceptance, d.Tier)
	}
	if len(told) != 2 || told[1].State != ReviewDenied {
		t.Errorf("told of %+v", told)
	}
}

// A thief has everything public of acme's. What a person approved of acme's own
// registration is nothing to his.
func TestAnApprovalIsBoundToTheRegistration(t *testing.T) {
	statement := desktopStatement(t)
	files := signedZone("")
	files[ownDocument] = documentOf(t, ownDocument, desktop(statement))
	files[foreignDocument] = documentOf(t, foreignDocument, desktop(statement))
	o := newOffice(t, secure, files, nil)
	d, r := o.asked(t, Request{ClientID: ownDocument})
	if !r.Signed || !r.Vouched || r.Binding != metadata.BindingLoose || d.Tier != TierDomain {
		t.Fatalf("tier %s, review %+v", d.Tier, r)
	}
	o.approve(t, r.ID)
	if d := o.decide(t, Request{ClientID: ownDocument}); d.Tier != TierAccepted || d.Acceptance.Actor != "ada" {
		t.Fatalf("approved, and tier %s", d.Tier)
	}
	elsewhere := Request{ClientID: ownDocument, AuthorizationServer: "https://other-as.example"}
	for name, req := range map[string]Request{
		"O3 the same bytes by registration":         registration(desktop(statement)),
		"O3 the same bytes without their statement": registration(desktop("")),
		"O3 the same statement elsewhere":           {ClientID: foreignDocument},
		"the same client at another server":         elsewhere,
	} {
		t.Run(name, func(t *testing.T) {
			if d := o.decide(t, req); d.Tier >= TierAccepted {
				t.Errorf("tier %s, accepted by %+v", d.Tier, d.Acceptance)
			}
		})
	}
}

// With binding web the publisher is what is accepted: both roads, every server,
// later versions.
func TestASignedPublisherIsAskedOnce(t *testing.T) {
	statement := stated(t, vectortest.Genuine, func(s *metadata.Statement) { s.Client.ClientID = ownDocument })
	files := signedZone("")
	files[ownDocument] = documentOf(t, ownDocument, agent(statement))
	o := newOffice(t, secure, files, nil)
	_, r := o.asked(t, registration(agent(statement)))
	if r.Publisher != vectortest.Acme || !r.Vouched || r.Bound.Metadata != "" {
		t.Fatalf("review %+v", r)
	}
	if _, byDocument := o.asked(t, Request{ClientID: ownDocument}); byDocument.ID != r.ID {
		t.Errorf("the other road is another question: %s", byDocument.ID)
	}
	o.approve(t, r.ID)
	changed := agent(stated(t, vectortest.Genuine, func(s *metadata.Statement) {
		s.Client.ClientName, s.Client.RedirectURIs = "Acme Agent 2", []string{"https://acme.example/callback2"}
	}))
	changed.ClientName, changed.RedirectURIs = "Acme Agent 2", []string{"https://acme.example/callback2"}
	for name, req := range map[string]Request{
		"again": registration(agent(statement)), "by its document": {ClientID: ownDocument}, "a later version": registration(changed),
		"at another server": {ClientID: ownDocument, AuthorizationServer: "https://other-as.example"},
	} {
		if d := o.decide(t, req); d.Tier != TierAccepted {
			t.Errorf("%s: tier %s", name, d.Tier)
		}
	}
	loose := stated(t, vectortest.Genuine, func(s *metadata.Statement) { s.Client = desktop("") })
	if d := o.decide(t, registration(desktop(loose))); d.Publisher != vectortest.Acme || d.Tier >= TierAccepted {
		t.Errorf("O3: a desktop client, which anybody can pose as, rides on it: tier %s", d.Tier)
	}
	if d := o.decide(t, registration(agent(""))); d.Tier >= TierAccepted {
		t.Errorf("what nobody signed rides on it: tier %s", d.Tier)
	}
}

// What nobody signed is asked about again when it changes.
func TestUnsignedMetadataIsAskedAgain(t *testing.T) {
	files := map[string]string{ownDocument: documentOf(t, ownDocument, agent(""))}
	o := newOffice(t, secure, files, nil)
	_, r := o.asked(t, Request{ClientID: ownDocument})
	if r.Signed || r.Bound.Metadata == "" || r.Publisher != vectortest.Acme {
		t.Fatalf("review %+v", r)
	}
	o.approve(t, r.ID)
	if d := o.decide(t, Request{ClientID: ownDocument}); d.Tier != TierAccepted {
		t.Fatalf("approved, and tier %s", d.Tier)
	}
	for name, change := range map[string]func(*metadata.Client){
		"more scopes":     func(c *metadata.Client) { c.Scope += " files:delete" },
		"another address": func(c *metadata.Client) { c.ClientURI = "https://acme.example/about" },
		"another redirect on the same host": func(c *metadata.Client) {
			c.RedirectURIs = append(c.RedirectURIs, "https://acme.example/callback2")
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := agent("")
			change(&c)
			later := newOffice(t, secure, map[string]string{ownDocument: documentOf(t, ownDocument, c)}, nil)
			later.store.accepted, later.store.reviews = o.store.accepted, o.store.reviews
			d, again := later.asked(t, Request{ClientID: ownDocument})
			if d.Tier != TierDomain || again.ID == r.ID || again.Client() != r.Client() {
				t.Errorf("tier %s, review %s after %s", d.Tier, again.ID, r.ID)
			}
		})
	}
	c := agent("")
	c.Contacts = []string{"ops@acme.example"}
	later := newOffice(t, secure, map[string]string{ownDocument: documentOf(t, ownDocument, c)}, nil)
	later.store.accepted = o.store.accepted
	if d := later.decide(t, Request{ClientID: ownDocument}); d.Tier != TierAccepted {
		t.Errorf("other contacts are asked about: tier %s", d.Tier)
	}
}

// A check that passed when a person looked must pass again.
func TestAnApprovalNeedsWhatPassed(t *testing.T) {
	o := newOffice(t, secure, map[string]string{ownDocument: documentOf(t, ownDocument, agent(""))}, nil)
	_, r := o.asked(t, Request{ClientID: ownDocument})
	o.approve(t, r.ID)
	a := o.store.accepted[0]
	v, err := o.cfg.Verifier.Verify(t.Context(), verify.Presentation{ClientID: ownDocument, Audience: vectortest.DrawnServer, At: vectortest.DrawnNow})
	if err != nil {
		t.Fatal(err)
	}
	in := Input{Verdict: v, ClientID: ownDocument, AuthorizationServer: vectortest.DrawnServer, Standing: Standing{Acceptances: []Acceptance{a}}}
	if d := Standard().Decide(in); d.Tier != TierAccepted {
		t.Fatalf("tier %s", d.Tier)
	}
	for _, check := range a.Bound.Passed {
		findings := slices.Clone(v.Findings)
		for i := range findings {
			if findings[i].Check == check {
				findings[i].Status = verify.Unavailable
			}
		}
		worse := *v
		worse.Findings = findings
		in.Verdict = &worse
		if d := Standard().Decide(in); d.Tier >= TierAccepted {
			t.Errorf("without %s: tier %s", check, d.Tier)
		}
	}
}

// The acceptance that a review gave ends, and with it the answer.
func TestAnApprovalEnds(t *testing.T) {
	now := vectortest.DrawnNow
	o := newOffice(t, secure, nil, func(cfg *Config) { cfg.Now = func() time.Time { return now } })
	req := registration(desktop(""))
	_, r := o.asked(t, req)
	until := now.Add(24 * time.Hour)
	if _, err := o.Approve(t.Context(), r.ID, by("ada"), until); err != nil {
		t.Fatal(err)
	}
	d := o.decide(t, req)
	if d.Tier != TierAccepted || !d.Acceptance.Until.Equal(until) {
		t.Fatalf("tier %s, %+v", d.Tier, d.Acceptance)
	}
	now = until
	d, again := o.asked(t, req)
	if d.Tier != TierUnverified || again.ID != r.ID || again.State != ReviewPending || len(again.Approvals) > 0 {
		t.Errorf("tier %s, review %+v", d.Tier, again)
	}
	if _, err := o.Approve(t.Context(), again.ID, by("ada"), now); err == nil {
		t.Error("an approval that ends at once was taken")
	}
	o.approve(t, again.ID)
	if _, err := o.Deny(t.Context(), again.ID, by("bob")); err != nil {
		t.Fatal(err)
	}
	if d := o.decide(t, req); d.Tier != TierUnverified || len(o.store.accepted) > 1 {
		t.Errorf("denied after it was approved, and tier %s", d.Tier)
	}
}

// P6: two approvals are of two people.
func TestASecondPerson(t *testing.T) {
	two := strings.Replace(string(Standard().Source()), "approvals: 1", "approvals: 2", 1)
	policy, err := ParsePolicy([]byte(two))
	if err != nil {
		t.Fatal(err)
	}
	o := newOffice(t, secure, nil, func(cfg *Config) { cfg.Policy = policy })
	req := registration(desktop(""))
	_, r := o.asked(t, req)
	if r, err := o.Approve(t.Context(), r.ID, by("ada"), inAYear); err != nil || r.State != ReviewPending {
		t.Fatalf("%s, %v", r.State, err)
	}
	if d := o.decide(t, req); d.Tier != TierUnverified || pendingID(d) != r.ID {
		t.Errorf("one approval, and tier %s", d.Tier)
	}
	sameKey, sameName := by("bob"), by("ada")
	sameKey.Credential, sameName.Credential = by("ada").Credential, "key 2"
	for name, again := range map[string]Approval{"P6 the same": by("ada"), "P6 the same key": sameKey, "P6 the same name": sameName} {
		t.Run(name, func(t *testing.T) {
			if _, err := o.Approve(t.Context(), r.ID, again, inAYear); !errors.Is(err, ErrSamePerson) {
				t.Errorf("%v, want ErrSamePerson", err)
			}
		})
	}
	if r, err := o.Approve(t.Context(), r.ID, by("bob"), inAYear); err != nil || r.State != ReviewApproved {
		t.Fatalf("%s, %v", r.State, err)
	}
	if d := o.decide(t, req); d.Tier != TierAccepted || d.Acceptance.Actor != "ada and bob" {
		t.Errorf("tier %s, %+v", d.Tier, d.Acceptance)
	}
	verbs := []Verb{}
	for _, a := range o.store.acts {
		verbs = append(verbs, a.Verb)
	}
	if !slices.Equal(verbs, []Verb{VerbApprove, VerbApprove}) {
		t.Errorf("acts %v", verbs)
	}
}

// Where the policy waits, nothing is granted before the answer.
func TestAPolicyThatWaits(t *testing.T) {
	policy, err := ParsePolicy([]byte(strings.Replace(strings.Replace(string(Standard().Source()), "wait: false", "wait: true", 1),
		"when: [beyond_reads, lookalike, private_scheme, uncovered_key]", "when: [access]", 1)))
	if err != nil {
		t.Fatal(err)
	}
	o := newOffice(t, secure, signedZone(""), func(cfg *Config) { cfg.Policy = policy })
	req := registration(agent(stated(t, vectortest.Genuine, nil)))
	d, r := o.asked(t, req)
	if d.Outcome != InReview || d.Reason != metadata.ReasonReviewPending || d.Tier != TierSigned || d.OAuthError == nil || d.OAuthError.Status != 400 ||
		d.Grant.Scope != "" || len(d.Grant.Classes) > 0 || d.Client.ClientName != "" || d.Narrowed != nil {
		t.Errorf("%+v", d)
	}
	dry := req
	dry.DryRun = true
	if d := o.decide(t, dry); d.Outcome != InReview {
		t.Errorf("a dry run is %s", d.Outcome)
	}
	if _, err := o.Deny(t.Context(), r.ID, by("ada")); err != nil {
		t.Fatal(err)
	}
	wantDecision(t, o.decide(t, req), Denied, TierUnverified, metadata.ReasonTierBelowMinimum)
}

// A failure of the store leaves no approval behind, and no decision without its
// review.
func TestReviewsAndAFailingStore(t *testing.T) {
	o := newOffice(t, secure, nil, nil)
	req := registration(desktop(""))
	_, r := o.asked(t, req)
	broken := errors.New("broken")
	o.store.fail = broken
	if _, err := o.Approve(t.Context(), r.ID, by("ada"), inAYear); !errors.Is(err, broken) {
		t.Errorf("%v", err)
	}
	if _, err := o.Decide(t.Context(), req); !errors.Is(err, broken) {
		t.Errorf("%v", err)
	}
	o.store.fail = nil
	if d := o.decide(t, req); d.Tier != TierUnverified || len(o.store.accepted) > 0 {
		t.Errorf("tier %s, accepted %v", d.Tier, o.store.accepted)
	}
	for _, id := range []string{"", "r00", r.ID + "0"} {
		if _, err := o.Approve(t.Context(), id, by("ada"), inAYear); !errors.Is(err, ErrNotFound) {
			t.Errorf("%q: %v", id, err)
		}
	}
	if _, err := o.Approve(t.Context(), r.ID, Approval{Reason: "x", Actor: "x"}, inAYear); err == nil {
		t.Error("an approval of nobody was taken")
	}
}

// Signed publishers come first, then what is vouched for, then strangers; then what
// was answered.
func TestTheOrderOfReviews(t *testing.T) {
	o := newOffice(t, secure, nil, nil)
	at := vectortest.DrawnNow
	for i, r := range []Review{
		{ID: "answered", State: ReviewDenied, Signed: true, Vouched: true}, {ID: "stranger", State: ReviewPending},
		{ID: "vouched", State: ReviewPending, Vouched: true}, {ID: "signed later", State: ReviewPending, Signed: true, Vouched: true},
		{ID: "signed", State: ReviewPending, Signed: true, Vouched: true, At: at.Add(-time.Hour)},
	} {
		if r.At.IsZero() {
			r.At = at.Add(-time.Duration(i) * time.Second)
		}
		o.store.reviews[r.ID] = r
	}
	list, err := o.Reviews(t.Context(), 10)
	if err != nil {
		t.Fatal(err)
	}
	ids := []string{}
	for _, r := range list {
		ids = append(ids, r.ID)
	}
	if want := []string{"signed", "signed later", "vouched", "stranger", "answered"}; !slices.Equal(ids, want) {
		t.Errorf("%v, want %v", ids, want)
	}
}

// A stranger's questions push out those of his network, and none that only a
// publisher can raise.
func TestStrangersPushOutTheirOwn(t *testing.T) {
	files := map[string]string{ownDocument: documentOf(t, ownDocument, agent(""))}
	o := newOffice(t, secure, files, nil)
	_, own := o.asked(t, Request{ClientID: ownDocument})
	neighbour := desktop("")
	neighbour.ClientName = "Neighbour"
	from := registration(neighbour)
	from.Source = netip.MustParseAddr("198.51.100.7")
	_, other := o.asked(t, from)
	const many = 3 * limits.ReviewsOfOne
	for i := range many {
		c := desktop("")
		c.ClientName = fmt.Sprintf("Stranger %d", i)
		req := registration(c)
		req.Source = netip.MustParseAddr(fmt.Sprintf("192.0.2.%d", i))
		o.decide(t, req)
	}
	if got, want := len(o.store.reviews), 2+limits.ReviewsOfOne; got != want {
		t.Errorf("%d reviews, want %d", got, want)
	}
	for _, id := range []string{own.ID, other.ID} {
		if _, err := o.Review(t.Context(), id); err != nil {
			t.Errorf("%s was pushed out", id)
		}
	}
	c := desktop("")
	c.ClientName = "Stranger 0" // who was, is asked about again
	if d := o.decide(t, registration(c)); pendingID(d) == "" {
		t.Error("nobody is asked again")
	}
}

// A name that resembles another's is asked about once; whom a person accepted by
// name is not asked about.
func TestALookalikeIsAskedOnce(t *testing.T) {
	c := agent("")
	c.ClientName, c.RedirectURIs, c.Scope = "Claude", []string{"https://other.example/cb"}, "files:read"
	o := newOffice(t, secure, nil, nil)
	d, r := o.asked(t, registration(c))
	if !slices.Equal(r.Why, []ReviewCause{CauseLookalike}) || !strings.Contains(r.Resembles, "Claude") || d.Tier != TierDomain {
		t.Fatalf("tier %s, review %+v", d.Tier, r)
	}
	o.approve(t, r.ID)
	if d := o.decide(t, registration(c)); d.Tier != TierAccepted || pendingID(d) != "" {
		t.Errorf("approved, and tier %s, %+v", d.Tier, d.Acceptance)
	}
	by := newOffice(t, secure, nil, nil)
	by.accept(t, acceptance(func(a *Acceptance) { a.Publisher, a.Shape = metadata.Publisher{}, metadata.ShapeOf(c) }))
	if d := by.decide(t, registration(c)); d.Tier != TierAccepted || len(by.store.reviews) > 0 {
		t.Errorf("accepted by name, and asked about: tier %s", d.Tier)
	}
}

// An approval of a publisher is given to its line of keys: a key that joined it is
// covered, and a publisher that begins anew is asked about again.
func TestAnApprovalIsOfALineOfKeys(t *testing.T) {
	req := registration(agent(stated(t, vectortest.Genuine, nil)))
	for name, joined := range map[string]bool{"joined": true, "begun anew": false} {
		t.Run(name, func(t *testing.T) {
			o := newOffice(t, secure, signedZone(""), nil)
			_, r := o.asked(t, req)
			o.approve(t, r.ID)
			kept, accepted := o.store.reviews[r.ID], &o.store.accepted[0]
			kept.Bound.Thumbprint = "older"
			o.store.reviews[r.ID] = kept
			accepted.Bound, accepted.Line = &kept.Bound, []string{"older"}
			const day = 24 * time.Hour
			seen := o.store.sightings[vectortest.Acme]
			older := verify.Sighting{Thumbprint: "older", KeyIDs: []string{"older"}, First: vectortest.DrawnNow.Add(-9 * day), Last: vectortest.DrawnNow}
			seen[0].First = vectortest.DrawnNow.Add(-5 * day)
			if !joined {
				older.Last = vectortest.DrawnNow.Add(-8 * day)
			}
			o.store.sightings[vectortest.Acme] = append(seen, older)
			d := o.decide(t, req)
			if joined != (d.Tier == TierAccepted) || joined == (pendingID(d) == r.ID) {
				t.Errorf("tier %s, %+v", d.Tier, d.Acceptance)
			}
		})
	}
}
