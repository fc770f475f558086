package verify_test

import (
	"fmt"
	"testing"

	"github.com/fc28f635/countersign/internal/vectortest"
	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/verify"
)

// What a known statement reaches by itself is remembered. That is not what it
// reaches where its publisher speaks for more, or where less of it is in use.
func TestRememberedReachIsOfTheStatementByItself(t *testing.T) {
	const own, sub, foreign = "https://acme.example/callback", "https://app.acme.example/callback", "https://other.example/callback"
	stated := func(redirects ...string) string {
		return statement(t, func(s *metadata.Statement) {
			s.Client.RedirectURIs, s.Client.ClientID = redirects, vectortest.DocumentURL
		})
	}
	unbound := statement(t, func(s *metadata.Statement) { s.Client.RedirectURIs = []string{own, foreign} })
	lists := fmt.Sprintf(`{"publisher":%q,"keys":[],"clients":[{"client_id":%q}]}`, vectortest.Other, vectortest.DocumentURL)
	speaks := map[string]string{"dns.zone": zone(record(vectortest.Genuine) + "; s=y")}
	listed := map[string]string{"dns.zone": liveZone["dns.zone"], vectortest.Other.PublisherDocumentURL(): lists}
	for name, tc := range map[string]struct {
		files     map[string]string
		presented verify.Presentation
		want      verify.Status
	}{
		"its own host":                           {liveZone, verify.Presentation{Statement: stated(own)}, verify.Passed},
		"a host below":                           {liveZone, verify.Presentation{Statement: stated(sub)}, verify.Failed},
		"a host below, of a key for all of them": {speaks, verify.Presentation{Statement: stated(sub)}, verify.Passed},
		"a foreign host":                         {liveZone, verify.Presentation{Statement: stated(own, foreign)}, verify.Failed},
		"a foreign host that lists the client":   {listed, verify.Presentation{Statement: stated(own, foreign)}, verify.Passed},
		"a foreign host that is not in use":      {liveZone, verify.Presentation{Statement: stated(own, foreign), RedirectURI: own}, verify.Passed},
		"a foreign host that does not register": {liveZone, verify.Presentation{Client: &metadata.Client{ClientName: "Acme Agent", RedirectURIs: []string{own}, SoftwareStatement: unbound}},
			verify.Passed},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlace(t, []string{"dns: secure"}, tc.files, nil)
			for range 2 { // the second time it is known
				reason := metadata.Reason("")
				if tc.want == verify.Failed {
					reason = metadata.ReasonRedirectURIForeign
				}
				wantFinding(t, p.verify(t, tc.presented), verify.CheckCoverage, tc.want, reason)
			}
		})
	}
}

// A host is asked whether it lists the client only where it can be somebody's.
func TestForeignHostThatIsNobodys(t *testing.T) {
	pins := fmt.Sprintf(`{"publishers":{%q:{"keys":[%s]}}}`, vectortest.Acme, vectortest.Genuine.Key.JWK())
	for name, tc := range map[string]struct {
		header, foreign string
		fetches         int
	}{
		"a domain":               {"dns: secure", "https://other.example/callback", 1},
		"R14 a special-use name": {"special_use: refused", "https://other.example/callback", 0},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlace(t, []string{tc.header}, map[string]string{"roots.json": pins}, nil)
			v := p.verify(t, verify.Presentation{Statement: statement(t, func(s *metadata.Statement) {
				s.Client.RedirectURIs = append(s.Client.RedirectURIs, tc.foreign)
			})})
			want(t, v, verify.Verified, "")
			wantFinding(t, v, verify.CheckCoverage, verify.Failed, metadata.ReasonRedirectURIForeign)
			p.wantPackets(t, 0, tc.fetches)
		})
	}
}

// A key that the statement names binds the client to it, as long as every key
// that is named is one.
func TestBindingByStatedKeys(t *testing.T) {
	good := string(vectortest.Foreign.Key.JWK())
	for keys, want := range map[string]metadata.Binding{
		`{"keys":[` + good + `]}`:                            metadata.BindingKey,
		`{"keys":[` + good + `,{"kty":"AKP","kid":"x"}]}`:    metadata.BindingLoose,
		`{"keys":[{"kty":"AKP","kid":"x"}]}`:                 metadata.BindingLoose,
		`{"keys":[]}`:                                        metadata.BindingLoose,
		`{"keys":[` + good + `,` + good + `,{"kty":"AKP"}]}`: metadata.BindingLoose,
	} {
		p := newPlace(t, []string{"dns: secure"}, liveZone, nil)
		v := p.verify(t, verify.Presentation{Statement: statement(t, func(s *metadata.Statement) {
			s.Client.RedirectURIs, s.Client.TokenEndpointAuthMethod = []string{"http://127.0.0.1/callback"}, "private_key_jwt"
			s.Client.JWKS = []byte(keys)
		})})
		if v.Binding != want {
			t.Errorf("%s: %s, binding %s, want %s\n%s", keys, v.Outcome, v.Binding, want, findings(v))
		}
	}
}
