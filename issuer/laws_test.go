package issuer

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/fc28f635/countersign/internal/condition"
	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/verify"
)

// A law holds for every policy and every client. broken says how it does not.
type law struct {
	name   string
	broken func(p *Policy, s sample) error
}

// laws are the five that [Policy.Decide] promises, and what an exception may do.
// Bound has a part of its own
// that needs a registry: see TestDecisionsBound.
var laws = []law{
	{"monotone", monotone},
	{"capped", capped},
	{"closed", closed},
	{"bound", bound},
	{"standing", standing},
	{"excepted", excepted},
}

func TestDecideMonotone(t *testing.T) { hold(t, laws[0]) }
func TestDecideCapped(t *testing.T)   { hold(t, laws[1]) }
func TestDecideClosed(t *testing.T)   { hold(t, laws[2]) }
func TestDecideBound(t *testing.T)    { hold(t, laws[3]) }
func TestDecideStanding(t *testing.T) { hold(t, laws[4]) }
func TestDecideExcepted(t *testing.T) { hold(t, laws[5]) }

// hold holds policy standard against a law, and prints what it was held with.
// A rare label that chance left out gets further rounds to come up.
func hold(t *testing.T, l law) {
	const rounds = 4
	seen := tally{}
	for round := 0; round < rounds && (round == 0 || len(seen.missing()) > 0); round++ {
		rapid.Check(t, func(t *rapid.T) {
			s := drawSample(t)
			seen.add(s.labels)
			if err := l.broken(Standard(), s); err != nil {
				t.Fatalf("%s: %v\n%v", l.name, err, s.labels)
			}
		})
	}
	seen.report(t)
}

// monotone: turning a passed finding into any other never raises a tier, what
// else is found and in which order changes nothing, and leaving something out
// never earns more than presenting it with all its findings passed.
func monotone(p *Policy, s sample) error {
	base := s.decide(p)
	findings := s.verdict.Findings
	worse := slices.Clone(findings)
	for i, f := range findings {
		if f.Status != verify.Passed {
			continue
		}
		for _, status := range s.worse(i) {
			worse[i] = verify.Finding{Check: f.Check, Status: status}
			if status == verify.Passed {
				worse[i] = verify.Finding{} // of no check: as if it had never been reached
			}
			if d := s.with(worse).decide(p); rises(d, base) {
				return fmt.Errorf("%s is %s, and the tier rises from %s to %s", f.Check, worse[i].Status, base.Tier, d.Tier)
			}
		}
		worse[i] = f
	}
	turned := slices.Clone(findings)
	slices.Reverse(turned)
	turned = append(turned, verify.Finding{Check: "unheard_of", Status: verify.Passed})
	if d := s.with(turned).decide(p); d.Tier != base.Tier {
		return fmt.Errorf("P9: in another order the tier is %s, not %s", d.Tier, base.Tier)
	}
	switch {
	case !s.allPassed(), base.Reason == metadata.ReasonStatementLifetimeTooLong:
		return nil // what was presented is refused, for want of a finding or by the policy
	case base.Reason == metadata.ReasonPolicyDenied:
		return nil // what is claimed is refused: claiming less may lift that
	case base.Reason == metadata.ReasonScopeEmpty:
		return nil // the statement is a ceiling on what was asked: without it something else may be left
	}
	for _, left := range slices.Sorted(maps.Keys(s.lesser)) {
		less := s
		less.verdict = s.lesser[left]
		if seesClaims(p) && claimsMore(less.verdict, s.verdict) {
			continue // a condition judges what counts of a client, and a statement takes claims away
		}
		if err := earnsMore(less.decide(p), base); err != nil {
			return fmt.Errorf("without its %s: %w", left, err)
		}
	}
	return nil
}

// worse are the statuses that the finding of a number is turned into; passed
// stands for none at all. Where a sample is held under many policies it is one
// for each finding.
func (s sample) worse(i int) []verify.Status {
	all := []verify.Status{verify.Failed, verify.Unavailable, verify.Skipped, verify.Passed}
	if s.brief {
		return all[i%len(all):][:1]
	}
	return all
}

// seesClaims reports whether a tier of the policy has a condition on claims.
func seesClaims(p *Policy) bool {
	return slices.ContainsFunc(p.rules, func(r rule) bool { return r.seesClaims })
}

