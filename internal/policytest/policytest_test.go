package policytest_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/fc28f635/countersign/internal/policytest"
	"github.com/fc28f635/countersign/issuer"
)

// section returns the cases that docs/policy-testing.md has for a built-in policy.
func section(t *testing.T, policy string) []byte {
	t.Helper()
	text, err := os.ReadFile("../../docs/policy-testing.md")
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile("(?s)\n### " + policy + "\n\n```yaml\n(.*?)```").FindSubmatch(text)
	if found == nil {
		t.Fatalf("docs/policy-testing.md has no cases of %s", policy)
	}
	return found[1]
}

// The cases in the documents hold of the policies as they are built in. Those of
// standard are the table of tiers.
func TestCasesOfBuiltins(t *testing.T) {
	for _, name := range issuer.BuiltinNames() {
		t.Run(name, func(t *testing.T) {
			suite, err := policytest.Parse(section(t, name))
			if err != nil {
				t.Fatal(err)
			}
			p, _ := issuer.Builtin(name)
			for _, r := range suite.Run(p) {
				if !r.Passed {
					t.Errorf("%s:\n%v\n%s", r.Name, r.Differences, strings.Join(r.Why, "\n"))
				}
			}
		})
	}
}

// Of every tier and every built-in policy there is a case: a policy that gives
// more than standard fails some of those of standard.
func TestCasesTellPoliciesApart(t *testing.T) {
	suite, err := policytest.Parse(section(t, "standard"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"strict", "open"} {
		p, _ := issuer.Builtin(name)
		if !slices.ContainsFunc(suite.Run(p), func(r policytest.Result) bool { return !r.Passed }) {
			t.Errorf("all cases of standard hold of %s", name)
		}
	}
	standard := string(issuer.Standard().Source())
	for _, change := range [][2]string{
		{"      access_token_ttl: 3600\n      refresh_token: none\n      session_ttl: 3600", "      access_token_ttl: 7200\n      refresh_token: none\n      session_ttl: 7200"},
		{"session_ttl: 28800", "session_ttl: 86400"}, {"session_ttl: 2592000", "session_ttl: 2592001"},
		{"statement_lifetime_days: 90", "statement_lifetime_days: 366"},
		{" && passed(\"trust_root\")", " && passed(\"trust_root\") && passed(\"pinned_key\")"},
		{"    - authorization_code\n", ""},
	} {
		if !strings.Contains(standard, change[0]) {
			t.Fatalf("standard.yaml has no %q", change[0])
		}
		p, err := issuer.ParsePolicy([]byte(strings.Replace(standard, change[0], change[1], 1)))
		if err != nil {
			t.Logf("%q is refused at load: %v", change[1], err)
			continue
		}
		if !slices.ContainsFunc(suite.Run(p), func(r policytest.Result) bool { return !r.Passed }) {
			t.Errorf("no case of standard notices %q", change[1])
		}
	}
}

const good = `cases:
  - name: one
    proof: signed
    client: {redirect_uris: [https://acme.example/cb], scope: files:read}
    expect: {tier: signed}
`

// A case that says something else than its writer thinks is refused, with its
// place.
func TestWrongCases(t *testing.T) {
	for name, test := range map[string]struct{ old, new, want string }{
		"P1 key":               {"proof:", "prof:", `[3:5] unknown field "prof"`},
		"P1 key of expect":     {"{tier: signed}", "{teir: signed}", `unknown field "teir"`},
		"P1 no cases":          {good, "cases: []\n", "no cases"},
		"P1 empty":             {good, "", "no cases"},
		"no name":              {"name: one", "name: ''", "a case has a name"},
		"one name twice":       {good, good + strings.TrimPrefix(good, "cases:\n"), "[6:11] another case is named"},
		"proof":                {"proof: signed", "proof: sealed", `[3:12] case "one": "sealed" is none of none, domain and signed`},
		"check":                {"proof: signed", "passed: [dns_kye]", `[3:14] case "one": "dns_kye" is none of form`},
		"check twice":          {"proof: signed", "passed: [coverage]\n    failed: [coverage]", "coverage is there twice"},
		"reason":               {"proof: signed", "rejected: key_revokd", `"key_revokd" is no reason`},
		"flag":                 {"proof: signed", "flags: [key_revoked]", `"key_revoked" is none of`},
		"binding":              {"proof: signed", "binding: tight", "[3:14] "},
		"publisher":            {"proof: signed", "proof: signed\n    publisher: acme", "[4:16] "},
		"publisher missing":    {"https://acme.example/cb", "http://127.0.0.1/cb", "publisher is missing"},
		"client missing":       {"    client: {redirect_uris: [https://acme.example/cb], scope: files:read}\n", "", "client is missing"},
		"member":               {"scope: files:read", "scopes: files:read", `"scopes" is no registered member`},
		"member of a type":     {"scope: files:read", "scope: [files:read]", "[4:"},
		"member of a form":     {"https://acme.example/cb", "acme.example/cb", "[4:"},
		"statement":            {"proof: signed", "proof: domain\n    statement_days: 3", "a statement that verified"},
		"accepted by nobody":   {"proof: signed", "accepted: {by: me}", `"me" is none of operator, catalog, root`},
		"accepted of nothing":  {"proof: signed", "accepted: {of: everything}", "neither publisher nor shape"},
		"accepted of nobody":   {"proof: signed", "accepted: {of: publisher}", "no publisher is proven"},
		"resource":             {"proof: signed", "proof: signed\n    resource: files", "https URL"},
		"authorization server": {"proof: signed", "proof: signed\n    authorization_server: as", "https URL"},
		"address":              {"proof: signed", "proof: signed\n    source: {addr: here}", "[4:20] "},
		"country":              {"proof: signed", "proof: signed\n    source: {country: de}", "is no country"},
		"system":               {"proof: signed", "proof: signed\n    publisher_source: {asn: -1}", "no autonomous system"},
		"nothing expected":     {"{tier: signed}", "{}", "[5:13] case \"one\": it expects nothing"},
		"outcome":              {"{tier: signed}", "{outcome: aproved}", `"aproved" is none of approved, review, denied`},
		"tier":                 {"{tier: signed}", "{tier: trusted}", `[5:20] "trusted" is no tier`},
		"expected reason":      {"{tier: signed}", "{reason: because}", `[5:22] case "one": "because" is no reason`},
		"expected flag":        {"{tier: signed}", "{flags: [because]}", `"because" is no reason`},
		"cut":                  {"{tier: signed}", "{scopes_cut: {tier: a}}", `"tier" is none of not_stated`},
		"refresh":              {"{tier: signed}", "{refresh_token: rotating}", "none of none, rotate"},
		"lifetime":             {"{tier: signed}", "{session_ttl_max: -1}", "positive"},
	} {
		t.Run(name, func(t *testing.T) {
			if !strings.Contains(good, test.old) {
				t.Fatalf("there is no %q", test.old)
			}
			_, err := policytest.Parse([]byte(strings.Replace(good, test.old, test.new, 1)))
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Fatalf("%v\nwant an error with %q", err, test.want)
			}
			if place := regexp.MustCompile(`^reading cases: \[\d+:\d+\] `); test.new != "" && !place.MatchString(err.Error()) {
				t.Errorf("%v\nnames no place", err)
			}
		})
	}
}

