package mcptools_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fc28f635/countersign/internal/fetch"
	"github.com/fc28f635/countersign/internal/limits"
	"github.com/fc28f635/countersign/internal/mcptools"
	"github.com/fc28f635/countersign/internal/mcptools/mcptest"
	"github.com/fc28f635/countersign/internal/peertest"
	"github.com/fc28f635/countersign/internal/toolmap"
	"github.com/fc28f635/countersign/verify"
)

var loopback = mcptools.Config{Fetch: fetch.Config{AllowLoopback: true}}

// serve runs a server of the official SDK.
func serve(t *testing.T, tools string) *mcptest.Server {
	t.Helper()
	s, err := mcptest.New([]byte(tools))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

func TestRead(t *testing.T) {
	no := false
	s := serve(t, `[
		{"name": "plain", "description": "says nothing"},
		{"name": "reads", "annotations": {"readOnlyHint": true}, "inputSchema": {"type": "object", "properties": {"id": {}, "of": {"type": "object", "properties": {"deep": {}}}}},
		 "outputSchema": {"type": "object", "properties": {"list": {"type": "array", "items": {"properties": {"email": {}}}}}}},
		{"name": "adds", "annotations": {"destructiveHint": false}}]`)
	got, err := mcptools.Read(t.Context(), loopback, s.URL)
	if err != nil {
		t.Fatal(err)
	}
	want := []toolmap.Announced{
		{Name: "adds", Destructive: &no},
		{Name: "plain", Description: "says nothing"},
		{Name: "reads", ReadOnly: true, Inputs: []string{"deep", "id", "of"}, Outputs: []string{"email", "list"}},
	}
	if diff := cmp.Diff(want, got.Tools); diff != "" {
		t.Error(diff)
	}
}

func TestReadAllPages(t *testing.T) {
	const many = 1000
	var tools []string
	for i := range many {
		tools = append(tools, fmt.Sprintf(`{"name": "tool_%04d"}`, i))
	}
	got, err := mcptools.Read(t.Context(), loopback, serve(t, "["+strings.Join(tools, ",")+"]").URL)
	if err != nil || len(got.Tools) != many || got.Tools[many-1].Name != "tool_0999" {
		t.Errorf("%d tools, %v", len(got.Tools), err)
	}
}

func TestReadWithToken(t *testing.T) {
	s := serve(t, `[{"name": "one"}]`)
	s.Bearer = "right"
	cfg := loopback
	for _, token := range []string{"", "wrong"} {
		cfg.Bearer = token
		if _, err := mcptools.Read(t.Context(), cfg, s.URL); !errors.Is(err, mcptools.ErrUnauthorized) {
			t.Errorf("with %q: %v", token, err)
		}
	}
	cfg.Bearer = "right"
	if got, err := mcptools.Read(t.Context(), cfg, s.URL); err != nil || len(got.Tools) != 1 {
		t.Errorf("%d tools, %v", len(got.Tools), err)
	}
}

// everything is what server-everything 2026.8.31 lists to a client that can do
// everything.
var everything = []string{
	"echo", "get-annotated-message", "get-env", "get-resource-links", "get-resource-reference", "get-roots-list", "get-structured-content",
	"get-sum", "get-tiny-image", "gzip-file-as-resource", "simulate-research-query", "toggle-simulated-logging", "toggle-subscriber-updates",
	"trigger-elicitation-request", "trigger-long-running-operation", "trigger-sampling-request", "trigger-url-elicitation",
}

func TestReadServerEverything(t *testing.T) {
	got, err := mcptools.Read(t.Context(), loopback, peertest.Everything(t))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, tool := range got.Tools {
		names = append(names, tool.Name)
	}
	slices.Sort(names)
	if diff := cmp.Diff(everything, names); diff != "" {
		t.Error(diff)
	}
}

func tool(name string) string {
	quoted, _ := json.Marshal(name)
	return `{"name": ` + string(quoted) + `, "inputSchema": {"type": "object"}}`
}

func only(tools ...string) func(string) string {
	return func(string) string { return `{"tools": [` + strings.Join(tools, ",") + `]}` }
}

func TestReadRefuses(t *testing.T) {
	next := func(from string) string {
		n, _ := strconv.Atoi(from)
		return strconv.Itoa(n + 1)
	}
	for _, test := range []struct {
		name string
		page func(cursor string) string
		want string
	}{
		{"a name that is too long", only(tool(strings.Repeat("a", 129))), `is no tool name: 1 to 128`},
		{"a huge name", only(tool(strings.Repeat("a", 1<<20))), `is no tool name`},
		{"no name", only(tool("")), `"" is no tool name`},
		{"control characters", only(tool("a\x1b[2Jb\n")), `"a\x1b[2Jb\n" is no tool name`},
		{"a name in another script", only(tool("s\u0435nd")), `is no tool name`},
		{"a name twice", only(tool("a"), tool("a")), `tool "a" is there twice`},
		{"a name twice, on two pages", func(cursor string) string {
			if cursor == "" {
				return `{"tools": [` + tool("a") + `], "nextCursor": "2"}`
			}
			return `{"tools": [` + tool("a") + `]}`
		}, `tool "a" is there twice`},
		{"pages in a circle", func(string) string { return `{"tools": [], "nextCursor": "again"}` }, "go round in a circle"},
		{"endless pages", func(cursor string) string { return `{"tools": [], "nextCursor": "` + next(cursor) + `"}` }, "more than 1000 pages"},
		{"too many tools", func(cursor string) string {
			var tools []string
			for i := range 1000 {
				tools = append(tools, tool("t"+cursor+"_"+strconv.Itoa(i)))
			}
			return `{"tools": [` + strings.Join(tools, ",") + `], "nextCursor": "` + next(cursor) + `"}`
		}, "more than 5000 tools"},
		{"answers without end", func(cursor string) string {
			return `{"tools": [], "nextCursor": "` + next(cursor) + `", "_meta": {"x": "` + strings.Repeat("x", 4<<20) + `"}}`
		}, "larger than 16777216 bytes"},
		{"no tools/list", func(string) string { return "" }, "method not found"},
		{"something else", func(string) string { return `{"tools": "many"}` }, "tools/list"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := mcptools.Read(t.Context(), loopback, mcptest.Pages(t, test.page))
			if err == nil || !strings.Contains(err.Error(), test.want) || len(err.Error()) > 400 {
				t.Errorf("%v, want %q", err, test.want)
			}
			if got.Tools != nil {
				t.Errorf("%d tools beside an error", len(got.Tools))
			}
		})
	}
}

