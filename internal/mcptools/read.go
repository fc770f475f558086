// Package mcptools reads which tools an MCP server lists. Call [Read]. It is the
// one place that speaks MCP: streamable HTTP (MCP 2025-11-25, Transports). To the
// server it is a client that can do everything, since servers hide tools from those
// that cannot, and it calls no tool.
package mcptools

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/fc28f635/countersign/internal/fetch"
	"github.com/fc28f635/countersign/internal/limits"
	"github.com/fc28f635/countersign/internal/toolmap"
)

// Config configures the reading of one server.
type Config struct {
	// Fetch says how the server, which is the operator's own, is reached; see
	// [fetch.NewOrigin].
	Fetch fetch.Config

	// Bearer is an access token for it (RFC 6750, Section 2.1). Empty sends none.
	Bearer string

	// Timeout bounds the reading. Zero, and anything above, means
	// limits.ToolListTime.
	Timeout time.Duration
}

// A Listing is what a server lists.
type Listing struct {
	Tools []toolmap.Announced // as they came

	// LeftOut is how many tools the protocol library does not take, because what
	// they say of headers (x-mcp-header) contradicts itself.
	LeftOut int
}

// ErrUnauthorized is the error where the server asks for another access token, or
// for one.
var ErrUnauthorized = errors.New("the server asks for an access token")

// Read reads all pages of tools/list from the MCP server at endpoint. The tools
// have passed [toolmap.Check]. An error wraps [ErrUnauthorized], or
// *verify.FetchError where the server was not reached; of what the server wrote it
// has 200 bytes at most.
func Read(ctx context.Context, cfg Config, endpoint string) (Listing, error) {
	origin, err := fetch.NewOrigin(cfg.Fetch, endpoint)
	if err != nil {
		return Listing{}, err
	}
	if cfg.Timeout <= 0 || cfg.Timeout > limits.ToolListTime {
		cfg.Timeout = limits.ToolListTime
	}
	bounded, cancel := context.WithTimeout(ctx, cfg.Timeout)
	defer cancel()
	r := &road{origin: origin, bearer: cfg.Bearer}
	listing, err := list(bounded, r, endpoint)
	switch failure := r.failure(); {
	case err == nil:
		return listing, nil
	case failure != nil:
		return Listing{}, failure
	case ctx.Err() != nil:
		return Listing{}, ctx.Err()
	case bounded.Err() != nil:
		return Listing{}, fmt.Errorf("the list was not complete after %s", cfg.Timeout)
	}
	return Listing{}, err
}

// list speaks with the server.
func list(ctx context.Context, r *road, endpoint string) (Listing, error) {
	left := &leftOut{}
	client := mcp.NewClient(&mcp.Implementation{Name: "countersign", Version: "1"},
		&mcp.ClientOptions{Capabilities: everything(), Logger: left.logger()})
	session, err := client.Connect(ctx, &mcp.StreamableClientTransport{
		Endpoint: endpoint, MaxRetries: -1, DisableStandaloneSSE: true,
		HTTPClient: &http.Client{Transport: r, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }},
	}, nil)
	if err != nil {
		return Listing{}, foreign("connecting", err)
	}
	defer session.Close()
	var listing Listing
	seen := map[string]bool{}
	for cursor := ""; ; {
		page, err := session.ListTools(ctx, &mcp.ListToolsParams{Cursor: cursor})
		if err != nil {
			return Listing{}, foreign("tools/list", err)
		}
		for _, tool := range page.Tools {
			listing.Tools = append(listing.Tools, announced(tool))
		}
		seen[cursor], cursor = true, page.NextCursor
		switch {
		case cursor == "" || len(listing.Tools) > limits.Tools:
			listing.LeftOut = left.count()
			return listing, toolmap.Check(listing.Tools)
		case seen[cursor]:
			return Listing{}, errors.New("the pages of tools/list go round in a circle")
		case len(seen) == limits.ToolPages:
			return Listing{}, fmt.Errorf("tools/list has more than %d pages", limits.ToolPages)
		}
	}
}

// everything is what a client can be able to do.
func everything() *mcp.ClientCapabilities {
	return &mcp.ClientCapabilities{
		RootsV2:     &mcp.RootCapabilities{},     //nolint:staticcheck // deprecated, and servers still ask for it
		Sampling:    &mcp.SamplingCapabilities{}, //nolint:staticcheck // as above
		Elicitation: &mcp.ElicitationCapabilities{Form: &mcp.FormElicitationCapabilities{}, URL: &mcp.URLElicitationCapabilities{}},
	}
}

// announced takes out of a tool what is looked at.
func announced(t *mcp.Tool) toolmap.Announced {
	a := toolmap.Announced{Name: t.Name, Description: t.Description, Inputs: properties(t.InputSchema), Outputs: properties(t.OutputSchema)}
	if t.Annotations != nil {
		a.ReadOnly, a.Destructive = t.Annotations.ReadOnlyHint, t.Annotations.DestructiveHint
	}
	return a
}

// foreign returns an error of the protocol library without more than 200 bytes of
// what a server wrote.
func foreign(doing string, err error) error {
	const most = 200
	text := err.Error()
	if len(text) > most {
		text = text[:most] + "…"
	}
	return fmt.Errorf("%s: %s", doing, strings.ToValidUTF8(text, "\uFFFD"))
}
