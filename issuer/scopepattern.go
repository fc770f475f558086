package issuer

import (
	"fmt"
	"strings"

	"github.com/fc28f635/countersign/metadata"
)

// A scopePattern is a scope, or with ".*" or ":*" at its end all scopes that
// begin with what is before the star.
type scopePattern string

// UnmarshalText implements encoding.TextUnmarshaler.
func (p *scopePattern) UnmarshalText(text []byte) error {
	s := string(text)
	prefix, star := strings.CutSuffix(s, "*")
	if star {
		trimmed := strings.TrimRight(prefix, ".:")
		if trimmed == "" || len(prefix)-len(trimmed) != 1 {
			return fmt.Errorf("%.100q would be every scope, or part of a word: write a scope, or PREFIX.* or PREFIX:*", s)
		}
	}
	if !metadata.IsScopeToken(prefix) || strings.Contains(prefix, "*") {
		return fmt.Errorf("%.100q is no scope (RFC 6749, Section 3.3)", s)
	}
	*p = scopePattern(s)
	return nil
}

// prefix returns what the scopes begin with where it is a pattern.
func (p scopePattern) prefix() (string, bool) { return strings.CutSuffix(string(p), "*") }

// covers reports whether all scopes of another pattern are among those of p.
func (p scopePattern) covers(other scopePattern) bool {
	prefix, ok := p.prefix()
	if !ok {
		return p == other
	}
	narrower, _ := other.prefix()
	return strings.HasPrefix(narrower, prefix) && (len(narrower) > len(prefix) || p == other)
}

// hasAnyOf reports whether a scope of the vocabulary is among those of a pattern. One
// of a policy that declares no resource knows every scope.
func (v *vocabulary) hasAnyOf(p scopePattern) bool {
	if v == nil || p == scopeOpenID || p == scopeOfflineAccess {
		return true
	}
	for scope := range v.behind {
		if p.covers(scopePattern(scope)) {
			return true
		}
	}
	return false
}

// allows reports whether a scope is on the list of a tier. One without list
// allows all; openid and offline_access are in no list.
func (g tierGrant) allows(scope string) bool {
	if len(g.Scopes) == 0 || scope == scopeOpenID || scope == scopeOfflineAccess {
		return true
	}
	for _, p := range g.Scopes {
		if p.covers(scopePattern(scope)) && !strings.HasSuffix(scope, "*") || string(p) == scope {
			return true
		}
	}
	return false
}
