package issuer

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fc28f635/countersign/internal/vectortest"
	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/verify"
)

const hour = time.Hour

// foreignKeySet is a JWK set of the stranger's.
var foreignKeySet = `{"keys":[` + string(vectortest.Foreign.Key.JWK()) + `]}`

// An operator accepted acme, publisher-wide. What strangers can forge, host or
// copy must not ride on it: nothing here may be accepted.
func TestAcceptedPublisherIsNotRiddenOn(t *testing.T) {
	acmeRecord, _ := vectortest.Genuine.Key.Record()
	spoofed, _ := vectortest.Foreign.Key.Record()
	renamed := acmeRecord
	renamed.KeyID = "main"
	record := func(text string) string {
		return fmt.Sprintf("%s. 300 IN TXT %q\n", vectortest.Acme.KeyRecordName(), text)
	}
	document := func(jwk json.RawMessage) string {
		return `{"publisher":"https://acme.example","keys":[` + string(jwk) + `]}`
	}
	remembered := []verify.Sighting{{Thumbprint: vectortest.Genuine.Key.Thumbprint(),
		First: vectortest.DrawnNow.Add(-1000 * hour), Last: vectortest.DrawnNow.Add(-hour)}}
	stolen := func(c *metadata.Client) { c.RedirectURIs = []string{"https://evil.test/steal"} }
	foreign := func(c metadata.Client) string {
		return stated(t, vectortest.Foreign, func(s *metadata.Statement) { s.Client = c })
	}
	for name, c := range map[string]struct {
		dns      string
		files    map[string]string
		client   func(*metadata.Client)
		sign     func(metadata.Client) string
		sighted  []verify.Sighting
		wantRest string
	}{
		"D27 a spoofed DNS answer, codes to the forger": {dns: "insecure", files: map[string]string{"dns.zone": record(spoofed.String())},
			client: stolen, sign: foreign, sighted: remembered},
		"D27 a spoofed DNS answer, codes to acme": {dns: "insecure", files: map[string]string{"dns.zone": record(spoofed.String())},
			sign: foreign, sighted: remembered},
		"D41 a key in the document only, DNS authoritative": {dns: "secure", client: stolen, sign: foreign,
			files: map[string]string{"dns.zone": record(renamed.String()), vectortest.Acme.PublisherDocumentURL(): document(vectortest.Foreign.Key.JWK())},
			sighted: append(remembered, verify.Sighting{Thumbprint: vectortest.Foreign.Key.Thumbprint(),
				First: vectortest.DrawnNow.Add(-100 * hour), Last: vectortest.DrawnNow})},
		"a key for instances only, copied into the document": {dns: "secure",
			files: map[string]string{"dns.zone": record(acmeRecord.String() + "; u=i"), vectortest.Acme.PublisherDocumentURL(): document(vectortest.Genuine.Key.JWK())},
			sign: func(c metadata.Client) string {
				return stated(t, vectortest.Genuine, func(s *metadata.Statement) { s.Client = c })
			}},
		"O3 an unsigned registration with a key on acme's host": {dns: "secure", files: map[string]string{
			"dns.zone": keyRecords(""), "https://acme.example/users/mallory/jwks.json": foreignKeySet}, client: func(c *metadata.Client) {
			c.TokenEndpointAuthMethod, c.JWKSURI = "private_key_jwt", "https://acme.example/users/mallory/jwks.json"
		}},
	} {
		t.Run(name, func(t *testing.T) {
			o := newOffice(t, map[string][]string{"dns": {c.dns}}, c.files, nil)
			o.store.sightings[vectortest.Acme] = c.sighted
			o.accept(t, acceptance(nil))
			client := agent("")
			client.Scope = "files:read files:delete mail.read"
			if c.client != nil {
				c.client(&client)
			}
			if c.sign != nil {
				client.SoftwareStatement = c.sign(client)
			}
			d := o.decide(t, registration(client))
			if d.Tier >= TierAccepted || d.accepted() != nil || strings.Contains(d.Grant.Scope, "delete") {
				t.Errorf("%s %s, scope %q, told %q", d.Outcome, d.Tier, d.Grant.Scope, d.Told)
			}
			if strings.Contains(d.Told, "signed") && c.sign != nil {
				t.Errorf("told %q", d.Told)
			}
		})
	}
}

