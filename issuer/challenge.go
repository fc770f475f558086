package issuer

import (
	"slices"

	"github.com/fc28f635/countersign/metadata"
)

// Challenge says how a resource server answers a request that needs scopes which
// the client's token, of scope held, does not have. With ok it answers 403 with
// error insufficient_scope and the scope that is returned (RFC 6750, Section 3.1):
// what the client has and what it needs, so that one step-up earns it. Without ok
// no step-up can: the answer is 403 without insufficient_scope, and a client
// that heeds the challenge alone does not come again for the same.
func (g Grant) Challenge(held, needed []string) (scope []string, ok bool) {
	for _, s := range needed {
		if !g.canHave(s) {
			return nil, false
		}
	}
	for _, s := range slices.Concat(held, needed) {
		if !slices.Contains(scope, s) {
			scope = append(scope, s)
		}
	}
	return scope, true
}

// canHave reports whether the client can have a scope by asking for it. Without
// declared resources that is what was granted, or where nothing was asked for
// what the classes allow.
func (g Grant) canHave(scope string) bool {
	switch {
	case g.ScopesSupported != nil:
		return slices.Contains(g.ScopesSupported, scope)
	case g.Scope != "":
		return slices.Contains(metadata.Client{Scope: g.Scope}.Scopes(), scope)
	}
	c := ceiling{classes: g.Classes, sensitive: g.Sensitive, refresh: g.RefreshToken == RefreshRotate}
	return (*vocabulary)(nil).cut(scope, c) == ""
}
