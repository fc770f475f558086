package issuer

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/fc28f635/countersign/internal/vectortest"
	"github.com/fc28f635/countersign/metadata"
)

// acmeKeySet is the JWK set of acme's client.
var acmeKeySet = `{"keys":[` + string(vectortest.Genuine.Key.JWK()) + `]}`

// A client is confidential by a key that its publisher names, and by nothing else
// that it says.
func TestWorkflows(t *testing.T) {
	const keySet = vectortest.KeySetURL
	byKey := func(c *metadata.Client) { c.TokenEndpointAuthMethod, c.JWKSURI = metadata.AuthPrivateKeyJWT, keySet }
	statedKeys := func(c *metadata.Client) {
		c.TokenEndpointAuthMethod, c.JWKS = metadata.AuthPrivateKeyJWT, json.RawMessage(acmeKeySet)
	}
	method := func(name string) func(*metadata.Client) {
		return func(c *metadata.Client) { c.TokenEndpointAuthMethod = name }
	}
	for name, c := range map[string]struct {
		plain, stated func(*metadata.Client)
		want          Workflow
		flagged       bool
		tier          Tier
	}{
		"public":                       {nil, nil, WorkflowPublic, false, TierDomain},
		"a covered jwks_uri":           {byKey, nil, WorkflowConfidential, false, TierSigned},
		"a stated jwks":                {func(*metadata.Client) {}, statedKeys, WorkflowConfidential, false, TierSigned},
		"O3 keys that nobody states":   {statedKeys, nil, WorkflowPublic, true, TierDomain},
		"a jwks_uri that is not there": {func(c *metadata.Client) { byKey(c); c.JWKSURI = "https://acme.example/none.json" }, nil, WorkflowPublic, true, TierDomain},
		"a loopback redirect": {func(c *metadata.Client) { byKey(c); c.RedirectURIs = []string{"http://127.0.0.1/cb"} },
			nil, WorkflowPublic, true, TierUnverified},
		"a loopback redirect beside https": {func(c *metadata.Client) {
			statedKeys(c)
			c.RedirectURIs = append(c.RedirectURIs, "http://127.0.0.1/cb")
		},
			nil, WorkflowPublic, true, TierUnverified},
		"stated keys and a loopback redirect": {func(c *metadata.Client) { c.RedirectURIs = nil },
			func(c *metadata.Client) { statedKeys(c); c.RedirectURIs = []string{"http://127.0.0.1/cb"} }, WorkflowPublic, true, TierSigned},
		"stated keys and a loopback redirect beside https": {func(c *metadata.Client) { c.RedirectURIs = nil },
			func(c *metadata.Client) {
				statedKeys(c)
				c.RedirectURIs = append(c.RedirectURIs, "http://127.0.0.1/cb")
			}, WorkflowPublic, true, TierSigned},
		"O21 client_secret_basic": {method("client_secret_basic"), nil, WorkflowPublic, true, TierDomain},
		"O21 client_secret_post":  {method("client_secret_post"), nil, WorkflowPublic, true, TierDomain},
		"O21 client_secret_jwt":   {method("client_secret_jwt"), nil, WorkflowPublic, true, TierDomain},
		"tls_client_auth":         {method("tls_client_auth"), nil, WorkflowPublic, true, TierDomain},
	} {
		t.Run(name, func(t *testing.T) {
			o := newOffice(t, secure, signedZone(""), nil)
			o.world.Serve(keySet, []byte(acmeKeySet))
			client := agent("")
			if c.stated != nil {
				client.SoftwareStatement = stated(t, vectortest.Genuine, func(s *metadata.Statement) { c.stated(&s.Client) })
			}
			if c.plain != nil {
				c.plain(&client)
			}
			d := o.decide(t, registration(client))
			if d.Outcome != Approved || d.Workflow != c.want || d.Tier != c.tier || slices.Contains(d.Flags, metadata.ReasonConfidentialUnproven) != c.flagged {
				t.Errorf("%s %s at %s: %q, flags %v", d.Outcome, d.Reason, d.Tier, d.Workflow, d.Flags)
			}
			effective := d.Client
			effective.GrantTypes = []string{metadata.GrantClientCredentials}
			if WorkflowOf(nil, effective) != WorkflowPublic {
				t.Error("confidential without a verdict")
			}
		})
	}
}

// Keys at an address that the publisher does not cover are refused at once.
func TestForeignKeysAreRefused(t *testing.T) {
	t.Run("O3 a jwks_uri elsewhere", func(t *testing.T) {
		client := agent("")
		client.TokenEndpointAuthMethod, client.JWKSURI = metadata.AuthPrivateKeyJWT, "https://other.example/jwks.json"
		wantDecision(t, newOffice(t, secure, signedZone(""), nil).decide(t, registration(client)), Denied, TierUnverified, metadata.ReasonMetadataConflict)
	})
}