// A shape says where codes go and nothing of keys: with a grant that is not
// delivered by redirect, any key would have it.
func TestShapeOfAMachineIsNotAccepted(t *testing.T) {
	for _, grant := range []string{metadata.GrantClientCredentials, metadata.GrantDeviceCode} {
		c := metadata.Client{ClientName: "CI bot", GrantTypes: []string{grant}, TokenEndpointAuthMethod: "private_key_jwt",
			JWKS: json.RawMessage(`{"keys":[` + string(vectortest.Foreign.Key.JWK()) + `]}`), Scope: "files:read files:delete"}
		o := newOffice(t, secure, signedZone(""), nil)
		o.accept(t, acceptance(func(a *Acceptance) { a.Publisher, a.Shape = metadata.Publisher{}, metadata.ShapeOf(c) }))
		if d := o.decide(t, registration(c)); d.Tier != TierUnverified {
			t.Errorf("%s: %s, scope %q", grant, d.Tier, d.Grant.Scope)
		}
	}
}

// What a stranger writes into a registration or a document must not become what
// a consumer of the countersigned statement, or a person, takes for proven.
func TestNothingUnprovenIsTold(t *testing.T) {
	evil := metadata.Client{ClientName: "x", RedirectURIs: []string{"https://evil.test/cb"},
		TokenEndpointAuthMethod: "private_key_jwt", JWKSURI: "https://evil.test/jwks.json", Scope: "files:read"}

	t.Run("O22 client_id in a registration", func(t *testing.T) {
		c := evil
		c.ClientID = "https://claude.ai/oauth/mcp-oauth-client-metadata"
		o := signingOffice(t, secure, TierSigned, nil)
		o.world.Serve(c.JWKSURI, []byte(foreignKeySet))
		d := o.decide(t, registration(c))
		if d.Tier != TierSigned || d.Client.ClientID != "" || claimsOf(t, d.Countersigned)["client_id"] != nil {
			t.Errorf("%s, client_id %q in %v", d.Tier, d.Client.ClientID, claimsOf(t, d.Countersigned))
		}
	})
	t.Run("C29 another's document around a known redirect URI", func(t *testing.T) {
		const url = "https://evil.test/c.json"
		doc := `{"client_id":"` + url + `","client_name":"Claude","redirect_uris":["https://claude.ai/api/mcp/auth_callback"],` +
			`"token_endpoint_auth_method":"private_key_jwt","jwks_uri":"https://evil.test/jwks.json","logo_uri":"https://claude.ai/logo.png","scope":"files:read"}`
		d := newOffice(t, secure, map[string]string{url: doc}, nil).decide(t, Request{ClientID: url})
		if d.Tier != TierUnverified || strings.HasPrefix(d.Told, "Published") || strings.HasPrefix(d.Told, "Returns") || d.Client.LogoURI != "" {
			t.Errorf("%s, told %q, logo %q", d.Tier, d.Told, d.Client.LogoURI)
		}
		plain := strings.NewReplacer(`"token_endpoint_auth_method":"private_key_jwt","jwks_uri":"https://evil.test/jwks.json",`, "").Replace(doc)
		d = newOffice(t, secure, map[string]string{url: plain}, nil).decide(t, Request{ClientID: url})
		if d.Tier != TierDomain || d.Told != "Returns only to claude.ai" {
			t.Errorf("%s, told %q", d.Tier, d.Told)
		}
	})
	t.Run("U12 a special-use name", func(t *testing.T) {
		c := evil
		c.RedirectURIs, c.JWKSURI = []string{"https://app.localhost/cb"}, "https://app.localhost/jwks"
		d := newOffice(t, map[string][]string{"special_use": {"refused"}}, nil, nil).decide(t, registration(c))
		if d.Tier != TierUnverified {
			t.Errorf("%s, told %q", d.Tier, d.Told)
		}
	})
	t.Run("R18 a known name in another language", func(t *testing.T) {
		c := metadata.Client{ClientName: "Foo", RedirectURIs: []string{"https://evil.test/cb"},
			More: map[string]json.RawMessage{"client_name#en": json.RawMessage(`"Claude"`)}}
		d := newOffice(t, secure, nil, nil).decide(t, registration(c))
		if len(d.Flags) != 1 || d.Flags[0] != metadata.ReasonNameResemblesProtected {
			t.Errorf("flags %v", d.Flags)
		}
		c.ClientName = ""
		if d = newOffice(t, secure, nil, nil).decide(t, registration(c)); len(d.Flags) != 1 {
			t.Errorf("flags %v without a client_name", d.Flags)
		}
		c.More = map[string]json.RawMessage{"display_name": json.RawMessage(`"Claude \u202eX"`)}
		d = newOffice(t, secure, nil, nil).decide(t, registration(c))
		wantDecision(t, d, Denied, TierUnverified, metadata.ReasonNameUnprintable)
	})
	t.Run("a software_id that another publisher lists", func(t *testing.T) {
		acme := `{"publisher":"https://acme.example","keys":[],"clients":[{"software_id":"acme-agent","client_id":"https://acme.example/client.json"}]}`
		o := newOffice(t, secure, map[string]string{"dns.zone": keyRecords(""), vectortest.Acme.PublisherDocumentURL(): acme}, nil)
		c := agent("")
		c.RedirectURIs = []string{"https://acme.example/callback", "https://other.example/cb"}
		c.SoftwareStatement = stated(t, vectortest.Foreign, func(s *metadata.Statement) { s.Publisher, s.Client = vectortest.Other, c })
		if d := o.decide(t, registration(c)); d.Tier != TierDomain {
			t.Errorf("%s, told %q", d.Tier, d.Told)
		}
	})
}

