package metadata_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fc28f635/countersign/metadata"
)

// statedBase is what a statement says; with is written over it.
func statedBase(with ...string) string {
	return string(object(map[string]string{
		"client_name": `"Acme"`, "software_id": `"acme"`, "redirect_uris": `["https://acme.example/a","https://acme.example/b"]`,
		"grant_types": `["authorization_code","refresh_token"]`, "response_types": `["code"]`,
		"token_endpoint_auth_method": `"none"`, "scope": `"read write"`,
	}, with...))
}

func TestMerge(t *testing.T) {
	const jwks = `{"keys":[{"kty":"OKP","crv":"Ed25519","x":"AA"}]}`
	bare := statedBase("grant_types", "", "response_types", "", "token_endpoint_auth_method", "", "scope", "")
	loop := func(uri string) string { return statedBase("redirect_uris", `["`+uri+`"]`) }
	reg, doc := metadata.RoadRegistration, metadata.RoadDocument
	tests := []struct {
		name          string
		stated, plain string
		road          metadata.Road
		want          string // the effective client
		overridden    []string
		unstated      []string
	}{
		{"nothing plain", statedBase(), `{}`, reg, statedBase(), nil, nil},
		{"O3 a stated name wins", statedBase(), `{"client_name":"Claude"}`, reg, statedBase(), []string{"client_name"}, nil},
		{"O3 a stated software_id wins", statedBase(), `{"software_id":"claude"}`, reg, statedBase(), []string{"software_id"}, nil},
		{"O21 a silent request keeps the stated method", statedBase("token_endpoint_auth_method", `"private_key_jwt"`, "jwks", jwks), `{}`, reg,
			statedBase("token_endpoint_auth_method", `"private_key_jwt"`, "jwks", jwks), nil, nil},
		{"O21 another method is none that was stated as none", statedBase(), `{"token_endpoint_auth_method":"client_secret_post"}`, reg,
			statedBase(), []string{"token_endpoint_auth_method"}, nil},
		{"O21 in a document the stated method wins", statedBase("token_endpoint_auth_method", `"private_key_jwt"`, "jwks", jwks), `{"token_endpoint_auth_method":"none"}`, doc,
			statedBase("token_endpoint_auth_method", `"private_key_jwt"`, "jwks", jwks), []string{"token_endpoint_auth_method"}, nil},
		{"O3 stated keys win", statedBase("jwks", jwks), `{"jwks":{"keys":[]}}`, reg, statedBase("jwks", jwks), []string{"jwks"}, nil},
		{"the same in another spelling is no override", statedBase("jwks", jwks), `{"jwks": { "keys" :[{"x":"\u0041A","kty":"OKP","crv":"Ed25519"}]},"client_name":"\u0041cme"}`, reg,
			statedBase("jwks", jwks), nil, nil},
		{"redirects narrowed", statedBase(), `{"redirect_uris":["https://acme.example/b"]}`, reg, statedBase("redirect_uris", `["https://acme.example/b"]`), nil, nil},
		{"a malformed redirect is never stated", statedBase("redirect_uris", `["javascript:x","https://acme.example/a"]`), `{}`, reg, statedBase("redirect_uris", `["https://acme.example/a"]`), nil, nil},
		{"redirects empty", statedBase(), `{"redirect_uris":[]}`, reg, statedBase(), nil, nil},
		{"redirects twice", statedBase(), `{"redirect_uris":["https://acme.example/b","https://acme.example/b"]}`, reg, statedBase("redirect_uris", `["https://acme.example/b"]`), nil, nil},
		{"R5 port stated", loop("http://127.0.0.1:1/cb"), `{"redirect_uris":["http://127.0.0.1:2/cb"]}`, reg, loop("http://127.0.0.1/cb"), nil, nil},
		{"R5 no port stated", loop("http://[::1]/cb"), `{"redirect_uris":["http://[::1]:2/cb"]}`, reg, loop("http://[::1]/cb"), nil, nil},
		{"R5 port removed where nothing is plain", loop("http://localhost:2/cb"), `{}`, reg, loop("http://localhost/cb"), nil, nil},
		{"scope narrowed", statedBase(), `{"scope":"write"}`, reg, statedBase("scope", `"write"`), nil, nil},
		{"O8 scope outside", statedBase(), `{"scope":"admin read"}`, reg, statedBase("scope", `"read"`), []string{"scope"}, nil},
		{"O8 scope twice", statedBase(), `{"scope":"read read"}`, reg, statedBase("scope", `"read"`), nil, nil},
		{"O8 scope empty", statedBase(), `{"scope":""}`, reg, statedBase(), nil, nil},
		{"O8 a tab does not divide", statedBase(), `{"scope":"read write\tadmin"}`, reg, statedBase("scope", `"read"`), []string{"scope"}, nil},
		{"scope not stated is no ceiling", bare, `{"scope":"read"}`, reg, statedBase("grant_types", `["authorization_code"]`, "scope", `"read"`), nil, nil},
		{"grants narrowed", statedBase(), `{"grant_types":["authorization_code"]}`, reg, statedBase("grant_types", `["authorization_code"]`), nil, nil},
		{"grants outside", statedBase(), `{"grant_types":["authorization_code","client_credentials"]}`, reg, statedBase("grant_types", `["authorization_code"]`), []string{"grant_types"}, nil},
		{"grants empty", statedBase(), `{"grant_types":[]}`, reg, statedBase(), nil, nil},
		{"what is not stated takes its default", bare, `{"grant_types":["authorization_code","refresh_token"],"response_types":["token"],"logo_uri":"https://a.example/l"}`, reg,
			statedBase("grant_types", `["authorization_code"]`, "scope", ""), []string{"grant_types", "logo_uri", "response_types"}, nil},
		{"the default said", bare, `{"token_endpoint_auth_method":"none","response_types":["code"],"grant_types":["authorization_code"]}`, reg,
			statedBase("grant_types", `["authorization_code"]`, "scope", ""), nil, nil},
		{"contacts added", statedBase("contacts", `["a@acme.example"]`), `{"contacts":["b@acme.example","a@acme.example"]}`, reg, statedBase("contacts", `["a@acme.example","b@acme.example"]`), nil, nil},
		{"a variant is a member of its own", statedBase("client_name#de", `"Acme"`), `{"client_name#ja":"Claude","client_name#de":"Claude"}`, reg, statedBase("client_name#de", `"Acme"`),
			[]string{"client_name#de", "client_name#ja"}, nil},
		{"O22 client_id and secret of the client", statedBase(), `{"client_id":"x","client_secret":"y","client_id_issued_at":1}`, reg, statedBase(),
			[]string{"client_id", "client_id_issued_at", "client_secret"}, nil},
		{"O22 the stated client_id said", statedBase("client_id", `"https://a.b.example/c"`), `{"client_id":"https://a.b.example/c"}`, reg, statedBase("client_id", `"https://a.b.example/c"`), nil, nil},
		{"O23 unknown members", statedBase(), `{"tier":"endorsed","x_role":"admin"}`, reg, statedBase(), []string{"tier", "x_role"}, nil},
		{"J26 a folded name narrows nothing", statedBase(), `{"SCOPE":"read","JWKS":{}}`, reg, statedBase(), []string{"JWKS", "SCOPE"}, nil},
		{"the statement itself stays", statedBase(), `{"software_statement":"a.b.c"}`, reg, statedBase("software_statement", `"a.b.c"`), nil, nil},

		{"document: plain members stand", statedBase(), `{"client_id":"https://a.b.example/c","logo_uri":"https://a.example/l","x":1}`, doc,
			statedBase("client_id", `"https://a.b.example/c"`, "logo_uri", `"https://a.example/l"`, "x", "1"), nil, nil},
		{"document: what authenticates counts as unstated", statedBase("token_endpoint_auth_method", ""), `{"token_endpoint_auth_method":"private_key_jwt","jwks":` + jwks + `}`, doc,
			statedBase("token_endpoint_auth_method", `"private_key_jwt"`, "jwks", jwks), nil, []string{"jwks", "token_endpoint_auth_method"}},
		{"document: what names counts as unstated", statedBase(), `{"client_name#ja":"Claude"}`, doc, statedBase("client_name#ja", `"Claude"`), nil, []string{"client_name#ja"}},
		{"document: what redirects counts as unstated", statedBase("redirect_uris", ""), `{"redirect_uris":["https://acme.example/c"]}`, doc,
			statedBase("redirect_uris", `["https://acme.example/c"]`), nil, []string{"redirect_uris"}},
		{"document: no redirects at all", statedBase("redirect_uris", "", "grant_types", `["client_credentials"]`), `{}`, doc,
			statedBase("redirect_uris", "", "grant_types", `["client_credentials"]`), nil, nil},
		{"document: a stated member wins", statedBase(), `{"client_name":"Claude"}`, doc, statedBase(), []string{"client_name"}, nil},
		{"document: grants that are not stated stand", bare, `{"grant_types":["authorization_code","refresh_token"]}`, doc, statedBase("scope", ""), nil, nil},
		{"document: grants that are delivered by no redirect count as unstated", bare, `{"grant_types":["authorization_code","client_credentials"]}`, doc,
			statedBase("scope", "", "grant_types", `["authorization_code","client_credentials"]`), nil, []string{"grant_types"}},
		{"document: the ceiling of stated grants holds", statedBase(), `{"grant_types":["refresh_token","client_credentials"]}`, doc,
			statedBase("grant_types", `["refresh_token"]`), []string{"grant_types"}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			stated, plain := mustClient(t, tt.stated), mustClient(t, tt.plain)
			before := [2]metadata.Client{stated.Clone(), plain.Clone()}
			m, err := metadata.Merge(plain, stated, tt.road)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(mustClient(t, tt.want), m.Client.Clone()); d != "" {
				t.Errorf("effective (-want +got):\n%s", d)
			}
			if d := cmp.Diff(tt.overridden, m.Overridden) + cmp.Diff(tt.unstated, m.Unstated); d != "" {
				t.Errorf("overridden and unstated (-want +got):\n%s", d)
			}
			if d := cmp.Diff(before, [2]metadata.Client{stated, plain}); d != "" {
				t.Errorf("Merge changed its arguments:\n%s", d)
			}
		})
	}
}

