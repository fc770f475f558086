package main

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fc28f635/countersign/internal/countersigntest"
	"github.com/fc28f635/countersign/issuer"
	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/verify/online"
)

// A live service decides in a world, and is asked over HTTP.
type live struct {
	*demoStage
	t *testing.T
}

func startLive(t *testing.T) *live {
	t.Helper()
	world, err := countersigntest.New(countersigntest.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = world.Close() })
	svc, err := startService(t.Context(), serviceConfig{
		Dir: t.TempDir(), Listen: "127.0.0.1:0", Logger: slog.New(slog.DiscardHandler),
		Lookup: online.Config{
			Resolvers: []online.Resolver{{Address: world.Resolver()}}, RootCAs: world.CA(),
			InsecureLoopback: true, InsecureConnectTo: world.ConnectTo,
		},
		AuthorizationServer: "https://as.example", Small: true, MinFreeBytes: demoFreeBytes,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := svc.stop(); err != nil {
			t.Error(err)
		}
	})
	s := &demoStage{world: world, service: svc, client: svc.client()}
	return &live{s, t}
}

// decide posts a request and returns the decision.
func (l *live) decide(t *testing.T, request string) issuer.Decision {
	t.Helper()
	answer, err := l.client.call(t.Context(), http.MethodPost, decisionsPath, []byte(request))
	if err != nil {
		t.Fatal(err)
	}
	var d issuer.Decision
	if err := json.Unmarshal(answer, &d); err != nil {
		t.Fatal(err)
	}
	return d
}

// register posts the members of a registration.
func (l *live) register(t *testing.T, c any) issuer.Decision {
	t.Helper()
	body, err := json.Marshal(map[string]any{"client": c})
	if err != nil {
		t.Fatal(err)
	}
	return l.decide(t, string(body))
}