func TestReadCountsWhatIsLeftOut(t *testing.T) {
	bad := `{"name": "b", "inputSchema": {"type": "object", "properties": {"x": {"type": "string", "x-mcp-header": ""}}}}`
	got, err := mcptools.Read(t.Context(), loopback, mcptest.Pages(t, only(tool("a"), bad)))
	if err != nil || len(got.Tools) != 1 || got.LeftOut != 1 {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestReadEnds(t *testing.T) {
	hang := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-hang:
		case <-r.Context().Done():
		}
	}))
	t.Cleanup(server.Close)
	t.Cleanup(func() { close(hang) })
	t.Run("where the server hangs", func(t *testing.T) {
		cfg := loopback
		cfg.Timeout = 50 * time.Millisecond
		if _, err := mcptools.Read(t.Context(), cfg, server.URL); err == nil || err.Error() != "the list was not complete after 50ms" {
			t.Error(err)
		}
	})
	t.Run("where the caller gives up", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := mcptools.Read(ctx, loopback, server.URL); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
	if limits.ToolListTime > time.Minute {
		t.Error("an operator waits for more than a minute")
	}
}

func TestReadGoesNowhereElse(t *testing.T) {
	elsewhere := 0
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere++ }))
	t.Cleanup(other.Close)
	redirects := httptest.NewServer(http.RedirectHandler(other.URL, http.StatusTemporaryRedirect))
	t.Cleanup(redirects.Close)
	cfg := loopback
	cfg.Bearer = "secret"
	if _, err := mcptools.Read(t.Context(), cfg, redirects.URL); err == nil || !strings.Contains(err.Error(), "redirects are not followed") || elsewhere != 0 {
		t.Errorf("%v, %d requests elsewhere", err, elsewhere)
	}
	within := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/other" {
			elsewhere++
		}
		http.Redirect(w, r, "/other", http.StatusTemporaryRedirect)
	}))
	t.Cleanup(within.Close)
	if _, err := mcptools.Read(t.Context(), cfg, within.URL+"/mcp"); err == nil || !strings.Contains(err.Error(), "redirects are not followed") || elsewhere != 0 {
		t.Errorf("%v, %d requests to another address of the server", err, elsewhere)
	}
	var failure *verify.FetchError
	if _, err := mcptools.Read(t.Context(), mcptools.Config{}, other.URL); err == nil || elsewhere != 0 {
		t.Errorf("http without permission: %v", err)
	}
	if _, err := mcptools.Read(t.Context(), mcptools.Config{}, "https://169.254.169.254/mcp"); !errors.As(err, &failure) || !failure.Refused {
		t.Errorf("an address that is never dialled: %v", err)
	}
}
