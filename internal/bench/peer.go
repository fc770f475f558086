package main

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
)

// registration is what an authorization server is asked to register: the members
// of the fixture's statement, which it neither verifies nor keeps on disk.
const registration = `{"client_name":"Acme Agent","redirect_uris":["https://acme.example/mcp/callback"],` +
	`"grant_types":["authorization_code","refresh_token"],"token_endpoint_auth_method":"none",` +
	`"client_uri":"https://acme.example/agent","logo_uri":"https://acme.example/agent/logo.png"}`

// startPeer starts oidc-provider, which registers clients in memory. scripts/peers
// brings it.
func startPeer(ctx context.Context, root, dir string) (*child, load, error) {
	node := filepath.Join(root, ".tools", "bin", "node")
	if _, err := os.Stat(node); err != nil {
		node = "node"
	}
	server := filepath.Join(root, "integrations", "oidc-provider", "server.js")
	peer, err := startChild(ctx, filepath.Join(dir, "peer.log"), node, server, "open")
	if err != nil {
		return nil, load{}, err
	}
	return peer, post(peer, "/reg", []byte(registration), http.StatusCreated, []byte(`"client_id":"`)), nil
}
