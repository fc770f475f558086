package issuer

import (
	"context"
	"maps"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/fc28f635/countersign/internal/vectortest"
	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/verify"
)

// A sample is one client as laws see it: what was verified of it, what people
// said, and the same with less presented.
type sample struct {
	drawn    vectortest.Drawn
	verdict  *verify.Verdict
	standing Standing
	inForce  bool // a person's yes in the standing can be in force

	// lesser are verdicts on the same client that left something out: its
	// statement, its document, its key.
	lesser map[string]*verify.Verdict

	labels map[string]string
	brief  bool // see worse
}

// drawSample verifies a drawn client, and half the time replaces what was found
// by anything.
func drawSample(t *rapid.T) sample { return drawSampleWith(t, metadata.Hierarchy{}) }

// drawSampleWith is drawSample where scopes include others.
func drawSampleWith(t *rapid.T, scopes metadata.Hierarchy) sample {
	s := sample{drawn: vectortest.Draw(t)}
	s.drawn.Presentation.Scopes = scopes
	s.labels = maps.Clone(s.drawn.Labels)
	const oneIn = 16
	if rapid.IntRange(1, oneIn).Draw(t, "keyed") == 1 && s.labels["road"] == "registration" {
		s.presentKey()
	}
	s.verdict = s.verify(t, s.drawn.Presentation)
	s.lesser = s.leaveOut(t)
	maps.DeleteFunc(s.lesser, func(_ string, less *verify.Verdict) bool { return dropsClaims(less, s.verdict) })
	s.labels["verdict"] = "real"
	if rapid.Bool().Draw(t, "synthetic") {
		s.synthesise(t)
	}
	s.drawStanding(t)
	if s.allPassed() {
		for left := range s.lesser {
			s.labels["without_"+left] = "compared"
		}
	}
	s.labels["outcome"] = s.verdict.Outcome.String()
	s.labels["bound_by"] = s.verdict.Binding.String()
	s.labels["tier"] = s.decide(Standard()).Tier.String()
	return s
}

// presentKey makes the drawn registration one that nobody signed and that proves
// a key of acme's: rare among what is drawn otherwise.
func (s *sample) presentKey() {
	c := agent("")
	c.TokenEndpointAuthMethod, c.JWKSURI = metadata.AuthPrivateKeyJWT, vectortest.KeySetURL
	s.drawn.Presentation.Client, s.drawn.Presentation.RedirectURI = &c, ""
}

// dropsClaims reports whether what was left out took a redirect URI or a grant
// type with it. They are claims: dropping one may lift a cap.
func dropsClaims(less, base *verify.Verdict) bool {
	fewer, ok := less.Client()
	all, also := base.Client()
	missing := func(has []string) func(string) bool {
		return func(claim string) bool { return !slices.Contains(has, claim) }
	}
	return ok && also && (slices.ContainsFunc(all.RedirectURIs, missing(fewer.RedirectURIs)) ||
		slices.ContainsFunc(all.GrantTypes, missing(fewer.GrantTypes)))
}

