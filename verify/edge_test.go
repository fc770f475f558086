package verify_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/fc28f635/countersign/internal/vectortest"
	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/verify"
)

// A verdict holds no longer than its statement.
func TestVerdictEndsWithItsStatement(t *testing.T) {
	pinned := map[string]string{"roots.json": fmt.Sprintf(`{"publishers":{%q:{"keys":[%s]}}}`, vectortest.Acme, vectortest.Genuine.Key.JWK())}
	p := newPlace(t, nil, pinned, nil)
	end := vectortest.DrawnNow.Add(10 * time.Second)
	v := p.verify(t, verify.Presentation{Statement: statement(t, func(s *metadata.Statement) { s.ExpiresAt = end.Unix() })})
	want(t, v, verify.Verified, "")
	if got := v.ValidUntil(); !got.Equal(end) {
		t.Errorf("valid until %s, want %s", got, end)
	}
}

// What is shown comes from the publisher's own hosts; what does not is dropped,
// listed, and changes nothing else.
func TestForeignDisplayIsHidden(t *testing.T) {
	p := newPlace(t, []string{"dns: secure"}, liveZone, nil)
	v := p.verify(t, verify.Presentation{Client: &metadata.Client{TOSURI: "https://acme.example/tos", SoftwareStatement: statement(t, func(s *metadata.Statement) {
		s.Client.LogoURI, s.Client.PolicyURI = "https://cdn.example/logo.png", "https://acme.example/policy"
	})}})
	want(t, v, verify.Verified, "")
	c, ok := v.Client()
	if !ok || c.LogoURI != "" || c.PolicyURI != "https://acme.example/policy" || c.ClientName != "Acme Agent" {
		t.Errorf("shown as %+v", c)
	}
	if !slices.Equal(v.Overridden(), []string{"logo_uri", "tos_uri"}) {
		t.Errorf("listed as dropped: %q", v.Overridden())
	}
	if claimed := v.Claimed(); claimed.TOSURI != "https://acme.example/tos" || claimed.LogoURI != "" {
		t.Errorf("claimed by the registration: %+v", claimed)
	}
}

func TestCodesOfALoopbackClientAreNotDelivered(t *testing.T) {
	p := newPlace(t, []string{"dns: secure"}, liveZone, nil)
	v := p.verify(t, verify.Presentation{Client: &metadata.Client{SoftwareStatement: statement(t, func(s *metadata.Statement) {
		s.Client.RedirectURIs = []string{"http://127.0.0.1/cb"}
	})}})
	want(t, v, verify.Verified, "")
	wantFinding(t, v, verify.CheckDelivery, verify.Skipped, "")
}

// Nothing can be learned of a client from a verdict that is not verified.
func TestAccessorsOfNoVerdict(t *testing.T) {
	p := newPlace(t, []string{"dns: secure"}, liveZone, nil)
	expired := p.verify(t, verify.Presentation{Statement: statement(t, func(s *metadata.Statement) {
		s.IssuedAt, s.ExpiresAt = vectortest.DrawnNow.Unix()-7200, vectortest.DrawnNow.Unix()-3600
	})})
	want(t, expired, verify.Rejected, metadata.ReasonStatementExpired)
	for name, v := range map[string]*verify.Verdict{"nil": nil, "zero": {}, "rejected": expired} {
		_, hasStatement := v.Statement()
		_, hasClient := v.Client()
		if hasStatement || hasClient || v.Thumbprint() != "" || v.Shape() != "" || len(v.Overridden()) > 0 || v.TestMode() || v.Passed(verify.CheckTimes) {
			t.Errorf("%s verdict tells of a client", name)
		}
		if line := v.Line(); line.First || len(line.Keys) > 0 {
			t.Errorf("%s verdict tells of the line %v", name, line)
		}
	}
}

func TestEstablishedKeysAreSorted(t *testing.T) {
	at := vectortest.DrawnNow
	seen := func(key string) verify.Sighting {
		return verify.Sighting{Thumbprint: key, First: at.Add(-1000 * time.Hour), Last: at}
	}
	if got := verify.Established([]verify.Sighting{seen("c"), seen("a"), seen("b")}, at); !slices.Equal(got, []string{"a", "b", "c"}) {
		t.Errorf("in the order %q", got)
	}
}

// What a registration adds to a public statement is refused.
func TestRegistrationBesideItsStatement(t *testing.T) {
	for name, c := range map[string]struct {
		plain  metadata.Client
		reason metadata.Reason
	}{
		"a redirect URI that is not stated":    {metadata.Client{RedirectURIs: []string{"https://evil.example/cb"}}, metadata.ReasonRedirectURINotStated},
		"an authentication method not stated":  {metadata.Client{TokenEndpointAuthMethod: metadata.AuthPrivateKeyJWT}, metadata.ReasonMemberNotStated},
		"a redirect URI within what is stated": {metadata.Client{RedirectURIs: []string{"https://acme.example/callback"}}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlace(t, []string{"dns: secure"}, liveZone, nil)
			c.plain.SoftwareStatement = statement(t, nil)
			v := p.verify(t, verify.Presentation{Client: &c.plain})
			outcome := verify.Rejected
			if c.reason == "" {
				outcome = verify.Verified
			}
			want(t, v, outcome, c.reason)
		})
	}
}

// What only an authorization server gives is dropped from a registration
// without a statement, the client_id too, and listed.
func TestServerMembersOfARegistration(t *testing.T) {
	given := []string{"client_id", "client_id_issued_at", "client_secret", "client_secret_expires_at", "registration_access_token", "registration_client_uri"}
	plain := metadata.Client{ClientID: "x", ClientName: "Agent", RedirectURIs: []string{"https://acme.example/callback"}, More: map[string]json.RawMessage{}}
	for _, name := range given[1:] {
		plain.More[name] = json.RawMessage(`"x"`)
	}
	p := newPlace(t, []string{"dns: secure"}, liveZone, nil)
	v := p.verify(t, verify.Presentation{Client: &plain})
	want(t, v, verify.Verified, "")
	if c, ok := v.Client(); !ok || c.ClientID != "" || len(c.More) > 0 {
		t.Errorf("judged as %+v", c)
	}
	if !slices.Equal(v.Overridden(), given) {
		t.Errorf("listed as dropped: %q", v.Overridden())
	}
}