// TestRealClients presents what known clients sent in 2026, over TLS under their
// hosts' real names. None may be refused.
func TestRealClients(t *testing.T) {
	const code = `"grant_types":["authorization_code","refresh_token"],"response_types":["code"]`
	const public = code + `,"token_endpoint_auth_method":"none"`
	for _, tc := range []struct {
		name     string
		clientID string // where the document is; none for a registration
		members  string
		tier     issuer.Tier
		binding  metadata.Binding
		told     string
		grants   []string
		dropped  []string
	}{
		{
			name: "Claude", clientID: "https://claude.ai/oauth/mcp-oauth-client-metadata",
			members: `"client_name":"Claude","client_uri":"https://claude.ai","redirect_uris":["https://claude.ai/api/mcp/auth_callback"],` + public,
			tier:    issuer.TierDomain, binding: metadata.BindingWeb, told: "Published by claude.ai",
		},
		{
			name: "Claude Code", clientID: "https://claude.ai/oauth/claude-code-client-metadata",
			members: `"client_name":"Claude Code","client_uri":"https://claude.ai","redirect_uris":["http://localhost/callback","http://127.0.0.1/callback"],` + public,
			tier:    issuer.TierDomain, binding: metadata.BindingLoose, told: "Published by claude.ai",
		},
		{
			name: "ChatGPT", clientID: "https://chatgpt.com/oauth/client.json",
			members: `"client_name":"ChatGPT","client_uri":"https://chatgpt.com","redirect_uris":["https://chatgpt.com/connector_platform_oauth_redirect"],` + code +
				`,"token_endpoint_auth_method":"private_key_jwt","token_endpoint_auth_methods_supported":["none","private_key_jwt"],` +
				`"token_endpoint_auth_signing_alg":"RS256","jwks_uri":"https://chatgpt.com/oauth/jwks.json","logo_uri":"https://cdn.oaistatic.com/assets/logo.png"`,
			tier: issuer.TierSigned, binding: metadata.BindingKey, told: "Published and signed by chatgpt.com", dropped: []string{"logo_uri"},
		},
		{
			name: "ChatGPT with the plural only", clientID: "https://chatgpt.com/oauth/mcp/client.json",
			members: `"client_name":"ChatGPT","redirect_uris":["https://chatgpt.com/connector_platform_oauth_redirect"],` + code +
				`,"token_endpoint_auth_methods_supported":["private_key_jwt"],"token_endpoint_auth_signing_alg":"RS256","jwks_uri":"https://chatgpt.com/oauth/jwks.json"`,
			tier: issuer.TierSigned, binding: metadata.BindingKey, told: "Published and signed by chatgpt.com",
		},
		{
			name: "VS Code", clientID: "https://vscode.dev/oauth/client-metadata.json",
			members: `"client_name":"Visual Studio Code","client_uri":"https://vscode.dev/product","logo_uri":"https://code.visualstudio.com/assets/branding/code-stable.png",` +
				`"redirect_uris":["http://127.0.0.1:33418/","https://vscode.dev/redirect"],"grant_types":["authorization_code","refresh_token","` + metadata.GrantDeviceCode +
				`"],"response_types":["code"],"token_endpoint_auth_method":"none","application_type":"native"`,
			tier: issuer.TierDomain, binding: metadata.BindingLoose, told: "Published by vscode.dev", dropped: []string{"logo_uri"},
			grants: []string{"authorization_code", "refresh_token", metadata.GrantDeviceCode},
		},
		{
			name:    "Cursor",
			members: `"client_name":"Cursor","redirect_uris":["cursor://anysphere.cursor-mcp/oauth/callback"],` + public,
			tier:    issuer.TierUnverified, binding: metadata.BindingLoose, told: `Nobody vouches for the name "Cursor"`,
			grants: []string{"authorization_code"}, dropped: []string{"grant_types"},
		},
		{
			name: "mcp-remote",
			members: `"client_name":"MCP CLI Proxy","client_uri":"https://github.com/modelcontextprotocol/mcp-cli","redirect_uris":["http://localhost:3334/oauth/callback"],` +
				`"software_id":"2e6dc280-f3c3-4e01-99a7-8181dbd1d23d","software_version":"0.15.1",` + public,
			tier: issuer.TierUnverified, binding: metadata.BindingLoose, told: `Nobody vouches for the name "MCP CLI Proxy"`,
			grants: []string{"authorization_code"}, dropped: []string{"client_uri", "grant_types"},
		},
		{
			name: "MCP Inspector",
			members: `"client_name":"MCP Inspector","client_uri":"https://github.com/modelcontextprotocol/inspector",` +
				`"redirect_uris":["http://localhost:6274/oauth/callback"],` + public,
			tier: issuer.TierUnverified, binding: metadata.BindingLoose, told: `Nobody vouches for the name "MCP Inspector"`,
			grants: []string{"authorization_code"}, dropped: []string{"client_uri", "grant_types"},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			l := startLive(t)
			request := `{"client":{` + tc.members + `}}`
			if tc.clientID != "" {
				l.world.Serve("https://chatgpt.com/oauth/jwks.json", "application/json", newJWKS(t))
				l.world.Serve(tc.clientID, "application/json", []byte(`{"client_id":"`+tc.clientID+`",`+tc.members+`}`))
				request = `{"client_id":"` + tc.clientID + `"}`
			}
			d := l.decide(t, request)
			if d.Outcome != issuer.Approved {
				t.Fatalf("refused: %s, %+v", d.Reason, d.Findings)
			}
			if d.Tier != tc.tier || d.Binding != tc.binding || d.Told != tc.told {
				t.Errorf("%s, %s, %q, want %s, %s, %q", d.Tier, d.Binding, d.Told, tc.tier, tc.binding, tc.told)
			}
			if diff := cmp.Diff(tc.dropped, d.Overridden); diff != "" {
				t.Errorf("dropped: %s", diff)
			}
			if tc.grants == nil {
				tc.grants = []string{"authorization_code", "refresh_token"}
			}
			if diff := cmp.Diff(tc.grants, d.Client.GrantTypes); diff != "" {
				t.Errorf("grant types: %s", diff)
			}
			if len(d.Flags) > 0 {
				t.Errorf("flagged: %v", d.Flags)
			}
		})
	}
}

// newJWKS returns a key set as ChatGPT serves one.
func newJWKS(t *testing.T) []byte {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return []byte(`{"keys":[{"kty":"RSA","kid":"r","use":"sig","alg":"RS256","e":"AQAB","n":"` +
		base64.RawURLEncoding.EncodeToString(key.N.Bytes()) + `"}]}`)
}

