package metadata

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/fc28f635/countersign/internal/limits"
	"github.com/fc28f635/countersign/internal/strictjson"
)

// A Client is client metadata: what RFC 7591, Section 2 and the OpenID Connect
// registrations after it let a client say of itself. An empty field is an
// absent member. The members that no rule of ours reads, registered or unknown,
// and each variant with a language tag (RFC 7591, Section 2.2), are kept in
// More as they were written.
type Client struct {
	ClientID      string
	ClientName    string
	RedirectURIs  []string
	GrantTypes    []string
	ResponseTypes []string

	// Scope is a list with single spaces (RFC 6749, Section 3.3).
	Scope string

	// ApplicationType is "native", "web", or empty: see [Client.Native].
	ApplicationType string

	TokenEndpointAuthMethod           string
	TokenEndpointAuthMethodsSupported []string
	TokenEndpointAuthSigningAlg       string

	JWKS    json.RawMessage // a JWK set; at most one of JWKS and JWKSURI
	JWKSURI string

	ClientURI string
	LogoURI   string
	TOSURI    string
	PolicyURI string
	Contacts  []string

	SoftwareID        string
	SoftwareVersion   string
	SoftwareStatement string

	More map[string]json.RawMessage
}

// Grant types, response types and authentication methods that rules name.
const (
	GrantAuthorizationCode = "authorization_code"
	GrantRefreshToken      = "refresh_token"
	GrantClientCredentials = "client_credentials"
	GrantDeviceCode        = "urn:ietf:params:oauth:grant-type:device_code"

	ResponseCode = "code"

	AuthNone          = "none"
	AuthPrivateKeyJWT = "private_key_jwt"
)

// ParseClient parses the members of a registration request (RFC 7591, Section
// 3.1). The error is a [Defects]: [ReasonRequestNotJSON] where data is not one
// strict JSON object, [ReasonStatementNotAString], [ReasonRedirectURIMalformed]
// or [ReasonMetadataMalformed] for members of the wrong type. Empty values of
// scope, grant_types and redirect_uris count as absent. ParseClient judges
// types only: see [Client.Check] for the rules.
func ParseClient(data []byte) (Client, error) {
	members, err := strictjson.ParseObject(data, limits.JSONDepth)
	if err != nil {
		return Client{}, Defects{{Reason: ReasonRequestNotJSON, Detail: err.Error()}}
	}
	c, wrong := clientFrom(members)
	var defects Defects
	for _, name := range wrong {
		defects.add(wrongTypeReason(name), name, "wrong type")
	}
	if err := defects.orNil(); err != nil {
		return Client{}, err
	}
	return c, nil
}

func wrongTypeReason(name string) Reason {
	switch name {
	case "software_statement":
		return ReasonStatementNotAString
	case "redirect_uris":
		return ReasonRedirectURIMalformed
	}
	return ReasonMetadataMalformed
}

// clientFrom fills a Client from parsed members and returns the names of those
// whose type is wrong.
func clientFrom(members []strictjson.Member) (c Client, wrong []string) {
	for _, m := range members {
		spec, registered := registry[m.Name]
		switch {
		case !registered:
			base, _, _ := strings.Cut(m.Name, "#")
			if localizable[base] && !strictjson.IsText(m.Value) {
				wrong = append(wrong, m.Name)
			}
			c.keep(m)
		case spec.field == nil:
			if !spec.kind.matches(m.Value) {
				wrong = append(wrong, m.Name)
			}
			c.keep(m)
		default:
			if !spec.set(&c, m) || spec.needed && string(m.Value) == `""` {
				wrong = append(wrong, m.Name)
			}
		}
	}
	return c, wrong
}

func (c *Client) keep(m strictjson.Member) {
	if c.More == nil {
		c.More = make(map[string]json.RawMessage)
	}
	c.More[m.Name] = m.Value
}

// UnmarshalJSON is [ParseClient].
func (c *Client) UnmarshalJSON(data []byte) error {
	parsed, err := ParseClient(bytes.Clone(data))
	if err != nil {
		return err
	}
	*c = parsed
	return nil
}

// MarshalJSON writes the members that are set: those with fields in the order
// of RFC 7591, the others after them in the order of their names.
func (c Client) MarshalJSON() ([]byte, error) {
	w := startObject()
	c.write(&w)
	return w.finish()
}

