package vectortest

import (
	"time"

	"github.com/fc28f635/countersign/metadata"
)

// DocumentURL is where acme serves its client's metadata document.
const DocumentURL = "https://acme.example/mcp/client.json"

// redirects are the kinds of redirect URIs that clients have.
var redirects = map[string][]string{
	"own":        {"https://acme.example/callback"},
	"own_and":    {"https://acme.example/callback", "https://other.example/cb"},
	"foreign":    {"https://other.example/cb"},
	"loopback":   {"http://127.0.0.1/callback"},
	"mixed":      {"https://acme.example/callback", "http://localhost/callback"},
	"private":    {"vendor://agent/callback"},
	"reversed":   {"example.acme:/callback"},
	"redirector": {"https://t.co/abc"},
	"shared":     {"https://storage.googleapis.com/acme/cb"},
}

// drawClient draws the metadata that acme, or whoever uses its name, gives its
// client.
func (d *drawing) drawClient() metadata.Client {
	c := metadata.Client{SoftwareID: "acme-agent", ClientName: "Acme Agent", ResponseTypes: []string{"code"}}
	c.RedirectURIs = redirects[d.pick("redirect", "own", "own_and", "foreign", "loopback", "mixed", "private", "reversed", "redirector", "shared")]
	switch d.pick("auth", "none", "key_covered", "key_foreign", "key_inline") {
	case "none":
		c.TokenEndpointAuthMethod = metadata.AuthNone
	case "key_covered":
		c.TokenEndpointAuthMethod, c.JWKSURI = metadata.AuthPrivateKeyJWT, KeySetURL
	case "key_foreign":
		c.TokenEndpointAuthMethod, c.JWKSURI = metadata.AuthPrivateKeyJWT, "https://other.example/jwks.json"
	case "key_inline":
		c.TokenEndpointAuthMethod, c.JWKS = metadata.AuthPrivateKeyJWT, keySet(Genuine)
	}
	switch d.pick("grants", "refresh", "code", "device", "credentials", "unknown") {
	case "refresh":
		c.GrantTypes = []string{metadata.GrantAuthorizationCode, metadata.GrantRefreshToken}
	case "code":
		c.GrantTypes = []string{metadata.GrantAuthorizationCode}
	case "device":
		c.GrantTypes = []string{metadata.GrantAuthorizationCode, metadata.GrantRefreshToken, metadata.GrantDeviceCode}
	case "credentials":
		c.GrantTypes = []string{metadata.GrantAuthorizationCode, metadata.GrantClientCredentials}
	case "unknown":
		c.GrantTypes = []string{metadata.GrantAuthorizationCode, "urn:example:unknown"}
	}
	c.Scope = map[string]string{
		"some": "files:read files:write", "none": "", "read": "files:read", "write": "files:write",
		"all": "openid offline_access files:read mail:read files:write files:delete admin",
	}[d.pick("scope", "some", "none", "read", "write", "all")]
	switch d.pick("road", "document", "registration", "statement") {
	case "document":
		c.ClientID = map[string]string{"own": DocumentURL, "shared": "https://storage.googleapis.com/acme/client.json",
			"other": "https://other.example/client.json"}[d.pick("host", "own", "shared", "other")]
	case "registration":
		if d.pick("client_id", "none", "fetched", "elsewhere") != "none" {
			c.ClientID = DocumentURL
		}
	}
	return c
}

// drawStatement draws what acme, or somebody in its name, states of the client.
func (d *drawing) drawStatement(c metadata.Client) (stated *metadata.Client, statement string) {
	const day = 24 * 60 * 60
	now := DrawnNow.Unix()
	s := metadata.Statement{Publisher: Acme, ID: "acme-agent-1", IssuedAt: now - 10*day, ExpiresAt: now + 60*day, Client: c.Clone()}
	signer := Genuine
	switch d.pick("statement", "good", "none", "expired", "future", "long", "forged", "own_key", "elsewhere", "by_other", "sparse") {
	case "none":
		return nil, ""
	case "expired":
		s.ExpiresAt = now - day
	case "future":
		s.IssuedAt = now + day
	case "long":
		s.ExpiresAt = now + 300*day
	case "forged":
		signer = Foreign
	case "own_key": // the forger brings the key along
		signer, s.Client.JWKS, s.Client.JWKSURI = Foreign, keySet(Foreign), ""
	case "elsewhere":
		s.Audience = "https://as2.example"
	case "by_other":
		s.Publisher, signer = Other, stranger()
	case "sparse": // states what it must, and nothing else
		s.Client = metadata.Client{SoftwareID: c.SoftwareID, ClientName: c.ClientName, RedirectURIs: c.RedirectURIs, ClientID: c.ClientID}
	}
	statement, err := Sign(s, signer)
	if err != nil {
		d.t.Fatalf("signing at %s: %v", DrawnNow.Format(time.RFC3339), err)
	}
	return &s.Client, statement
}
