package issuer

import (
	"slices"
	"strings"

	"github.com/fc28f635/countersign/metadata"
)

// narrow gives the decision its grant: what was asked for and stated, as far as
// the tier allows it. Everything that is cut is listed, members too that no
// registry knows: an authorization server or a consumer of the countersigned
// statement might take them for its own.
func (d *Decision) narrow(p *Policy, c metadata.Client) {
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
	var kept []string
	asked := c.Scopes()
	for _, scope := range asked {
		if slices.Contains(kept, scope) {
			continue
		}
		if why := given.cut(d.Grant, scope); why != "" {
			d.Grant.ScopesCut = append(d.Grant.ScopesCut, ScopeCut{Scope: scope, Why: why, Earn: p.earns(scope)})
			continue
		}
		kept = append(kept, scope)
	}
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

// offer drops the grant and response types that the deployment or the tier does
// not give, and the reason where none is left.
func (d *Decision) offer(p *Policy, c *metadata.Client) metadata.Reason {
	before := len(c.GrantTypes)
	c.GrantTypes = slices.DeleteFunc(slices.Clone(c.GrantTypes), func(g string) bool {
		switch g {
		case metadata.GrantRefreshToken:
			return d.Grant.RefreshToken == RefreshNone
		case metadata.GrantClientCredentials:
			return c.TokenEndpointAuthMethod == metadata.AuthNone || !slices.Contains(p.grantTypes, g)
		}
		return !slices.Contains(p.grantTypes, g)
	})
	if len(c.GrantTypes) < before {
		d.override("grant_types")
	}
	if !slices.ContainsFunc(c.GrantTypes, func(g string) bool { return g != metadata.GrantRefreshToken }) {
		return metadata.ReasonGrantForbidden
	}
	before = len(c.ResponseTypes)
	c.ResponseTypes = slices.DeleteFunc(slices.Clone(c.ResponseTypes), func(t string) bool {
		return !slices.Contains(p.responseTypes, t) || !c.UsesRedirects()
	})
	if len(c.ResponseTypes) < before {
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
	kept := slices.DeleteFunc(slices.Clone(c.GrantTypes), func(g string) bool { return !metadata.DeliveredByRedirect(g) })
	if len(kept) == len(c.GrantTypes) {
		return nil
	}
	c.GrantTypes = kept
	return []string{"grant_types"}
}

// cut says why a scope is not granted, and nothing where it is.
func (g Grant) cut(scope string) string {
	switch {
	case scope == scopeOpenID:
		return ""
	case scope == scopeOfflineAccess:
		if g.RefreshToken == RefreshNone {
			return "refresh"
		}
		return ""
	case !slices.Contains(g.Classes, ClassOf(scope)):
		return "class"
	case Sensitive(scope) && !g.Sensitive:
		return "sensitive"
	}
	return ""
}

// cut says why a scope is not granted by a tier that gives g, and nothing where
// it is.
func (t tierGrant) cut(g Grant, scope string) string {
	if why := g.cut(scope); why != "" || t.allows(scope) {
		return why
	}
	return "not_listed"
}

// earns returns the lowest tier that grants a scope, zero where none does.
func (p *Policy) earns(scope string) Tier {
	for _, r := range p.rules {
		g := Grant{Classes: r.grant.Classes, Sensitive: r.grant.Sensitive, RefreshToken: r.grant.RefreshToken}
		if r.grant.cut(g, scope) == "" {
			return r.tier
		}
	}
	return TierBlocked
}
