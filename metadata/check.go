package metadata

import (
	"fmt"
	"slices"
	"strings"

	"github.com/fc28f635/countersign/internal/limits"
)

// Check applies the rules that hold for every client, whoever vouches for it:
// form of redirect URIs, scope and names, and members that exclude each other.
// The error is a [Defects].
func (c Client) Check() error {
	var defects Defects
	c.checkRedirects(&defects)
	if len(c.RedirectURIs) <= limits.RedirectURIs {
		c.checkAddresses(&defects)
	}
	c.checkScope(&defects)
	c.checkGrants(&defects)
	c.checkKeys(&defects)
	c.checkNames(&defects)
	return defects.orNil()
}

func (c Client) checkRedirects(defects *Defects) {
	bad := func(detail string) { defects.add(ReasonRedirectURIMalformed, "redirect_uris", detail) }
	if len(c.RedirectURIs) > limits.RedirectURIs {
		bad("more than 16")
		return
	}
	if len(c.RedirectURIs) == 0 && c.UsesRedirects() {
		bad("required for a grant that is delivered by redirect")
	}
	if c.ApplicationType == "web" {
		for _, s := range c.RedirectURIs {
			if r, err := ParseRedirectURI(s); err == nil && r.Class() == RedirectLoopback {
				bad(quote(s) + ": application_type is web, and the URI is loopback")
			}
		}
	}
	if c.ApplicationType != "" && c.ApplicationType != "web" && c.ApplicationType != "native" {
		defects.add(ReasonMetadataMalformed, "application_type", quote(c.ApplicationType)+" is neither native nor web")
	}
}

// checkScope applies RFC 6749, Section 3.3: tokens of %x21 / %x23-5B / %x5D-7E
// with single spaces between them.
func (c Client) checkScope(defects *Defects) {
	if c.Scope == "" {
		return
	}
	const mostTokens = 256
	if strings.Count(c.Scope, " ") >= mostTokens {
		defects.add(ReasonScopeMalformed, "scope", "more than 256 tokens")
		return
	}
	for token := range strings.SplitSeq(c.Scope, " ") {
		if !IsScopeToken(token) {
			defects.add(ReasonScopeMalformed, "scope", quote(token)+" is no scope token")
			return
		}
	}
}

// IsScopeToken reports whether a text is one scope: %x21 / %x23-5B / %x5D-7E
// (RFC 6749, Section 3.3).
func IsScopeToken(text string) bool {
	return text != "" && !strings.ContainsFunc(text, func(r rune) bool {
		return r < 0x21 || r > 0x7e || r == '"' || r == '\\'
	})
}

func (c Client) checkGrants(defects *Defects) {
	for _, r := range c.ResponseTypes {
		if strings.Contains(" "+r+" ", " code ") && !c.UsesRedirects() {
			defects.add(ReasonGrantForbidden, "response_types", "code needs the authorization_code grant")
			return
		}
	}
}

func (c Client) checkKeys(defects *Defects) {
	switch {
	case len(c.JWKS) > 0 && c.JWKSURI != "":
		defects.add(ReasonMetadataConflict, "jwks", "jwks and jwks_uri exclude each other (RFC 7591, Section 2)")
	case c.TokenEndpointAuthMethod == AuthPrivateKeyJWT && !c.AuthenticatesByKey():
		defects.add(ReasonMetadataConflict, "token_endpoint_auth_method", "private_key_jwt needs jwks or jwks_uri")
	}
	if alg := c.TokenEndpointAuthSigningAlg; c.authMethod() == AuthPrivateKeyJWT && (strings.EqualFold(alg, "none") || strings.HasPrefix(strings.ToUpper(alg), "HS")) {
		defects.add(ReasonMetadataConflict, "token_endpoint_auth_signing_alg", "private_key_jwt is signed with a private key")
	}
	if HoldsSecretKey(c.JWKS) {
		defects.add(ReasonMetadataMalformed, "jwks", "a private or symmetric key")
	}
}

func (c Client) checkNames(defects *Defects) {
	const mostVariants = 16
	names := c.DisplayNames()
	for _, name := range names {
		if err := CheckName(name); err != nil {
			defects.add(ReasonNameUnprintable, "client_name", err.Error())
		}
	}
	if len(names) > 1+mostVariants {
		defects.add(ReasonMetadataMalformed, "client_name", fmt.Sprintf("more than %d names and language variants", mostVariants))
	}
	if len(c.Contacts) > mostVariants || slices.ContainsFunc(c.Contacts, func(s string) bool { return CheckName(s) != nil }) {
		defects.add(ReasonMetadataMalformed, "contacts", "too many, or with characters that cannot be shown")
	}
}
