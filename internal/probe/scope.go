package probe

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/fc28f635/countersign/internal/limits"
	"github.com/fc28f635/countersign/verify"
)

// inventedScope is one that no server has.
const inventedScope = "countersign-probe:everything"

// identityScopes only tell a client who the user is (OpenID Connect Core 1.0,
// Section 5.4), so that nothing is lost where a stranger chooses them.
var identityScopes = []string{"openid", "profile", "email", "address", "phone"}

// powerful returns those of the scopes that are more than identity.
func powerful(scopes []string) []string {
	return slices.DeleteFunc(slices.Clone(scopes), func(scope string) bool {
		return scope == "" || slices.Contains(identityScopes, scope)
	})
}

// scopeOf returns the scopes that a client was given.
func scopeOf(c *client) []string { return strings.Fields(text(c.members, "scope")) }

// lookChosenScope asks for a scope that nobody has, then for all that the server
// has.
func lookChosenScope(ctx context.Context, s *session) Finding {
	invented := s.ask(ctx, []string{inventedScope}, "an invented scope is registered")
	known := powerful(s.server.Scopes)
	if len(known) > limits.ProbeScopes {
		known = known[:limits.ProbeScopes]
	}
	if len(known) == 0 || invented.Status == verify.Failed {
		return invented
	}
	all := s.ask(ctx, known, "all scopes of the server are registered for a stranger")
	all.Evidence = append(invented.Evidence, all.Evidence...)
	if all.Status == verify.Passed && invented.Status == verify.Unavailable {
		all.Status, all.Detail = invented.Status, invented.Detail
	}
	return all
}

// ask registers with a scope. Having got every part of it is a hole.
func (s *session) ask(ctx context.Context, scope []string, hole string) Finding {
	sent := ordinary()
	sent["scope"] = strings.Join(scope, " ")
	a := s.register(ctx, s.bearer, sent)
	if a.registered == nil {
		return a.refusal("the scope")
	}
	got := scopeOf(a.registered)
	lacks := func(scope string) bool { return !slices.Contains(got, scope) }
	if slices.ContainsFunc(scope, lacks) {
		return passed(fmt.Sprintf("the server decides: it gave %q (%s)", strings.Join(got, " "), a.registered.proof), a.exchanges...).with(Ignored)
	}
	return failed(High, fmt.Sprintf("%s (%s)", hole, a.registered.proof), a.exchanges...).with(Stored)
}

// lookEmptyScope asks for no scope in so many words.
func lookEmptyScope(ctx context.Context, s *session) Finding {
	sent := ordinary()
	sent["scope"] = ""
	a := s.register(ctx, s.bearer, sent)
	if a.registered == nil {
		return a.refusal("an empty scope")
	}
	if got := powerful(scopeOf(a.registered)); len(got) > 0 {
		return failed(Medium, fmt.Sprintf("an empty scope becomes %q (%s)", strings.Join(got, " "), a.registered.proof), a.exchanges...).with(Believed)
	}
	return passed("an empty scope is not made more", a.exchanges...).with(Ignored)
}