func TestMergeRefuses(t *testing.T) {
	bare := statedBase("token_endpoint_auth_method", "", "software_id", "")
	tests := []struct {
		name, stated, plain string
		road                metadata.Road
		want                []string
	}{
		{"R11 O3 a redirect outside", statedBase(), `{"redirect_uris":["https://acme.example/a","https://evil.example/cb"]}`, metadata.RoadRegistration, []string{"redirect_uri_not_stated redirect_uris"}},
		{"R11 O3 a redirect outside, in a document", statedBase(), `{"redirect_uris":["https://evil.example/cb"]}`, metadata.RoadDocument, []string{"redirect_uri_not_stated redirect_uris"}},
		{"O2 redirects where none are stated", statedBase("redirect_uris", "", "grant_types", `["client_credentials"]`), `{"redirect_uris":["https://evil.example/cb"]}`, metadata.RoadRegistration,
			[]string{"redirect_uri_not_stated redirect_uris"}},
		{"a malformed redirect is never stated", statedBase("redirect_uris", `["javascript:x"]`), `{"redirect_uris":["javascript:x"]}`, metadata.RoadRegistration, []string{"redirect_uri_not_stated redirect_uris"}},
		{"R5 loopback path", statedBase("redirect_uris", `["http://localhost/cb"]`), `{"redirect_uris":["http://localhost:1/cb/"]}`, metadata.RoadRegistration, []string{"redirect_uri_not_stated redirect_uris"}},
		{"R5 loopback host", statedBase("redirect_uris", `["http://localhost/cb"]`), `{"redirect_uris":["http://127.0.0.1/cb"]}`, metadata.RoadRegistration, []string{"redirect_uri_not_stated redirect_uris"}},
		{"O8 no scope is left", statedBase(), `{"scope":"admin"}`, metadata.RoadRegistration, []string{"scope_empty scope"}},
		{"O8 no scope is left, in a document", statedBase(), `{"scope":"admin"}`, metadata.RoadDocument, []string{"scope_empty scope"}},
		{"no grant is left", statedBase(), `{"grant_types":["client_credentials"]}`, metadata.RoadRegistration, []string{"grant_forbidden grant_types"}},
		{"no grant is left of the default", statedBase("grant_types", ""), `{"grant_types":["client_credentials"]}`, metadata.RoadRegistration, []string{"grant_forbidden grant_types"}},
		{"O21 a downgrade of the method", statedBase("token_endpoint_auth_method", `"private_key_jwt"`, "jwks", `{"keys":[{"kty":"OKP","crv":"Ed25519","x":"AA"}]}`),
			`{"token_endpoint_auth_method":"none"}`, metadata.RoadRegistration, []string{"member_not_stated token_endpoint_auth_method"}},
		{"O21 a downgrade to a secret", statedBase("token_endpoint_auth_method", `"private_key_jwt"`, "jwks_uri", `"https://acme.example/jwks"`),
			`{"token_endpoint_auth_method":"client_secret_post"}`, metadata.RoadRegistration, []string{"member_not_stated token_endpoint_auth_method"}},
		{"all of them", statedBase(), `{"jwks":{"keys":[]},"scope":"x","redirect_uris":["https://evil.example/cb"]}`, metadata.RoadRegistration,
			[]string{"redirect_uri_not_stated redirect_uris", "member_not_stated jwks", "scope_empty scope"}},
	}
	for name, value := range map[string]string{
		"jwks": `{"keys":[]}`, "jwks_uri": `"https://evil.example/jwks"`, "token_endpoint_auth_method": `"private_key_jwt"`,
		"token_endpoint_auth_methods_supported": `["private_key_jwt"]`, "token_endpoint_auth_signing_alg": `"ES256"`, "software_id": `"x"`,
		"tls_client_auth_subject_dn": `"CN=x"`, "tls_client_auth_san_dns": `"x"`, "tls_client_auth_san_uri": `"x"`,
		"tls_client_auth_san_ip": `"x"`, "tls_client_auth_san_email": `"x"`, "tls_client_auth_of_tomorrow": "1",
		"signed_jwks_uri": `"https://evil.example/jwks"`,
	} {
		tests = append(tests, struct {
			name, stated, plain string
			road                metadata.Road
			want                []string
		}{"O3 " + name, bare, string(object(map[string]string{name: value})), metadata.RoadRegistration, []string{"member_not_stated " + name}})
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m, err := metadata.Merge(mustClient(t, tt.plain), mustClient(t, tt.stated), tt.road)
			if d := cmp.Diff(tt.want, defects(t, err)); d != "" {
				t.Errorf("defects (-want +got):\n%s", d)
			}
			if d := cmp.Diff(metadata.Merged{}, m); d != "" {
				t.Errorf("not zero with an error:\n%s", d)
			}
		})
	}
}

func asMap(t *testing.T, c metadata.Client) map[string]any {
	t.Helper()
	data, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	var m map[string]any
	if err := json.Unmarshal(data, &m); err != nil {
		t.Fatal(err)
	}
	return m
}
