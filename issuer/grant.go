package issuer

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// A Class says what a tool, or the scope that allows it, can do. Classes are
// ordered by harm. The zero Class is read.
type Class uint8

// The classes of tools.
const (
	ClassRead Class = iota
	ClassModify
	ClassDelete
	ClassAdmin
)

var classNames = [...]string{"read", "modify", "delete", "admin"}

// String returns the name of the class in the formats.
func (c Class) String() string {
	if int(c) >= len(classNames) {
		return "Class(" + strconv.Itoa(int(c)) + ")"
	}
	return classNames[c]
}

// MarshalText implements encoding.TextMarshaler.
func (c Class) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (c *Class) UnmarshalText(text []byte) error {
	i := slices.Index(classNames[:], string(text))
	if i < 0 {
		return fmt.Errorf("%.100q is no class", text)
	}
	*c = Class(i)
	return nil
}

// Scopes that are in no class: openid is always allowed, and offline_access is
// granted exactly where the grant has refresh tokens.
const (
	scopeOpenID        = "openid"
	scopeOfflineAccess = "offline_access"
)

// lastSegments gives the class of a scope by its last segment. Everything else
// is delete: what is not known to be harmless is not.
var lastSegments = map[string]Class{
	"read": ClassRead, "list": ClassRead, "get": ClassRead, "search": ClassRead,
	"write": ClassModify, "create": ClassModify, "update": ClassModify, "send": ClassModify,
}

// ClassOf classes a scope by its last segment after a colon or dot. It is used
// until resources are declared.
func ClassOf(scope string) Class {
	last := scope[strings.LastIndexAny(scope, ":.")+1:]
	if class, ok := lastSegments[strings.ToLower(last)]; ok {
		return class
	}
	return ClassDelete
}

// sensitiveWords mark scopes that return credentials, or personal or customer
// data.
var sensitiveWords = []string{"mail", "message", "secret", "key", "token", "user", "customer", "payment"}

// Sensitive reports whether a scope names what must not leak. It is used until
// resources are declared.
func Sensitive(scope string) bool {
	lower := strings.ToLower(scope)
	return slices.ContainsFunc(sensitiveWords, func(word string) bool { return strings.Contains(lower, word) })
}

// A Refresh says whether a client gets refresh tokens. The zero Refresh is none.
type Refresh string

// What a grant can say of refresh tokens.
const (
	RefreshNone   Refresh = "none"
	RefreshRotate Refresh = "rotate"
)

// A Grant is what a decision permits, as a ceiling: the user's own rights still
// apply. Times are seconds. The zero Grant permits nothing.
type Grant struct {
	// Scope is what was asked for as far as the tier allows it, written out.
	// Empty where nothing was asked for and nothing is stated; ScopesSupported,
	// or else Classes, then bounds what may be granted later.
	Scope     string     `json:"scope"`
	ScopesCut []ScopeCut `json:"scopes_cut,omitempty"`

	Classes   []Class `json:"classes"`
	Sensitive bool    `json:"sensitive_reads"`

	// ScopesSupported are all scopes that the client can have at the decision's
	// resource, those that it was not granted at once among them: beyond them no
	// step-up earns anything. See [Grant.Challenge]. Nil where the policy declares
	// no resource.
	ScopesSupported []string `json:"scopes_supported,omitzero"`

	// Tools are the names of the tools behind ScopesSupported: what the client may
	// call of the decision's resource. Nil where the policy declares no resource,
	// or several and the request names none: Classes alone bounds it then.
	Tools []string `json:"tools,omitzero"`

	AccessTokenTTL int     `json:"access_token_ttl"`
	RefreshToken   Refresh `json:"refresh_token"`
	SessionTTL     int     `json:"session_ttl"`

	// ReauthenticateAfter is how old the user's last authentication may be for
	// a delete tool. Zero where no delete tool is permitted.
	ReauthenticateAfter int `json:"reauthenticate_after"`

	Consent Consent `json:"consent"`

	Budgets          Budgets          `json:"budgets,omitzero"`
	SenderConstraint SenderConstraint `json:"sender_constraint,omitempty"` // empty for none
}

// A Consent says how often the user is asked. The zero Consent is every time.
type Consent string

// How often the user is asked.
const (
	ConsentAlways  Consent = "always"
	ConsentSession Consent = "session"
)
