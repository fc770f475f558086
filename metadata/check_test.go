package metadata_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fc28f635/countersign/metadata"
)

func TestCheck(t *testing.T) {
	const jwks = `{"keys":[{"kty":"OKP","crv":"Ed25519","x":"AA"}]}`
	const method = "token_endpoint_auth_method"
	uris := func(n int) string {
		list := make([]string, n)
		for i := range list {
			list[i] = `"https://acme.example/` + strconv.Itoa(i) + `"`
		}
		return "[" + strings.Join(list, ",") + "]"
	}
	variants := func(n int) []string {
		var changes []string
		for i := range n {
			changes = append(changes, "client_name#x"+strconv.Itoa(i), `"x"`)
		}
		return changes
	}
	tests := []struct {
		name    string
		changes []string
		want    []string
	}{
		{"good", nil, nil},
		{"16 redirect URIs", []string{"redirect_uris", uris(16)}, nil},
		{"17 redirect URIs", []string{"redirect_uris", uris(17)}, []string{"redirect_uri_malformed redirect_uris"}},
		{"no redirect URI", []string{"redirect_uris", ""}, []string{"redirect_uri_malformed redirect_uris"}},
		{"no redirect URI, none needed", []string{"redirect_uris", "", "grant_types", `["client_credentials"]`}, nil},
		{"R1 one of two malformed", []string{"redirect_uris", `["https://acme.example/a","javascript:x"]`}, []string{"redirect_uri_malformed redirect_uris"}},
		{"R1 one of 16 malformed", []string{"redirect_uris", strings.Replace(uris(16), "https://acme.example/9", "javascript:x", 1)}, []string{"redirect_uri_malformed redirect_uris"}},
		{"R21 web and loopback", []string{"application_type", `"web"`, "redirect_uris", `["http://localhost/cb"]`}, []string{"redirect_uri_malformed redirect_uris"}},
		{"R21 native and loopback", []string{"application_type", `"native"`, "redirect_uris", `["http://localhost/cb"]`}, nil},
		{"R21 native and https", []string{"application_type", `"native"`}, nil},
		{"R21 web and https", []string{"application_type", `"web"`}, nil},
		{"R21 absent and loopback", []string{"redirect_uris", `["http://localhost/cb"]`}, nil},
		{"R21 another type", []string{"application_type", `"service"`}, []string{"metadata_malformed application_type"}},
		{"O8 scope", []string{"scope", `"files:read a/b!~#[] openid"`}, nil},
		{"O8 star is a token", []string{"scope", `"*"`}, nil},
		{"O8 two spaces", []string{"scope", `"a  b"`}, []string{"scope_malformed scope"}},
		{"O8 space before", []string{"scope", `" a"`}, []string{"scope_malformed scope"}},
		{"O8 space after", []string{"scope", `"a "`}, []string{"scope_malformed scope"}},
		{"O8 a space alone", []string{"scope", `" "`}, []string{"scope_malformed scope"}},
		{"O8 tab", []string{"scope", `"a\tb"`}, []string{"scope_malformed scope"}},
		{"O8 line feed", []string{"scope", `"a\nb"`}, []string{"scope_malformed scope"}},
		{"O8 no-break space", []string{"scope", `"a\u00a0b"`}, []string{"scope_malformed scope"}},
		{"O8 line separator", []string{"scope", `"a\u2028b"`}, []string{"scope_malformed scope"}},
		{"O8 quotation mark", []string{"scope", `"a\"b"`}, []string{"scope_malformed scope"}},
		{"O8 backslash", []string{"scope", `"a\\b"`}, []string{"scope_malformed scope"}},
		{"O8 DEL", []string{"scope", `"a\u007fb"`}, []string{"scope_malformed scope"}},
		{"O8 256 tokens", []string{"scope", `"` + strings.Repeat("a ", 255) + `a"`}, nil},
		{"O8 257 tokens", []string{"scope", `"` + strings.Repeat("a ", 256) + `a"`}, []string{"scope_malformed scope"}},
		{"O8 10000 tokens", []string{"scope", `"` + strings.Repeat("a ", 9999) + `a"`}, []string{"scope_malformed scope"}},
		{"R20 code without its grant", []string{"grant_types", `["client_credentials"]`, "response_types", `["code"]`}, []string{"grant_forbidden response_types"}},
		{"R20 code in a combination without its grant", []string{"grant_types", `["client_credentials"]`, "response_types", `["id_token code"]`}, []string{"grant_forbidden response_types"}},
		{"R20 code twice is one defect", []string{"grant_types", `["client_credentials"]`, "response_types", `["code","code token"]`}, []string{"grant_forbidden response_types"}},
		{"R20 unknown grants are for others to drop", []string{"grant_types", `["authorization_code","password","x","x"]`, "response_types", `["code","token"]`}, nil},
		{"U26 both key members", []string{"jwks", jwks, "jwks_uri", `"https://acme.example/j"`}, []string{"metadata_conflict jwks"}},
		{"U26 method without key", []string{method, `"private_key_jwt"`}, []string{"metadata_conflict token_endpoint_auth_method"}},
		{"U26 method with keys", []string{method, `"private_key_jwt"`, "jwks", jwks}, nil},
		{"U26 method with address", []string{method, `"private_key_jwt"`, "jwks_uri", `"https://acme.example/j"`}, nil},
		{"U26 keys signed by nobody", []string{method, `"private_key_jwt"`, "jwks", jwks, "token_endpoint_auth_signing_alg", `"None"`}, []string{"metadata_conflict token_endpoint_auth_signing_alg"}},
		{"U26 keys signed with a secret", []string{method, `"private_key_jwt"`, "jwks", jwks, "token_endpoint_auth_signing_alg", `"hs256"`}, []string{"metadata_conflict token_endpoint_auth_signing_alg"}},
		{"U26 keys signed with one", []string{method, `"private_key_jwt"`, "jwks", jwks, "token_endpoint_auth_signing_alg", `"ES256"`}, nil},
		{"U26 a secret signed with", []string{method, `"client_secret_jwt"`, "token_endpoint_auth_signing_alg", `"HS256"`}, nil},
		{"U26 symmetric key", []string{"jwks", `{"keys":[{"kty":"oct","k":"AA"}]}`}, []string{"metadata_malformed jwks"}},
		{"R14 jwks_uri by http", []string{"jwks_uri", `"http://acme.example/j"`}, []string{"metadata_malformed jwks_uri"}},
		{"R14 jwks_uri to an address", []string{"jwks_uri", `"https://127.0.0.1/j"`}, []string{"metadata_malformed jwks_uri"}},
		{"R14 jwks_uri to a file", []string{"jwks_uri", `"file:///etc/passwd"`}, []string{"metadata_malformed jwks_uri"}},
		{"R14 jwks_uri with user information", []string{"jwks_uri", `"https://a@acme.example/j"`}, []string{"metadata_malformed jwks_uri"}},
		{"R16 a page that is malformed is for others to drop", []string{"client_uri", `"javascript:x"`, "post_logout_redirect_uris", `["javascript:x"]`}, nil},
		{"R17 name with a bidi control", []string{"client_name", `"a\u202eb"`}, []string{"name_unprintable client_name"}},
		{"U29 variant with a bidi control", []string{"client_name#ja", `"a\u202eb"`}, []string{"name_unprintable client_name"}},
		{"U29 16 variants", variants(16), nil},
		{"U29 17 variants", variants(17), []string{"metadata_malformed client_name"}},
		{"R19 contacts", []string{"contacts", `["security@acme.example"]`}, nil},
		{"R19 16 contacts", []string{"contacts", repeated(`"a@acme.example"`, 16)}, nil},
		{"R19 17 contacts", []string{"contacts", repeated(`"a@acme.example"`, 17)}, []string{"metadata_malformed contacts"}},
		{"R19 1000 contacts", []string{"contacts", repeated(`"a@acme.example"`, 1000)}, []string{"metadata_malformed contacts"}},
		{"R19 contact with a line feed", []string{"contacts", `["a@acme.example\r\nBcc: b@evil.example"]`}, []string{"metadata_malformed contacts"}},
	}
	base := map[string]string{"client_name": `"Acme"`, "redirect_uris": `["https://acme.example/cb"]`}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := mustClient(t, string(object(base, tt.changes...))).Check()
			if d := cmp.Diff(tt.want, defects(t, err)); d != "" {
				t.Errorf("defects (-want +got):\n%s", d)
			}
		})
	}
}

func TestDefectsText(t *testing.T) {
	long := strings.Repeat("é", 400)
	err := metadata.Client{RedirectURIs: []string{"https://acme.example/" + long, "javascript:x"}}.Check()
	text := err.Error()
	if len(text) > 300 || !strings.Contains(text, "(and 1 more)") || !strings.HasPrefix(text, "redirect_uri_malformed: redirect_uris: ") {
		t.Errorf("%d bytes: %s", len(text), text)
	}
}
