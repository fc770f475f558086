package issuer

import (
	"github.com/fc28f635/countersign/internal/condition"
	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/verify"
)

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
