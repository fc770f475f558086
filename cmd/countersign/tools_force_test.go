package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fc28f635/countersign/attest"
	"github.com/fc28f635/countersign/internal/mcptools/mcptest"
	"github.com/fc28f635/countersign/internal/peertest"
	"github.com/fc28f635/countersign/issuer"
	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/trustroots"
	"github.com/fc28f635/countersign/verify"
)

// TestToolsInForce imports the tools of two real MCP servers into the policy
// standard and decides with it: a client of tier domain is offered reads that are
// not sensitive and nothing else, an accepted one what changes too, an endorsed one
// what deletes. Nobody looked at the guesses.
func TestToolsInForce(t *testing.T) {
	sdk, err := mcptest.New([]byte(`[
		{"name": "list_files", "annotations": {"readOnlyHint": true}},
		{"name": "search_mail", "annotations": {"readOnlyHint": true}},
		{"name": "write_file", "annotations": {"destructiveHint": false}},
		{"name": "delete_file", "annotations": {"destructiveHint": true}},
		{"name": "unannotated"},
		{"name": "set_role", "annotations": {"destructiveHint": false}}]`))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(sdk.Close)
	everything := peertest.Everything(t)
	policy := importTools(t, map[string]string{"everything": everything, "sdk": sdk.URL})
	scopes := map[string]string{
		everything: "everything.read everything.read_sensitive everything.write everything.delete",
		sdk.URL:    "sdk.read sdk.read_sensitive sdk.write sdk.delete sdk.admin",
	}
	reads := map[string][]string{
		everything: {"get-resource-links", "get-resource-reference", "get-roots-list", "get-structured-content", "get-sum", "get-tiny-image",
			"trigger-long-running-operation"},
		sdk.URL: {"list_files"},
	}
	all := map[string][]string{
		everything: append([]string{"echo", "get-annotated-message", "get-env", "gzip-file-as-resource", "simulate-research-query",
			"toggle-simulated-logging", "toggle-subscriber-updates", "trigger-elicitation-request", "trigger-sampling-request",
			"trigger-url-elicitation"}, reads[everything]...),
		sdk.URL: {"delete_file", "list_files", "search_mail", "unannotated", "write_file"},
	}
	for tier, c := range map[issuer.Tier]struct {
		redirect string
		accepted bool
		passed   []verify.Check
		tools    map[string][]string
		delete   int // seconds since the user authenticated
	}{
		issuer.TierDomain:   {"http://127.0.0.1/callback", false, nil, reads, 0},
		issuer.TierAccepted: {"https://acme.example/callback", true, nil, all, 900},
		issuer.TierEndorsed: {"https://acme.example/callback", true, []verify.Check{verify.CheckTrustRoot, verify.CheckDNSStrength}, all, 86400},
	} {
		for resource := range scopes {
			for _, scope := range []string{scopes[resource], ""} {
				t.Run(fmt.Sprintf("%s, %.10s", tier, scope), func(t *testing.T) {
					in := signedInput(t, c.redirect, scope, c.accepted)
					pass(in.Verdict, c.passed...)
					in.Resource = resource
					d := policy.Decide(in)
					if d.Outcome != issuer.Approved || d.Tier != tier || d.Grant.ReauthenticateAfter != c.delete {
						t.Fatalf("%s %s at tier %s", d.Outcome, d.Reason, d.Tier)
					}
					want := slices.Sorted(slices.Values(c.tools[resource]))
					if diff := cmp.Diff(want, d.Grant.Tools); diff != "" {
						t.Error(diff)
					}
				})
			}
		}
	}
}

// pass makes checks of a verdict passed that need a trust root and a signed zone.
func pass(v *verify.Verdict, checks ...verify.Check) {
	v.Findings = slices.DeleteFunc(v.Findings, func(f verify.Finding) bool { return slices.Contains(checks, f.Check) })
	for _, check := range checks {
		v.Findings = append(v.Findings, verify.Finding{Check: check, Status: verify.Passed})
	}
}

// importTools returns the policy standard with what servers list, by name,
// imported by the command.
func importTools(t *testing.T, servers map[string]string) *issuer.Policy {
	t.Helper()
	path := filepath.Join(t.TempDir(), "policy.yaml")
	if err := os.WriteFile(path, issuer.Standard().Source(), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, url := range servers {
		var stdout, stderr bytes.Buffer
		args := []string{"tools", "import", url, "--name", name, "--mode", "enforce", "--add-to", path}
		if code := run(t.Context(), args, strings.NewReader(""), &stdout, &stderr); code != exitOK {
			t.Fatalf("exit %d: %s", code, stderr.String())
		}
	}
	p, err := issuer.LoadPolicy(path)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// signedInput is a registration with a statement of acme's, whose key is pinned.
func signedInput(t *testing.T, redirect, scope string, accepted bool) issuer.Input {
	t.Helper()
	now := time.Date(2026, 1, 15, 12, 0, 0, 0, time.UTC)
	acme := metadata.MustPublisher("https://acme.example")
	key, err := attest.Generate("2026a", metadata.KeyEd25519)
	if err != nil {
		t.Fatal(err)
	}
	statement, err := key.Sign(metadata.Statement{Publisher: acme, ID: "1", IssuedAt: now.Unix(), ExpiresAt: now.AddDate(0, 0, 90).Unix(),
		Client: metadata.Client{SoftwareID: "acme-agent", ClientName: "Acme Agent", RedirectURIs: []string{redirect}, Scope: scope}})
	if err != nil {
		t.Fatal(err)
	}
	pinned, err := trustroots.Parse(fmt.Appendf(nil, `{"publishers": {%q: {"keys": [%s]}}}`, acme, key.JWK()), "test")
	if err != nil {
		t.Fatal(err)
	}
	verifier, err := verify.New(verify.Config{Roots: pinned.Set})
	if err != nil {
		t.Fatal(err)
	}
	client, err := metadata.ParseClient(fmt.Appendf(nil, `{"software_statement": %q}`, statement))
	if err != nil {
		t.Fatal(err)
	}
	verdict, err := verifier.Verify(context.Background(), verify.Presentation{Client: &client, At: now})
	if err != nil {
		t.Fatal(err)
	}
	in := issuer.Input{Verdict: verdict, Claimed: client}
	if accepted {
		in.Standing.Acceptances = []issuer.Acceptance{{Publisher: acme, By: issuer.ByOperator, Actor: "ops", Reason: "test", At: now.Add(-time.Hour), Until: now.Add(time.Hour)}}
	}
	return in
}
