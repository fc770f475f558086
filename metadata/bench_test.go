package metadata_test

import (
	"fmt"
	"testing"

	"github.com/fc28f635/countersign/metadata"
)

// payload is the payload of a release statement of ordinary size, about 1.5 KB.
const payload = `{"iss":"https://acme.example","iat":1767225600,"exp":1774915200,"nbf":1767225600,` +
	`"jti":"0b6f6b3c-3f0e-4b5e-9a0a-2d9d3f1f6c11","client_id":"https://acme.example/mcp/client.json",` +
	`"software_id":"acme-agent","software_version":"4.12.0","client_name":"Acme Agent",` +
	`"client_name#de":"Acme-Agent","client_name#ja":"アクメ・エージェント",` +
	`"client_uri":"https://acme.example/agent","logo_uri":"https://acme.example/agent/logo.png",` +
	`"tos_uri":"https://acme.example/terms","policy_uri":"https://acme.example/privacy",` +
	`"contacts":["security@acme.example","support@acme.example"],` +
	`"redirect_uris":["https://acme.example/mcp/callback","http://127.0.0.1/callback","http://localhost/callback","com.acme.agent:/callback"],` +
	`"grant_types":["authorization_code","refresh_token"],"response_types":["code"],` +
	`"scope":"files.read files.write mail.read calendar.read calendar.write",` +
	`"application_type":"native","token_endpoint_auth_method":"private_key_jwt",` +
	`"token_endpoint_auth_signing_alg":"ES256","jwks":{"keys":[{"kty":"EC","crv":"P-256","kid":"client-2026a",` +
	`"x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]},` +
	`"dpop_bound_access_tokens":true,"require_pushed_authorization_requests":true,` +
	`"x_release_channel":"stable","x_build":{"commit":"5c3f1e0d","reproducible":true}}`

func BenchmarkParseStatement(b *testing.B) {
	data := []byte(payload)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := metadata.ParseStatement(data); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkProtected compares a name and a host that resemble nothing with the
// embedded list and a thousand that were accepted.
func BenchmarkProtected(b *testing.B) {
	accepted := make([]metadata.ProtectedName, 1000)
	for i := range accepted {
		accepted[i] = metadata.ProtectedName{Name: fmt.Sprintf("Agent %d", i), Domains: []string{fmt.Sprintf("vendor%dsoftware.com", i)}}
	}
	acme := metadata.MustPublisher("https://acme.example")
	for name, p := range map[string]*metadata.Protected{"embedded": metadata.Embedded(), "thousand": metadata.NewProtected(nil, accepted)} {
		b.Run(name+"/name", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if l, ok := p.Name("Acme Agent", acme); ok {
					b.Fatal(l)
				}
			}
		})
		b.Run(name+"/host", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if l, ok := p.Host("login.acme-software.example"); ok {
					b.Fatal(l)
				}
			}
		})
	}
}