func (s *sample) verify(t *rapid.T, p verify.Presentation) *verify.Verdict {
	cfg, err := s.drawn.Config()
	if err != nil {
		t.Fatal(err)
	}
	verifier, err := verify.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	v, err := verifier.Verify(context.Background(), p)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// leaveOut verifies the same client again, each time with one proof less.
func (s *sample) leaveOut(t *rapid.T) map[string]*verify.Verdict {
	lesser := map[string]*verify.Verdict{}
	if s.verdict.Digest != "" && s.drawn.Labels["road"] != "statement" {
		p := s.drawn.Presentation
		p.WithoutStatement = true
		lesser["statement"] = s.verify(t, p)
	}
	c := s.verdict.Claimed()
	if s.drawn.Presentation.ClientID != "" && c.ClientName != "" {
		p := s.drawn.Presentation
		p.ClientID, p.Statement = "", ""
		posted := c.Clone()
		posted.ClientID = ""
		p.Client = &posted
		lesser["document"] = s.verify(t, p)
	}
	if s.drawn.Presentation.Client != nil && s.verdict.Digest == "" && c.AuthenticatesByKey() {
		p := s.drawn.Presentation
		keyless := c.Clone()
		keyless.TokenEndpointAuthMethod, keyless.JWKS, keyless.JWKSURI = metadata.AuthNone, nil, ""
		p.Client = &keyless
		lesser["key"] = s.verify(t, p)
	}
	return lesser
}

// synthesise replaces the findings by any: what a check came to is not taken
// from how it is implemented. In a third of the verdicts nearly all passed, in
// another everything.
func (s *sample) synthesise(t *rapid.T) {
	s.labels["verdict"] = "synthetic"
	changed := *s.verdict
	changed.Findings = nil
	statuses := []string{"passed", "failed", "unavailable", "skipped", "never"}
	switch rapid.IntRange(0, 2).Draw(t, "sound") {
	case 1:
		statuses = append(statuses, slices.Repeat([]string{"passed"}, 40)...)
	case 2:
		statuses = statuses[:1]
	}
	for _, c := range verify.Checks() {
		status := rapid.SampledFrom(statuses).Draw(t, string(c))
		s.labels[status] = "yes"
		if status == "never" {
			continue
		}
		f := verify.Finding{Check: c}
		if err := f.Status.UnmarshalText([]byte(status)); err != nil {
			t.Fatal(err)
		}
		changed.Findings = append(changed.Findings, f)
	}
	changed.Binding = rapid.SampledFrom([]metadata.Binding{metadata.BindingWeb, metadata.BindingKey, metadata.BindingLoose}).Draw(t, "binding")
	s.verdict, s.lesser = &changed, nil
}

// drawStanding draws what people said of the client.
func (s *sample) drawStanding(t *rapid.T) {
	c, _ := s.verdict.Client()
	shape := metadata.ShapeOf(c)
	a := Acceptance{Publisher: s.verdict.Publisher, By: ByOperator, Actor: "ops", Reason: "drawn",
		At: s.verdict.At.Add(-time.Hour), Until: s.verdict.At.Add(time.Hour)}
	kind := rapid.SampledFrom([]string{"none", "none", "none", "publisher", "publisher", "catalog", "shape", "both", "expired", "early",
		"stranger", "other_shape", "exception", "review", "review", "review_elsewhere"}).Draw(t, "standing")
	s.labels["standing"] = kind
	s.inForce = true
	switch kind {
	case "exception":
		s.drawException(t, shape)
		return
	case "none":
		s.inForce = false
		return
	case "review", "review_elsewhere":
		s.drawApproval(kind)
		return
	case "catalog":
		a.By = "catalog"
		s.inForce = s.verdict.Binding != metadata.BindingLoose
	case "shape":
		a.Publisher, a.Shape = metadata.Publisher{}, shape
	case "both":
		a.Shape = shape
	case "expired":
		a.Until, s.inForce = s.verdict.At, false
	case "early":
		a.At, s.inForce = s.verdict.At.Add(time.Second), false
	case "stranger":
		a.Publisher, s.inForce = metadata.MustPublisher("https://somebody.example"), false
	case "other_shape":
		a.Publisher, a.Shape, s.inForce = metadata.Publisher{}, "sha256:other", false
	}
	s.standing.Acceptances = append(s.standing.Acceptances, a)
}

// drawApproval approves what a person is asked about the client, or the same that
// somebody else registered. Where nobody is asked, nothing is said.
func (s *sample) drawApproval(kind string) {
	r := s.decide(Standard()).Review
	if s.inForce = r != nil; r == nil {
		s.labels["standing"] = "none"
		return
	}
	r.Until = s.verdict.At.Add(time.Hour)
	r.Approvals = []Approval{{Actor: "ops", Reason: "drawn", At: s.verdict.At}}
	if kind == "review_elsewhere" {
		r.Bound.Registration, s.inForce = "sha256:elsewhere", s.verdict.Binding != metadata.BindingLoose
	}
	a := r.acceptance()
	a.Line = s.verdict.Line().Keys
	s.standing.Acceptances = append(s.standing.Acceptances, a)
}

// drawException draws an operator's hold or allowance: on what the client is, on
// somebody else, or not in force.
func (s *sample) drawException(t *rapid.T, shape metadata.Shape) {
	e := Exception{Actor: "ops", Reason: "drawn", At: s.verdict.At.Add(-time.Hour), Until: s.verdict.At.Add(time.Hour)}
	e.Tier = rapid.SampledFrom([]Tier{TierBlocked, TierDomain, TierSigned, TierAccepted}).Draw(t, "exception")
	s.labels["exception"] = e.Tier.String()
	on := rapid.SampledFrom([]string{"publisher", "client_id", "shape", "stranger", "ended", "early"}).Draw(t, "on")
	s.labels["on"] = on
	e.Subject = metadata.ShapeSubject(shape)
	switch on {
	case "publisher":
		e.Subject = metadata.PublisherSubject(s.verdict.Publisher)
		e.Line = rapid.SampledFrom([][]string{nil, s.verdict.Line().Keys, {"other"}}).Draw(t, "line")
	case "client_id":
		id, _ := metadata.ParseClientID(vectortest.DocumentURL)
		e.Subject = metadata.ClientSubject(id)
	case "stranger":
		e.Subject = metadata.PublisherSubject(metadata.MustPublisher("https://somebody.example"))
	case "ended":
		e.Until = s.verdict.At
	case "early":
		e.At = s.verdict.At.Add(time.Second)
	}
	s.inForce = !e.Holds() && e.inForce(s.verdict.At) && on != "stranger"
	s.standing.Exceptions = append(s.standing.Exceptions, e)
}

// allPassed reports whether nothing that was presented is amiss. A name that
// resembles another's is a flag, and no evidence.
func (s sample) allPassed() bool {
	return s.verdict.Outcome == verify.Verified && !slices.ContainsFunc(s.verdict.Findings, func(f verify.Finding) bool {
		return (f.Status == verify.Failed || f.Status == verify.Unavailable) && f.Check != verify.CheckDisplayName
	})
}

func (s sample) decide(p *Policy) Decision {
	return p.Decide(Input{Verdict: s.verdict, Claimed: s.verdict.Claimed(), Standing: s.standing, ClientID: s.drawn.Presentation.ClientID,
		AuthorizationServer: vectortest.DrawnServer})
}

// with returns the sample's verdict with other findings.
func (s sample) with(findings []verify.Finding) sample {
	v := *s.verdict
	v.Findings = findings
	s.verdict = &v
	return s
}

// A tally counts the labels of samples.
type tally map[string]int

func (c tally) add(labels map[string]string) {
	for kind, value := range labels {
		c[kind+"="+value]++
	}
}

// wantedLabels must each come up under every law: a generator that never draws
// a case proves nothing of it.
var wantedLabels = []string{
	"auth=key_covered", "auth=key_foreign", "auth=key_inline", "auth=none",
	"client_id=elsewhere", "client_id=fetched", "client_id=none",
	"dns=bogus", "dns=corroborated", "dns=insecure", "dns=secure", "dns=unavailable", "dns=wildcard",
	"document=404", "document=410", "document=differs", "document=refused", "document=secret", "document=served", "document=timeout",
	"passed=yes", "failed=yes", "skipped=yes", "unavailable=yes", "never=yes",
	"grants=code", "grants=credentials", "grants=device", "grants=refresh", "grants=unknown",
	"host=other", "host=own", "host=shared", "in_use=first", "in_use=unknown",
	"memory=fresh", "memory=line", "memory=new", "memory=none",
	"outcome=inconclusive", "outcome=rejected", "outcome=verified",
	"pin=none", "pin=pinned", "pin=pinned_lookup", "pin=pinned_other", "pin=pinned_other_lookup",
	"plain=foreign_jwks", "plain=foreign_redirect", "plain=narrow", "plain=same", "plain=silent", "plain=wide",
	"record=absent", "record=ended", "record=instances", "record=later", "record=live", "record=malformed", "record=other_key",
	"record=other_kid", "record=revoked", "record=subdomains", "record=test",
	"redirect=foreign", "redirect=loopback", "redirect=mixed", "redirect=own", "redirect=own_and", "redirect=private",
	"redirect=redirector", "redirect=reversed", "redirect=shared",
	"road=document", "road=registration", "road=statement",
	"exception=blocked", "exception=domain", "exception=signed", "exception=accepted", "standing=exception",
	"on=publisher", "on=client_id", "on=shape", "on=stranger", "on=ended", "on=early",
	"scope=all", "scope=none", "scope=read", "scope=some", "scope=write",
	"standing=both", "standing=catalog", "standing=early", "standing=expired", "standing=none", "standing=other_shape",
	"standing=publisher", "standing=review", "standing=review_elsewhere", "standing=shape", "standing=stranger",
	"statement=by_other", "statement=elsewhere", "statement=expired", "statement=forged", "statement=future", "statement=good",
	"statement=long", "statement=none", "statement=own_key", "statement=sparse",
	"tier=accepted", "tier=blocked", "tier=domain", "tier=endorsed", "tier=signed", "tier=unverified",
	"verdict=real", "verdict=synthetic",
	"wellknown=500", "wellknown=absent", "wellknown=exposed", "wellknown=listed", "wellknown=live", "wellknown=other_key",
	"wellknown=other_kid", "wellknown=page", "wellknown=refused", "wellknown=revoked", "wellknown=timeout", "wellknown=unlisted",
	"without_document=compared", "without_key=compared", "without_statement=compared",
	"bound_by=key", "bound_by=loose", "bound_by=web",
}

func (c tally) report(t *testing.T) {
	t.Helper()
	for _, label := range slices.Sorted(maps.Keys(c)) {
		t.Logf("%6d %s", c[label], label)
	}
	if t.Failed() {
		return // rapid stopped early
	}
	for _, label := range c.missing() {
		t.Errorf("the generator never drew %s", label)
	}
}

// missing returns the wanted labels that did not come up.
func (c tally) missing() []string {
	return slices.DeleteFunc(slices.Clone(wantedLabels), func(label string) bool { return c[label] > 0 })
}
