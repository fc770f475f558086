package issuer

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// A wrongPolicy is policy standard with one mistake. It is caught when it is
// read, with an error that says what is wrong, or by a law.
type wrongPolicy struct {
	name     string
	old, new string // what is replaced in standard.yaml, once
	refused  string // part of the error, empty where the policy can be read
	law      string // the law that it breaks
}

const (
	unverifiedGrant = "  - tier: unverified\n    grant:\n      classes: [read]\n      sensitive_reads: false\n"
	domainPassed    = "      - [metadata_document, coverage]\n      - [delivery, coverage]\n      - [statement_signature]\n"
	signedByDNS     = "[statement_signature, dns_key, dns_strength, key_line, coverage]"
	signedByPin     = "[statement_signature, pinned_key, coverage]"
)

var wrongPolicies = []wrongPolicy{
	// Broken laws.
	{"unverified gets modify", unverifiedGrant, strings.Replace(unverifiedGrant, "[read]", "[read, modify]", 1), "", "standing"},
	{"domain reads what is sensitive", domainPassed + "    grant:\n      classes: [read]\n      sensitive_reads: false",
		domainPassed + "    grant:\n      classes: [read]\n      sensitive_reads: true", "", "standing"},
	{"accepted without acceptance", "  - tier: accepted\n    above: unverified\n    acceptance: true",
		"  - tier: accepted\n    above: unverified\n    passed:\n      - [statement_signature]", "", "standing"},
	{"signed without strength of DNS", signedByDNS, "[statement_signature, dns_key, key_line, coverage]", "", "closed"},
	{"signed without coverage", signedByPin, "[statement_signature, pinned_key]", "", "closed"},
	{"signed without line", signedByDNS, "[statement_signature, dns_key, dns_strength, coverage]", "", "closed"},
	{"signed by a signature alone", signedByPin, "[statement_signature]", "", "closed"},
	{"domain by a name", "[metadata_document, coverage]", "[display_name]", "", "closed"},
	{"endorsed without a root", "[trust_root, dns_strength]", "[dns_strength]", "", "closed"},
	{"signed with binding loose", "  - tier: signed\n    above: domain\n    binding: [web, key]",
		"  - tier: signed\n    above: domain\n    binding: [loose, web, key]", "", "bound"},
	{"endorsed with binding loose", "    above: signed\n    acceptance: true\n    binding: [web, key]",
		"    above: unverified\n    acceptance: true", "", "bound"},
	{"accepted gets admin", "  - tier: accepted\n    above: unverified\n    acceptance: true\n    grant:\n      classes: [read, modify, delete]",
		"  - tier: accepted\n    above: unverified\n    acceptance: true\n    grant:\n      classes: [read, modify, delete, admin]", "", "capped"},
	{"unverified gets refresh", "refresh_token: none", "refresh_token: rotate", "", "capped"},
	{"accepted deletes without re-authentication", "reauthenticate_after: 900", "reauthenticate_after: 0", "", "capped"},
	{"domain gets less than unverified", domainPassed + "    grant:\n      classes: [read]", domainPassed + "    grant:\n      classes: []", "", "monotone"},
	{"domain has a shorter session than unverified", "session_ttl: 28800", "session_ttl: 900", "", "monotone"},

	// Refused when read.
	{"P1 key with a typing error", "above: signed", "abvoe: signed", `unknown field "abvoe"`, ""},
	{"P1 nothing of it", "version: 1", "version: 2", "version 2", ""},
	{"P1 statement lifetime too long", "statement_lifetime_days: 90", "statement_lifetime_days: 3660", "statement_lifetime_days", ""},
	{"P1 expired statements", "expired_statement: ignore", "expired_statement: accept", "expired_statement", ""},
	{"P2 a tier that does not exist", "- tier: signed", "- tier: trusted", `"trusted" is no tier`, ""},
	{"P2 a check that does not exist", "[possession, coverage]", "[possessed, coverage]", `"possessed" is no check`, ""},
	{"P2 a class that does not exist", "classes: [read, modify, delete]", "classes: [read, write]", `"write" is no class`, ""},
	{"P2 a binding that does not exist", "binding: [web, key]", "binding: [web, glue]", "is no binding", ""},
	{"P3 alternative that is empty", "[delivery, coverage]", "[]", "always hold", ""},
	{"P3 domain without condition", "    passed:\n" + domainPassed, "", "everybody would reach it", ""},
	{"P5 a tier twice", "- tier: signed", "- tier: domain", "in order", ""},
	{"P5 a tier upon itself", "above: signed", "above: endorsed", "lower ones", ""},
	{"session shorter than its access token", "session_ttl: 3600", "session_ttl: 60", "no shorter than its access token", ""},
	{"access token without end", "access_token_ttl: 3600", "access_token_ttl: 0", "positive", ""},
	{"refresh spelled otherwise", "refresh_token: none", "refresh_token: never", `"never"`, ""},
	{"consent spelled otherwise", "consent: always", "consent: once", `"once"`, ""},
}

