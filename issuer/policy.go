package issuer

import (
	"fmt"
	"slices"

	"github.com/fc28f635/countersign/internal/condition"
	"github.com/fc28f635/countersign/internal/strictyaml"
)

// A Policy says who is refused, which tier a client reaches, and what that is
// worth. It does not change after it was read, and is safe for concurrent use.
type Policy struct {
	name            string
	digest          string
	source          []byte
	countersignFrom Tier
	lifetimeDays    int
	refuseExpired   bool
	grantTypes      []string
	responseTypes   []string
	denies          []denyRule
	sources         sourceRules
	rules           []rule // from the least trusted tier to the most
	resources       []Resource
	vocabularies    vocabularies // what the declared resources know
	modes           modes        // what is enforced, and what is only observed
	review          ReviewRule
	warnings        []string
}

// A rule is one tier of a policy.
type rule struct {
	tier  Tier
	when  *condition.Condition // nil where nothing is asked for beyond what the tier means
	grant tierGrant

	seesClaims bool // when does
}

// Name returns the policy's own name.
func (p *Policy) Name() string { return p.name }

// Resources returns the resources that the policy declares, in its order. Their
// maps are the policy's own, and only for reading.
func (p *Policy) Resources() []Resource { return slices.Clone(p.resources) }

// Digest returns "sha256:…" of the policy's text: every decision carries it.
func (p *Policy) Digest() string { return p.digest }

// Source returns the policy's text, comments included.
func (p *Policy) Source() []byte { return slices.Clone(p.source) }

// Warnings returns what the policy may do and is likely not to mean, a sentence
// each; nil where there is no such thing.
func (p *Policy) Warnings() []string { return slices.Clone(p.warnings) }

// SourceNeeds returns what must be known of addresses for the rules on sources to
// mean anything.
func (p *Policy) SourceNeeds() SourceNeeds { return p.sources.needs() }

// An Override is a tier that is given what it should not have, and why.
type Override struct {
	Tier   Tier   `json:"tier"`
	Reason string `json:"reason"`
}

// Overrides returns the tiers whose grants are overridden, from the least trusted
// to the most. A service says them at every start.
func (p *Policy) Overrides() []Override {
	var list []Override
	for _, r := range p.rules {
		if r.grant.Override != "" {
			list = append(list, Override{r.tier, r.grant.Override})
		}
	}
	return list
}

// LoadPolicy reads the policy in a file, as [ParsePolicy] does. Errors name the
// file.
func LoadPolicy(path string) (*Policy, error) {
	data, err := strictyaml.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading policy: %w", err)
	}
	p, err := ParsePolicy(data)
	if err != nil {
		return nil, fmt.Errorf("%q: %w", path, err)
	}
	return p, nil
}

// ParsePolicy reads a policy strictly: an unknown key, a tier out of order, a
// condition that does not compile or that could hold without what its tier means,
// a grant that gives a trusted client less than another, a second document are
// errors. They begin with "[line:column]" after "reading policy: ", and end with
// the lines around the fault. A policy that is empty is none.
func ParsePolicy(data []byte) (*Policy, error) {
	p, err := parsePolicy(data)
	if err != nil {
		return nil, fmt.Errorf("reading policy: %w", err)
	}
	return p, nil
}

// ruleOf returns the rule of a tier; false where the policy does not have it.
func (p *Policy) ruleOf(t Tier) (rule, bool) {
	for _, r := range p.rules {
		if r.tier == t {
			return r, true
		}
	}
	return rule{}, false
}

// grantOf returns what a tier is given; the zero grant for blocked.
func (p *Policy) grantOf(t Tier) tierGrant {
	r, _ := p.ruleOf(t)
	return r.grant
}
