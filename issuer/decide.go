package issuer

import (
	"slices"
	"time"

	"github.com/fc28f635/countersign/internal/condition"
	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/verify"
)

// Decide returns the decision on a client, without id and signature: it is a
// pure function of the input, and the instant is the verdict's. Five laws
// hold, each a property test:
//
//   - monotone: turning a passed finding into any other never raises the tier;
//   - capped: the grant never exceeds what was asked, what is stated, and what
//     the tier and the resource allow;
//   - closed: what could not be checked never counts as passed;
//   - bound: a foreign presenter changes nothing for anybody else;
//   - standing: without acceptance nothing earns modify, delete, admin or
//     sensitive reads.
//
// A hold in force denies, whatever else was found. An inconclusive verdict is denied for its reason, whose problem has status
// 503. Where the decision is only observed, the laws hold for what it would have
// been.
func (p *Policy) Decide(in Input) Decision {
	d := p.enforce(in)
	d.Resource = p.vocabularies.resource(in.Resource)
	return d.observe(p, in)
}

// enforce returns the decision as it is enforced.
func (p *Policy) enforce(in Input) Decision {
	v, s := in.Verdict, in.Standing
	d := Decision{Policy: p.digest, Outcome: Denied, Tier: TierUnverified,
		Enforcement: map[string]string{"scope": "registration", "access_token_ttl": "advisory",
			"session_ttl": "advisory", "refresh_token": "registration"}}
	if v == nil {
		return d.deny(metadata.ReasonServerError)
	}
	d.At, d.Findings, d.Statement = v.At, v.Findings, v.Digest
	d.Flags = flags(v)
	if held, ok := s.hold(v.At); ok {
		d.Tier, d.Hold = TierBlocked, &HoldNote{Subject: held.Subject, Actor: held.Actor, Until: held.Until}
		return d.deny(metadata.ReasonOperatorHold)
	}
	if r, ok := p.denied(in, &d); ok {
		d.Tier, d.DeniedBy = TierBlocked, &DenyNote{Rule: r.name, Reason: r.reason}
		return d.deny(metadata.ReasonPolicyDenied)
	}
	effective, verified := v.Client()
	if !verified && ended[v.Reason()] {
		d.Tier = TierBlocked
	}
	found, away := p.sources.judge(in.Origins)
	if len(found) > 0 {
		d.Findings = slices.Concat(v.Findings, found)
	}
	if away {
		return d.deny(metadata.ReasonSourceDenied)
	}
	if !verified {
		return d.deny(v.Reason())
	}
	if st, ok := v.Statement(); ok && st.ExpiresAt-st.IssuedAt > int64(p.lifetimeDays)*24*60*60 {
		return d.deny(metadata.ReasonStatementLifetimeTooLong)
	}
	d.Binding, d.Overridden = v.Binding, v.Overridden()
	d.Shape = v.Shape()
	d.Outcome = Approved
	reached := p.reach(in, p.claims(effective, in), &d)
	if reached.tier == TierBlocked {
		return d.deny(metadata.ReasonTierBelowMinimum)
	}
	d.Tier, d.Acceptance = reached.tier, reached.note
	if reached.byShape {
		d.override(withoutOtherGrants(&effective)...)
	}
	if reached.proven {
		d.Publisher = v.Publisher
	}
	d.Told = told(v, in.Claimed, d)
	d.Workflow = WorkflowOf(v, effective)
	if d.Workflow == WorkflowPublic && claimsConfidential(effective) {
		d.Flags = append(d.Flags, metadata.ReasonConfidentialUnproven)
	}
	d.narrow(p, effective, in)
	if d.Review = p.ask(in, reached, d); d.Review != nil && p.review.Wait {
		return d.await()
	}
	return d
}

// await makes the decision one that waits for a person: nothing is granted, and
// what is proven of the client stays with it.
func (d Decision) await() Decision {
	if d.Review.Tier > d.Tier { // a refusal for its scopes
		d.Tier, d.Publisher = d.Review.Tier, d.Review.Publisher
	}
	d.Told = "Waits for a person's review"
	return d.refuse(InReview, metadata.ReasonReviewPending)
}

