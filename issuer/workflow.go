package issuer

import (
	"slices"

	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/verify"
)

// A Workflow is how a client proves at the token endpoint that it is the one that
// a decision is about. The zero Workflow is none: the client was refused.
type Workflow string

// The workflows. They are not OAuth's client types (RFC 6749, Section 2.1) where
// those go by a secret: whoever registers is given one, and it says nothing of
// who that is.
const (
	// WorkflowPublic is a client that proves no key of its own.
	WorkflowPublic Workflow = "public"

	// WorkflowConfidential is a client that authenticates with private_key_jwt, by
	// a key that its publisher names, and redirects to https alone.
	WorkflowConfidential Workflow = "confidential"
)

// WorkflowOf returns the workflow of an effective client: confidential where it
// authenticates with private_key_jwt by a key that the statement holds or a
// covered jwks_uri serves, and every redirect URI is https; public for all else,
// a client with a secret among it.
func WorkflowOf(v *verify.Verdict, c metadata.Client) Workflow {
	if v == nil || v.Binding != metadata.BindingKey || c.TokenEndpointAuthMethod != metadata.AuthPrivateKeyJWT ||
		slices.ContainsFunc(c.RedirectURIs, func(uri string) bool {
			r, err := metadata.ParseRedirectURI(uri)
			return err != nil || r.Class() != metadata.RedirectHTTPS
		}) {
		return WorkflowPublic
	}
	return WorkflowConfidential
}

// claimsConfidential reports whether a client says that it authenticates.
func claimsConfidential(c metadata.Client) bool {
	return c.TokenEndpointAuthMethod != "" && c.TokenEndpointAuthMethod != metadata.AuthNone
}
