package issuer

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/fc28f635/countersign/internal/vectortest"
	"github.com/fc28f635/countersign/metadata"
)

// A fleet registers one statement many times: each gets what the first got, and a
// statement is no ticket that somebody else uses up.
func TestAFleetOfInstalls(t *testing.T) {
	o := newOffice(t, secure, signedZone(""), nil)
	statement := stated(t, vectortest.Genuine, nil)
	first := o.decide(t, registration(agent(statement)))
	wantDecision(t, first, Approved, TierSigned, "")
	for n := range 20 {
		t.Run(fmt.Sprintf("O5 install %d", n), func(t *testing.T) {
			d := o.decide(t, registration(agent(statement)))
			if d.Tier != first.Tier || d.Grant.Scope != first.Grant.Scope || d.ID == first.ID {
				t.Errorf("%s at %s with %q", d.Outcome, d.Tier, d.Grant.Scope)
			}
		})
	}
}

// Verified and not accepted is unapproved; what cannot be verified is invalid
// (RFC 7591, Section 3.2.2).
func TestUnapprovedIsNotInvalid(t *testing.T) {
	const wellknown = "https://acme.example/.well-known/client-publisher.json"
	lists := func(software string) string {
		return `{"publisher":"https://acme.example","keys":[` + string(vectortest.Genuine.Key.JWK()) + `],"clients":[{"software_id":"` + software + `"}]}`
	}
	for name, c := range map[string]struct {
		files  map[string]string
		change func(*office)
		signer int
		want   metadata.Reason
		error  string
	}{
		"O6 software that the publisher lists":         {map[string]string{wellknown: lists("acme-agent")}, nil, 0, "", ""},
		"O6 software that the publisher does not list": {map[string]string{wellknown: lists("acme-other")}, nil, 0, metadata.ReasonSoftwareNotListed, "unapproved_software_statement"},
		"O7 a publisher on hold": {nil, func(o *office) { o.except(t, exception(t, "acme.example", TierBlocked)) }, 0,
			metadata.ReasonOperatorHold, "unapproved_software_statement"},
		"O7 a publisher that nobody accepted": {nil, nil, 0, "", ""},
		"O7 keys that are somebody else's":    {nil, nil, 1, metadata.ReasonSignatureInvalid, "invalid_software_statement"},
	} {
		t.Run(name, func(t *testing.T) {
			files := signedZone("")
			for name, content := range c.files {
				files[name] = content
			}
			o := newOffice(t, secure, files, nil)
			if c.change != nil {
				c.change(o)
			}
			signer := vectortest.Genuine
			if c.signer == 1 {
				signer = vectortest.Foreign
			}
			d := o.decide(t, registration(agent(stated(t, signer, nil))))
			if d.Reason != c.want || (c.want == "") != (d.OAuthError == nil) || d.OAuthError != nil && (d.OAuthError.Error != c.error || d.OAuthError.Status != 400) {
				t.Errorf("%s %s, told %+v", d.Outcome, d.Reason, d.OAuthError)
			}
			if c.want == "" && d.Tier >= TierAccepted {
				t.Errorf("%s, and nobody accepted it", d.Tier)
			}
		})
	}
}

// A token that was given a second before its client is cut off works on: for no
// longer than the grant says, and the client is given no other.
func TestHowLongATokenOutlivesItsClient(t *testing.T) {
	const hour, quarter = 3600, 900
	for _, tier := range Tiers()[1:] {
		t.Run("O11 "+tier.String(), func(t *testing.T) {
			g := Standard().grantOf(tier)
			if g.AccessTokenTTL > hour || g.RefreshToken == RefreshRotate && g.AccessTokenTTL > quarter {
				t.Errorf("%d s with refresh %s", g.AccessTokenTTL, g.RefreshToken)
			}
		})
	}
	t.Run("O11 cut off a second later", func(t *testing.T) {
		now := vectortest.DrawnNow
		o := newOffice(t, secure, signedZone(""), func(cfg *Config) { cfg.Now = func() time.Time { return now } })
		request := registration(agent(stated(t, vectortest.Genuine, nil)))
		before := o.decide(t, request)
		now = now.Add(time.Second)
		o.except(t, exception(t, "acme.example", TierBlocked))
		wantDecision(t, o.decide(t, request), Denied, TierBlocked, metadata.ReasonOperatorHold)
		if before.Outcome != Approved || before.ExpiresAt.Sub(before.At) > time.Hour {
			t.Errorf("%s, acted upon until %s", before.Outcome, before.ExpiresAt)
		}
	})
}

