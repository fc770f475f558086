package issuer

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
)

// badSections is added to policy standard for mistakes in what it does not have.
const badSections = `
deny:
  - {name: first, when: 'client_name == "x" || at(publisher, "bad.example")', reason: ended}
  - {name: second, when: 'client_name == "y"', reason: ended}
sources:
  - {name: ours, looks_at: registrar, allow: {networks: [192.0.2.0/24], countries: [DE], asns: [64500], lists: [good]}, reason: ours}
  - {name: theirs, looks_at: registrar, deny: {networks: [198.51.100.0/24]}, reason: theirs}
  - {name: home, looks_at: browser, require: {networks: [203.0.113.0/24]}, reason: home}
authorization_servers:
  - {issuer: https://as.example, mode: enforce}
resources:
  - resource: https://mcp.example/mcp
    mode: enforce
    scopes:
      files: {includes: [files.read]}
      status: {class: read}
    tools:
      get: {scope: files.read, class: read}
      put: {scope: files.write, class: modify, was: read}
`

// A mistake in every section that a policy can have is refused, with its place and
// what to do about it.
func TestBadPolicies(t *testing.T) {
	text := string(Standard().Source()) + badSections
	if _, err := ParsePolicy([]byte(text)); err != nil {
		t.Fatal(err)
	}
	for _, bad := range []wrongPolicy{
		// Unknown keys, one for each kind of section.
		{"P1 key of the file", "name: standard", "title: standard", `unknown field "title"`},
		{"P1 key of offers", "  response_types: [code]", "  response_type: [code]", `unknown field "response_type"`},
		{"P1 key of a grant", "consent: always", "consents: always", `unknown field "consents"`},
		{"P1 key of budgets", "consent: always", "consent: always\n      budgets: {write: {minute: 1, day: 1}}", `unknown field "write"`},
		{"P1 key of a budget", "consent: always", "consent: always\n      budgets: {read: {minute: 1, dya: 1}}", `unknown field "dya"`},
		{"P1 key of a deny rule", "{name: second, when:", "{name: second, if:", `unknown field "if"`},
		{"P1 key of a source rule", "looks_at: browser, require:", "looks_at: browser, requires:", `unknown field "requires"`},
		{"P1 key of a set of sources", "{networks: [203.0.113.0/24]}", "{network: [203.0.113.0/24]}", `unknown field "network"`},
		{"P1 key of an authorization server", "{issuer: https://as.example, mode:", "{issuer: https://as.example, modus:", `unknown field "modus"`},
		{"P1 key of a resource", "    tools:\n", "    tool:\n", `unknown field "tool"`},
		{"P1 key of a scope", "{includes: [files.read]}", "{include: [files.read]}", `unknown field "include"`},
		{"P1 key of a tool", "{scope: files.read, class: read}", "{scope: files.read, klass: read}", `unknown field "klass"`},

		// What is missing.
		{"P1 no version", "version: 2\n", "", "version is missing: say version: 2"},
		{"P1 no name", "name: standard\n", "", "name is missing"},
		{"P1 no tier to countersign from", "countersign_from: signed\n", "", "countersign_from is missing"},
		{"P1 no life of statements", "statement_lifetime_days: 90\n", "", "statement_lifetime_days is not 1 to 366"},
		{"P1 no word on expired statements", "expired_statement: ignore\n", "", "neither ignore nor refuse"},
		{"P2 a tier without name", "  - tier: signed\n    when:", "  - when:", "tier is missing"},
		{"P1 a grant without life", "      access_token_ttl: 3600\n", "", "access_token_ttl"},
		{"P1 a grant without session", "      session_ttl: 3600\n", "", "no shorter than its access token"},
		{"P1 a grant without refresh", "      refresh_token: none\n", "", "neither none nor rotate"},
		{"P1 a grant without consent", "      consent: always\n", "", "neither always nor session"},
		{"P2 a deny rule without condition", `when: 'client_name == "y"', `, "", "say what must hold"},
		{"P1 a source rule without name", "{name: home, ", "{", "a name is one line"},
		{"P1 a source rule without party", "looks_at: browser, ", "", "looks_at is missing"},
		{"P1 a source rule without reason", ", reason: home", "", "say why there is the rule"},
		{"P1 a source rule without set", "require: {networks: [203.0.113.0/24]}, ", "", "one of allow, deny and require"},
		{"P1 a resource without mode", "    mode: enforce\n    scopes", "    scopes", "mode is missing"},
		{"P1 an authorization server without mode", ", mode: enforce}", "}", "mode is missing"},
		{"P1 a tool without class", "{scope: files.read, class: read}", "{scope: files.read}", "has no class"},

		// Lists that are empty would be everything, or nobody.
		{"P3 no scopes", "consent: always", "consent: always\n      scopes: []", "an empty list"},
		{"P3 no redirects", "consent: always", "consent: always\n      redirects: []", "an empty list"},
		{"P3 no grant types", "    - authorization_code\n    - refresh_token\n    - client_credentials\n    - urn:ietf:params:oauth:grant-type:device_code\n", "    []\n", "offers no grant_types"},
		{"P3 no networks", "{networks: [203.0.113.0/24]}", "{networks: []}", "an empty list has nobody"},
		{"P3 no countries", "countries: [DE]", "countries: []", "an empty list has nobody"},
		{"P3 nothing to look for", "{networks: [203.0.113.0/24]}", "{}", "an empty list has nobody"},

		// Rules and words that nobody could meet.
		{"P5 a deny rule that another includes", `when: 'client_name == "y"'`, `when: 'client_name == "x" && confidential'`, `rule "first" refuses the same`},
		{"P5 a deny rule of a part of another", `when: 'client_name == "y"'`, `when: 'at(publisher, "bad.example")'`, `rule "first" refuses the same`},
		{"P5 an allowed network that is denied", "networks: [192.0.2.0/24], countries: [DE], asns: [64500], lists: [good]", "networks: [198.51.100.128/25]", `rule "theirs" denies all of it`},
		{"P5 a required network that is denied", "{name: theirs, looks_at: registrar, deny: {networks: [198.51.100.0/24]}", "{name: theirs, looks_at: browser, deny: {networks: [203.0.0.0/16]}", `rule "theirs" denies all of it`},
		{"P5 an offer of nothing but renewal", "    - authorization_code\n    - refresh_token\n    - client_credentials\n    - urn:ietf:params:oauth:grant-type:device_code\n", "    - refresh_token\n", "nobody could be let in"},
		{"P5 an offer of codes without response", "response_types: [code]", "response_types: []", "no client that redirects could be let in"},
		{"P2 a grant type that does not exist", "    - authorization_code\n", "    - authorisation_code\n", `"authorisation_code" is no grant type`},
		{"P2 a response type that does not exist", "[code]", "[cod]", `"cod" is no response type`},
		{"P2 a country that does not exist", "[DE]", "[UK]", `GB`},
		{"P5 a grant type twice", "    - refresh_token\n", "    - refresh_token\n    - refresh_token\n", "there twice"},
		{"P5 a response type twice", "[code]", "[code, code]", "there twice"},
		{"P5 a network twice", "[203.0.113.0/24]", "[203.0.113.0/24, 203.0.113.0/24]", "there twice"},
		{"P5 a country twice", "[DE]", "[DE, DE]", "there twice"},
		{"P5 a system twice", "[64500]", "[64500, 64500]", "there twice"},
		{"P5 a list twice", "[good]", "[good, good]", "there twice"},
		{"P5 a source rule twice", "name: theirs", "name: ours", "the name is there twice"},
		{"P5 an authorization server twice", "  - {issuer: https://as.example, mode: enforce}\n", "  - {issuer: https://as.example, mode: enforce}\n  - {issuer: https://as.example, mode: observe}\n", "there twice"},
		{"P5 an included scope twice", "[files.read]}", "[files.read, files.read]}", "there twice"},

		// Absurd numbers.
		{"P1 a token of a second", "access_token_ttl: 3600", "access_token_ttl: 1", "60 seconds at least"},
		{"P1 a token of less than nothing", "access_token_ttl: 3600", "access_token_ttl: -1", "60 seconds at least"},
		{"P1 a log-in of a second ago", "reauthenticate_after: 900", "reauthenticate_after: 1", "60 seconds at least"},
		{"P1 a log-in of the future", "reauthenticate_after: 900", "reauthenticate_after: -900", "from 0 to session_ttl"},
		{"P1 a life with a unit", "access_token_ttl: 3600", "access_token_ttl: 1h", "a whole number is meant"},
		{"P1 a life in parts", "access_token_ttl: 3600", "access_token_ttl: 3600.5", "a whole number is meant"},
		{"P1 a life of ages", "session_ttl: 3600", "session_ttl: 99999999999999999999", "a whole number is meant"},
		{"P1 an autonomous system of nobody", "[64500]", "[0]", "no autonomous system"},
		{"P1 an autonomous system of the future", "[64500]", "[4294967296]", "no autonomous system"},

		// Names and texts.
		{"P1 a name that turns the line around", "name: standard", "name: \"a\\u202eb\"", "name:"},
		{"P1 a network with bits after its length", "[203.0.113.0/24]", "[203.0.113.7/24]", "203.0.113.0/24 is the network"},
		{"P4 everybody's network", "[203.0.113.0/24]", "[0.0.0.0/0]", "is everybody"},
		{"P4 a host with a star", `at(publisher, "bad.example")`, `within(publisher, "*.bad.example")`, "within"},
		{"P4 a host in upper case", `at(publisher, "bad.example")`, `at(publisher, "Bad.example")`, "at:"},
		{"P4 a host with a dot at its end", `at(publisher, "bad.example")`, `at(publisher, "bad.example.")`, "at:"},
		{"P4 a host by regular expression", `at(publisher, "bad.example")`, `client_name.matches("x.*")`, "no regular expressions"},
		{"P2 a party that does not exist", "looks_at: browser", "looks_at: user", `"user" is none of registrar, browser and publisher`},
		{"P2 a mode that does not exist", "    mode: enforce\n    scopes", "    mode: audit\n    scopes", "neither enforce nor observe"},
		{"P4 an authorization server on http", "issuer: https://as.example", "issuer: http://as.example", "https URL"},
		{"P4 a resource on http", "resource: https://mcp.example/mcp", "resource: http://mcp.example/mcp", "https URL"},
		{"P4 a resource with a fragment", "resource: https://mcp.example/mcp", "resource: 'https://mcp.example/mcp#a'", "https URL"},
		{"P1 a tool of two words", "      get: {", "      get it: {", "no tool name"},
		{"P5 a tool that was worse", "was: read}", "was: delete}", "take was away"},

		// Scopes.
		{"O8 a scope that is a star", "      status: {class: read}", "      '*': {class: read}", "write out the scopes"},
		{"O8 a scope of a tool that is a star", "scope: files.write", "scope: '*:*'", "write out the scopes"},
		{"O8 a scope with a quote", "scope: files.write", "scope: 'files\"write'", "no scope token"},
		{"O8 a scope with a space", "      status: {class: read}", "      'sta tus': {class: read}", "no scope token"},
		{"O8 openid with a class", "      status: {class: read}", "      openid: {class: read}", "rules of its own"},
		{"O8 a scope of nothing", "      status: {class: read}", "      status: {}", "give it a class"},
		{"O8 a scope that includes nothing known", "[files.read]}", "[files.red]}", "behind no tool"},
		{"O8 a scope that includes itself", "[files.read]}", "[files]}", "includes itself"},
	} {
		t.Run(bad.name, func(t *testing.T) {
			if !strings.Contains(text, bad.old) {
				t.Fatalf("the policy has no %q: has it changed?", bad.old)
			}
			changed := strings.Replace(text, bad.old, bad.new, 1)
			_, err := ParsePolicy([]byte(changed))
			if err == nil || !strings.Contains(err.Error(), bad.refused) {
				t.Fatalf("%v\nwant an error with %q", err, bad.refused)
			}
			var line, column int
			if _, scanned := fmt.Sscanf(err.Error(), "reading policy: [%d:%d] ", &line, &column); scanned != nil {
				t.Fatalf("%v\nnames no place", err)
			}
			if caret := regexp.MustCompile(fmt.Sprintf(`(?m)^> +%d \| .*\n +\^`, line)); !caret.MatchString(err.Error()) {
				t.Errorf("%v\nhas no caret below line %d", err, line)
			}
		})
	}
}
