package issuer

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/fc28f635/countersign/internal/limits"
	"github.com/fc28f635/countersign/metadata"
)

// A tierGrant is what a policy gives a tier. Times are seconds.
type tierGrant struct {
	Classes             []Class          `yaml:"classes"`
	Sensitive           bool             `yaml:"sensitive_reads"`
	Scopes              []scopePattern   `yaml:"scopes"` // none is any
	Budgets             fileBudgets      `yaml:"budgets"`
	AccessTokenTTL      int              `yaml:"access_token_ttl"`
	RefreshToken        Refresh          `yaml:"refresh_token"`
	SessionTTL          int              `yaml:"session_ttl"`
	ReauthenticateAfter int              `yaml:"reauthenticate_after"`
	Consent             Consent          `yaml:"consent"`
	SenderConstraint    SenderConstraint `yaml:"sender_constraint"`
	Redirects           []string         `yaml:"redirects"` // classes of redirect URIs; none is any

	// Override is why the tier is given what it should not have.
	Override string `yaml:"override"`

	budgets Budgets
}

// A SenderConstraint says to what key access tokens are bound. The zero
// SenderConstraint is none.
type SenderConstraint string

// The sender constraints.
const (
	ConstraintNone SenderConstraint = "none"
	ConstraintDPoP SenderConstraint = "dpop" // RFC 9449
	ConstraintMTLS SenderConstraint = "mtls" // RFC 8705, Section 3
)

// orEmpty returns the empty constraint for none.
func (c SenderConstraint) orEmpty() SenderConstraint {
	if c == ConstraintNone {
		return ""
	}
	return c
}

// redirectClasses are the names of the classes of redirect URIs.
var redirectClasses = []string{metadata.RedirectHTTPS.String(), metadata.RedirectLoopback.String(), metadata.RedirectPrivate.String()}

// check returns what is wrong with a grant whatever its tier, and at which key.
func (g tierGrant) check() (at string, err error) {
	const day, shortest = int(24 * time.Hour / time.Second), int(limits.AccessTokenShortest / time.Second)
	switch {
	case g.AccessTokenTTL < shortest:
		return "access_token_ttl", fmt.Errorf("access_token_ttl is %d seconds at least: a client would do nothing but ask for the next token", shortest)
	case g.AccessTokenTTL > int(limits.AccessTokenLongest/time.Second):
		return "access_token_ttl", fmt.Errorf("an access token lives %d seconds at most: nobody can call it back before", int(limits.AccessTokenLongest/time.Second))
	case g.SessionTTL < g.AccessTokenTTL:
		return "session_ttl", errors.New("a session is no shorter than its access token")
	case g.SessionTTL > int(limits.SessionLongest/time.Second):
		return "session_ttl", fmt.Errorf("a session lasts %d days at most", int(limits.SessionLongest/time.Second)/day)
	case g.ReauthenticateAfter < 0 || g.ReauthenticateAfter > g.SessionTTL:
		return "reauthenticate_after", errors.New("reauthenticate_after is from 0 to session_ttl")
	case g.ReauthenticateAfter == 0 && slices.Contains(g.Classes, ClassDelete):
		return "reauthenticate_after", errors.New("delete needs a user who authenticated lately: say within how many seconds")
	case g.ReauthenticateAfter < shortest && slices.Contains(g.Classes, ClassDelete):
		return "reauthenticate_after", fmt.Errorf("reauthenticate_after is %d seconds at least: nobody would be in time", shortest)
	case g.RefreshToken != RefreshNone && g.RefreshToken != RefreshRotate:
		return "refresh_token", fmt.Errorf("refresh_token is %.100q, neither none nor rotate", g.RefreshToken)
	case g.Consent != ConsentAlways && g.Consent != ConsentSession:
		return "consent", fmt.Errorf("consent is %.100q, neither always nor session", g.Consent)
	case !slices.Contains([]SenderConstraint{"", ConstraintNone, ConstraintDPoP, ConstraintMTLS}, g.SenderConstraint):
		return "sender_constraint", fmt.Errorf("sender_constraint is %.100q, none of none, dpop and mtls", g.SenderConstraint)
	case g.Scopes != nil && len(g.Scopes) == 0:
		return "scopes", errors.New("an empty list, and without one a tier has any scope: name some, or take classes away for none")
	case g.Redirects != nil && len(g.Redirects) == 0:
		return "redirects", errors.New("an empty list, and without one a tier has any redirect URI: name some, or take the tier away")
	}
	if i := slices.Index(g.Classes, ClassAdmin); i >= 0 {
		return fmt.Sprintf("classes[%d]", i), errors.New("no tier is given admin: a person's own rights are")
	}
	if i := repeated(g.Classes); i >= 0 {
		return fmt.Sprintf("classes[%d]", i), fmt.Errorf("%s is there twice", g.Classes[i])
	}
	if g.Sensitive && !slices.Contains(g.Classes, ClassRead) {
		return "sensitive_reads", errors.New("sensitive reads without read: add read to classes")
	}
	if i := repeated(g.Redirects); i >= 0 {
		return fmt.Sprintf("redirects[%d]", i), fmt.Errorf("%.100q is there twice", g.Redirects[i])
	}
	for i, class := range g.Redirects {
		if !slices.Contains(redirectClasses, class) {
			return fmt.Sprintf("redirects[%d]", i), fmt.Errorf("%.100q is no class of redirect URIs: they are https, loopback and private_use", class)
		}
	}
	if i := repeated(g.Scopes); i >= 0 {
		return fmt.Sprintf("scopes[%d]", i), fmt.Errorf("%.100q is there twice", g.Scopes[i])
	}
	return g.Budgets.check(g.Classes)
}