// What a case says of addresses, resources and acceptances reaches the decision.
func TestFactsReachTheDecision(t *testing.T) {
	policy := string(issuer.Standard().Source()) + `
deny:
  - {name: not-them, when: 'at(publisher, "bad.example")', reason: ended}
sources:
  - {name: home, looks_at: registrar, deny: {countries: [XX], networks: [192.0.2.0/24], asns: [64500], lists: [tor]}, reason: not from there}
  - {name: docs, looks_at: publisher, deny: {asns: [64501]}, reason: not from there}
resources:
  - resource: https://mcp.example/
    mode: enforce
    tools:
      get: {scope: files.read, class: read}
      put: {scope: files.write, class: modify}
  - resource: https://new.example/
    mode: observe
    tools: {list: {scope: files.read, class: read}, drop: {scope: files.write, class: delete}}
`
	p, err := issuer.ParsePolicy([]byte(policy))
	if err != nil {
		t.Fatal(err)
	}
	client := "    client: {redirect_uris: [https://acme.example/cb], scope: files.read files.write}\n    proof: signed\n"
	for name, test := range map[string]struct{ facts, expect string }{
		"tools":              {"resource: https://mcp.example/", "{tools: [get], scope: files.read, scopes_cut: {class: files.write}}"},
		"tools accepted":     {"resource: https://mcp.example/\n    accepted: {}", "{tools: [put, get], scope: files.write files.read}"},
		"foreign resource":   {"resource: https://other.example/", "{outcome: denied, reason: scope_empty}"},
		"observed":           {"resource: https://new.example/", "{mode: observe, outcome: approved, tools: [list], scopes_cut: {class: files.write}}"},
		"denied":             {"publisher: https://bad.example", "{outcome: denied, tier: blocked, reason: policy_denied, denied_by: not-them}"},
		"network":            {"source: {addr: 192.0.2.7}", "{reason: source_denied}"},
		"mapped network":     {"source: {addr: '::ffff:192.0.2.7'}", "{reason: source_denied}"},
		"country":            {"source: {country: XX}", "{reason: source_denied}"},
		"system":             {"source: {asn: 64500}", "{reason: source_denied}"},
		"list":               {"source: {lists: {tor: true}}", "{reason: source_denied}"},
		"not on the list":    {"source: {addr: 198.51.100.1, country: DE, asn: 1, lists: {tor: false}}", "{outcome: approved, tier: signed}"},
		"browser":            {"source: {country: XX}\n    client_id: https://acme.example/client.json", "{outcome: approved}"},
		"publisher's server": {"publisher_source: {asn: 64501}", "{reason: source_denied}"},
		"failed":             {"failed: [coverage]", "{tier: domain}"},
		"bound by key":       {"binding: key", "{tier: signed}"},
		"loose":              {"binding: loose", "{tier: domain}"},
	} {
		t.Run(name, func(t *testing.T) {
			suite, err := policytest.Parse([]byte("cases:\n  - name: one\n" + client + "    " + test.facts + "\n    expect: " + test.expect + "\n"))
			if err != nil {
				t.Fatal(err)
			}
			if r := suite.Run(p)[0]; !r.Passed {
				t.Errorf("%v\n%s", r.Differences, strings.Join(r.Why, "\n"))
			}
		})
	}
}

