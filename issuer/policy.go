package issuer

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/goccy/go-yaml"

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

// parsePolicy reads a policy strictly: an unknown key, a tier out of order, a
// check or class that does not exist, a second document are errors. They name
// line and column, or the word at fault, or the tier.
func parsePolicy(data []byte) (*Policy, error) {
	var f policyFile
	decoder := yaml.NewDecoder(bytes.NewReader(data), yaml.Strict())
	if err := decoder.Decode(&f); err != nil {
		return nil, fmt.Errorf("reading policy: %w", err)
	}
	if err := decoder.Decode(new(any)); !errors.Is(err, io.EOF) {
		return nil, errors.New("reading policy: more than one document")
	}
	if f.Version != 1 {
		return nil, fmt.Errorf("reading policy: version %d, and 1 is known", f.Version)
	}
	if f.LifetimeDays < 1 || f.LifetimeDays > 366 {
		return nil, errors.New("reading policy: statement_lifetime_days is not 1 to 366")
	}
	if f.Expired != "ignore" && f.Expired != "refuse" {
		return nil, fmt.Errorf("reading policy: expired_statement is %q, neither ignore nor refuse", f.Expired)
	}
	sum := sha256.Sum256(data)
	p := &Policy{
		name: f.Name, digest: "sha256:" + hex.EncodeToString(sum[:]), source: slices.Clone(data),
		countersignFrom: f.CountersignFrom, lifetimeDays: f.LifetimeDays, refuseExpired: f.Expired == "refuse",
		grantTypes: f.Offers.GrantTypes, responseTypes: f.Offers.ResponseTypes,
	}
	last := TierBlocked
	for _, t := range f.Tiers {
		r := rule{tier: t.Tier, above: t.Above, passed: t.Passed, acceptance: t.Acceptance, bindings: t.Binding, grant: t.Grant}
		if err := r.check(last); err != nil {
			return nil, fmt.Errorf("reading policy: tier %s: %w", t.Tier, err)
		}
		last = t.Tier
		p.rules = append(p.rules, r)
	}
	if len(p.rules) == 0 || p.rules[0].tier != TierUnverified {
		return nil, errors.New("reading policy: the first tier is not unverified")
	}
	return p, nil
}

// admits reports whether the tier can be reached with a binding at all.
func (r rule) admits(b metadata.Binding) bool {
	return len(r.bindings) == 0 || slices.Contains(r.bindings, b)
}

func (r rule) check(last Tier) error {
	if r.tier <= last || r.above >= r.tier {
		return errors.New("tiers stand in order, and build on lower ones")
	}
	for _, all := range r.passed {
		if len(all) == 0 {
			return errors.New("an empty alternative would always hold")
		}
		for _, c := range all {
			if !slices.Contains(verify.Checks(), c) {
				return fmt.Errorf("%.100q is no check", c)
			}
		}
	}
	if r.tier > TierUnverified && len(r.passed) == 0 && !r.acceptance {
		return errors.New("no condition: everybody would reach it")
	}
	g := r.grant
	if g.AccessTokenTTL < 1 || g.SessionTTL < g.AccessTokenTTL || g.ReauthenticateAfter < 0 {
		return errors.New("lifetimes are positive, and a session is no shorter than its access token")
	}
	if g.RefreshToken != RefreshNone && g.RefreshToken != RefreshRotate {
		return fmt.Errorf("refresh_token is %q, neither none nor rotate", g.RefreshToken)
	}
	if g.Consent != ConsentAlways && g.Consent != ConsentSession {
		return fmt.Errorf("consent is %q, neither always nor session", g.Consent)
	}
	return nil
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