// TestPresenterGainsNothing: a release statement is a public file. What whoever
// copies it brings along is refused or cut.
func TestPresenterGainsNothing(t *testing.T) {
	l := startLive(t)
	acme, err := l.world.NewPublisher("acme.example")
	if err != nil {
		t.Fatal(err)
	}
	if err := acme.Publish(); err != nil {
		t.Fatal(err)
	}
	stated := metadata.Client{
		ClientName: "Acme Agent", SoftwareID: "acme-agent", RedirectURIs: []string{"https://acme.example/callback"},
		GrantTypes: []string{"authorization_code", "refresh_token"}, TokenEndpointAuthMethod: "none",
		Scope: "files.read files.list files.write mail.read offline_access",
	}
	sign := func(edit func(*metadata.Client)) string {
		c := stated.Clone()
		if edit != nil {
			edit(&c)
		}
		s, err := acme.Sign(c)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	statement := sign(nil)
	foreign := json.RawMessage(newJWKS(t))
	for name, extra := range map[string]map[string]any{
		"O3 a foreign key and client_credentials": {"jwks": foreign, "token_endpoint_auth_method": "private_key_jwt", "grant_types": []string{"client_credentials"}},
		"O3 a foreign key":                        {"jwks": foreign, "grant_types": []string{"client_credentials"}},
		"R14 the address of a foreign key":        {"jwks_uri": "https://evil.example/jwks", "token_endpoint_auth_method": "private_key_jwt"},
		"O3 a method that is not stated": {"token_endpoint_auth_method": "client_secret_basic",
			"software_statement": sign(func(c *metadata.Client) { c.TokenEndpointAuthMethod = "" })},
	} {
		t.Run(name, func(t *testing.T) {
			if extra["software_statement"] == nil {
				extra["software_statement"] = statement
			}
			d := l.register(t, extra)
			if d.Outcome != issuer.Denied || d.Reason != metadata.ReasonMemberNotStated || d.Grant.Scope != "" || d.Client.JWKS != nil {
				t.Errorf("%s %s, grant %+v", d.Outcome, d.Reason, d.Grant)
			}
		})
	}
	t.Run("O8 no stated scope within the tier: refused, and no tier is left", func(t *testing.T) {
		d := l.register(t, map[string]any{"software_statement": statement, "scope": "files.write"})
		if d.Outcome != issuer.Denied || d.Reason != metadata.ReasonScopeEmpty || d.Tier != issuer.TierUnverified || !d.Publisher.IsZero() || d.Told != "Refused" {
			t.Errorf("%s %s at %s of %s: %q", d.Outcome, d.Reason, d.Tier, d.Publisher, d.Told)
		}
		if len(d.Grant.ScopesCut) != 1 || d.Grant.ScopesCut[0].Earn != issuer.TierAccepted {
			t.Errorf("cut %+v, want what would earn it", d.Grant.ScopesCut)
		}
	})
	t.Run("a method beside the stated one is dropped", func(t *testing.T) {
		d := l.register(t, map[string]any{"software_statement": statement, "token_endpoint_auth_method": "client_secret_basic"})
		if d.Tier != issuer.TierSigned || d.Client.TokenEndpointAuthMethod != "none" || !slices.Contains(d.Overridden, "token_endpoint_auth_method") {
			t.Errorf("%s %s %+v, overridden %v", d.Outcome, d.Tier, d.Client, d.Overridden)
		}
	})
	for name, tc := range map[string]struct {
		client  map[string]any
		tier    issuer.Tier
		scope   string
		refresh issuer.Refresh
		grants  []string
	}{
		"O8 an empty scope is what is stated, within the tier": {
			map[string]any{"software_statement": statement, "scope": ""},
			issuer.TierSigned, "files.read files.list offline_access", issuer.RefreshRotate, []string{"authorization_code", "refresh_token"},
		},
		"O8 no scope, too": {
			map[string]any{"software_statement": statement},
			issuer.TierSigned, "files.read files.list offline_access", issuer.RefreshRotate, []string{"authorization_code", "refresh_token"},
		},
		"no refresh token that is not stated": {
			map[string]any{"software_statement": sign(func(c *metadata.Client) { c.GrantTypes = []string{"authorization_code"} }),
				"scope": "", "grant_types": []string{"authorization_code", "refresh_token"}},
			issuer.TierSigned, "files.read files.list", issuer.RefreshNone, []string{"authorization_code"},
		},
		"no refresh token that is not asked for": {
			map[string]any{"software_statement": statement, "scope": "", "grant_types": []string{"authorization_code"}},
			issuer.TierSigned, "files.read files.list", issuer.RefreshNone, []string{"authorization_code"},
		},
		"no refresh token where the tier gives none": {
			map[string]any{"client_name": "Acme Agent", "redirect_uris": []string{"http://127.0.0.1/cb"}, "scope": "files.read offline_access",
				"grant_types": []string{"authorization_code", "refresh_token"}},
			issuer.TierUnverified, "files.read", issuer.RefreshNone, []string{"authorization_code"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			d := l.register(t, tc.client)
			if d.Outcome != issuer.Approved || d.Tier != tc.tier {
				t.Fatalf("%s %s %s, %+v", d.Outcome, d.Tier, d.Reason, d.Findings)
			}
			if d.Grant.Scope != tc.scope || d.Client.Scope != tc.scope {
				t.Errorf("scope %q and %q, want %q", d.Grant.Scope, d.Client.Scope, tc.scope)
			}
			if d.Grant.RefreshToken != tc.refresh || strings.Contains(d.Grant.Scope, "offline_access") != (tc.refresh == issuer.RefreshRotate) {
				t.Errorf("refresh token %s, scope %q, want %s", d.Grant.RefreshToken, d.Grant.Scope, tc.refresh)
			}
			if diff := cmp.Diff(tc.grants, d.Client.GrantTypes); diff != "" {
				t.Error(diff)
			}
		})
	}
}
