package metadata_test

import (
	"cmp"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/fc28f635/countersign/metadata"
)

func TestChanges(t *testing.T) {
	const base = `{"client_id":"https://acme.com/c.json","client_name":"Acme","redirect_uris":["https://acme.com/cb","http://127.0.0.1/cb"],"scope":"a b"`
	tests := []struct {
		name, was, is string
		want          []metadata.ChangeKind
	}{
		{"nothing", ``, ``, nil},
		{"white space in a value", `,"jwks":{"keys":[]}`, `,"jwks": { "keys" : [] }`, nil},
		{"a default written out", ``, `,"grant_types":["authorization_code"],"response_types":["code"],"token_endpoint_auth_method":"none"`, nil},
		{"order of a list", `,"contacts":["a@acme.com","b@acme.com"]`, `,"contacts":["b@acme.com","a@acme.com"]`, nil},
		{"loopback port", `,"post_logout_redirect_uris":["http://127.0.0.1/out"]`, `,"post_logout_redirect_uris":["http://127.0.0.1:1234/out"]`, nil},
		{"picture", ``, `,"logo_uri":"https://acme.com/l"`, []metadata.ChangeKind{metadata.ChangeCosmetic}},
		{"variant of a page", ``, `,"tos_uri#de":"https://acme.com/l"`, []metadata.ChangeKind{metadata.ChangeCosmetic}},
		{"statement and version", `,"software_version":"1","software_statement":"a"`, `,"software_version":"2","software_statement":"b"`, []metadata.ChangeKind{metadata.ChangeCosmetic}},
		{"unknown", ``, `,"mood":"good"`, []metadata.ChangeKind{metadata.ChangeCosmetic}},
		{"variant of the name", ``, `,"client_name#ja":"x"`, []metadata.ChangeKind{metadata.ChangeName}},
		{"software", ``, `,"software_id":"x"`, []metadata.ChangeKind{metadata.ChangeName}},
		{"log-out", ``, `,"post_logout_redirect_uris":["https://evil.com/"]`, []metadata.ChangeKind{metadata.ChangeRedirect}},
		{"back channel", ``, `,"backchannel_logout_uri":"https://evil.com/"`, []metadata.ChangeKind{metadata.ChangeRedirect}},
		{"keys", `,"jwks":{"keys":[]}`, `,"jwks_uri":"https://acme.com/j"`, []metadata.ChangeKind{metadata.ChangeKey}},
		{"grant", ``, `,"grant_types":["authorization_code","refresh_token"]`, []metadata.ChangeKind{metadata.ChangeScope}},
		{"method", ``, `,"token_endpoint_auth_method":"private_key_jwt"`, []metadata.ChangeKind{metadata.ChangeAuthMethod}},
		{"certificate", ``, `,"tls_client_auth_san_dns":"acme.com"`, []metadata.ChangeKind{metadata.ChangeAuthMethod}},
		{"token binding", `,"dpop_bound_access_tokens":true`, ``, []metadata.ChangeKind{metadata.ChangeAuthMethod}},
		{"sorted, not in the order of members", ``, `,"client_name#ja":"x","logo_uri":"https://acme.com/l"`, []metadata.ChangeKind{metadata.ChangeCosmetic, metadata.ChangeName}},
		{"port of no redirect", `,"x":["http://127.0.0.1:1/"]`, `,"x":["http://127.0.0.1:2/"]`, []metadata.ChangeKind{metadata.ChangeCosmetic}},
		{"malformed redirect", `,"claims_redirect_uris":["javascript:a"]`, `,"claims_redirect_uris":["javascript:b"]`, []metadata.ChangeKind{metadata.ChangeRedirect}},
		{"several", `,"jwks_uri":"https://acme.com/j"`, `,"jwks_uri":"https://acme.com/k","logo_uri":"https://acme.com/l","description":"x","software_id":"y"`,
			[]metadata.ChangeKind{metadata.ChangeCosmetic, metadata.ChangeKey, metadata.ChangeName}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			was, is := mustClient(t, base+tt.was+"}"), mustClient(t, base+tt.is+"}")
			if got := metadata.Changes(was, is); !slices.Equal(got, tt.want) {
				t.Errorf("%q, want %q", got, tt.want)
			}
			if got := metadata.Changes(is, was); !slices.Equal(got, tt.want) {
				t.Errorf("back: %q, want %q", got, tt.want)
			}
		})
	}
	for name, change := range map[metadata.ChangeKind]func(*metadata.Client){
		metadata.ChangeName:     func(c *metadata.Client) { c.ClientName = "Acme!" },
		metadata.ChangeRedirect: func(c *metadata.Client) { c.RedirectURIs = c.RedirectURIs[:1] },
		metadata.ChangeScope:    func(c *metadata.Client) { c.Scope = "a" },
	} {
		was := mustClient(t, base+"}")
		is := was.Clone()
		change(&is)
		if got := metadata.Changes(was, is); !slices.Equal(got, []metadata.ChangeKind{name}) {
			t.Errorf("%q, want %q", got, name)
		}
	}
}

// Whatever a later version registers is judged here first.
func TestChangeOfEveryMember(t *testing.T) {
	of := map[metadata.ChangeKind][]string{
		metadata.ChangeRedirect: {"redirect_uris", "application_type", "sector_identifier_uri", "initiate_login_uri", "request_uris",
			"post_logout_redirect_uris", "frontchannel_logout_uri", "backchannel_logout_uri", "backchannel_client_notification_endpoint", "claims_redirect_uris"},
		metadata.ChangeKey:   {"jwks", "jwks_uri", "signed_jwks_uri"},
		metadata.ChangeScope: {"scope", "grant_types", "response_types", "response_modes", "authorization_details_types"},
		metadata.ChangeName:  {"client_id", "software_id", "client_name", "display_name", "organization_name"},
		metadata.ChangeCosmetic: {"client_uri", "logo_uri", "tos_uri", "policy_uri", "information_uri", "organization_uri", "contacts", "description",
			"software_version", "software_statement", "client_id_issued_at", "registration_client_uri"},
	}
	kindOf := map[string]metadata.ChangeKind{}
	for kind, members := range of {
		for _, member := range members {
			kindOf[member] = kind
		}
	}
	values := map[string]string{"text": `"a"`, "texts": `["a"]`, "integer": "1", "bool": "true", "object": `{"a":1}`}
	for member, kind := range metadata.RegisteredKinds() {
		want := cmp.Or(kindOf[member], metadata.ChangeAuthMethod)
		is := mustClient(t, string(object(map[string]string{member: values[kind]})))
		if got := metadata.Changes(metadata.Client{}, is); !slices.Equal(got, []metadata.ChangeKind{want}) {
			t.Errorf("%s: %q, want %q", member, got, want)
		}
	}
}

// Two clients of different shapes differ in more than looks, and none differs
// from itself.
func TestChangesAndShapes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := genClient().Draw(t, "a"), genClient().Draw(t, "b")
		if got := metadata.Changes(a, a.Clone()); len(got) > 0 {
			t.Fatalf("%+v differs from itself: %q", a, got)
		}
		kinds := metadata.Changes(a, b)
		if metadata.ShapeOf(a) != metadata.ShapeOf(b) && !slices.ContainsFunc(kinds, func(k metadata.ChangeKind) bool { return k != metadata.ChangeCosmetic }) {
			t.Fatalf("two shapes, and only %q changed:\n%+v\n%+v", kinds, a, b)
		}
	})
}
