package testvectors

import (
	"bytes"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

// reasons are those that an implementation can give by now. Each needs a vector.
var reasons = strings.Fields(`
	statement_malformed statement_too_large header_forbidden claim_forbidden claim_missing claim_malformed algorithm_forbidden
	publisher_missing publisher_malformed key_unknown key_unusable key_not_valid_then signature_invalid statement_expired
	statement_not_yet_valid statement_lifetime_too_long possession_unproven audience_mismatch instance_statement_in_document
	key_revoked key_exposed keys_disagree publisher_unknown publisher_is_countersigner statement_revoked statement_rollback software_not_listed
	name_resembles_protected domain_record_missing domain_record_malformed domain_record_wildcard dns_uncorroborated
	key_not_in_dns wellknown_missing wellknown_mismatch redirect_uri_malformed redirect_uri_not_stated redirect_uri_foreign
	request_not_json request_member_malformed statement_not_a_string metadata_conflict metadata_malformed member_not_stated scope_empty
	auth_method_forbidden secret_in_document client_id_malformed client_id_mismatch document_malformed document_withdrawn
	address_refused dns_unavailable dns_bogus document_unavailable scope_malformed grant_forbidden name_unprintable
	keys_unavailable roots_unavailable server_error storage_full request_too_large media_type_unsupported access_token_invalid rate_limited
	operator_hold policy_denied tier_below_minimum review_pending statement_expires_soon key_line_new confidential_unproven source_denied`)

func TestEveryReasonHasAVector(t *testing.T) {
	named := map[string]bool{}
	for _, v := range All() {
		if _, rest := v.Expectation(); !slices.Contains([]string{"approved", "keys"}, strings.Fields(v.Expect)[0]) && rest != "" {
			named[rest] = true
		}
		for _, f := range v.Findings() {
			if f.Reason != "" {
				named[f.Reason] = true
			}
		}
		for _, flag := range v.Header["flag"] {
			named[flag] = true
		}
	}
	for _, r := range reasons {
		if !named[r] {
			t.Errorf("no vector expects %s", r)
		}
		delete(named, r)
	}
	for r := range named {
		t.Errorf("%q is no reason that this test knows", r)
	}
}

// grammar says for each kind what it expects and which file it must have.
var grammar = map[string]struct {
	expect *regexp.Regexp
	files  []string
}{
	"statement":    {regexp.MustCompile(`^(verified|(rejected|inconclusive) [a-z_]+)$`), []string{"statement.jws"}},
	"document":     {regexp.MustCompile(`^(verified|(rejected|inconclusive) [a-z_]+)$`), nil},
	"decision":     {regexp.MustCompile(`^(approved (unverified|domain|signed|accepted|endorsed)|(denied|unavailable|review) [a-z_]+)$`), []string{"request.json"}},
	"record":       {regexp.MustCompile(`^keys( [a-z0-9-]+)*$`), []string{"records.txt"}},
	"redirect_uri": {regexp.MustCompile(`^(https|loopback|private_use|refused redirect_uri_malformed)$`), []string{"redirect.txt"}},
	"client_id":    {regexp.MustCompile(`^(accepted|refused client_id_malformed)$`), []string{"client_id.txt"}},
	"merge":        {regexp.MustCompile(`^(merged|refused [a-z_]+)$`), []string{"plain.json", "stated.json"}},
	"api":          {regexp.MustCompile(`^[45]\d\d [a-z_]+$`), nil},
}

var (
	checks = strings.Fields(`form pinned_key dns_key wellknown_key trust_root statement_signature times redirect_uris
		coverage delivery display_name metadata_document dns_strength key_line possession source`)
	statuses = strings.Fields("passed failed unavailable skipped")
	headers  = strings.Fields(`id kind expect now comment features class rfc row finding dns http audience client_id special_use
		countersigner seen exposed issued accept hold policy deny review source_rule cut flag tools workflow would binding scope publisher road overridden revoked malformed ignored content_type authorization
		body_size fault`)
)

func TestVectorsKeepTheirGrammar(t *testing.T) {
	all := All()
	if len(all) < 110 {
		t.Fatalf("%d vectors: have they moved?", len(all))
	}
	ids := map[string]bool{}
	for _, v := range all {
		if ids[v.ID] {
			t.Errorf("%s: twice", v.ID)
		}
		ids[v.ID] = true
		g, ok := grammar[v.Kind]
		if !ok {
			t.Errorf("%s: kind %q", v.ID, v.Kind)
			continue
		}
		if !g.expect.MatchString(v.Expect) {
			t.Errorf("%s: a %s expects %q", v.ID, v.Kind, v.Expect)
		}
		for _, name := range g.files {
			if _, ok := v.Files[name]; !ok {
				t.Errorf("%s: no file %s", v.ID, name)
			}
		}
		for key := range v.Header {
			if !slices.Contains(headers, key) {
				t.Errorf("%s: header %q", v.ID, key)
			}
		}
		for _, f := range v.Findings() {
			if !slices.Contains(checks, f.Check) || !slices.Contains(statuses, f.Status) {
				t.Errorf("%s: finding %+v", v.ID, f)
			}
		}
	}
	for kind := range grammar {
		if len(Load(kind)) == 0 {
			t.Errorf("no vector of kind %s", kind)
		}
	}
}

func TestParse(t *testing.T) {
	const head = "id: a/b\nkind: statement\nexpect: rejected key_unknown\nnow: 2026-01-15T12:00:00Z\n" +
		"finding: dns_key failed key_unknown\nfinding: form passed\nhttp: https://a.example/x timeout\ncomment: c: d\n\n"
	v, err := parseVector([]byte(head + "-- statement.jws --\na.b.c\n-- https://a.example/y --\n{}\n-- records.txt.b64 --\nAAE=\n"))
	if err != nil {
		t.Fatal(err)
	}
	outcome, reason := v.Expectation()
	if outcome != "rejected" || reason != "key_unknown" || v.Now.Unix() != 1768478400 || v.Get("comment") != "c: d" || v.DNS() != "insecure" {
		t.Errorf("header read as %+v", v)
	}
	if diff := cmp.Diff([]Finding{{"dns_key", "failed", "key_unknown"}, {"form", "passed", ""}}, v.Findings()); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
	want := map[string][]byte{"statement.jws": []byte("a.b.c"), "https://a.example/y": []byte("{}\n"), "records.txt": {0, 1}}
	if diff := cmp.Diff(want, v.Files); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]string{"https://a.example/x": "timeout"}, v.HTTP()); diff != "" {
		t.Errorf("HTTP (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string][]byte{"https://a.example/y": []byte("{}\n")}, v.Resources()); diff != "" {
		t.Errorf("resources (-want +got):\n%s", diff)
	}
	for name, bad := range map[string]string{
		"no colon":       "id a/b\n" + head,
		"two ids":        "id: a/b\n" + head,
		"no comment":     strings.Replace(head, "comment: c: d\n", "", 1),
		"bad instant":    strings.Replace(head, "12:00:00Z", "noon", 1),
		"bad base64":     head + "-- a.b64 --\n?\n",
		"one file twice": head + "-- a --\n-- a --\n",
	} {
		if _, err := parseVector([]byte(bad)); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if _, err := parse(fstest.MapFS{"data/a/c.txtar": {Data: []byte(head)}}); err == nil {
		t.Error("an id that is not the path: no error")
	}
}

func TestBodyOfASize(t *testing.T) {
	v := Vector{Header: map[string][]string{"body_size": {"65537"}}}
	if n := len(v.Body()); n != 65537 {
		t.Errorf("body of %d bytes", n)
	}
}

func TestGeneratorImportsNothingOfOurs(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", "./internal/gen").Output()
	if err != nil {
		t.Fatal(err)
	}
	for line := range bytes.Lines(out) {
		path := strings.TrimSpace(string(line))
		first, _, _ := strings.Cut(path, "/")
		if strings.Contains(first, ".") && path != "golang.org/x/tools/txtar" && !strings.HasSuffix(path, "/testvectors/internal/gen") {
			t.Errorf("the generator imports %s", path)
		}
	}
}
