package main

import (
	"encoding/json"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fc28f635/countersign/issuer"
	"github.com/fc28f635/countersign/metadata"
)

// reportedResources are declared where a report is made.
const reportedResources = `resources:
  - resource: https://files.example/mcp
    mode: enforce
    tools:
      read_file: {scope: files.read, class: read}
      write_file: {scope: files.write, class: modify}
  - resource: https://notes.example/mcp
    mode: observe
    tools:
      read_note: {scope: notes.read, class: read}
      delete_note: {scope: notes.delete, class: delete}
`

// A week of decisions in a store, and what the report makes of it: from the
// service, and from what it left.
func TestReport(t *testing.T) {
	const files, notes = "https://files.example/mcp", "https://notes.example/mcp"
	dir := shortDir(t)
	cfg := smallService(dir)
	began := time.Now().Truncate(time.Second)
	var clock atomic.Int64 // seconds before now
	cfg.Lookup.Now = func() time.Time { return began.Add(-time.Duration(clock.Load()) * time.Second) }
	policy, err := issuer.ParsePolicy(append(issuer.Standard().Source(), reportedResources...))
	if err != nil {
		t.Fatal(err)
	}
	cfg.Policy = policy
	clock.Store(9 * 24 * 60 * 60)
	s, err := startService(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.stop() })
	decide := func(n int, resource, name, redirect, scope string, dryRun bool) (last issuer.Decision) {
		t.Helper()
		c := metadata.Client{ClientName: name, RedirectURIs: []string{redirect}, Scope: scope,
			GrantTypes: []string{"authorization_code", "refresh_token"}, ResponseTypes: []string{"code"}, TokenEndpointAuthMethod: "none"}
		for range n {
			d, err := s.registry.Decide(t.Context(), issuer.Request{Client: &c, Resource: resource, DryRun: dryRun, AuthorizationServer: "https://as.example"})
			if err != nil {
				t.Fatal(err)
			}
			last = d
		}
		return last
	}
	decide(5, files, "Long Ago", "http://127.0.0.1/cb", "files.read", false)
	clock.Store(3 * 24 * 60 * 60)
	decide(120, files, "Acme Agent", "http://127.0.0.1/cb", "files.read files.write", false)
	decide(60, notes, "Toolsmith", "https://app.toolsmith.com/cb", "notes.read notes.delete", false)
	decide(40, notes, "Toolsmith Two", "https://toolsmith.com/cb", "notes.read", false)
	decide(50, files, "Claude", "http://127.0.0.1/cb", "files.read", false)
	decide(30, files, "Claude", "https://agent-login.net/cb", "files.read", false)
	decide(20, files, "Scripted", "javascript:alert(1)", "files.read", false)
	clock.Store(60)
	hostile := decide(1, notes, "x\x1b]8;;https://evil.example\x07\u202eAgent", "http://127.0.0.1/cb", "notes.read", false)
	decide(10, files, "Dry", "http://127.0.0.1/cb", "files.read", true)
	clock.Store(0)

	report := func(args ...string) (r printedReport) {
		t.Helper()
		code, out, errs := runCommand(t.Context(), append([]string{"report", "--json"}, args...)...)
		if err := json.Unmarshal([]byte(out), &r); err != nil || code != exitOK {
			t.Fatalf("%v: exit %d, %v: %s%s", args, code, err, out, errs)
		}
		return r
	}
	named := func(list []issuer.SoftwareReport, name string) issuer.SoftwareReport {
		t.Helper()
		i := slices.IndexFunc(list, func(s issuer.SoftwareReport) bool { return s.ClientName == name })
		if i < 0 {
			t.Fatalf("no %q in %+v", name, list)
		}
		return list[i]
	}
	lost := func(s issuer.SoftwareReport) (list []string) {
		for _, d := range s.Loses {
			if d.Decisions != s.Decisions {
				t.Errorf("%s: %s is lost %d times", s.ClientName, d.What, d.Decisions)
			}
			list = append(list, d.What)
		}
		return list
	}
	r := report("--data", dir)
	if r.Decisions != 321 || r.Observed != 101 || r.DryRuns != 10 || r.NotToldApart != 0 || !r.Last.Equal(hostile.At) {
		t.Errorf("%d decisions, %d observed, %d dry runs, the last at %s", r.Decisions, r.Observed, r.DryRuns, r.Last)
	}
	acme := named(r.Software, "Acme Agent")
	if acme.Decisions != 120 || acme.Tier != issuer.TierUnverified || acme.Observed != 0 || !slices.Equal(acme.Codes, []string{"this computer"}) || acme.AccessTokenTTL != 3600 ||
		!slices.Equal(lost(acme), []string{"refresh tokens", "scope files.write", "tool write_file"}) {
		t.Errorf("what is enforced: %+v", acme)
	}
	smith := named(r.Software, "Toolsmith")
	if smith.Decisions != 60 || smith.Observed != 60 || smith.Tier != issuer.TierDomain || smith.Binding != metadata.BindingWeb || !slices.Equal(smith.Codes, []string{"app.toolsmith.com"}) ||
		smith.RefreshToken != issuer.RefreshRotate || !slices.Equal(lost(smith), []string{"scope notes.delete", "tool delete_note"}) {
		t.Errorf("what is only observed: %+v", smith)
	}
	if denied := named(r.Software, "Scripted"); !slices.Equal(lost(denied), []string{"everything: denied (redirect_uri_malformed)"}) || denied.AccessTokenTTL != 0 {
		t.Errorf("what is denied: %+v", denied)
	}
	if len(r.Denials) == 0 || r.Denials[0] != (issuer.Denial{Reason: "redirect_uri_malformed", Decisions: 20}) {
		t.Errorf("denials: %+v", r.Denials)
	}
	wantTotals := []issuer.Total{
		{Tier: issuer.TierDomain, Outcome: issuer.Approved, Decisions: 130},
		{Tier: issuer.TierUnverified, Outcome: issuer.Approved, Decisions: 170},
		{Tier: issuer.TierUnverified, Outcome: issuer.Denied, Decisions: 21},
	}
	if !slices.Equal(r.Totals, wantTotals) {
		t.Errorf("totals: %+v", r.Totals)
	}
	if len(r.Vendors) != 1 || r.Vendors[0].Publisher.Domain() != "toolsmith.com" || r.Vendors[0].Decisions != 100 || !slices.Equal(r.Vendors[0].Software, []string{"Toolsmith", "Toolsmith Two"}) {
		t.Errorf("vendors: %+v", r.Vendors)
	}

	t.Run("R18 look-alikes are apart, with where their codes go", func(t *testing.T) {
		if len(r.Lookalikes) != 1 || !r.Lookalikes[0].OwnRedirect || r.Lookalikes[0].Decisions != 30 || !slices.Equal(r.Lookalikes[0].Codes, []string{"agent-login.net"}) ||
			!strings.Contains(r.Lookalikes[0].Resembles, "claude.ai") || named(r.Software, "Claude").Decisions != 50 {
			t.Errorf("%+v", r.Lookalikes)
		}
	})
	t.Run("C12 names are claims, and safe on a terminal", func(t *testing.T) {
		code, out, errs := runCommand(t.Context(), "report", "--data", dir)
		if code != exitOK || strings.ContainsAny(out, "\x1b\x07\u202e") || !strings.Contains(out, `"x\x1b]8;;https://evil.example\a\u202eAgent"`) {
			t.Errorf("exit %d: %q%s", code, out, errs)
		}
		at := func(text string) int {
			i := strings.Index(out, text)
			if i < 0 {
				t.Errorf("it has no %q: %s", text, out)
			}
			return i
		}
		if at("LOOK-ALIKES") > at("SOFTWARE") || at("agent-login.net") > at(`"Acme Agent", of nobody: tier unverified, binding loose, 120 decisions`) {
			t.Errorf("look-alikes are not first: %s", out)
		}
		at(`  "Toolsmith", "Toolsmith Two" of toolsmith.com asks our users for access and is not signed`)
		at("countersign init toolsmith.com")
	})
	for name, c := range map[string]struct {
		args string
		want int
	}{
		"a resource":                   {"--resource " + notes, 101},
		"a resource, in other words":   {"--resource https://NOTES.example:443/mcp", 101},
		"an authorization server":      {"--authorization-server https://as.example", 321},
		"another authorization server": {"--authorization-server https://as.example/2", 0},
		"an hour":                      {"--since 1h", 1},
		"everything":                   {"--since 2000-01-01", 326},
	} {
		if got := report(append(strings.Fields(c.args), "--data", dir)...); got.Decisions != c.want {
			t.Errorf("%s: %d decisions, want %d", name, got.Decisions, c.want)
		}
	}
	if got := report("--server", s.url(), "--api-key", keyFile(t, s)); got.Decisions != r.Decisions || len(got.Software) != len(r.Software) {
		t.Errorf("over the network: %+v", got)
	}
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}
	left, _ := json.Marshal(report("--data", dir, "--since", r.Since.Format(time.RFC3339)))
	if was, _ := json.Marshal(r); string(left) != string(was) {
		t.Errorf("from what the service left:\n%s\nfrom the service:\n%s", left, was)
	}
}