// ended are the reasons with which a publisher or an operator ends what is
// claimed: whoever claims it is blocked.
var ended = map[metadata.Reason]bool{
	metadata.ReasonKeyRevoked: true, metadata.ReasonKeyExposed: true, metadata.ReasonStatementRevoked: true,
	metadata.ReasonSoftwareNotListed: true, metadata.ReasonDocumentWithdrawn: true,
}

// deny makes the decision a refusal: what was proven until then earns nothing,
// and is in the findings. A reason that no statement is needed for is told
// without one.
func (d Decision) deny(reason metadata.Reason) Decision {
	d.Tier, d.Publisher, d.Acceptance, d.Told = min(d.Tier, TierUnverified), metadata.Publisher{}, nil, "Refused"
	return d.refuse(Denied, reason)
}

// refuse takes everything that was granted away, and says why.
func (d Decision) refuse(outcome Outcome, reason metadata.Reason) Decision {
	d.Outcome, d.Reason, d.Grant, d.Client, d.Narrowed, d.Workflow = outcome, reason, Grant{}, metadata.Client{}, nil, ""
	problem := reason.Problem()
	if d.Statement == "" {
		problem = reason.ProblemWithout()
	}
	d.OAuthError = &OAuthError{Status: problem.Status, Error: problem.Error, Description: problem.Sentence}
	return d
}

// flags are the reasons that cost no outcome and that a person should know.
func flags(v *verify.Verdict) []metadata.Reason {
	var list []metadata.Reason
	for _, f := range v.Findings {
		if flagged[f.Reason] && !slices.Contains(list, f.Reason) {
			list = append(list, f.Reason)
		}
	}
	return list
}

var flagged = map[metadata.Reason]bool{
	metadata.ReasonNameResemblesProtected: true, metadata.ReasonStatementExpiresSoon: true,
	metadata.ReasonKeyLineNew: true,
}

// A reached is the tier that a client reaches, and how.
type reached struct {
	tier    Tier
	note    *AcceptanceNote // the person's word that the tier rests on
	byShape bool            // what was accepted is the shape
	proven  bool            // tier domain is, so the publisher is the client's
	allowed bool            // an allowance in force is of it, whether it lifts anything or not
}

// reach returns the highest tier whose meaning and condition hold; blocked where
// none does. An allowance lifts to at most its tier, and never past what the
// binding and the claims admit.
func (p *Policy) reach(in Input, claims *condition.Claims, d *Decision) (got reached) {
	v, s, shape := in.Verdict, in.Standing, d.Shape
	found := passedIn(v)
	domain := TierDomain.answered(found)
	// A client whose document is out is judged by its statement alone: one that
	// the site would lift to signed stays a tier below, and an acceptance of
	// its publisher survives the outage.
	document, known := v.Finding(verify.CheckMetadataDocument)
	outage := known && document.Status == verify.Unavailable
	facts := found | boundFacts[v.Binding]
	for _, r := range p.rules {
		m := meanings[r.tier]
		if outage && r.tier == TierSigned || m.tied && v.Binding == metadata.BindingLoose || !r.holds(facts, claims, d) {
			continue
		}
		if m.accepted {
			accepted, shaped, ok := s.covers(in, shape, domain)
			if !ok {
				continue
			}
			got.byShape = shaped
			got.note = &AcceptanceNote{By: accepted.By, Actor: accepted.Actor, Until: accepted.Until}
		}
		facts |= reachedFacts[r.tier]
		got.tier = r.tier
	}
	got.proven = domain && got.tier >= TierDomain
	for _, e := range s.allowances(v, shape, domain) {
		got.allowed = true
		if lifted := p.upTo(e.Tier, v.Binding, claims, d); lifted > got.tier {
			got.tier, got.byShape = lifted, e.Subject.Shape() != ""
			got.note = &AcceptanceNote{By: ByException, Actor: e.Actor, Until: e.Until}
		}
	}
	return got
}

// holds reports whether the condition of a rule holds.
func (r rule) holds(facts condition.Facts, claims *condition.Claims, d *Decision) bool {
	if r.when == nil {
		return true
	}
	holds, err := r.when.Holds(facts, claims)
	if err != nil {
		d.failed("tier "+r.tier.String(), err)
	}
	return holds
}