// claimsMore reports whether what counts of a client has a claim that it has not
// with all that was presented: what is stated takes the place of what is plain.
func claimsMore(less, all *verify.Verdict) bool {
	seen := func(v *verify.Verdict) *condition.Claims {
		c, _ := v.Client()
		return Standard().claimsSeen(c, Input{Verdict: v})
	}
	l, a := seen(less), seen(all)
	more := func(has []string) func(string) bool {
		return func(claim string) bool { return !slices.Contains(has, claim) }
	}
	return slices.ContainsFunc(l.GrantTypes, more(a.GrantTypes)) || slices.ContainsFunc(l.Scopes, more(a.Scopes)) ||
		slices.ContainsFunc(l.RedirectHosts, more(a.RedirectHosts)) || slices.ContainsFunc(l.RedirectClasses, more(a.RedirectClasses)) ||
		slices.ContainsFunc([][2]string{{l.ClientName, a.ClientName}, {l.ClientID, a.ClientID}, {l.SoftwareID, a.SoftwareID}, {l.AuthMethod, a.AuthMethod}, {l.Publisher, a.Publisher}},
			func(claim [2]string) bool { return claim[0] != "" && claim[0] != claim[1] })
}

// rises reports whether a decision trusts further than another. Who waits for a
// person with what he proves has nothing, and no more than who is refused because
// nothing of the scopes that he asked for is left.
func rises(d, base Decision) bool {
	return d.Tier > base.Tier && (d.Outcome != InReview || base.Reason != metadata.ReasonScopeEmpty)
}

// earnsMore reports what a decision gives beyond another. The lifetime of one
// access token is no such thing: a shorter one comes with refresh.
func earnsMore(less, base Decision) error {
	if less.Outcome != Approved || base.Outcome != Approved {
		if less.Outcome == Approved {
			return fmt.Errorf("approved as %s, where it was denied for %s", less.Tier, base.Reason)
		}
		return nil
	}
	more := func(c Class) bool { return !slices.Contains(base.Grant.Classes, c) }
	switch {
	case rises(less, base):
		return fmt.Errorf("the tier rises from %s to %s", base.Tier, less.Tier)
	case slices.ContainsFunc(less.Grant.Classes, more), less.Grant.Sensitive && !base.Grant.Sensitive:
		return fmt.Errorf("the classes grow from %v to %v", base.Grant.Classes, less.Grant.Classes)
	case less.Grant.SessionTTL > base.Grant.SessionTTL:
		return fmt.Errorf("the session grows from %d to %d", base.Grant.SessionTTL, less.Grant.SessionTTL)
	}
	return nil
}

// capped: a grant never exceeds what was asked, what is stated, and what the
// tier allows; what is cut is listed; a refusal grants nothing.
func capped(p *Policy, s sample) error {
	d := s.decide(p)
	given := p.grantOf(d.Tier)
	effective, _ := s.verdict.Client()
	if d.Outcome != Approved {
		if d.Grant.Scope != "" || len(d.Grant.Classes) > 0 || d.Grant.AccessTokenTTL+d.Grant.SessionTTL > 0 || d.Grant.RefreshToken == RefreshRotate {
			return fmt.Errorf("a refusal grants %+v", d.Grant)
		}
		return nil
	}
	granted := metadata.Client{Scope: d.Grant.Scope}.Scopes()
	var stated []string
	if st, ok := s.verdict.Statement(); ok {
		stated = st.Client.Scopes()
	}
	asked := s.verdict.Claimed().Scopes()
	for _, scope := range granted {
		switch {
		case len(asked) > 0 && !slices.Contains(asked, scope) && s.drawn.Labels["road"] != "document":
			return fmt.Errorf("%q was not asked for", scope)
		case len(stated) > 0 && !slices.Contains(stated, scope):
			return fmt.Errorf("%q is not stated", scope)
		case len(stated)+len(asked) == 0:
			return fmt.Errorf("%q comes from nowhere", scope)
		case scope == scopeOpenID:
		case scope == scopeOfflineAccess:
			if d.Grant.RefreshToken != RefreshRotate {
				return fmt.Errorf("offline_access without refresh")
			}
		case !slices.Contains(given.Classes, ClassOf(scope)), Sensitive(scope) && !given.Sensitive, !given.allows(scope):
			return fmt.Errorf("tier %s does not allow %q", d.Tier, scope)
		}
	}
	for _, scope := range effective.Scopes() {
		cut := slices.ContainsFunc(d.Grant.ScopesCut, func(c ScopeCut) bool { return c.Scope == scope && c.Why != "" })
		if slices.Contains(granted, scope) == cut {
			return fmt.Errorf("%q is neither granted nor listed as cut, or both", scope)
		}
	}
	if d.Client.Scope != d.Grant.Scope {
		return fmt.Errorf("the client has scope %q, the grant %q", d.Client.Scope, d.Grant.Scope)
	}
	return cappedLimits(d, given, effective)
}

