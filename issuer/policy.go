package issuer

import (
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"

	"github.com/fc28f635/countersign/internal/strictyaml"
	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/verify"
)

//go:embed standard.yaml
var standardYAML []byte

// A Policy says which tier a client reaches and what that is worth. It does not
// change after it was read, and is safe for concurrent use.
type Policy struct {
	name            string
	digest          string
	source          []byte
	countersignFrom Tier
	lifetimeDays    int
	refuseExpired   bool
	grantTypes      []string
	responseTypes   []string
	rules           []rule // from the least trusted tier to the most
	resources       []Resource
	review          ReviewRule
}

// A rule is one tier of a policy.
type rule struct {
	tier       Tier
	above      Tier
	passed     [][]verify.Check // alternatives; none is no condition
	acceptance bool
	bindings   []metadata.Binding // none is any
	grant      tierGrant
}

type tierGrant struct {
	Classes             []Class `yaml:"classes"`
	Sensitive           bool    `yaml:"sensitive_reads"`
	AccessTokenTTL      int     `yaml:"access_token_ttl"`
	RefreshToken        Refresh `yaml:"refresh_token"`
	SessionTTL          int     `yaml:"session_ttl"`
	ReauthenticateAfter int     `yaml:"reauthenticate_after"`
	Consent             Consent `yaml:"consent"`
}

type policyFile struct {
	Version         int    `yaml:"version"`
	Name            string `yaml:"name"`
	CountersignFrom Tier   `yaml:"countersign_from"`
	LifetimeDays    int    `yaml:"statement_lifetime_days"`
	Expired         string `yaml:"expired_statement"`
	Offers          struct {
		GrantTypes    []string `yaml:"grant_types"`
		ResponseTypes []string `yaml:"response_types"`
	} `yaml:"offers"`
	Tiers []struct {
		Tier       Tier               `yaml:"tier"`
		Above      Tier               `yaml:"above"`
		Passed     [][]verify.Check   `yaml:"passed"`
		Acceptance bool               `yaml:"acceptance"`
		Binding    []metadata.Binding `yaml:"binding"`
		Grant      tierGrant          `yaml:"grant"`
	} `yaml:"tiers"`
	Resources []Resource `yaml:"resources"`
	Review    ReviewRule `yaml:"review"`
}

var standard = func() *Policy {
	p, err := parsePolicy(standardYAML)
	if err != nil {
		panic("issuer: standard.yaml: " + err.Error())
	}
	return p
}()

// Standard returns the policy standard, which is embedded.
func Standard() *Policy { return standard }

// Name returns the policy's own name.
func (p *Policy) Name() string { return p.name }

// Digest returns "sha256:…" of the policy's text: every decision carries it.
func (p *Policy) Digest() string { return p.digest }

// Source returns the policy's text, comments included.
func (p *Policy) Source() []byte { return slices.Clone(p.source) }

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
// check or class that does not exist, a second document are errors. They begin
// with "[line:column]" after "reading policy: ", and end with the lines around
// the fault. A policy that is empty is none.
func ParsePolicy(data []byte) (*Policy, error) {
	p, err := parsePolicy(data)
	if err != nil {
		return nil, fmt.Errorf("reading policy: %w", err)
	}
	return p, nil
}

func parsePolicy(data []byte) (*Policy, error) {
	var f policyFile
	doc, err := strictyaml.Decode(data, &f)
	if err != nil {
		return nil, err
	}
	if f.Version != 1 {
		return nil, doc.Fault("version", fmt.Errorf("version %d, and 1 is known", f.Version))
	}
	if f.LifetimeDays < 1 || f.LifetimeDays > 366 {
		return nil, doc.Fault("statement_lifetime_days", errors.New("statement_lifetime_days is not 1 to 366"))
	}
	if f.Expired != "ignore" && f.Expired != "refuse" {
		return nil, doc.Fault("expired_statement", fmt.Errorf("expired_statement is %.100q, neither ignore nor refuse", f.Expired))
	}
	sum := sha256.Sum256(data)
	p := &Policy{
		name: f.Name, digest: "sha256:" + hex.EncodeToString(sum[:]), source: slices.Clone(data),
		countersignFrom: f.CountersignFrom, lifetimeDays: f.LifetimeDays, refuseExpired: f.Expired == "refuse",
		grantTypes: f.Offers.GrantTypes, responseTypes: f.Offers.ResponseTypes, resources: f.Resources, review: f.Review,
	}
	if at, err := f.Review.check(); err != nil {
		return nil, doc.Fault("review."+at, err)
	}
	last := TierBlocked
	for i, t := range f.Tiers {
		r := rule{tier: t.Tier, above: t.Above, passed: t.Passed, acceptance: t.Acceptance, bindings: t.Binding, grant: t.Grant}
		if at, err := r.check(last); err != nil {
			return nil, doc.Fault(fmt.Sprintf("tiers[%d].%s", i, at), fmt.Errorf("tier %s: %w", t.Tier, err))
		}
		last = t.Tier
		p.rules = append(p.rules, r)
	}
	if len(p.rules) == 0 || p.rules[0].tier != TierUnverified {
		return nil, doc.Fault("tiers[0].tier", errors.New("the first tier is not unverified"))
	}
	return p, nil
}

// admits reports whether the tier can be reached with a binding at all.
func (r rule) admits(b metadata.Binding) bool {
	return len(r.bindings) == 0 || slices.Contains(r.bindings, b)
}

// check returns what is wrong with a rule, and at which key.
func (r rule) check(last Tier) (at string, err error) {
	if r.tier <= last || r.above >= r.tier {
		return "tier", errors.New("tiers stand in order, and build on lower ones")
	}
	for i, all := range r.passed {
		if len(all) == 0 {
			return fmt.Sprintf("passed[%d]", i), errors.New("an empty alternative would always hold")
		}
		for j, c := range all {
			if !slices.Contains(verify.Checks(), c) {
				return fmt.Sprintf("passed[%d][%d]", i, j), fmt.Errorf("%.100q is no check", c)
			}
		}
	}
	if r.tier > TierUnverified && len(r.passed) == 0 && !r.acceptance {
		return "tier", errors.New("no condition: everybody would reach it")
	}
	return r.grant.check()
}

func (g tierGrant) check() (at string, err error) {
	switch {
	case g.AccessTokenTTL < 1 || g.ReauthenticateAfter < 0:
		return "grant.access_token_ttl", errors.New("lifetimes are positive")
	case g.SessionTTL < g.AccessTokenTTL:
		return "grant.session_ttl", errors.New("a session is no shorter than its access token")
	case g.RefreshToken != RefreshNone && g.RefreshToken != RefreshRotate:
		return "grant.refresh_token", fmt.Errorf("refresh_token is %.100q, neither none nor rotate", g.RefreshToken)
	case g.Consent != ConsentAlways && g.Consent != ConsentSession:
		return "grant.consent", fmt.Errorf("consent is %.100q, neither always nor session", g.Consent)
	}
	return "", nil
}

// grantOf returns what a tier is given; the zero grant for blocked.
func (p *Policy) grantOf(t Tier) tierGrant {
	for _, r := range p.rules {
		if r.tier == t {
			return r.grant
		}
	}
	return tierGrant{}
}
