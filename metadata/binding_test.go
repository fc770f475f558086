package metadata_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fc28f635/countersign/metadata"
)

func TestBindingOf(t *testing.T) {
	cov := metadata.Coverage{Publisher: metadata.MustPublisher("https://acme.com")}
	const web = `"redirect_uris":["https://acme.com/a","https://acme.com/b"]`
	const mixed = `"redirect_uris":["https://acme.com/a","http://localhost/cb"]`
	const key = `"token_endpoint_auth_method":"private_key_jwt","jwks_uri":"https://acme.com/jwks"`
	tests := []struct {
		name, client, inUse string
		keyNamed            bool
		want                metadata.Binding
	}{
		{"every redirect on a covered host", `{` + web + `}`, "", false, metadata.BindingWeb},
		{"refresh tokens change nothing", `{` + web + `,"grant_types":["authorization_code","refresh_token"]}`, "", false, metadata.BindingWeb},
		{"one loopback redirect", `{` + mixed + `}`, "", false, metadata.BindingLoose},
		{"the web redirect in use", `{` + mixed + `}`, "https://acme.com/a", false, metadata.BindingWeb},
		{"the loopback redirect in use", `{` + mixed + `}`, "http://localhost:5/cb", false, metadata.BindingLoose},
		{"a redirect in use that is not the client's", `{` + mixed + `}`, "https://acme.com/other", false, metadata.BindingLoose},
		{"a redirect in use that is malformed", `{` + web + `}`, "javascript:x", false, metadata.BindingLoose},
		{"private-use redirect", `{"redirect_uris":["acme:/cb"]}`, "", false, metadata.BindingLoose},
		{"redirect on a host that is not covered", `{"redirect_uris":["https://evil.com/a"]}`, "", false, metadata.BindingLoose},
		{"no redirect", `{}`, "", false, metadata.BindingLoose},
		{"a grant without redirect", `{` + web + `,"grant_types":["authorization_code","urn:ietf:params:oauth:grant-type:device_code"]}`, "", false, metadata.BindingLoose},
		{"client credentials alone", `{"grant_types":["client_credentials"]}`, "", false, metadata.BindingLoose},
		{"named key", `{` + web + `,` + key + `}`, "", true, metadata.BindingKey},
		{"named key and loopback", `{` + mixed + `,` + key + `}`, "", true, metadata.BindingKey},
		{"named key and client credentials", `{"grant_types":["client_credentials"],` + key + `}`, "", true, metadata.BindingKey},
		{"key that nobody names", `{` + web + `,` + key + `}`, "", false, metadata.BindingWeb},
		{"named key that is not used", `{` + mixed + `,"jwks_uri":"https://acme.com/jwks"}`, "", true, metadata.BindingLoose},
		{"method without key", `{` + mixed + `,"token_endpoint_auth_method":"private_key_jwt"}`, "", true, metadata.BindingLoose},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := metadata.BindingOf(mustClient(t, tt.client), cov, tt.inUse, tt.keyNamed); got != tt.want {
				t.Errorf("%v, want %v", got, tt.want)
			}
		})
	}
	everything := metadata.Coverage{Publisher: metadata.MustPublisher("https://acme.com"), Hosts: []string{"localhost", ""}}
	for _, uri := range []string{"http://localhost/cb", "acme:/cb"} {
		if got := metadata.BindingOf(metadata.Client{RedirectURIs: []string{uri}}, everything, "", false); got != metadata.BindingLoose {
			t.Errorf("%s is bound by a host of that name: %v", uri, got)
		}
	}
	redirector := metadata.Coverage{Publisher: metadata.MustPublisher("https://vscode.dev")}
	if got := metadata.BindingOf(mustClient(t, `{"redirect_uris":["https://vscode.dev/redirect"]}`), redirector, "", false); got != metadata.BindingLoose {
		t.Errorf("R9 a known redirector on a covered host: %v", got)
	}
}

func TestBindingText(t *testing.T) {
	for _, b := range []metadata.Binding{metadata.BindingLoose, metadata.BindingWeb, metadata.BindingKey} {
		text, err := b.MarshalText()
		var again metadata.Binding
		if err != nil || again.UnmarshalText(text) != nil || again != b {
			t.Errorf("%v prints as %s, %v", b, text, err)
		}
	}
	var b metadata.Binding
	if b.UnmarshalText([]byte("Web")) == nil {
		t.Error("a capital is accepted")
	}
	if got := metadata.Binding(3).String(); got != "Binding(3)" {
		t.Errorf("a binding that there is not prints as %q", got)
	}
}

