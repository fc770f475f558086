package issuer

import (
	"errors"
	"fmt"

	"github.com/fc28f635/countersign/internal/condition"
	"github.com/fc28f635/countersign/metadata"
)

// addTier adds the next tier of a policy, or returns what is wrong with it, and
// at which key.
func (p *Policy) addTier(entry tierEntry) (at string, err error) {
	r := rule{tier: entry.Tier, grant: entry.Grant}
	r.grant.budgets = r.grant.Budgets.of(r.grant.Classes)
	var lower *rule
	if n := len(p.rules); n > 0 {
		lower = &p.rules[n-1]
	}
	if r.tier == TierBlocked {
		return "tier", errors.New("tier is missing, or blocked: who is refused is said under deny")
	}
	if lower != nil && r.tier <= lower.tier {
		return "tier", errors.New("tiers stand in order, from the least trusted to the most")
	}
	if err := r.compile(entry.When); err != nil {
		return "when", err
	}
	if err := p.checkMeaning(r); err != nil {
		if entry.When == "" {
			return "tier", err
		}
		return "when", err
	}
	if at, err := r.grant.check(); err != nil {
		return "grant." + at, err
	}
	if err := r.checkFloor(); err != nil {
		return "grant." + err.at, err
	}
	if lower != nil {
		if at, err := r.grant.atLeast(lower.grant); err != nil {
			return "grant." + at, fmt.Errorf("%w, and %s has it: a client must not have less for proving more", err, lower.tier)
		}
	}
	p.rules = append(p.rules, r)
	return "", nil
}

// compile reads the condition of a tier.
func (r *rule) compile(text string) (err error) {
	if text == "" {
		return nil
	}
	if r.when, err = language.Compile(text); err != nil {
		return err
	}
	r.seesClaims = r.when.SeesClaims()
	for _, t := range Tiers() {
		if t >= r.tier && r.when.Sees(reachedFacts[t]) {
			return fmt.Errorf("reached(%q) stands in a condition of %s: a tier builds on lower ones", t, r.tier)
		}
	}
	return nil
}

// can reports whether a rule can be reached where at most the facts given hold.
func (r rule) can(facts condition.Facts) bool { return r.when == nil || r.when.CanHold(facts) }

// checkMeaning refuses a tier that nobody can reach, and one that somebody could
// reach without an answer to one of its questions. Conditions are monotone, so
// it is enough to look where everything else holds.
func (p *Policy) checkMeaning(r rule) error {
	if !p.reachable(r, language.All()) {
		return errors.New("it can never hold, so that nobody reaches the tier: take the tier away, or mend the condition")
	}
	for i, question := range r.tier.asked() {
		if p.reachable(r, language.All()&^questionFacts[r.tier][i]) {
			return unanswered(r.tier, question)
		}
	}
	return nil
}

// reachable reports whether a rule can be reached where of checks and bindings at
// most the facts given hold. Lower tiers are reached as far as they can be.
func (p *Policy) reachable(r rule, facts condition.Facts) bool {
	for _, t := range Tiers() {
		facts &^= reachedFacts[t]
	}
	for _, lower := range p.rules {
		if lower.can(facts) {
			facts |= reachedFacts[lower.tier]
		}
	}
	return r.can(facts)
}

// A floorError says what a tier is given beyond its floor, and at which key.
type floorError struct {
	at string
	error
}

// checkFloor holds a grant to what its tier may have at most.
func (r rule) checkFloor() *floorError {
	if r.tier < TierDomain && r.grant.Consent != ConsentAlways {
		return &floorError{"consent", errors.New("nobody vouches for it: its user is asked every time, consent: always")}
	}
	if r.grant.Override != "" {
		if err := metadata.CheckName(r.grant.Override); err != nil {
			return &floorError{"override", fmt.Errorf("the reason is shown at every start: %w", err)}
		}
		return nil
	}
	if at, err := r.grant.excess(r.tier); err != nil {
		return &floorError{at, fmt.Errorf(`%w. Take it away, or say why it is right here: override: "REASON"`, err)}
	}
	return nil
}

// shadows returns the tier that whoever reaches a rule reaches too. Tiers that
// need an acceptance, or more facts than the rule has, shadow nothing.
func (p *Policy) shadows(r rule) (Tier, bool) {
	for _, h := range p.rules {
		m := meanings[h.tier]
		if h.tier <= r.tier || m.accepted || r.when == nil {
			continue
		}
		anyway := reachedFacts[r.tier]
		if m.tied {
			if r.can(language.All() &^ boundFacts[metadata.BindingWeb]) {
				continue // a client that is not tied to its publisher stays
			}
			anyway |= boundFacts[metadata.BindingWeb] &^ boundFacts[metadata.BindingLoose]
		}
		if h.when == nil || r.when.Implies(h.when, anyway) {
			return h.tier, true
		}
	}
	return TierBlocked, false
}