// samplesForWrong is how many samples a wrong policy is held against at most.
const samplesForWrong = 3000

func TestWrongPolicies(t *testing.T) {
	samples := rapid.Custom(drawSample)
	drawn := make([]sample, 0, samplesForWrong)
	at := func(i int) sample {
		for len(drawn) <= i {
			drawn = append(drawn, samples.Example(len(drawn)))
		}
		return drawn[i]
	}
	for _, wrong := range wrongPolicies {
		t.Run(wrong.name, func(t *testing.T) {
			text := string(standardYAML)
			if !strings.Contains(text, wrong.old) {
				t.Fatalf("standard.yaml has no %q: has it changed?", wrong.old)
			}
			p, err := ParsePolicy([]byte(strings.Replace(text, wrong.old, wrong.new, 1)))
			if err != nil || wrong.refused != "" {
				if err == nil || wrong.refused == "" || !strings.Contains(err.Error(), wrong.refused) {
					t.Errorf("reading it: %v, want an error with %q", err, wrong.refused)
				}
				return
			}
			for i := range samplesForWrong {
				for _, l := range laws {
					if err := l.broken(p, at(i)); err != nil {
						t.Logf("caught by law %s after %d samples: %v", l.name, i+1, err)
						if l.name != wrong.law {
							continue
						}
						return
					}
				}
			}
			t.Errorf("law %s did not catch it in %d samples", wrong.law, samplesForWrong)
		})
	}
}

func TestPolicyErrorsNameTheLine(t *testing.T) {
	for name, change := range map[string][2]string{
		"key":    {"above: signed", "abvoe: signed"},
		"number": {"access_token_ttl: 900", "access_token_ttl: soon"},
		"indent": {"    above: domain", "  above: domain"},
		"twice":  {"    above: signed", "    above: signed\n    above: domain"},

		"version":         {"version: 1", "version: 2"},
		"lifetime":        {"statement_lifetime_days: 90", "statement_lifetime_days: 0"},
		"expired":         {"expired_statement: ignore", "expired_statement: no"},
		"countersigning":  {"countersign_from: signed", "countersign_from: sealed"},
		"tier":            {"- tier: accepted", "- tier: friend"},
		"class":           {"classes: [read, modify, delete]", "classes: [read, write]"},
		"check":           {"[possession, coverage]", "[possessed, coverage]"},
		"alternative":     {"- [possession, coverage]", "- []"},
		"order":           {"- tier: endorsed", "- tier: blocked"},
		"session":         {"session_ttl: 28800", "session_ttl: 60"},
		"consent":         {"consent: session", "consent: once"},
		"review cause":    {"when: [beyond_reads,", "when: [beyond_read,"},
		"review people":   {"  approvals: 1", "  approvals: 3"},
		"review key":      {"  approvals: 1", "  approvers: 1"},
		"second document": {"tiers:", "---\ntiers:"},
	} {
		t.Run(name, func(t *testing.T) {
			text := strings.Replace(string(standardYAML), change[0], change[1], 1)
			line := 1 + strings.Count(text[:strings.Index(text, change[1])], "\n") + strings.Count(change[1], "\n")
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
	standard := string(standardYAML)
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
