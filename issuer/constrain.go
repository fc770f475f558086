package issuer

import (
	"encoding/json"
	"slices"

	"github.com/fc28f635/countersign/metadata"
)

// The members that bind a client's access tokens to a key (RFC 9449, Section
// 5.2; RFC 8705, Section 3.4).
const (
	memberDPoP = "dpop_bound_access_tokens"
	memberMTLS = "tls_client_certificate_bound_access_tokens"
)

// member returns the member that asks for a constraint, empty for none.
func (c SenderConstraint) member() string {
	switch c {
	case ConstraintDPoP:
		return memberDPoP
	case ConstraintMTLS:
		return memberMTLS
	case ConstraintNone:
	}
	return ""
}

// constrain drops the redirect URIs of classes that the tier is not given, binds
// the client's access tokens to a key where the tier asks for it, and returns the
// reason where no redirect URI is left.
func (d *Decision) constrain(given tierGrant, c *metadata.Client) metadata.Reason {
	if len(given.Redirects) > 0 && len(c.RedirectURIs) > 0 {
		var dropped bool
		c.RedirectURIs, dropped = without(c.RedirectURIs, func(text string) bool {
			uri, err := metadata.ParseRedirectURI(text)
			return err != nil || !slices.Contains(given.Redirects, uri.Class().String())
		})
		if dropped {
			d.override("redirect_uris")
		}
		if len(c.RedirectURIs) == 0 && c.UsesRedirects() {
			return metadata.ReasonTierBelowMinimum
		}
	}
	member := given.SenderConstraint.member()
	if member == "" || string(c.More[member]) == "true" {
		return ""
	}
	if _, said := c.More[member]; said {
		d.override(member)
	}
	bound := c.Clone()
	if bound.More == nil {
		bound.More = map[string]json.RawMessage{}
	}
	bound.More[member] = json.RawMessage("true")
	*c = bound
	return ""
}