// One client by two roads gets by each what that road proves, and a copy of what
// is public gets no more by either.
func TestNoTierShoppingByRoad(t *testing.T) {
	document := agent("")
	document.ClientID = vectortest.DocumentURL
	signed := document.Clone()
	signed.SoftwareStatement = stated(t, vectortest.Genuine, func(s *metadata.Statement) { s.Client.ClientID = document.ClientID })
	for name, c := range map[string]struct {
		client     metadata.Client
		accepted   bool
		byDocument Tier
		registered Tier
	}{
		"O27 signed":             {signed, false, TierSigned, TierSigned},
		"O27 signed, accepted":   {signed, true, TierAccepted, TierAccepted},
		"O27 unsigned":           {document, false, TierDomain, TierDomain},
		"O27 unsigned, accepted": {document, true, TierDomain, TierDomain},
	} {
		t.Run(name, func(t *testing.T) {
			text, err := c.client.MarshalJSON()
			if err != nil {
				t.Fatal(err)
			}
			files := signedZone("")
			files[vectortest.DocumentURL] = string(text)
			o := newOffice(t, secure, files, nil)
			if c.accepted {
				o.accept(t, acceptance(nil))
			}
			posted := c.client.Clone()
			posted.ClientID = ""
			byDocument, byRegistration := o.decide(t, Request{ClientID: vectortest.DocumentURL}), o.decide(t, registration(posted))
			if byDocument.Grant.Scope != byRegistration.Grant.Scope || byDocument.Shape != byRegistration.Shape {
				t.Errorf("%+v and %+v", byDocument.Grant, byRegistration.Grant)
			}
			for road, d := range map[string]Decision{"document": byDocument, "registration": byRegistration} {
				want := map[string]Tier{"document": c.byDocument, "registration": c.registered}[road]
				if d.Outcome != Approved || d.Tier != want || d.Publisher != vectortest.Acme {
					t.Errorf("by %s: %s %s at %s of %s, want %s", road, d.Outcome, d.Reason, d.Tier, d.Publisher, want)
				}
			}
		})
	}
}

// Members that no registry knows, and those that only a server gives, do not come
// through, and each is listed.
func TestForeignMembersAreDropped(t *testing.T) {
	const sent = `{"client_name":"X","redirect_uris":["https://acme.example/cb"],"scope":"files:read",
		"attributes":{"a":"b"},"serviceAccountsEnabled":true,"protocolMappers":[1],"ssf.enabled":"true","_internal":1,"tier":"endorsed","trust":{},
		"x-attest-tier":"endorsed","limits":{},"client_secret":"hunter2","client_id_issued_at":1}`
	c, err := metadata.ParseClient([]byte(sent))
	if err != nil {
		t.Fatal(err)
	}
	d := newOffice(t, secure, nil, nil).decide(t, registration(c))
	if d.Outcome != Approved {
		t.Fatalf("%s %s", d.Outcome, d.Reason)
	}
	text, err := d.Client.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	got, err := metadata.ParseClient(text)
	if err != nil {
		t.Fatal(err)
	}
	for row, names := range map[string][]string{
		"O23": {"attributes", "serviceAccountsEnabled", "protocolMappers", "ssf.enabled", "_internal", "tier", "trust", "x-attest-tier", "limits"},
		"O22": {"client_secret", "client_id_issued_at"},
	} {
		for _, name := range names {
			t.Run(row+" "+name, func(t *testing.T) {
				if _, through := got.More[name]; through || !slices.Contains(d.Overridden, name) {
					t.Errorf("through %t, listed in %v", through, d.Overridden)
				}
			})
		}
	}
}
