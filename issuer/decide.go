package issuer

import (
	"slices"
	"time"

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
// First a hold in force denies, whatever else was found; then a deny rule of the
// policy, then its rules on sources, then what was not verified: an inconclusive
// verdict is denied for its reason, whose problem has status 503. What is left is
// given the highest tier that it reaches, what that tier and the resource allow,
// and a question to a person where the policy has one. Where the decision is only
// observed, the laws hold for what it would have been.
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
	d.Shape = v.Shape()
	if st, ok := v.Statement(); ok && st.ExpiresAt-st.IssuedAt > int64(p.lifetimeDays)*24*60*60 {
		return d.deny(metadata.ReasonStatementLifetimeTooLong)
	}
	d.Binding, d.Overridden = v.Binding, v.Overridden()
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
