package peertest

import (
	"bufio"
	"strings"
	"testing"
)

// Everything runs the MCP server that has every kind of tool,
// @modelcontextprotocol/server-everything, until the test ends. It returns its
// endpoint.
func Everything(t testing.TB) string {
	t.Helper()
	_, stdout := Node(t, "server-everything/server.js")
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Fatalf("server-everything said nothing: %v", err)
	}
	return strings.TrimSpace(strings.TrimPrefix(line, "listening on "))
}