func cappedLimits(d Decision, given tierGrant, effective metadata.Client) error {
	g := d.Grant
	refreshed := slices.Contains(d.Client.GrantTypes, metadata.GrantRefreshToken)
	switch {
	case g.AccessTokenTTL > given.AccessTokenTTL, g.SessionTTL > given.SessionTTL, g.AccessTokenTTL > g.SessionTTL,
		g.ReauthenticateAfter != given.ReauthenticateAfter:
		return fmt.Errorf("lifetimes %+v beyond the tier's %+v", g, given)
	case g.RefreshToken == RefreshRotate && (given.RefreshToken != RefreshRotate || !refreshed), refreshed && g.RefreshToken != RefreshRotate:
		return fmt.Errorf("refresh is %s, the tier's is %s, the client's grants are %v", g.RefreshToken, given.RefreshToken, d.Client.GrantTypes)
	case slices.Contains(g.Classes, ClassAdmin):
		return fmt.Errorf("no tier gives admin")
	case slices.Contains(g.Classes, ClassDelete) && g.ReauthenticateAfter == 0:
		return fmt.Errorf("delete without re-authentication")
	case g.Budgets != given.budgets, g.SenderConstraint != given.SenderConstraint.orEmpty():
		return fmt.Errorf("budgets %+v and constraint %q, the tier's are %+v and %q", g.Budgets, g.SenderConstraint, given.budgets, given.SenderConstraint)
	case g.SenderConstraint == ConstraintDPoP && string(d.Client.More[memberDPoP]) != "true", g.SenderConstraint == ConstraintMTLS && string(d.Client.More[memberMTLS]) != "true":
		return fmt.Errorf("constraint %q, and the client does not say so", g.SenderConstraint)
	case d.Tier <= TierUnverified && (g.RefreshToken != RefreshNone && given.Override == "" || g.Consent != ConsentAlways):
		return fmt.Errorf("a client that nobody vouches for is not asked about every time")
	}
	for _, text := range d.Client.RedirectURIs {
		uri, err := metadata.ParseRedirectURI(text)
		if err != nil || !slices.Contains(effective.RedirectURIs, text) || len(given.Redirects) > 0 && !slices.Contains(given.Redirects, uri.Class().String()) {
			return fmt.Errorf("redirect URI %q was not there, or is of a class that the tier is not given", text)
		}
	}
	for _, grant := range d.Client.GrantTypes {
		if !slices.Contains(effective.GrantTypes, grant) {
			return fmt.Errorf("grant type %s was not there", grant)
		}
	}
	return nil
}

// closed: what could not be checked never counts as passed. Whatever else was
// found, a tier is not reached while one of its questions has no answer; and
// what is inconclusive is not approved.
func closed(p *Policy, s sample) error {
	if d := s.decide(p); s.verdict.Outcome == verify.Inconclusive && d.Hold == nil && d.DeniedBy == nil && (d.Outcome != Denied || d.OAuthError.Status != 503) {
		return fmt.Errorf("an inconclusive verdict is %s", d.Outcome)
	}
	unanswered := slices.Clone(s.verdict.Findings)
	for _, tier := range []Tier{TierDomain, TierSigned, TierEndorsed} {
		for _, question := range meanings[tier].questions {
			copy(unanswered, s.verdict.Findings)
			for i := range unanswered {
				if slices.Contains(question, unanswered[i].Check) {
					unanswered[i].Status = verify.Unavailable
				}
			}
			asked := s.with(unanswered)
			if tier < TierAccepted {
				asked.standing = Standing{}
			}
			if d := asked.decide(p); d.Tier >= tier {
				return fmt.Errorf("tier %s with none of %v checked", d.Tier, question)
			}
		}
	}
	return nil
}

