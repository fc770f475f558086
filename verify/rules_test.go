package verify_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/fc28f635/countersign/internal/vectortest"
	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/verify"
)

// The redirect URI in use is all that is effective of the client's, however the
// client came; that others fell away is listed.
func TestRedirectURIInUseIsAllThatIsEffective(t *testing.T) {
	const web, loopback = "https://acme.example/callback", "http://127.0.0.1/callback"
	brought := map[string]func(redirects ...string) verify.Presentation{
		"a registration": func(redirects ...string) verify.Presentation {
			return verify.Presentation{Client: &metadata.Client{ClientName: "Acme Agent", RedirectURIs: redirects}}
		},
		"a statement": func(redirects ...string) verify.Presentation {
			return verify.Presentation{Statement: statement(t, func(s *metadata.Statement) { s.Client.RedirectURIs = redirects })}
		},
		"a registration with a statement": func(redirects ...string) verify.Presentation {
			return verify.Presentation{Client: &metadata.Client{SoftwareStatement: statement(t, func(s *metadata.Statement) { s.Client.RedirectURIs = redirects })}}
		},
	}
	for name, tc := range map[string]struct {
		redirects []string
		inUse     string
		effective []string // nil where it is refused
		reason    metadata.Reason
	}{
		"not known":                  {[]string{web, loopback}, "", []string{web, loopback}, ""},
		"the only one":               {[]string{web}, web, []string{web}, ""},
		"the first":                  {[]string{web, loopback}, web, []string{web}, ""},
		"the second":                 {[]string{loopback, web}, web, []string{web}, ""},
		"R5 on another port":         {[]string{web, loopback}, "http://127.0.0.1:40123/callback", []string{loopback}, ""},
		"R11 another":                {[]string{web, loopback}, web + "/", nil, metadata.ReasonRedirectURINotStated},
		"R1 what is no redirect URI": {[]string{web, loopback}, "javascript:alert(1)", nil, metadata.ReasonRedirectURIMalformed},
	} {
		for road, present := range brought {
			t.Run(name+", of "+road, func(t *testing.T) {
				presented := present(tc.redirects...)
				presented.RedirectURI = tc.inUse
				v := covered(t, nil).verify(t, presented)
				if tc.effective == nil {
					want(t, v, verify.Rejected, tc.reason)
					wantFinding(t, v, verify.CheckRedirectURIs, verify.Failed, tc.reason)
					return
				}
				want(t, v, verify.Verified, "")
				wantFinding(t, v, verify.CheckRedirectURIs, verify.Passed, "")
				if c, _ := v.Client(); !slices.Equal(c.RedirectURIs, tc.effective) {
					t.Errorf("effective are %q, want %q", c.RedirectURIs, tc.effective)
				}
				var dropped []string
				if len(tc.effective) < len(tc.redirects) {
					dropped = []string{"redirect_uris"}
				}
				if !slices.Equal(v.Overridden(), dropped) {
					t.Errorf("listed as dropped: %q, want %q", v.Overridden(), dropped)
				}
			})
		}
	}
}

// A defect of the metadata belongs to the check of what is at fault, or else to
// what the metadata came in.
func TestWhereADefectBelongs(t *testing.T) {
	const own = `"redirect_uris":["https://acme.example/callback"]`
	for name, tc := range map[string]struct {
		members      string // of a client, but for its name and address
		plain, named verify.Check
		reason       metadata.Reason
	}{
		"a redirect URI": {`"client_name":"Agent","redirect_uris":["javascript:alert(1)"]`, verify.CheckRedirectURIs, verify.CheckRedirectURIs, metadata.ReasonRedirectURIMalformed},
		"a name":         {`"client_name":"Agent\u202e",` + own, verify.CheckDisplayName, verify.CheckDisplayName, metadata.ReasonNameUnprintable},
		"anything else":  {`"client_name":"Agent","scope":"a  b",` + own, verify.CheckForm, verify.CheckMetadataDocument, metadata.ReasonScopeMalformed},
	} {
		var client metadata.Client
		if err := json.Unmarshal([]byte("{"+tc.members+"}"), &client); err != nil {
			t.Fatal(err)
		}
		t.Run(name+" of a registration", func(t *testing.T) {
			v := newPlace(t, nil, nil, nil).verify(t, verify.Presentation{Client: &client})
			want(t, v, verify.Rejected, tc.reason)
			wantFinding(t, v, tc.plain, verify.Failed, tc.reason)
		})
		t.Run(name+" of a statement", func(t *testing.T) {
			v := covered(t, nil).verify(t, verify.Presentation{Statement: statement(t, func(s *metadata.Statement) {
				s.Client = client
				s.Client.SoftwareID = "acme-agent"
			})})
			want(t, v, verify.Rejected, tc.reason)
			wantFinding(t, v, tc.plain, verify.Failed, tc.reason)
		})
		t.Run(name+" of a document", func(t *testing.T) {
			document := fmt.Sprintf(`{"client_id":%q,%s}`, vectortest.DocumentURL, tc.members)
			v := covered(t, map[string]string{vectortest.DocumentURL: document}).verify(t, named)
			want(t, v, verify.Rejected, tc.reason)
			wantFinding(t, v, tc.named, verify.Failed, tc.reason)
		})
	}
}

