package metadata

import (
	"slices"
	"strings"

	"github.com/fc28f635/countersign/internal/limits"
	"github.com/fc28f635/countersign/internal/strictjson"
)

// A Document is a Client ID Metadata Document (draft-ietf-oauth-client-id-
// metadata-document-02, Section 4).
type Document struct {
	ID     ClientID
	Client Client // the plain members, software_statement among them
}

// ParseDocument parses what the URL id serves. The error is a [Defects]:
// [ReasonDocumentMalformed], [ReasonClientIDMismatch], [ReasonSecretInDocument],
// [ReasonAuthMethodForbidden], [ReasonStatementNotAString],
// [ReasonStatementTooLarge], [ReasonGrantForbidden]. The rules that hold for
// every client are [Client.Check]'s, and the bound on bytes is the fetcher's to
// hold.
func ParseDocument(data []byte, id ClientID) (Document, error) {
	members, err := strictjson.ParseObject(data, limits.JSONDepth)
	if err != nil {
		return Document{}, Defects{{Reason: ReasonDocumentMalformed, Detail: err.Error()}}
	}
	c, wrong := clientFrom(members)
	var defects Defects
	for _, name := range wrong {
		if registry[name] != nil && registry[name].secret {
			continue // forbidden whatever its type
		}
		reason := ReasonDocumentMalformed
		if name == "software_statement" {
			reason = ReasonStatementNotAString
		}
		defects.add(reason, name, "wrong type")
	}
	checkDocument(c, id, wrong, &defects)
	if err := defects.orNil(); err != nil {
		return Document{}, err
	}
	return Document{ID: id, Client: c}, nil
}

func checkDocument(c Client, id ClientID, wrong []string, defects *Defects) {
	missing := func(name string, absent bool) {
		if absent && !slices.Contains(wrong, name) {
			defects.add(ReasonDocumentMalformed, name, "required")
		}
	}
	missing("client_id", c.ClientID == "")
	if c.ClientID != "" && c.ClientID != id.String() {
		defects.add(ReasonClientIDMismatch, "client_id", "is "+quote(c.ClientID)+", and the document is at "+quote(id.String()))
	}
	missing("client_name", c.ClientName == "")
	missing("redirect_uris", c.UsesRedirects() && len(c.RedirectURIs) == 0)
	for _, spec := range registered {
		if _, has := c.More[spec.name]; has && spec.secret {
			defects.add(ReasonSecretInDocument, spec.name, "a metadata document is public")
		}
	}
	if HoldsSecretKey(c.JWKS) {
		defects.add(ReasonSecretInDocument, "jwks", "a private or symmetric key")
	}
	if sharedSecretMethod(c.TokenEndpointAuthMethod) {
		defects.add(ReasonAuthMethodForbidden, "token_endpoint_auth_method", "a metadata document cannot share a secret")
	}
	if slices.Contains(c.GrantTypes, GrantClientCredentials) && c.authMethod() == AuthNone {
		defects.add(ReasonGrantForbidden, "grant_types", "client_credentials needs a client that authenticates (RFC 6749, Section 4.4)")
	}
	if len(c.SoftwareStatement) > limits.StatementInDocumentBytes {
		defects.add(ReasonStatementTooLarge, "software_statement", "longer than 3072 bytes in a metadata document")
	}
}

// sharedSecretMethod reports whether a client authentication method rests on a
// secret that client and server share.
func sharedSecretMethod(method string) bool {
	return strings.HasPrefix(method, "client_secret")
}
