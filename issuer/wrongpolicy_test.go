package issuer

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
)

// A wrongPolicy is policy standard with one mistake, and part of the error with
// which it is refused.
type wrongPolicy struct {
	name     string
	old, new string // what is replaced in standard.yaml, once
	refused  string
}

const (
	unverifiedGrant = "  - tier: unverified\n    grant:\n      classes: [read]\n      sensitive_reads: false\n"
	domainWhen      = "    when: >-\n      passed(\"statement_signature\") ||\n      passed(\"coverage\") && (passed(\"metadata_document\") || passed(\"delivery\"))\n"
	domainGrant     = domainWhen + "    grant:\n      classes: [read]\n      sensitive_reads: false\n"
	endorsedWhen    = "    when: reached(\"signed\") && passed(\"trust_root\") && passed(\"dns_strength\")\n"
	denyNobody      = "deny:\n  - {name: a, when: 'client_name == \"x\"', reason: x}\n"
)

// when is another condition for the tier that has one in standard.yaml.
func when(text string) string { return "    when: '" + text + "'\n" }

var wrongPolicies = []wrongPolicy{
	// What breaks a law.
	{"standing unverified gets modify", unverifiedGrant, strings.Replace(unverifiedGrant, "[read]", "[read, modify]", 1), "modify is from accepted up"},
	{"standing domain reads what is sensitive", domainGrant, strings.Replace(domainGrant, "reads: false", "reads: true", 1), "sensitive reads are from accepted up"},
	{"closed signed without strength of DNS", ` && passed("dns_strength"))))`, `)))`, `none of passed("pinned_key"), passed("dns_strength")`},
	{"closed signed without coverage", `reached("domain") && passed("coverage") && `, `reached("domain") && `, `none of passed("coverage") holds`},
	{"closed signed without line", `passed("key_line") && (passed("wellknown_key")`, `(passed("wellknown_key")`, `passed("key_line")`},
	{"closed signed by a signature alone", `passed("statement_signature") && (passed("pinned_key")`, `passed("statement_signature") && (passed("coverage") || passed("pinned_key")`, `none of passed("pinned_key")`},
	{"closed signed without domain", `reached("domain") && passed("coverage") && (passed("possession")`, `passed("coverage") && (passed("possession")`, `passed("metadata_document")`},
	{"closed domain by a name", `passed("statement_signature") ||`, `passed("display_name") ||`, `none of passed("metadata_document")`},
	{"closed domain by a claim", domainWhen, when(`client_name == "Acme"`), `none of passed("metadata_document")`},
	{"closed domain without condition", domainWhen, "", `none of passed("metadata_document")`},
	{"closed domain where a document is anybody's", `passed("coverage") && (passed("metadata_document")`, `(passed("metadata_document")`, `none of passed("coverage"), passed("statement_signature")`},
	{"closed endorsed without a root", ` && passed("trust_root")`, ``, `none of passed("trust_root")`},
	{"closed endorsed upon accepted", `reached("signed") && passed("trust_root")`, `reached("accepted") && passed("trust_root")`, `none of passed("statement_signature")`},
	{"capped accepted gets admin", "[read, modify, delete]", "[read, modify, delete, admin]", "no tier is given admin"},
	{"capped unverified gets refresh", "refresh_token: none", "refresh_token: rotate", "from domain up"},
	{"capped unverified is asked once", "consent: always", "consent: session", "asked every time"},
	{"capped accepted deletes without re-authentication", "reauthenticate_after: 900", "reauthenticate_after: 0", "authenticated lately"},
	{"monotone domain gets less than unverified", domainGrant, strings.Replace(domainGrant, "[read]", "[]", 1), "read is missing, and unverified has it"},
	{"monotone domain has a shorter session than unverified", "session_ttl: 28800", "session_ttl: 900", "900 is less than 3600, and unverified"},
	{"monotone signed without refresh", "refresh_token: rotate\n      session_ttl: 604800", "refresh_token: none\n      session_ttl: 604800", "refresh tokens are missing, and domain"},
	{"monotone signed has a smaller budget", "      session_ttl: 604800", "      budgets: {read: {minute: 60, day: 5000}}\n      session_ttl: 604800", "60 a minute and 5000 a day are less than 120 and 5000"},
	{"monotone signed has fewer scopes", "      session_ttl: 604800", "      scopes: [files.*]\n      session_ttl: 604800", "a scope is missing"},
	{"monotone signed has fewer redirects", "      session_ttl: 604800", "      redirects: [https]\n      session_ttl: 604800", "a class of redirect URIs is missing"},
	{"monotone endorsed reads less", "sensitive_reads: true\n      access_token_ttl: 900\n      refresh_token: rotate\n      session_ttl: 2592000",
		"sensitive_reads: false\n      access_token_ttl: 900\n      refresh_token: rotate\n      session_ttl: 2592000", "sensitive reads are missing"},
	{"P9 a check that did not pass", domainWhen, when(`passed("coverage") && passed("delivery") && !passed("dns_key")`), "nowhere else"},
	{"P9 a tier that was not reached", endorsedWhen, when(`reached("signed") && passed("trust_root") && passed("dns_strength") && !reached("accepted")`), "nowhere else"},

	// Nonsense.
	{"P1 key with a typing error", "- tier: signed", "- teir: signed", `unknown field "teir"`},
	{"P1 version 1", "version: 2", "version: 1", "lists of checks where 2 has conditions"},
	{"P1 version 1 with a key of its own", "version: 2", "above: domain\nversion: 1 # as it was", "lists of checks where 2 has conditions"},
	{"P1 version of later", "version: 2", "version: 3", "version 3"},
	{"P1 statement lifetime too long", "statement_lifetime_days: 90", "statement_lifetime_days: 3660", "statement_lifetime_days"},
	{"P1 expired statements", "expired_statement: ignore", "expired_statement: accept", "expired_statement"},
	{"P1 until accepted", "expired_statement: ignore", "expired_statement: ignore\nuntil_accepted: nothing", "until_accepted"},
	{"P1 anchor", "- tier: signed", "- tier: &a signed", "anchors"},
	{"P2 a tier that does not exist", "- tier: signed", "- tier: trusted", `"trusted" is no tier`},
	{"P2 tier blocked", "- tier: unverified", "- tier: blocked", "under deny"},
	{"P2 a check that does not exist", `passed("possession")`, `passed("possessed")`, `passed("possessed") does not exist`},
	{"P2 a claim that does not exist", endorsedWhen, when(`reached("signed") && vendor == "x"`), "undeclared reference"},
	{"P2 a class that does not exist", "[read, modify, delete]", "[read, write]", `"write" is no class`},
	{"P2 a binding that does not exist", endorsedWhen, when(`reached("signed") && bound("loose")`), `bound("loose") does not exist`},
	{"P3 condition that is empty", endorsedWhen, "    when: ' '\n", "say what must hold"},
	{"P2 condition that never holds", endorsedWhen, when(`reached("signed") && 1 == 2`), "it can never hold"},
	{"P5 a tier twice", "- tier: signed", "- tier: domain", "in order"},
	{"P5 a tier upon itself", `reached("domain")`, `reached("signed")`, "builds on lower ones"},
	{"P5 a tier upon a higher one", `reached("domain")`, `reached("endorsed")`, "builds on lower ones"},
	{"P5 a shadowed tier", "tiers:\n  - tier: unverified\n", "tiers:\n  - tier: unverified\n" +
		when(`passed("metadata_document") && passed("coverage") && confidential`), "reaches domain too, so that it is never had"},
	{"P5 a shadowed tier of tied clients", domainWhen, when(`passed("coverage") && passed("possession") && passed("delivery") && bound("web")`), "reaches signed too"},
	{"session shorter than its access token", "session_ttl: 3600", "session_ttl: 60", "no shorter than its access token"},
	{"access token without end", "access_token_ttl: 3600", "access_token_ttl: 0", "60 seconds at least"},
	{"access token of a week", "access_token_ttl: 3600", "access_token_ttl: 604800", "86400 seconds at most"},
	{"session of a year", "session_ttl: 2592000", "session_ttl: 31536000", "90 days at most"},
	{"re-authentication after the session", "reauthenticate_after: 900", "reauthenticate_after: 900000", "to session_ttl"},
	{"refresh spelled otherwise", "refresh_token: none", "refresh_token: never", `"never"`},
	{"consent spelled otherwise", "consent: always", "consent: once", `"once"`},
	{"constraint spelled otherwise", "consent: always", "consent: always\n      sender_constraint: key", `"key"`},
	{"redirects spelled otherwise", "consent: always", "consent: always\n      redirects: [http]", `"http" is no class of redirect URIs`},
	{"redirects twice", "consent: always", "consent: always\n      redirects: [https, https]", "there twice"},
	{"O8 any scope", "consent: always", "consent: always\n      scopes: ['*']", "would be every scope"},
	{"O8 any scope of two", "consent: always", "consent: always\n      scopes: ['.*']", "would be every scope"},
	{"O8 half a word", "consent: always", "consent: always\n      scopes: ['files*']", "part of a word"},
	{"O8 star within", "consent: always", "consent: always\n      scopes: ['f*.read']", "is no scope"},
	{"O8 two scopes in one", "consent: always", "consent: always\n      scopes: ['files.read files.write']", "is no scope"},
	{"O8 scope twice", "consent: always", "consent: always\n      scopes: [a, a]", "there twice"},
	{"budget of nothing", "consent: always", "consent: always\n      budgets: {read: {minute: 0, day: 1}}", "at least one call"},
	{"budget of less a day", "consent: always", "consent: always\n      budgets: {read: {minute: 10, day: 5}}", "no less a day"},
	{"budget without end", "consent: always", "consent: always\n      budgets: {read: {minute: 1, day: 100000000}}", "no limit"},
	{"budget of what is not given", "consent: always", "consent: always\n      budgets: {delete: {minute: 1, day: 1}}", "which the tier is not given"},
	{"override that nobody can read", "consent: always", "consent: always\n      override: \"\\u202e\"", "shown at every start"},
	{"deny without reason", "tiers:\n", "deny:\n  - {name: a, when: confidential, reason: ''}\ntiers:\n", "says why"},
	{"deny without name", "tiers:\n", "deny:\n  - {name: 'A b', when: confidential, reason: x}\ntiers:\n", "lower-case letters"},
	{"P5 deny twice", "tiers:\n", denyNobody + "  - {name: b, when: 'client_name  ==  \"x\"', reason: x}\ntiers:\n", "refuses the same"},
	{"P5 deny of one name", "tiers:\n", denyNobody + "  - {name: a, when: confidential, reason: x}\ntiers:\n", "this name"},
	{"P2 deny everybody", "tiers:\n", "deny:\n  - {name: a, when: 'true', reason: x}\ntiers:\n", "refuses everybody or nobody"},
	{"P9 deny by a claim and a finding", "tiers:\n", "deny:\n  - {name: a, when: 'confidential && passed(\"form\")', reason: x}\ntiers:\n", "must not lift it"},
	{"P9 deny by a finding", "tiers:\n", "deny:\n  - {name: a, when: 'passed(\"form\")', reason: x}\ntiers:\n", "must not lift it"},
}