// bound, as far as one decision shows it: whoever holds nothing but public
// bytes, which is binding loose, earns nothing that the statement's owner alone
// should have, and no list or root lifts it.
func bound(p *Policy, s sample) error {
	v := *s.verdict
	v.Binding = metadata.BindingLoose
	s.verdict = &v
	d := s.decide(p)
	if d.Tier == TierSigned || d.Tier == TierEndorsed {
		return fmt.Errorf("tier %s with binding loose", d.Tier)
	}
	if d.Tier == TierAccepted && s.labels["standing"] == "catalog" {
		return fmt.Errorf("a catalog accepts a client of binding loose")
	}
	if d.Tier < TierDomain && !d.Publisher.IsZero() {
		return fmt.Errorf("tier %s names %s", d.Tier, d.Publisher)
	}
	return nil
}

// standing: without an acceptance in force no evidence, however much, and no
// lifetime, however short, earns modify, delete, admin or sensitive reads.
func standing(p *Policy, s sample) error {
	d := s.decide(p)
	if s.inForce {
		return nil
	}
	if d.Tier >= TierAccepted || d.accepted() != nil {
		return fmt.Errorf("tier %s, and nobody accepted: %s", d.Tier, s.labels["standing"])
	}
	// An override is the operator's recorded choice to give a tier more: exactly
	// that may be exceeded.
	var chosen tierGrant
	if given := p.grantOf(d.Tier); given.Override != "" {
		chosen = given
	}
	may := func(c Class) bool { return c == ClassRead || slices.Contains(chosen.Classes, c) }
	if d.Grant.Sensitive && !chosen.Sensitive || slices.ContainsFunc(d.Grant.Classes, func(c Class) bool { return !may(c) }) {
		return fmt.Errorf("classes %v, sensitive reads %t", d.Grant.Classes, d.Grant.Sensitive)
	}
	for _, scope := range (metadata.Client{Scope: d.Grant.Scope}).Scopes() {
		if scope != scopeOpenID && scope != scopeOfflineAccess && (!may(ClassOf(scope)) || Sensitive(scope) && !chosen.Sensitive) {
			return fmt.Errorf("scope %q", scope)
		}
	}
	return nil
}

// excepted: a hold in force denies, whatever was verified. An allowance lifts
// what is proven to be its subject, to no more than its tier; it approves nothing
// that is rejected or inconclusive, lowers nothing, and says so.
func excepted(p *Policy, s sample) error {
	d := s.decide(p)
	without := s
	without.standing.Exceptions = nil
	base := without.decide(p)
	if len(s.standing.Exceptions) == 0 {
		return nil
	}
	e := s.standing.Exceptions[0]
	if e.Holds() && e.inForce(s.verdict.At) {
		if d.Outcome != Denied || d.Tier != TierBlocked || d.Reason != metadata.ReasonOperatorHold || d.Hold == nil || d.Hold.Subject != e.Subject {
			return fmt.Errorf("held, and %s at tier %s for %q", d.Outcome, d.Tier, d.Reason)
		}
		return nil
	}
	if d.Publisher != base.Publisher && d.Outcome == Approved && base.Outcome == Approved {
		return fmt.Errorf("an exception makes the publisher %s of %s", d.Publisher, base.Publisher)
	}
	lifted := d.Tier > base.Tier
	client, _ := s.verdict.Client()
	switch {
	case d.Tier < base.Tier && base.Outcome == Approved, d.Hold != nil:
		return fmt.Errorf("lowered from %s to %s", base.Tier, d.Tier)
	case !lifted:
		return nil
	case e.Holds(), !s.inForce:
		return fmt.Errorf("lifted by nobody from %s to %s", base.Tier, d.Tier)
	case d.Tier > e.Tier:
		return fmt.Errorf("lifted to %s, allowed is %s", d.Tier, e.Tier)
	case s.verdict.Outcome != verify.Verified:
		return fmt.Errorf("lifted to %s, and %s", d.Tier, s.verdict.Outcome)
	case d.Acceptance == nil || d.Acceptance.By != ByException || d.Acceptance.Actor != e.Actor:
		return fmt.Errorf("lifted to %s, and it says %+v", d.Tier, d.Acceptance)
	case !e.Subject.Publisher().IsZero() && !s.verdict.Passed(verify.CheckSignature) && !s.verdict.Passed(verify.CheckMetadataDocument):
		return fmt.Errorf("lifted to %s as %s by where its codes go", d.Tier, e.Subject)
	case e.Subject.ClientID() != "" && !s.verdict.Passed(verify.CheckMetadataDocument):
		return fmt.Errorf("lifted to %s by a document that nobody fetched", d.Tier)
	case e.Subject.Shape() != "" && !client.UsesRedirects():
		return fmt.Errorf("lifted to %s by a shape that says nothing of its grants", d.Tier)
	}
	return nil
}
