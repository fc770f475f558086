package issuer

import (
	"fmt"
	"slices"

	"github.com/fc28f635/countersign/internal/condition"
	"github.com/fc28f635/countersign/metadata"
)

// doubts returns what a policy may do and is likely not to mean.
func (p *Policy) doubts() (list []string) {
	doubt := func(format string, args ...any) { list = append(list, fmt.Sprintf(format, args...)) }
	if _, ok := p.ruleOf(p.countersignFrom); !ok {
		doubt("countersign_from is %s, and the policy has no such tier", p.countersignFrom)
	}
	if _, ok := p.ruleOf(TierAccepted); !ok {
		doubt("without tier accepted an acceptance changes nothing")
	}
	if len(p.modes.resources) > 0 && p.modes.of("", p.vocabularies.concerned("", nil)) == ModeObserve {
		doubt("every resource is only observed, and so is a request that names none: what it asks for passes")
	}
	for _, r := range p.rules {
		if r.grant.Override != "" {
			if _, err := r.grant.excess(r.tier); err == nil {
				doubt("tier %s overrides nothing: take %q away", r.tier, "override")
			}
		}
		if r.when != nil {
			p.doubtCondition(doubt, "tier "+r.tier.String(), func(c *condition.Claims) error {
				_, err := r.when.Holds(language.All(), c)
				return err
			})
		}
		for _, pattern := range r.grant.Scopes {
			if !p.vocabularies.all.hasAnyOf(pattern) {
				doubt("tier %s lists scope %.100q, which no declared resource knows: nobody is granted it", r.tier, string(pattern))
			}
		}
		if r.grant.ReauthenticateAfter > 0 && !slices.Contains(r.grant.Classes, ClassDelete) {
			doubt("tier %s asks for re-authentication before delete, which it is not given", r.tier)
		}
	}
	for _, r := range p.denies {
		p.doubtCondition(doubt, "deny rule "+r.name, func(c *condition.Claims) error {
			_, err := r.when.Refuses(c)
			return err
		})
	}
	return list
}

// usual are the claims of two clients as there are many: a bare one on a user's
// machine, and one that says everything.
var usual = []condition.Claims{
	{ClientName: "x", AuthMethod: metadata.AuthNone, RedirectClasses: []string{"loopback"}, GrantTypes: []string{metadata.GrantAuthorizationCode}},
	{ClientName: "x", AuthMethod: metadata.AuthPrivateKeyJWT, Publisher: "acme.example", ClientID: "https://acme.example/client.json",
		SoftwareID: "x", AuthorizationServer: "https://as.example", Resource: "https://mcp.example",
		RedirectHosts: []string{"acme.example"}, RedirectClasses: []string{"https"}, Scopes: []string{"files:read"},
		GrantTypes: []string{metadata.GrantAuthorizationCode, metadata.GrantRefreshToken}},
}

// doubtCondition says of a condition that it fails for a client as there are many.
func (p *Policy) doubtCondition(doubt func(string, ...any), name string, fails func(*condition.Claims) error) {
	for i := range usual {
		if err := fails(&usual[i]); err != nil {
			doubt("the condition of %s fails for usual clients (%.100s): ask for the size of a list before an element of it", name, err)
			return
		}
	}
}