func TestWrongPolicies(t *testing.T) {
	text := string(Standard().Source())
	for _, wrong := range wrongPolicies {
		t.Run(wrong.name, func(t *testing.T) {
			if !strings.Contains(text, wrong.old) {
				t.Fatalf("standard.yaml has no %q: has it changed?", wrong.old)
			}
			_, err := ParsePolicy([]byte(strings.Replace(text, wrong.old, wrong.new, 1)))
			if err == nil || !strings.Contains(err.Error(), wrong.refused) {
				t.Fatalf("%v\nwant an error with %q", err, wrong.refused)
			}
			if place := regexp.MustCompile(`^reading policy: \[\d+:\d+\] `); !place.MatchString(err.Error()) {
				t.Errorf("%v\nnames no place", err)
			}
		})
	}
}

func TestPolicyErrorsNameTheLine(t *testing.T) {
	for name, change := range map[string][2]string{
		"key":    {"- tier: signed", "- teir: signed"},
		"number": {"access_token_ttl: 900", "access_token_ttl: soon"},
		"indent": {"    grant:", "  grant:"},
		"twice":  {"countersign_from: signed", "countersign_from: signed\ncountersign_from: domain"},

		"version":         {"version: 2", "version: 3"},
		"lifetime":        {"statement_lifetime_days: 90", "statement_lifetime_days: 0"},
		"expired":         {"expired_statement: ignore", "expired_statement: no"},
		"countersigning":  {"countersign_from: signed", "countersign_from: sealed"},
		"tier":            {"- tier: accepted", "- tier: friend"},
		"class":           {"classes: [read, modify, delete]", "classes: [read, write]"},
		"check":           {endorsedWhen, when(`passed("possessed")`)},
		"order":           {"- tier: endorsed", "- tier: blocked"},
		"session":         {"session_ttl: 28800", "session_ttl: 60"},
		"consent":         {"consent: session", "consent: once"},
		"review cause":    {"when: [beyond_reads,", "when: [beyond_read,"},
		"review people":   {"  approvals: 1", "  approvals: 3"},
		"review key":      {"  approvals: 1", "  approvers: 1"},
		"second document": {"tiers:", "---\ntiers:"},
	} {
		t.Run(name, func(t *testing.T) {
			text := strings.Replace(string(Standard().Source()), change[0], change[1], 1)
			line := 1 + strings.Count(text[:strings.Index(text, change[1])], "\n") + strings.Count(strings.TrimSuffix(change[1], "\n"), "\n")
			_, err := ParsePolicy([]byte(text))
			if err == nil {
				t.Fatal("it was read")
			}
			if want := fmt.Sprintf("reading policy: [%d:", line); !strings.HasPrefix(err.Error(), want) {
				t.Errorf("%v\ndoes not name line %d", err, line)
			}
			if caret := regexp.MustCompile(fmt.Sprintf(`(?m)^> +%d \| .*\n +\^`, line)); !caret.MatchString(err.Error()) {
				t.Errorf("%v\nhas no caret below line %d", err, line)
			}
		})
	}
}

// A file that is no policy grants nothing to anybody: it is refused.
func TestPolicyThatIsNone(t *testing.T) {
	standard := string(Standard().Source())
	for name, text := range map[string]string{
		"P1 empty":         "",
		"P1 comment":       "# nothing\n",
		"P1 list":          "- tier: unverified\n",
		"P1 no tiers":      standard[:strings.Index(standard, "tiers:")],
		"P1 truncated":     standard[:len(standard)-40],
		"P1 binary":        "\x00\x01\x02",
		"P3 tiers empty":   standard[:strings.Index(standard, "tiers:")] + "tiers: []\n",
		"P1 two documents": standard + "---\n" + strings.Replace(standard, "[read]", "[read, delete]", 1),
	} {
		t.Run(name, func(t *testing.T) {
			if p, err := ParsePolicy([]byte(text)); err == nil {
				t.Errorf("read as policy %q with %d tiers", p.name, len(p.rules))
			}
		})
	}
}