// repeated returns the place of the first element that was there before, or -1.
func repeated[T cmp.Ordered](list []T) int {
	for i, element := range list {
		if slices.Contains(list[:i], element) {
			return i
		}
	}
	return -1
}

// excess returns what a grant has beyond the floor of its tier, and at which key:
// refresh tokens below domain, and what can hurt below accepted. An override
// records that the operator chose it.
func (g tierGrant) excess(t Tier) (at string, err error) {
	if t < TierDomain && g.RefreshToken == RefreshRotate {
		return "refresh_token", errors.New("nobody vouches for it: refresh tokens are from domain up")
	}
	if t >= TierAccepted {
		return "", nil
	}
	if g.Sensitive {
		return "sensitive_reads", errors.New("proof costs five dollars: sensitive reads are from accepted up")
	}
	for i, class := range g.Classes {
		if class > ClassRead {
			return fmt.Sprintf("classes[%d]", i), fmt.Errorf("proof costs five dollars: %s is from accepted up", class)
		}
	}
	return "", nil
}

// atLeast returns where a grant gives less than that of a lower tier, and at
// which key. The life of one access token is no such thing: a shorter one comes
// with refresh.
func (g tierGrant) atLeast(lower tierGrant) (at string, err error) {
	for _, class := range lower.Classes {
		if !slices.Contains(g.Classes, class) {
			return "classes", fmt.Errorf("%s is missing", class)
		}
	}
	switch {
	case lower.Sensitive && !g.Sensitive:
		return "sensitive_reads", errors.New("sensitive reads are missing")
	case g.SessionTTL < lower.SessionTTL:
		return "session_ttl", fmt.Errorf("%d is less than %d", g.SessionTTL, lower.SessionTTL)
	case lower.RefreshToken == RefreshRotate && g.RefreshToken != RefreshRotate:
		return "refresh_token", errors.New("refresh tokens are missing")
	case !coversAll(g.Redirects, lower.Redirects, func(a, b string) bool { return a == b }):
		return "redirects", errors.New("a class of redirect URIs is missing")
	case !coversAll(g.Scopes, lower.Scopes, scopePattern.covers):
		return "scopes", errors.New("a scope is missing")
	}
	return g.budgets.atLeast(lower.budgets)
}

// coversAll reports whether each of the lower list is covered by one of the
// list, where an empty list is everything.
func coversAll[T any](list, lower []T, covers func(T, T) bool) bool {
	if len(list) == 0 || len(lower) == 0 {
		return len(list) == 0
	}
	return !slices.ContainsFunc(lower, func(l T) bool {
		return !slices.ContainsFunc(list, func(one T) bool { return covers(one, l) })
	})
}