// What a statement and the members beside it say each without fault may still be
// at fault together, and is then refused where it was brought.
func TestStatementAndPlainTogether(t *testing.T) {
	const own = "https://acme.example/callback"
	keys := json.RawMessage(`{"keys":[` + string(vectortest.Genuine.Key.JWK()) + `]}`)
	byKey := func(change func(*metadata.Client)) string {
		return statement(t, func(s *metadata.Statement) {
			s.Client.TokenEndpointAuthMethod, s.Client.JWKS = "private_key_jwt", keys
			change(&s.Client)
		})
	}
	document := plainDocument(vectortest.DocumentURL, fmt.Sprintf(`,"jwks_uri":%q,"software_statement":%q`, vectortest.KeySetURL,
		byKey(func(c *metadata.Client) { c.ClientID = vectortest.DocumentURL })))
	v := covered(t, map[string]string{vectortest.DocumentURL: document}).verify(t, named)
	want(t, v, verify.Rejected, metadata.ReasonMetadataConflict)
	wantFinding(t, v, verify.CheckMetadataDocument, verify.Failed, metadata.ReasonMetadataConflict)

	v = covered(t, nil).verify(t, verify.Presentation{Client: &metadata.Client{
		RedirectURIs: []string{own, "https://acme.example/other"}, SoftwareStatement: statement(t, nil)}})
	want(t, v, verify.Rejected, metadata.ReasonRedirectURINotStated)
	wantFinding(t, v, verify.CheckRedirectURIs, verify.Failed, metadata.ReasonRedirectURINotStated)
}

// A statement that is refused for what it is for is not merged with anything, and
// nothing more is said of it.
func TestStatementForSomethingElse(t *testing.T) {
	const elsewhere = "https://acme.example/elsewhere.json"
	plain := &metadata.Client{RedirectURIs: []string{"https://other.example/cb"}} // which is not stated
	stated := func(change func(*metadata.Statement)) verify.Presentation {
		c := *plain
		c.SoftwareStatement = statement(t, change)
		return verify.Presentation{Client: &c, Audience: vectortest.DrawnServer}
	}
	inElsewhere := func(s *metadata.Statement) { s.Client.ClientID = elsewhere }
	for name, tc := range map[string]struct {
		presented verify.Presentation
		check     verify.Check
		reason    metadata.Reason
	}{
		"another server":   {stated(func(s *metadata.Statement) { s.Audience = "https://as2.example" }), verify.CheckForm, metadata.ReasonAudienceMismatch},
		"another document": {stated(inElsewhere), verify.CheckMetadataDocument, metadata.ReasonClientIDMismatch},
	} {
		t.Run(name, func(t *testing.T) {
			p := covered(t, map[string]string{elsewhere: plainDocument(elsewhere, "")})
			v := p.verify(t, tc.presented)
			want(t, v, verify.Rejected, tc.reason)
			if f := v.Findings[len(v.Findings)-1]; f.Check != tc.check || f.Reason != tc.reason {
				t.Errorf("it went on to %s %s\n%s", f.Check, f.Reason, findings(v))
			}
		})
	}
	t.Run("another server, and no document is asked", func(t *testing.T) {
		p := covered(t, nil)
		want(t, p.verify(t, stated(func(s *metadata.Statement) { inElsewhere(s); s.Audience = "https://as2.example" })), verify.Rejected, metadata.ReasonAudienceMismatch)
		p.wantPackets(t, 1, 1) // the publisher's keys
	})
	t.Run("this server", func(t *testing.T) {
		want(t, covered(t, nil).verify(t, verify.Presentation{Audience: vectortest.DrawnServer,
			Statement: statement(t, func(s *metadata.Statement) { s.Audience = vectortest.DrawnServer })}), verify.Verified, "")
	})
	t.Run("no server is known", func(t *testing.T) {
		want(t, covered(t, nil).verify(t, verify.Presentation{
			Statement: statement(t, func(s *metadata.Statement) { s.Audience = vectortest.DrawnServer })}), verify.Rejected, metadata.ReasonAudienceMismatch)
	})
	t.Run("whoever leaves while its document is asked", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		gone := make(chan struct{})
		p := newPlace(t, []string{"dns: secure"}, liveZone, func(cfg *verify.Config) { cfg.Fetcher = leaving{cfg.Fetcher, elsewhere, cancel, gone} })
		v, err := p.verifier.Verify(ctx, stated(inElsewhere))
		close(gone)
		if !errors.Is(err, context.Canceled) || v != nil {
			t.Errorf("%v, %v", v, err)
		}
	})
}

// What only an authorization server gives is dropped from a document without a
// statement and listed; its address is its own.
func TestServerMembersOfADocument(t *testing.T) {
	given := []string{"client_id_issued_at", "registration_client_uri"} // secrets are refused
	document := plainDocument(vectortest.DocumentURL, `,"client_id_issued_at":1,"registration_client_uri":"https://acme.example/x"`)
	v := covered(t, map[string]string{vectortest.DocumentURL: document}).verify(t, named)
	want(t, v, verify.Verified, "")
	if c, ok := v.Client(); !ok || c.ClientID != vectortest.DocumentURL || len(c.More) > 0 {
		t.Errorf("judged as %+v", c)
	}
	if !slices.Equal(v.Overridden(), given) {
		t.Errorf("listed as dropped: %q", v.Overridden())
	}
}