// A countersigned statement says no more than was judged, and not for longer.
func TestCountersignedSaysWhatWasJudged(t *testing.T) {
	uris := []string{"https://acme.example/callback", "http://127.0.0.1/cb", "https://evil.test/x"}
	c := agent("")
	c.RedirectURIs = uris
	c.SoftwareStatement = stated(t, vectortest.Genuine, func(s *metadata.Statement) {
		s.Client.RedirectURIs, s.ExpiresAt = uris, vectortest.DrawnNow.Unix()+90
	})
	req := registration(c)
	req.RedirectURI = uris[0]
	d := signingOffice(t, secure, TierSigned, nil).decide(t, req)
	wantDecision(t, d, Approved, TierSigned, "")
	claims := claimsOf(t, d.Countersigned)
	if list, _ := claims["redirect_uris"].([]any); len(list) != 1 || list[0] != uris[0] {
		t.Errorf("redirect_uris %v", claims["redirect_uris"])
	}
	if claims["exp"] != float64(vectortest.DrawnNow.Unix()+90) {
		t.Errorf("exp %v, and the statement ends at %d", claims["exp"], vectortest.DrawnNow.Unix()+90)
	}
	c = agent("")
	c.Scope = ""
	c.SoftwareStatement = stated(t, vectortest.Genuine, func(s *metadata.Statement) { s.Client.Scope = "" })
	if d := signingOffice(t, secure, TierSigned, nil).decide(t, registration(c)); d.Tier != TierSigned || d.Countersigned != "" {
		t.Errorf("%s, countersigned without a scope: a consumer would give its own default", d.Tier)
	}
}

// A statement that its publisher has revoked stays revoked while the document
// that said so does not answer.
func TestRevocationSurvivesAnOutage(t *testing.T) {
	now := vectortest.DrawnNow
	doc := `{"publisher":"https://acme.example","keys":[],"revoked":["acme-agent-1"]}`
	o := newOffice(t, secure, map[string]string{"dns.zone": keyRecords(""), vectortest.Acme.PublisherDocumentURL(): doc},
		func(cfg *Config) { cfg.Now = func() time.Time { return now } })
	o.world.Clock(func() time.Time { return now })
	client := agent(stated(t, vectortest.Genuine, nil))
	wantDecision(t, o.decide(t, registration(client)), Denied, TierBlocked, metadata.ReasonStatementRevoked)
	for _, answer := range []string{"503", "timeout", "refused"} {
		o.world.Answer(vectortest.Acme.PublisherDocumentURL(), answer)
		now = now.Add(2 * hour)
		wantDecision(t, o.decide(t, registration(client)), Denied, TierBlocked, metadata.ReasonStatementRevoked)
	}
	for name, body := range map[string]string{"a page": `{"status":"maintenance"}`, "a slip": doc + ",",
		"too long a list": `{"publisher":"https://acme.example","keys":[],"revoked":["` + strings.Repeat(`x","`, 300) + `acme-agent-1"]}`} {
		o.world.Answer(vectortest.Acme.PublisherDocumentURL(), "")
		o.world.Serve(vectortest.Acme.PublisherDocumentURL(), []byte(body))
		now = now.Add(2 * hour)
		if d := o.decide(t, registration(client)); d.Reason != metadata.ReasonStatementRevoked {
			t.Errorf("%s: %s %s %s", name, d.Outcome, d.Tier, d.Reason)
		}
	}
	o.world.Answer(vectortest.Acme.PublisherDocumentURL(), "404") // the publisher took it down
	now = now.Add(2 * hour)
	wantDecision(t, o.decide(t, registration(client)), Approved, TierSigned, "")
}