// The client credentials grant is for confidential clients only (RFC 6749,
// Section 4.4): a secret that whoever registers is given is no such thing.
func TestClientCredentialsAreForConfidentialClients(t *testing.T) {
	for name, c := range map[string]struct {
		method  string
		granted bool
	}{
		"private_key_jwt": {metadata.AuthPrivateKeyJWT, true}, "client_secret_basic": {"client_secret_basic", false}, "none": {metadata.AuthNone, false},
	} {
		t.Run(name, func(t *testing.T) {
			o := newOffice(t, secure, signedZone(""), nil)
			client := agent(stated(t, vectortest.Genuine, func(s *metadata.Statement) {
				s.Client.GrantTypes = []string{metadata.GrantAuthorizationCode, metadata.GrantClientCredentials}
				s.Client.TokenEndpointAuthMethod = c.method
				if c.granted {
					s.Client.JWKS = json.RawMessage(acmeKeySet)
				}
			}))
			client.GrantTypes = nil
			d := o.decide(t, registration(client))
			if d.Outcome != Approved || slices.Contains(d.Client.GrantTypes, metadata.GrantClientCredentials) != c.granted || slices.Contains(d.Overridden, "grant_types") == c.granted {
				t.Errorf("%s %s: %v, overridden %v", d.Outcome, d.Reason, d.Client.GrantTypes, d.Overridden)
			}
		})
	}
}

// O21: beside a statement by which the client authenticates with its key, a
// request for less is refused, and for anything beside another statement is not
// what the client gets.
func TestAuthMethodIsNotDowngraded(t *testing.T) {
	for _, method := range []string{metadata.AuthNone, "client_secret_basic", "client_secret_post", "client_secret_jwt", "tls_client_auth"} {
		t.Run("O21 "+method, func(t *testing.T) {
			o := newOffice(t, secure, signedZone(""), nil)
			o.accept(t, acceptance(nil))
			client := agent(stated(t, vectortest.Genuine, func(s *metadata.Statement) {
				s.Client.TokenEndpointAuthMethod, s.Client.JWKS = metadata.AuthPrivateKeyJWT, json.RawMessage(acmeKeySet)
			}))
			client.TokenEndpointAuthMethod = method
			d := o.decide(t, registration(client))
			wantDecision(t, d, Denied, TierUnverified, metadata.ReasonMemberNotStated)
			if d.OAuthError == nil || d.OAuthError.Error != "invalid_client_metadata" || d.OAuthError.Status != 400 || d.Workflow != "" {
				t.Errorf("%+v, workflow %q", d.OAuthError, d.Workflow)
			}
		})
	}
}

// Binding loose is capped at domain by proof; a person's acceptance by name lifts
// it to accepted; nothing lifts it to endorsed; and one https URI beside a
// loopback one lifts nothing.
func TestLooseIsCapped(t *testing.T) {
	loopback := []string{"http://127.0.0.1/callback"}
	beside := append([]string{"https://acme.example/callback"}, loopback...)
	private := []string{"example.acme:/callback"}
	for name, c := range map[string]struct {
		redirects []string
		by        string
		want      Tier
	}{
		"O4 loopback, signed":                              {loopback, "", TierDomain},
		"O4 loopback beside https, signed":                 {beside, "", TierDomain},
		"O4 a private scheme, signed":                      {private, "", TierDomain},
		"O4 loopback, accepted by name":                    {loopback, ByOperator, TierAccepted},
		"O4 loopback beside https, accepted by name":       {beside, ByOperator, TierAccepted},
		"O4 loopback, accepted by a catalog":               {loopback, "catalog", TierDomain},
		"O4 loopback beside https, accepted by a catalog":  {beside, "catalog", TierDomain},
		"O4 loopback beside https, accepted by a root":     {beside, "root", TierDomain},
		"https alone, accepted by a catalog, for contrast": {beside[:1], "catalog", TierAccepted},
	} {
		t.Run(name, func(t *testing.T) {
			o := newOffice(t, secure, signedZone(""), nil)
			if c.by != "" {
				o.accept(t, acceptance(func(a *Acceptance) { a.By = c.by }))
			}
			client := agent(stated(t, vectortest.Genuine, func(s *metadata.Statement) { s.Client.RedirectURIs = c.redirects }))
			client.RedirectURIs = nil
			if d := o.decide(t, registration(client)); d.Tier != c.want {
				t.Errorf("%s %s at %s with binding %s, want %s", d.Outcome, d.Reason, d.Tier, d.Binding, c.want)
			}
		})
	}
}