// Each member of expect can fail, and then says what came.
func TestEveryExpectationCanFail(t *testing.T) {
	for expect, want := range map[string]string{
		"{outcome: denied}":         "outcome: expected denied, got approved",
		"{tier: accepted}":          "tier: expected accepted, got signed",
		"{reason: key_revoked}":     "reason: expected key_revoked, got ",
		"{denied_by: a}":            "denied_by: expected a, got ",
		"{mode: observe}":           "mode: expected observe, got enforce",
		"{publisher: ''}":           "publisher: expected , got https://acme.example",
		"{scope: files:write}":      "scope: expected files:write, got files:read",
		"{scope: ''}":               "scope: expected nothing, got files:read",
		"{scopes_cut: {class: a}}":  "scopes_cut: expected a (class), got nothing",
		"{classes: []}":             "classes: expected nothing, got read",
		"{sensitive_reads: true}":   "sensitive_reads: expected true, got false",
		"{tools: [get]}":            "tools: expected get, got nothing",
		"{flags: [key_line_new]}":   "flags: expected key_line_new, got nothing",
		"{refresh_token: rotate}":   "refresh_token: expected rotate, got none",
		"{access_token_ttl_max: 1}": "access_token_ttl_max: expected at most 1, got 900",
		"{session_ttl_max: 1}":      "session_ttl_max: expected at most 1, got 604800",
		"{consent: always}":         "consent: expected always, got session",
		"{sender_constraint: dpop}": "sender_constraint: expected dpop, got none",
	} {
		suite, err := policytest.Parse([]byte(strings.Replace(good, "{tier: signed}", expect, 1)))
		if err != nil {
			t.Errorf("%s: %v", expect, err)
			continue
		}
		r := suite.Run(issuer.Standard())[0]
		if r.Passed || len(r.Differences) != 1 || r.Differences[0].String() != want || len(r.Why) == 0 {
			t.Errorf("%s: %v, want %q", expect, r.Differences, want)
		}
	}
}

// Whatever a case is named, a parser of XML reads what is written of it.
func TestJUnit(t *testing.T) {
	results := []policytest.Result{
		{Name: "good & <fine>", Passed: true},
		{Name: "bad \"'\u0007]]>", Differences: []policytest.Difference{{What: "scope", Expected: "<a>", Got: "\x00"}}, Why: []string{"--> ]]>"}},
	}
	var out bytes.Buffer
	if err := policytest.WriteJUnit(&out, "policy<1>.yaml", results); err != nil {
		t.Fatal(err)
	}
	decoder := xml.NewDecoder(bytes.NewReader(out.Bytes()))
	attributes := map[string]string{}
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("%v in\n%s", err, out.String())
		}
		if start, ok := token.(xml.StartElement); ok {
			for _, a := range start.Attr {
				attributes[start.Name.Local+" "+a.Name.Local] += a.Value + "|"
			}
		}
	}
	for key, want := range map[string]string{
		"testsuites tests": "2|", "testsuites failures": "1|", "testsuite name": "policy<1>.yaml|", "testsuite failures": "1|",
		"testcase name": "good & <fine>|bad \"'\ufffd]]>|", "failure message": "scope: expected <a>, got \ufffd|",
	} {
		if attributes[key] != want {
			t.Errorf("%s is %q, want %q", key, attributes[key], want)
		}
	}
}
