package metadata

import (
	"encoding/json"
	"strings"

	"github.com/fc28f635/countersign/internal/strictjson"
)

// A memberKind is the JSON type of a registered member.
type memberKind uint8

const (
	kindText memberKind = iota
	kindTexts
	kindInteger
	kindBool
	kindObject
)

// A memberSpec is one row of the IANA "OAuth Dynamic Client Registration
// Metadata" registry.
type memberSpec struct {
	name string
	kind memberKind

	// field returns a pointer to the member's field, a *string, *[]string or
	// *json.RawMessage. Nil where the member is kept in Client.More.
	field func(*Client) any

	// authenticates marks members that say how the client proves itself: a
	// plain one that is not stated is refused.
	authenticates bool

	// secret marks members that neither a statement nor a document may have.
	secret bool

	// needed marks members that are malformed where they are empty.
	needed bool

	// url is what holds for a member whose value is an address.
	url urlRule
}

// registered is the registry in the order of writing.
var registered = []memberSpec{
	{name: "client_id", field: func(c *Client) any { return &c.ClientID }},
	{name: "client_name", field: func(c *Client) any { return &c.ClientName }},
	{name: "redirect_uris", kind: kindTexts, url: urlRule{urlOpened, formRedirect, costCapped}, field: func(c *Client) any { return &c.RedirectURIs }},
	{name: "grant_types", kind: kindTexts, field: func(c *Client) any { return &c.GrantTypes }},
	{name: "response_types", kind: kindTexts, field: func(c *Client) any { return &c.ResponseTypes }},
	{name: "scope", field: func(c *Client) any { return &c.Scope }},
	{name: "application_type", field: func(c *Client) any { return &c.ApplicationType }},
	{name: "token_endpoint_auth_method", authenticates: true,
		field: func(c *Client) any { return &c.TokenEndpointAuthMethod }},
	{name: "token_endpoint_auth_methods_supported", kind: kindTexts, authenticates: true,
		field: func(c *Client) any { return &c.TokenEndpointAuthMethodsSupported }},
	{name: "token_endpoint_auth_signing_alg", authenticates: true,
		field: func(c *Client) any { return &c.TokenEndpointAuthSigningAlg }},
	{name: "jwks", kind: kindObject, authenticates: true, field: func(c *Client) any { return &c.JWKS }},
	{name: "jwks_uri", authenticates: true, url: urlRule{urlFetched, formDocument, costRefused}, field: func(c *Client) any { return &c.JWKSURI }},
	{name: "client_uri", url: urlRule{urlShown, formWeb, costDropped}, field: func(c *Client) any { return &c.ClientURI }},
	{name: "logo_uri", url: urlRule{urlShown, formWeb, costDropped}, field: func(c *Client) any { return &c.LogoURI }},
	{name: "tos_uri", url: urlRule{urlShown, formWeb, costDropped}, field: func(c *Client) any { return &c.TOSURI }},
	{name: "policy_uri", url: urlRule{urlShown, formWeb, costDropped}, field: func(c *Client) any { return &c.PolicyURI }},
	{name: "contacts", kind: kindTexts, field: func(c *Client) any { return &c.Contacts }},
	{name: "software_id", authenticates: true, field: func(c *Client) any { return &c.SoftwareID }},
	{name: "software_version", field: func(c *Client) any { return &c.SoftwareVersion }},
	{name: "software_statement", needed: true, field: func(c *Client) any { return &c.SoftwareStatement }},

	// RFC 7591 and RFC 7592: the server's to give.
	{name: "client_secret", secret: true},
	{name: "client_secret_expires_at", kind: kindInteger, secret: true},
	{name: "client_id_issued_at", kind: kindInteger},
	{name: "registration_access_token", secret: true},
	{name: "registration_client_uri", url: urlRule{use: urlGiven}},

	// RFC 8705. Those of tls_client_auth_ authenticate by their name.
	{name: "tls_client_auth_subject_dn"},
	{name: "tls_client_auth_san_dns"},
	{name: "tls_client_auth_san_uri", url: urlRule{use: urlCompared}},
	{name: "tls_client_auth_san_ip"},
	{name: "tls_client_auth_san_email"},
	{name: "tls_client_certificate_bound_access_tokens", kind: kindBool},
	{name: "use_mtls_endpoint_aliases", kind: kindBool},

	// OpenID Connect Dynamic Client Registration 1.0 and the logout specifications.
	{name: "sector_identifier_uri", url: urlRule{urlFetched, formWeb, costDropped}},
	{name: "subject_type"},
	{name: "id_token_signed_response_alg"},
	{name: "id_token_encrypted_response_alg"},
	{name: "id_token_encrypted_response_enc"},
	{name: "userinfo_signed_response_alg"},
	{name: "userinfo_encrypted_response_alg"},
	{name: "userinfo_encrypted_response_enc"},
	{name: "request_object_signing_alg"},
	{name: "request_object_encryption_alg"},
	{name: "request_object_encryption_enc"},
	{name: "default_max_age", kind: kindInteger},
	{name: "require_auth_time", kind: kindBool},
	{name: "default_acr_values", kind: kindTexts},
	{name: "initiate_login_uri", url: urlRule{urlOpened, formWeb, costDropped}},
	{name: "request_uris", kind: kindTexts, url: urlRule{urlFetched, formWeb, costDropped}},
	{name: "post_logout_redirect_uris", kind: kindTexts, url: urlRule{urlOpened, formRedirect, costDropped}},
	{name: "frontchannel_logout_uri", url: urlRule{urlOpened, formWeb, costDropped}},
	{name: "frontchannel_logout_session_required", kind: kindBool},
	{name: "backchannel_logout_uri", url: urlRule{urlFetched, formWeb, costDropped}},
	{name: "backchannel_logout_session_required", kind: kindBool},
	{name: "id_token_signed_response_alg_values_supported", kind: kindTexts},

	// CIBA, JARM, PAR, JAR, RAR, DPoP, introspection responses, UMA.
	{name: "backchannel_token_delivery_mode"},
	{name: "backchannel_client_notification_endpoint", url: urlRule{urlFetched, formWeb, costDropped}},
	{name: "backchannel_authentication_request_signing_alg"},
	{name: "backchannel_user_code_parameter", kind: kindBool},
	{name: "authorization_signed_response_alg"},
	{name: "authorization_encrypted_response_alg"},
	{name: "authorization_encrypted_response_enc"},
	{name: "require_pushed_authorization_requests", kind: kindBool},
	{name: "require_signed_request_object", kind: kindBool},
	{name: "authorization_details_types", kind: kindTexts},
	{name: "dpop_bound_access_tokens", kind: kindBool},
	{name: "introspection_signed_response_alg"},
	{name: "introspection_encrypted_response_alg"},
	{name: "introspection_encrypted_response_enc"},
	{name: "claims_redirect_uris", kind: kindTexts, url: urlRule{urlOpened, formRedirect, costDropped}},
	{name: "response_modes", kind: kindTexts},

	// OpenID Federation 1.0.
	{name: "client_registration_types", kind: kindTexts},
	{name: "organization_name"},
	{name: "display_name"},
	{name: "description"},
	{name: "information_uri", url: urlRule{urlShown, formWeb, costDropped}},
	{name: "organization_uri", url: urlRule{urlShown, formWeb, costDropped}},
	{name: "signed_jwks_uri", authenticates: true, url: urlRule{urlFetched, formDocument, costRefused}},
}