// What a document adds to its statement, its publisher did not sign: not a key,
// and not a grant that goes nowhere near a redirect URI.
func TestDocumentAddsNothingToAnAcceptance(t *testing.T) {
	for name, change := range map[string]func(*metadata.Client){
		"O2 a key of its own": func(c *metadata.Client) {
			c.TokenEndpointAuthMethod, c.JWKS = "private_key_jwt", json.RawMessage(`{"keys":[`+string(vectortest.Foreign.Key.JWK())+`]}`)
		},
		"O2 a grant without redirect": func(c *metadata.Client) {
			c.GrantTypes = []string{metadata.GrantAuthorizationCode, metadata.GrantDeviceCode}
		},
	} {
		t.Run(name, func(t *testing.T) {
			statement := stated(t, vectortest.Genuine, func(s *metadata.Statement) {
				s.Client.ClientID, s.Client.GrantTypes = vectortest.DocumentURL, nil
			})
			c := agent(statement)
			c.ClientID, c.GrantTypes = vectortest.DocumentURL, nil
			change(&c)
			document, err := c.MarshalJSON()
			if err != nil {
				t.Fatal(err)
			}
			files := signedZone("")
			files[vectortest.DocumentURL] = string(document)
			o := newOffice(t, secure, files, nil)
			o.accept(t, acceptance(nil))
			if d := o.decide(t, Request{ClientID: vectortest.DocumentURL}); d.Tier > TierDomain {
				t.Errorf("%s, grants %v", d.Tier, d.Client.GrantTypes)
			}
		})
	}
}

// An accepted shape covers what is delivered by redirect, and the rest is cut.
func TestShapeCutsOtherGrants(t *testing.T) {
	c := metadata.Client{ClientName: "Visual Studio Code", RedirectURIs: []string{"http://127.0.0.1/", "https://vscode.dev/redirect"},
		GrantTypes: []string{metadata.GrantAuthorizationCode, metadata.GrantRefreshToken, metadata.GrantDeviceCode}, Scope: "files:read files:delete"}
	o := newOffice(t, secure, nil, nil)
	o.accept(t, acceptance(func(a *Acceptance) { a.Publisher, a.Shape = metadata.Publisher{}, metadata.ShapeOf(c) }))
	d := o.decide(t, registration(c))
	wantDecision(t, d, Approved, TierAccepted, "")
	if len(d.Client.GrantTypes) != 2 || !slices.Contains(d.Overridden, "grant_types") {
		t.Errorf("grants %v, overridden %v", d.Client.GrantTypes, d.Overridden)
	}
}

// A statement alone has no shape, and an acceptance without one is not for it.
func TestStatementAloneIsNotAccepted(t *testing.T) {
	o := newOffice(t, map[string][]string{"dns": {"insecure"}}, signedZone(""), nil)
	v, err := o.cfg.Verifier.Verify(t.Context(), verify.Presentation{Statement: stated(t, vectortest.Genuine, nil)})
	if err != nil {
		t.Fatal(err)
	}
	if d := Standard().Decide(Input{Verdict: v, Claimed: v.Claimed(), Standing: Standing{Acceptances: []Acceptance{acceptance(nil)}}}); d.Tier >= TierAccepted {
		t.Errorf("%s, told %q", d.Tier, d.Told)
	}
}

// An expired statement that was ignored is not handed on: an authorization
// server might read it.
func TestIgnoredStatementIsNotForwarded(t *testing.T) {
	now := vectortest.DrawnNow.Unix()
	expired := stated(t, vectortest.Genuine, func(s *metadata.Statement) { s.IssuedAt, s.ExpiresAt = now-9000, now-3600 })
	d := newOffice(t, secure, signedZone(""), nil).decide(t, registration(agent(expired)))
	if d.Outcome != Approved || d.Client.SoftwareStatement != "" || d.IgnoredStatement == nil {
		t.Errorf("%s, statement %.20q, ignored %+v", d.Outcome, d.Client.SoftwareStatement, d.IgnoredStatement)
	}
	// A key in test mode changes nothing, also where its statement would be refused.
	client := agent(stated(t, vectortest.Genuine, nil))
	client.RedirectURIs = []string{"https://acme.example/new"}
	d = newOffice(t, secure, signedZone("; t=y"), nil).decide(t, registration(client))
	if d.Outcome != Approved || d.IgnoredStatement == nil || d.IgnoredStatement.Why != "test_mode" {
		t.Errorf("%s %s, ignored %+v", d.Outcome, d.Reason, d.IgnoredStatement)
	}
}
