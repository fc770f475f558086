package issuer

import (
	"slices"
	"strings"

	"github.com/fc28f635/countersign/metadata"
)

// narrow gives the decision its grant: what was asked for and stated, as far as
// the tier and the resource allow it. Everything that is cut is listed, members
// too that no registry knows: an authorization server or a consumer of the
// countersigned statement might take them for its own.
func (d *Decision) narrow(p *Policy, c metadata.Client, in Input) {
	given := p.grantOf(d.Tier)
	d.Grant = Grant{Classes: given.Classes, Sensitive: given.Sensitive, AccessTokenTTL: given.AccessTokenTTL,
		RefreshToken: given.RefreshToken, SessionTTL: given.SessionTTL,
		ReauthenticateAfter: given.ReauthenticateAfter, Consent: given.Consent,
		Budgets: given.budgets, SenderConstraint: given.SenderConstraint.orEmpty()}
	if unregistered := c.Unregistered(); len(unregistered) > 0 {
		c, _ = c.Without(unregistered...)
		d.override(unregistered...)
	}
	if reason := d.offer(p, &c); reason != "" {
		*d = d.deny(reason)
		return
	}
	if reason := d.constrain(given, &c); reason != "" {
		*d = d.deny(reason)
		return
	}
	if !slices.Contains(c.GrantTypes, metadata.GrantRefreshToken) {
		d.Grant.RefreshToken = RefreshNone
	}
	asked := c.Scopes()
	kept := d.narrowScopes(p, asked, in)
	if len(asked) > 0 && len(kept) == 0 {
		cut := d.Grant.ScopesCut
		*d = d.deny(metadata.ReasonScopeEmpty)
		d.Grant.ScopesCut = cut
		return
	}
	c.Scope = strings.Join(kept, " ")
	d.Grant.Scope, d.Client = c.Scope, c
	if len(d.Grant.ScopesCut) > 0 || len(d.Overridden) > 0 {
		d.Narrowed = &Narrowing{Description: narrowedSentence}
	}
}

// narrowScopes returns what is left of the scopes that were asked for within what
// is stated, and lists in the grant what was cut, and what can be had later.
func (d *Decision) narrowScopes(p *Policy, asked []string, in Input) (kept []string) {
	v, c := p.vocabularies.of(in.Resource), p.ceilingOf(d.Tier)
	c.refresh = d.Grant.RefreshToken == RefreshRotate
	cut := func(scope string, why Cut, left []string) {
		one := ScopeCut{Scope: scope, Why: why, Instead: strings.Join(left, " ")}
		switch why {
		case CutNotStated:
		case CutClass:
			one.Class = v.class(scope)
			fallthrough
		default:
			one.Earn = p.earns(v, scope)
		}
		if !slices.ContainsFunc(d.Grant.ScopesCut, func(other ScopeCut) bool { return other.Scope == scope }) {
			d.Grant.ScopesCut = append(d.Grant.ScopesCut, one)
		}
	}
	kept = make([]string, 0, len(asked))
	keep := func(scope string) {
		if !slices.Contains(kept, scope) {
			kept = append(kept, scope)
		}
	}
	for _, scope := range asked {
		why := v.cut(scope, c)
		if why == "" {
			keep(scope)
			continue
		}
		left := v.narrow(scope, c)
		cut(scope, why, left)
		for _, part := range left {
			keep(part)
		}
	}
	for _, scope := range in.Claimed.Scopes() {
		if !slices.Contains(asked, scope) {
			cut(scope, CutNotStated, slices.DeleteFunc(slices.Clone(kept), func(part string) bool {
				return !p.scopeHierarchy(in.Resource).Includes(scope, part)
			}))
		}
	}
	if v != nil && v.foreign {
		d.Grant.Classes, d.Grant.Sensitive = nil, false
	}
	d.Grant.ScopesSupported = v.supported(kept, len(asked) > 0, c)
	d.Grant.Tools = v.tools(d.Grant.ScopesSupported)
	return kept
}

// offer drops the grant and response types that the deployment or the tier does
// not give, and the reason where none is left.
func (d *Decision) offer(p *Policy, c *metadata.Client) metadata.Reason {
	var dropped bool
	c.GrantTypes, dropped = without(c.GrantTypes, func(g string) bool {
		switch g {
		case metadata.GrantRefreshToken:
			return d.Grant.RefreshToken == RefreshNone
		case metadata.GrantClientCredentials:
			return d.Workflow != WorkflowConfidential || !slices.Contains(p.grantTypes, g) // RFC 6749, Section 4.4
		}
		return !slices.Contains(p.grantTypes, g)
	})
	if dropped {
		d.override("grant_types")
	}
	if !slices.ContainsFunc(c.GrantTypes, func(g string) bool { return g != metadata.GrantRefreshToken }) {
		return metadata.ReasonGrantForbidden
	}
	c.ResponseTypes, dropped = without(c.ResponseTypes, func(t string) bool {
		return !slices.Contains(p.responseTypes, t) || !c.UsesRedirects()
	})
	if dropped {
		d.override("response_types")
	}
	if c.UsesRedirects() && len(c.ResponseTypes) == 0 {
		return metadata.ReasonGrantForbidden
	}
	return ""
}

// override lists members that did not come through.
func (d *Decision) override(names ...string) {
	if len(names) == 0 {
		return
	}
	list := append(slices.Clone(d.Overridden), names...)
	slices.Sort(list)
	d.Overridden = slices.Compact(list)
}

// withoutOtherGrants drops the grants that are not delivered by redirect, and
// names the member where there were any.
func withoutOtherGrants(c *metadata.Client) []string {
	var dropped bool
	c.GrantTypes, dropped = without(c.GrantTypes, func(g string) bool { return !metadata.DeliveredByRedirect(g) })
	if !dropped {
		return nil
	}
	return []string{"grant_types"}
}

// without returns a member without the values that drop has, and whether there
// were any. The list that is given stays as it is: it is the verdict's.
func without(list []string, drop func(string) bool) (kept []string, dropped bool) {
	if !slices.ContainsFunc(list, drop) {
		return list, false
	}
	return slices.DeleteFunc(slices.Clone(list), drop), true
}

// earns returns the lowest tier that grants a scope, zero where none does.
func (p *Policy) earns(v *vocabulary, scope string) Tier {
	for _, t := range Tiers() {
		if t > TierBlocked && v.cut(scope, p.ceilingOf(t)) == "" {
			return t
		}
	}
	return TierBlocked
}