func TestDeliveredByRedirect(t *testing.T) {
	for grant, want := range map[string]bool{"authorization_code": true, "refresh_token": true, "implicit": true,
		"client_credentials": false, metadata.GrantDeviceCode: false, "password": false, "": false} {
		if metadata.DeliveredByRedirect(grant) != want {
			t.Errorf("%q: %v, want %v", grant, !want, want)
		}
	}
}

func TestDeliveryOf(t *testing.T) {
	tests := []struct{ name, client, want string }{
		{"one host", `{"redirect_uris":["https://claude.ai/a","https://claude.ai/b"]}`, "https://claude.ai"},
		{"refresh tokens change nothing", `{"redirect_uris":["https://claude.ai/a"],"grant_types":["authorization_code","refresh_token"]}`, "https://claude.ai"},
		{"two hosts", `{"redirect_uris":["https://claude.ai/a","https://claude.com/b"]}`, ""},
		{"a host and one below", `{"redirect_uris":["https://claude.ai/a","https://a.claude.ai/b"]}`, ""},
		{"loopback too", `{"redirect_uris":["https://claude.ai/a","http://localhost/cb"]}`, ""},
		{"private-use", `{"redirect_uris":["cursor://x/cb"]}`, ""},
		{"redirector", `{"redirect_uris":["https://vscode.dev/redirect"]}`, ""},
		{"the same host, no redirector", `{"redirect_uris":["https://vscode.dev/callback"]}`, "https://vscode.dev"},
		{"shared by path", `{"redirect_uris":["https://storage.googleapis.com/b/cb"]}`, ""},
		{"D31 public suffix", `{"redirect_uris":["https://github.io/cb"]}`, ""},
		{"a grant without redirect", `{"redirect_uris":["https://claude.ai/a"],"grant_types":["authorization_code","urn:ietf:params:oauth:grant-type:device_code"]}`, ""},
		{"only refresh tokens", `{"redirect_uris":["https://claude.ai/a"],"grant_types":["refresh_token"]}`, ""},
		{"private-use before it", `{"redirect_uris":["cursor://cb","https://claude.ai/a"]}`, ""},
		{"none", `{}`, ""},
		{"malformed", `{"redirect_uris":["https://claude.ai/a","https://claude.ai/#"]}`, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p, ok := metadata.DeliveryOf(mustClient(t, tt.client))
			if p.String() != tt.want || ok != (tt.want != "") {
				t.Errorf("%v, %v, want %q", p, ok, tt.want)
			}
		})
	}
}

func TestHostsByPathAreNoRedirectors(t *testing.T) {
	for uri, want := range map[string]bool{"https://storage.googleapis.com/b/cb": false, "https://vscode.dev/redirect": true, "https://acme.example/redirect": false} {
		r, err := metadata.ParseRedirectURI(uri)
		if err != nil || metadata.Redirector(r) != want {
			t.Errorf("%s: %t, %v", uri, metadata.Redirector(r), err)
		}
	}
}

func TestForeignHosts(t *testing.T) {
	cov := metadata.Coverage{Publisher: metadata.MustPublisher("https://acme.com")}
	c := mustClient(t, `{"redirect_uris":["https://acme.com/a","https://b.net/1","http://localhost/cb","acme:/cb","https://a.net/1","https://b.net/2","https://www.acme.com/"]}`)
	for name, tt := range map[string]struct {
		inUse string
		want  []string
	}{
		"R8 all":                 {"", []string{"b.net", "a.net", "www.acme.com"}},
		"R8 loopback in use":     {"http://localhost/cb", nil},
		"R8 own in use":          {"https://acme.com/a", nil},
		"R8 foreign one in use":  {"https://a.net/1", []string{"a.net"}},
		"R8 below the publisher": {"https://www.acme.com/", []string{"www.acme.com"}},
	} {
		t.Run(name, func(t *testing.T) {
			if d := cmp.Diff(tt.want, metadata.ForeignHosts(c, cov, tt.inUse)); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}
