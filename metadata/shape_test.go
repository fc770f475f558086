package metadata_test

import (
	"regexp"
	"testing"

	"github.com/fc28f635/countersign/metadata"
)

func TestShapeOf(t *testing.T) {
	const base = `{"client_name":"Cursor","redirect_uris":["cursor://anysphere.cursor-mcp/oauth/callback","http://localhost:1/cb"],"grant_types":["authorization_code","refresh_token"]}`
	shape := metadata.ShapeOf(mustClient(t, base))
	if !regexp.MustCompile(`^sha256:[0-9a-f]{64}$`).MatchString(string(shape)) {
		t.Fatalf("shape is %s", shape)
	}
	// Pinned: what an operator accepted stays accepted by later versions.
	const pinned = "sha256:61d5f82b9b71293c0a94bc60dd58520c7d51fdbc4cbedd02916d1a4886be1d07"
	if shape != pinned {
		t.Errorf("shape is %s, want %s", shape, pinned)
	}
	tests := []struct {
		name, client string
		same         bool
	}{
		{"another loopback port", `{"client_name":"Cursor","redirect_uris":["cursor://anysphere.cursor-mcp/oauth/callback","http://localhost:2/cb"],"grant_types":["authorization_code","refresh_token"]}`, true},
		{"no loopback port", `{"client_name":"Cursor","redirect_uris":["cursor://anysphere.cursor-mcp/oauth/callback","http://localhost/cb"],"grant_types":["authorization_code","refresh_token"]}`, true},
		{"another order", `{"grant_types":["refresh_token","authorization_code"],"redirect_uris":["http://localhost:1/cb","cursor://anysphere.cursor-mcp/oauth/callback"],"client_name":"Cursor"}`, true},
		{"twice the same", `{"client_name":"Cursor","redirect_uris":["cursor://anysphere.cursor-mcp/oauth/callback","http://localhost:1/cb","http://localhost:2/cb"],"grant_types":["authorization_code","refresh_token"]}`, true},
		{"name in capitals, full-width, with spaces around", `{"client_name":" ＣＵＲＳＯＲ ","redirect_uris":["cursor://anysphere.cursor-mcp/oauth/callback","http://localhost:1/cb"],"grant_types":["authorization_code","refresh_token"]}`, true},
		{"the default said", `{"client_name":"Cursor","token_endpoint_auth_method":"none","redirect_uris":["cursor://anysphere.cursor-mcp/oauth/callback","http://localhost:1/cb"],"grant_types":["authorization_code","refresh_token"]}`, true},
		{"members that decide nothing", `{"client_name":"Cursor","scope":"a","logo_uri":"https://a.example/l","x":1,"redirect_uris":["cursor://anysphere.cursor-mcp/oauth/callback","http://localhost:1/cb"],"grant_types":["authorization_code","refresh_token"]}`, true},
		{"another name", `{"client_name":"Cursors","redirect_uris":["cursor://anysphere.cursor-mcp/oauth/callback","http://localhost:1/cb"],"grant_types":["authorization_code","refresh_token"]}`, false},
		{"another loopback host", `{"client_name":"Cursor","redirect_uris":["cursor://anysphere.cursor-mcp/oauth/callback","http://127.0.0.1:1/cb"],"grant_types":["authorization_code","refresh_token"]}`, false},
		{"one redirect more", `{"client_name":"Cursor","redirect_uris":["cursor://anysphere.cursor-mcp/oauth/callback","http://localhost:1/cb","https://evil.example/cb"],"grant_types":["authorization_code","refresh_token"]}`, false},
		{"another https port", `{"client_name":"Cursor","redirect_uris":["cursor://anysphere.cursor-mcp/oauth/callback","https://localhost.example:1/cb"],"grant_types":["authorization_code","refresh_token"]}`, false},
		{"one grant less", `{"client_name":"Cursor","redirect_uris":["cursor://anysphere.cursor-mcp/oauth/callback","http://localhost:1/cb"]}`, false},
		{"another method", `{"client_name":"Cursor","token_endpoint_auth_method":"client_secret_basic","redirect_uris":["cursor://anysphere.cursor-mcp/oauth/callback","http://localhost:1/cb"],"grant_types":["authorization_code","refresh_token"]}`, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := metadata.ShapeOf(mustClient(t, tt.client)) == shape; got != tt.same {
				t.Errorf("same shape: %v, want %v", got, tt.same)
			}
		})
	}
	a, b := metadata.Client{RedirectURIs: []string{"javascript:a"}}, metadata.Client{RedirectURIs: []string{"javascript:b"}}
	if metadata.ShapeOf(a) == metadata.ShapeOf(b) {
		t.Error("two malformed redirects have one shape")
	}
}
