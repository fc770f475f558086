package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"sync"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/fc28f635/countersign/internal/mcptools/mcptest"
)

// mcpServers are the servers of the scripts, by script and name.
var mcpServers sync.Map

// mcpServe runs an MCP server with the tools in a file, asking for a token where
// one is given, and puts its endpoint into a variable: mcpserve NAME FILE [TOKEN].
// Where the script has it already, its tools are replaced.
func mcpServe(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 || len(args) > 3 {
		ts.Fatalf("usage: mcpserve NAME FILE [TOKEN]")
	}
	tools := []byte(ts.ReadFile(args[1]))
	key := ts.Getenv("WORK") + " " + args[0]
	if server, ok := mcpServers.Load(key); ok {
		ts.Check(server.(*mcptest.Server).Set(tools))
		return
	}
	server, err := mcptest.New(tools)
	ts.Check(err)
	if len(args) == 3 {
		server.Bearer = args[2]
	}
	ts.Defer(server.Close)
	mcpServers.Store(key, server)
	ts.Setenv(args[0], server.URL)
}

// jsonServe answers every request with what is in a file, and puts the URL into a
// variable: jsonserve NAME FILE.
func jsonServe(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: jsonserve NAME FILE")
	}
	answer := ts.ReadFile(args[1])
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, answer)
	}))
	ts.Defer(server.Close)
	ts.Setenv(args[0], server.URL)
}

// addSection writes a file behind another one: addsection TO FROM.
func addSection(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: addsection TO FROM")
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(ts.ReadFile(args[0])+ts.ReadFile(args[1])), 0o600))
}

// envSubst writes a file again with the script's variables in it: envsubst FROM TO.
func envSubst(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: envsubst FROM TO")
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(os.Expand(ts.ReadFile(args[0]), ts.Getenv)), 0o600))
}
