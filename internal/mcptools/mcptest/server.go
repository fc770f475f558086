// Package mcptest runs MCP servers for tests. Call [New] for one that is right,
// and [Pages] for one that says whatever the test wants.
package mcptest

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// A Server is an MCP server on loopback, over http.
type Server struct {
	URL string // its endpoint

	// Bearer is the access token that it asks for; empty is none. It is set
	// before the first request.
	Bearer string

	mcp   *mcp.Server
	http  *httptest.Server
	names []string
}

// New runs a server with these tools, a JSON array as in tools/list, on pages of
// 100 each.
func New(tools []byte) (*Server, error) {
	const onPage = 100
	s := &Server{mcp: mcp.NewServer(&mcp.Implementation{Name: "mcptest", Version: "1"}, &mcp.ServerOptions{PageSize: onPage})}
	if err := s.Set(tools); err != nil {
		return nil, err
	}
	handler := mcp.NewStreamableHTTPHandler(func(*http.Request) *mcp.Server { return s.mcp }, nil)
	s.http = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.Bearer != "" && r.Header.Get("Authorization") != "Bearer "+s.Bearer {
			w.Header().Set("WWW-Authenticate", "Bearer")
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		handler.ServeHTTP(w, r)
	}))
	s.URL = s.http.URL + "/mcp"
	return s, nil
}

// Set replaces the tools.
func (s *Server) Set(tools []byte) error {
	var list []*mcp.Tool
	if err := json.Unmarshal(tools, &list); err != nil {
		return err
	}
	s.mcp.RemoveTools(s.names...)
	s.names = nil
	for _, tool := range list {
		if tool.InputSchema == nil {
			tool.InputSchema = map[string]any{"type": "object"}
		}
		s.mcp.AddTool(tool, func(context.Context, *mcp.CallToolRequest) (*mcp.CallToolResult, error) {
			return nil, fmt.Errorf("tool %q was called, and tests call none", tool.Name)
		})
		s.names = append(s.names, tool.Name)
	}
	return nil
}

// Close ends the server.
func (s *Server) Close() { s.http.Close() }

// Pages runs a server until the test ends that answers tools/list with what page
// returns for a cursor, a JSON object, whatever that is. It returns its endpoint.
func Pages(t testing.TB, page func(cursor string) string) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var request struct {
			ID     json.RawMessage `json:"id"`
			Method string          `json:"method"`
			Params struct {
				Cursor string `json:"cursor"`
			} `json:"params"`
		}
		if err := json.NewDecoder(r.Body).Decode(&request); err != nil || request.ID == nil {
			w.WriteHeader(http.StatusAccepted)
			return
		}
		result := ""
		switch request.Method {
		case "initialize":
			result = `{"protocolVersion":"2025-11-25","capabilities":{"tools":{}},"serverInfo":{"name":"hostile","version":"1"}}`
		case "tools/list":
			result = page(request.Params.Cursor)
		}
		w.Header().Set("Content-Type", "application/json")
		if result == "" {
			fmt.Fprintf(w, `{"jsonrpc":"2.0","id":%s,"error":{"code":-32601,"message":"method not found"}}`, request.ID)
			return
		}
		fmt.Fprintf(w, `{"jsonrpc":"2.0","id":%s,"result":%s}`, request.ID, result)
	}))
	t.Cleanup(s.Close)
	return s.URL + "/mcp"
}