// upTo returns the highest tier up to t that a client of the binding and the
// claims can have: an allowance stands for what is not proven, and for nothing
// else.
func (p *Policy) upTo(t Tier, binding metadata.Binding, claims *condition.Claims, d *Decision) (highest Tier) {
	facts := allPassed | boundFacts[binding]
	for _, r := range p.rules {
		if r.tier > t || meanings[r.tier].tied && binding == metadata.BindingLoose || !r.holds(facts, claims, d) {
			continue
		}
		facts |= reachedFacts[r.tier]
		highest = r.tier
	}
	return highest
}

// covers returns an acceptance in force for the client: of its publisher where
// one is proven, or of its shape. One of a publisher covers all that it signs
// with the keys that it had, or keys that joined them;
// of what it does not sign, only the shape that was seen. A shape says where
// codes go and nothing of keys: it covers the grants that are delivered by
// redirect, and none where there are no such. A client of binding loose needs a
// person's. One that a review gave is bound to what was seen then.
func (s Standing) covers(in Input, shape metadata.Shape, domain bool) (a Acceptance, byShape, ok bool) {
	v := in.Verdict
	client, _ := v.Client()
	var p presented // once it is asked for
	for _, a := range s.Acceptances {
		if v.At.Before(a.At) || !v.At.Before(a.Until) {
			continue
		}
		if v.Binding == metadata.BindingLoose && a.By != ByOperator {
			continue
		}
		if a.Bound != nil {
			if p.verdict == nil {
				p = presentedBy(in)
			}
			if !a.Bound.meets(p) {
				continue
			}
		}
		shaped := a.Shape != "" && a.Shape == shape && client.UsesRedirects()
		signed := signedByPublisher(v) && ofLine(a.Line, v)
		switch {
		case a.Publisher.IsZero():
			if shaped {
				return a, true, true
			}
		case domain && a.Publisher == v.Publisher && (signed || shaped):
			return a, !signed, true
		}
	}
	return Acceptance{}, false, false
}

// signedByPublisher reports whether a key that the publisher's domain publishes,
// and that has a past there, or a pinned one, signed the statement.
func signedByPublisher(v *verify.Verdict) bool {
	return statedByPublisher(v) && (v.Passed(verify.CheckPinnedKey) || v.Passed(verify.CheckKeyLine))
}

// statedByPublisher is signedByPublisher for a key that may be new. A signature by
// a key that nothing corroborates proves who wrote nothing.
func statedByPublisher(v *verify.Verdict) bool {
	if coverage, _ := v.Finding(verify.CheckCoverage); coverage.Reason == metadata.ReasonMemberNotStated || !v.Passed(verify.CheckSignature) {
		return false // what the document adds to the statement, nobody signed
	}
	return v.Passed(verify.CheckPinnedKey) || v.Passed(verify.CheckDNSKey) && v.Passed(verify.CheckDNSStrength) || v.Passed(verify.CheckWellknownKey)
}

// ofLine reports whether what was given to keys of a publisher is also the one's
// that signed: it is pinned, or of a line with one of them. What was given when
// no key was known is the first line's.
func ofLine(given []string, v *verify.Verdict) bool {
	line := v.Line()
	if v.Passed(verify.CheckPinnedKey) || len(given) == 0 && line.First {
		return true
	}
	return slices.ContainsFunc(line.Keys, func(key string) bool { return slices.Contains(given, key) })
}

// expiry bounds how long a decision may be acted upon without asking again: no
// longer than its evidence and the word that it rests on hold.
func (d Decision) expiry(v *verify.Verdict) time.Time {
	end := d.At.Add(time.Hour)
	ends := []time.Time{v.ValidUntil()}
	if a := d.accepted(); a != nil {
		ends = append(ends, a.Until)
	}
	if d.Hold != nil {
		ends = []time.Time{d.Hold.Until}
	}
	if d.Observation != nil {
		ends = append(ends, d.Observation.Until)
	}
	for _, t := range ends {
		if !t.IsZero() && t.Before(end) {
			end = t
		}
	}
	if end.Before(d.At) { // within the leeway for clocks
		return d.At
	}
	return end
}
