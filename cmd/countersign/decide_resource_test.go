package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/fc28f635/countersign/issuer"
)

// What is asked of a declared resource is told in its tools, and where nothing is
// enforced, what would have been.
func TestDecideResource(t *testing.T) {
	const resources = `resources:
  - resource: https://files.example/mcp
    mode: enforce
    scopes:
      files.all: {includes: [files.read, files.write]}
    tools:
      read_file: {scope: files.read, class: read}
      write_file: {scope: files.write, class: modify}
  - resource: https://notes.example/mcp
    mode: observe
    tools:
      read_note: {scope: notes.read, class: read}
      delete_note: {scope: notes.delete, class: delete}
`
	cfg := signingService(t)
	policy, err := issuer.ParsePolicy(append(issuer.Standard().Source(), resources...))
	if err != nil {
		t.Fatal(err)
	}
	cfg.Policy = policy
	s := serveTest(t, cfg)
	key := keyFile(t, s)
	for _, test := range []struct {
		name, resource, scope string
		code                  int
		want                  []string
	}{
		{"O8 a greater scope", "https://files.example/mcp", "files.all", exitOK, []string{"scopes      files.read\n", "tools       read_file\n",
			"cut         files.all (modify is beyond this tier; tier accepted has it; granted in its place: files.read)"}},
		{"O8 a resource that is not declared", "https://other.example/mcp", "files.read", exitRejected, []string{"denied: scope_empty",
			"cut         files.read (the resource that was asked for is not declared; the operator declares the resource)"}},
		{"observed", "https://notes.example/mcp", "notes.read notes.delete", exitOK, []string{"approved\n", "observed    nothing is enforced, by the policy\n",
			"would be    approved with scope \"notes.read\"\n", "would cut   notes.delete (delete is beyond this tier; tier accepted has it)", "scopes      notes.read notes.delete\n"}},
		{"observed, and refused", "https://notes.example/mcp", "notes.delete", exitOK, []string{"approved\n", "would be    denied: scope_empty"}},
		{"no resource", "files", "files.read", exitUsage, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			client := strings.NewReader(`{"client_name":"Acme Agent","redirect_uris":["http://127.0.0.1/callback"],"scope":"` + test.scope + `"}`)
			code := run(t.Context(), []string{"decide", "--server", s.url(), "--api-key", key, "--resource", test.resource, "-"}, client, &stdout, &stderr)
			if code != test.code {
				t.Fatalf("exit %d, want %d\n%s%s", code, test.code, stdout.String(), stderr.String())
			}
			for _, want := range test.want {
				if !strings.Contains(stdout.String(), want) {
					t.Errorf("it does not say %q:\n%s", want, stdout.String())
				}
			}
		})
	}
}
