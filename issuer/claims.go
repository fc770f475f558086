package issuer

import (
	"slices"

	"github.com/fc28f635/countersign/internal/condition"
	"github.com/fc28f635/countersign/metadata"
)

// claims are claimsSeen where a condition of a tier reads any.
func (p *Policy) claims(c metadata.Client, in Input) *condition.Claims {
	for _, r := range p.rules {
		if r.seesClaims {
			return p.claimsSeen(c, in)
		}
	}
	return &noClaims
}

// noClaims are read by no condition, and never changed.
var noClaims condition.Claims

// claimsSeen are what conditions see of a client: what it says of itself, and what
// access is asked for: a resource as it is declared, however it was written.
func (p *Policy) claimsSeen(c metadata.Client, in Input) *condition.Claims {
	claims := &condition.Claims{Publisher: in.Verdict.Publisher.Domain(), ClientID: c.ClientID, ClientName: c.ClientName,
		SoftwareID: c.SoftwareID, AuthMethod: c.TokenEndpointAuthMethod, GrantTypes: c.GrantTypes, Scopes: c.Scopes(),
		AuthorizationServer: in.AuthorizationServer, Resource: p.vocabularies.resource(in.Resource)}
	if claims.AuthMethod == "" {
		claims.AuthMethod = metadata.AuthNone
	}
	if len(claims.GrantTypes) == 0 {
		claims.GrantTypes = []string{metadata.GrantAuthorizationCode}
	}
	for _, text := range c.RedirectURIs {
		if host := redirectHost(text); host != "" && !slices.Contains(claims.RedirectHosts, host) {
			claims.RedirectHosts = append(claims.RedirectHosts, host)
		}
		uri, err := metadata.ParseRedirectURI(text)
		if err != nil {
			continue // it is refused for that
		}
		if class := uri.Class().String(); !slices.Contains(claims.RedirectClasses, class) {
			claims.RedirectClasses = append(claims.RedirectClasses, class)
		}
	}
	return claims
}