var registry = func() map[string]*memberSpec {
	m := make(map[string]*memberSpec, len(registered))
	for i := range registered {
		m[registered[i].name] = &registered[i]
	}
	return m
}()

// localizable are the members that may have variants with a language tag
// (RFC 7591, Section 2.2).
var localizable = map[string]bool{
	"client_name": true, "client_uri": true, "logo_uri": true, "tos_uri": true,
	"policy_uri": true, "organization_name": true, "display_name": true, "description": true,
}

// authenticates reports whether a member says how the client proves itself.
func authenticates(name string) bool {
	spec, ok := registry[name]
	return ok && spec.authenticates || strings.HasPrefix(name, "tls_client_auth_")
}

func (k memberKind) matches(v json.RawMessage) bool {
	var ok bool
	switch k {
	case kindText:
		ok = strictjson.IsText(v)
	case kindTexts:
		_, ok = strictjson.Texts(v)
	case kindInteger:
		_, ok = strictjson.Integer(v)
	case kindBool:
		_, ok = strictjson.Bool(v)
	case kindObject:
		ok = strictjson.IsObject(v)
	}
	return ok
}

// set parses m into the member's field and reports whether its type fits.
func (s *memberSpec) set(c *Client, m strictjson.Member) (ok bool) {
	switch field := s.field(c).(type) {
	case *string:
		*field, ok = m.Text()
	case *[]string:
		if *field, ok = m.Texts(); len(*field) == 0 {
			*field = nil
		}
	case *json.RawMessage:
		*field, ok = m.Value, s.kind.matches(m.Value)
	}
	return ok
}

// clear makes the member absent.
func (s *memberSpec) clear(c *Client) {
	switch field := s.field(c).(type) {
	case *string:
		*field = ""
	case *[]string:
		*field = nil
	case *json.RawMessage:
		*field = nil
	}
}

// isSet reports whether the member's field is set.
func (s *memberSpec) isSet(c *Client) bool {
	switch field := s.field(c).(type) {
	case *string:
		return *field != ""
	case *[]string:
		return len(*field) > 0
	case *json.RawMessage:
		return len(*field) > 0
	}
	return false
}

// get returns the member's field as JSON, and whether it is set.
func (s *memberSpec) get(c *Client) (json.RawMessage, bool) {
	switch field := s.field(c).(type) {
	case *string:
		if *field == "" {
			return nil, false
		}
		return quoteText(*field), true
	case *[]string:
		if len(*field) == 0 {
			return nil, false
		}
		list := append(make(json.RawMessage, 0, 128), '[')
		for i, text := range *field {
			if i > 0 {
				list = append(list, ',')
			}
			list = appendText(list, text)
		}
		return append(list, ']'), true
	case *json.RawMessage:
		return *field, len(*field) > 0
	}
	return nil, false
}

// quoteText writes a text as JSON; invalid UTF-8, which no parser of ours lets
// in, is replaced.
func quoteText(s string) json.RawMessage {
	return appendText(make([]byte, 0, len(s)+2), s) // nothing needs escaping, as a rule
}

func appendText(to []byte, s string) []byte {
	q, _ := strictjson.AppendQuote(to, strings.ToValidUTF8(s, "�")) // of which it writes all
	return q
}