func (c *Client) write(w *objectWriter) {
	for _, spec := range registered {
		if spec.field == nil {
			continue
		}
		if value, ok := spec.get(c); ok {
			w.member(spec.name, value)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(c.More)) {
		w.member(name, c.More[name])
	}
}

// member returns the value of one member as JSON, and whether it is set.
func (c *Client) member(name string) (json.RawMessage, bool) {
	if spec, ok := registry[name]; ok && spec.field != nil {
		return spec.get(c)
	}
	value, ok := c.More[name]
	return value, ok
}

// setMember sets one member to a value of the right type.
func (c *Client) setMember(name string, value json.RawMessage) {
	m := strictjson.Member{Name: name, Value: value}
	if spec, ok := registry[name]; ok && spec.field != nil {
		spec.set(c, m)
		return
	}
	c.keep(m)
}

// names returns the names of the members that are set, in order of writing.
func (c *Client) names() []string {
	names := make([]string, 0, 32)
	for i := range registered {
		if spec := &registered[i]; spec.field != nil && spec.isSet(c) {
			names = append(names, spec.name)
		}
	}
	return append(names, slices.Sorted(maps.Keys(c.More))...)
}

// variants returns the names of the members that are variants with a language
// tag of one of those named (RFC 7591, Section 2.2), sorted.
func (c *Client) variants(of map[string]bool) []string {
	var names []string
	for name := range c.More {
		if base, _, ok := strings.Cut(name, "#"); ok && of[base] {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// Clone returns a copy that shares nothing with c.
func (c Client) Clone() Client {
	for _, list := range []*[]string{&c.RedirectURIs, &c.GrantTypes, &c.ResponseTypes,
		&c.TokenEndpointAuthMethodsSupported, &c.Contacts} {
		*list = slices.Clone(*list)
	}
	c.JWKS = bytes.Clone(c.JWKS)
	if c.More != nil {
		more := make(map[string]json.RawMessage, len(c.More))
		for name, value := range c.More {
			more[name] = bytes.Clone(value)
		}
		c.More = more
	}
	return c
}

// WithDefaults returns c with the defaults of the formats in place of absent
// members: the authorization code grant, response type code (where a redirect
// grant is used), and no client authentication. Where only the plural
// token_endpoint_auth_methods_supported is given, private_key_jwt is chosen if
// it is listed.
func (c Client) WithDefaults() Client {
	if len(c.GrantTypes) == 0 {
		c.GrantTypes = []string{GrantAuthorizationCode}
	}
	if len(c.ResponseTypes) == 0 && slices.Contains(c.GrantTypes, GrantAuthorizationCode) {
		c.ResponseTypes = []string{ResponseCode}
	}
	c.TokenEndpointAuthMethod = c.authMethod()
	return c
}

// authMethod is the authentication method in force: the singular member, else
// the strongest of the plural one, else none.
func (c Client) authMethod() string {
	switch {
	case c.TokenEndpointAuthMethod != "":
		return c.TokenEndpointAuthMethod
	case slices.Contains(c.TokenEndpointAuthMethodsSupported, AuthPrivateKeyJWT):
		return AuthPrivateKeyJWT
	}
	return AuthNone
}

// AuthenticatesByKey reports whether the client authenticates with a private
// key whose public part its metadata names.
func (c Client) AuthenticatesByKey() bool {
	return c.authMethod() == AuthPrivateKeyJWT && (c.JWKSURI != "" || len(c.JWKS) > 0)
}

// UsesRedirects reports whether any grant of the client is delivered to a
// redirect URI.
func (c Client) UsesRedirects() bool {
	return len(c.GrantTypes) == 0 || slices.ContainsFunc(c.GrantTypes, func(g string) bool {
		return g == GrantAuthorizationCode || g == "implicit"
	})
}

// Native reports whether the client counts as a native application: as
// application_type says, and where it says nothing, if any redirect URI is
// loopback or neither http nor https.
func (c Client) Native() bool {
	if c.ApplicationType != "" {
		return c.ApplicationType == "native"
	}
	return slices.ContainsFunc(c.RedirectURIs, func(s string) bool {
		r, err := ParseRedirectURI(s)
		return err == nil && r.Class() != RedirectHTTPS
	})
}

// Scopes returns the tokens of Scope in order, nil where it is empty. Only the
// space divides tokens: whatever else looks like white space is part of one.
func (c Client) Scopes() []string {
	return strings.FieldsFunc(c.Scope, func(r rune) bool { return r == ' ' })
}

var errBadObject = errors.New("writing JSON: a member holds no JSON value")

// An objectWriter writes one JSON object member by member.
type objectWriter struct {
	buf []byte
	err error
}

// startObject returns a writer with room for an object of ordinary size.
func startObject() objectWriter { return objectWriter{buf: make([]byte, 0, 1024)} }

func (w *objectWriter) member(name string, value json.RawMessage) {
	if len(value) == 0 {
		w.err = errBadObject
		return
	}
	separator := byte(',')
	if len(w.buf) == 0 {
		separator = '{'
	}
	buf, err := strictjson.AppendQuote(append(w.buf, separator), name)
	if err != nil {
		w.err = err
		return
	}
	w.buf = append(append(buf, ':'), value...)
}

func (w *objectWriter) finish() ([]byte, error) {
	if len(w.buf) == 0 {
		w.buf = append(w.buf, '{')
	}
	return append(w.buf, '}'), w.err
}
