package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fc28f635/countersign/attest"
	"github.com/fc28f635/countersign/metadata"
)

// A road is a publisher, and the real servers of acme.test.
type road struct {
	t       *testing.T
	dir     string // what init was given
	served  string // what the web server serves
	names   *nameServer
	records []txt // what is in the zone
	flags   []string

	produced map[string]bool // the faults that were found so far
}

// TestPublisherRoad goes the publisher's road with a real name server, a real
// resolver and a real web server: init, publish, doctor, verify, and each fault
// with its mend.
func TestPublisherRoad(t *testing.T) {
	home := t.TempDir()
	t.Setenv("XDG_CONFIG_HOME", filepath.Join(home, "config"))
	t.Setenv("HOME", home)
	r := &road{t: t, dir: filepath.Join(home, "the publisher's acme"), served: filepath.Join(home, "www"), produced: make(map[string]bool)}
	if err := os.Mkdir(r.served, 0o755); err != nil {
		t.Fatal(err)
	}
	out := r.run(0, "init", "acme.test", "--dir", r.dir, "--name", "Acme Agent", "--redirect-uri", "https://acme.test/callback")
	record := parseZoneLine(t, zoneLines.FindString(out))
	if !strings.Contains(out, "name in a web form  _client-key    (in the form for acme.test)\n") {
		t.Errorf("init:\n%s", out)
	}
	r.names = startNameServer(t, filepath.Join(home, "dns"), record.text)
	web, ca := startWebServer(t, filepath.Join(home, "web"), r.served)
	r.flags = []string{"--allow-loopback", "--resolver", r.names.resolver, "--ca-file", ca,
		"--connect-to", "ns.acme.test:53:" + r.names.authority, "--connect-to", "acme.test:443:" + web}
	out = r.run(0, append([]string{"publish", "--dir", r.dir}, r.flags...)...)
	if !strings.Contains(out, "acme.test: nothing there: no key record at _client-key.acme.test\n") {
		t.Errorf("publish before anything is uploaded:\n%s", out)
	}
	zoneLine := zoneLines.FindString(out)
	if zone := r.run(0, "publish", "--dir", r.dir, "--print", "zone", "--no-doctor"); zone != zoneLine+"\n" {
		t.Errorf("--print zone: %q", zone)
	}
	r.upload()
	r.serve(record)
	r.healthy()
	out = r.run(0, append([]string{"verify", "https://acme.test/mcp/client.json"}, r.flags...)...)
	if !strings.HasPrefix(out, "verified\npublisher  https://acme.test\n") {
		t.Errorf("verify:\n%s", out)
	}

	r.withoutDir()
	r.otherServers()
	r.serve(txt{record.name, alias + "key.elsewhere.test"})
	r.healthy()
	if out := r.doctor(0); !strings.Contains(out, "  alias                _client-key.acme.test leads to key.elsewhere.test: whoever runs that zone decides which keys count,") {
		t.Errorf("doctor with an alias:\n%s", out)
	}
	r.serve()
	if out := r.doctor(1); !strings.Contains(out, "  without DNS          the key in the publisher document counts already.") {
		t.Errorf("doctor without a record:\n%s", out)
	}
	r.serve(record)

	other, err := attest.Generate("2026a", metadata.KeyEd25519)
	if err != nil {
		t.Fatal(err)
	}
	kid, _, _ := strings.Cut(strings.TrimPrefix(record.text, "v=ck1; kid="), ";")
	otherRecord, err := other.Record()
	if err != nil {
		t.Fatal(err)
	}
	otherRecord.KeyID = kid
	r.moreFaults(record, kid)
	r.waiting(record)
	r.slowServers(record, kid)
	r.otherZones(record, kid)
	keys, document := "/.well-known/client-publisher.json", "/mcp/client.json"
	for _, tc := range []struct {
		name, code, line string
		damage           func()
	}{
		{"nothing there", "record_missing", "nothing there: no key record at _client-key.acme.test",
			func() { r.serve() }},
		{"nothing there, other TXT records", "record_missing", "nothing there: no key record at _client-key.acme.test",
			func() { r.serve(txt{record.name, "v=spf1 -all"}) }},
		{"C11 domain appended twice", "domain_twice", "the domain is there twice: the key record is at _client-key.acme.test.acme.test",
			func() { r.serve(txt{record.name + ".acme.test", record.text}) }},
		{"wrong key under the kid", "wrong_key", "wrong key: _client-key.acme.test has another key under kid " + kid + " than the one that signs",
			func() { r.serve(txt{record.name, otherRecord.String()}) }},
		{"another kid", "wrong_key", "wrong key: _client-key.acme.test has no record with kid " + kid + ", which signs",
			func() { r.serve(txt{record.name, strings.Replace(record.text, kid, "other", 1)}) }},
		{"two records with one kid", "kid_twice", "two key records have kid " + kid,
			func() { r.serve(record, txt{record.name, otherRecord.String()}) }},
		{"the key is cut", "record_malformed", `the key record is not well formed: "v=ck1; kid=` + kid + `; k=ed25519; p=AAAA": tag p holds 3 bytes, and ed25519 takes 32`,
			func() { r.serve(txt{record.name, "v=ck1; kid=" + kid + "; k=ed25519; p=AAAA"}) }},
		{"the key is missing", "record_malformed", `the key record is not well formed: "v=ck1; kid=` + kid + `; k=ed25519": tag p is missing (an empty one revokes the key)`,
			func() { r.serve(txt{record.name, "v=ck1; kid=" + kid + "; k=ed25519"}) }},
		{"cut at the first semicolon", "record_cut", `the key record is cut at the first semicolon: "v=ck1"`,
			func() { r.serve(txt{record.name, "v=ck1"}) }},
		{"cut after the first semicolon", "record_cut", `the key record is cut at the first semicolon: "v=ck1; "`,
			func() { r.serve(txt{record.name, "v=ck1; "}) }},
		{"quotation marks in the record", "record_quoted", fmt.Sprintf("the form stored the quotation marks, too: %.100q", `"`+record.text+`"`),
			func() { r.serve(txt{record.name, `"` + record.text + `"`}) }},
		{"a wildcard", "wildcard", "a wildcard answers for _client-key.acme.test",
			func() { r.serve(txt{"*.acme.test", record.text}) }},
		{"document missing", "document_missing", "no document at https://acme.test/mcp/client.json",
			func() { r.remove(document) }},
		{"insecure and one resolver", "dns_uncorroborated", "insecure, and seen by one resolver alone: the key record at _client-key.acme.test",
			func() { r.remove(keys) }},
		{"insecure and a document without the key", "dns_uncorroborated", "insecure, and seen by one resolver alone: the key record at _client-key.acme.test",
			func() { r.edit(keys, `"kid": "`+kid+`"`, `"kid": "other"`) }},
		{"an alias to nothing", "alias_astray", "a CNAME answers: _client-key.acme.test leads to nothing.elsewhere.test, which has no key record",
			func() { r.serve(txt{record.name, alias + "nothing.elsewhere.test"}) }},
		{"an alias to other records", "alias_astray", "a CNAME answers: _client-key.acme.test leads to serial.acme.test, which has no key record",
			func() { r.serve(txt{record.name, alias + "serial.acme.test"}) }},
		{"an alias to another's key", "alias_astray", "a CNAME answers: _client-key.acme.test leads to stranger.elsewhere.test, which has another's key",
			func() { r.serve(txt{record.name, alias + "stranger.elsewhere.test"}) }},
		{"document is a page", "document_not_json", "what is at https://acme.test/mcp/client.json is not JSON",
			func() { writeText(t, r.served+document, "<!doctype html><p>Not found") }},
		{"publisher document is cut", "document_not_json", "what is at https://acme.test/.well-known/client-publisher.json is not JSON",
			func() { writeText(t, r.served+keys, `{"publisher":`) }},
		{"client_id differs", "client_id_differs", `client_id is not the document's own address: is "https://www.acme.test/mcp/client.json", and the document is at "https://acme.test/mcp/client.json"`,
			func() { r.edit(document, "https://acme.test/mcp", "https://www.acme.test/mcp") }},
		{"DNS and document disagree", "keys_disagree", "DNS and the publisher document have different keys under kid " + kid,
			func() {
				data, err := attest.MarshalPublisherDocument(metadata.PublisherDocument{
					Publisher: metadata.MustPublisher("https://acme.test"), Keys: []json.RawMessage{renamed(t, other, kid)}})
				if err != nil {
					t.Fatal(err)
				}
				writeText(t, r.served+keys, string(data))
			}},
		{"revoked", "revoked", "the key " + kid + " is revoked",
			func() { r.serve(txt{record.name, "v=ck1; kid=" + kid + "; k=ed25519; p="}) }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r.t = t
			tc.damage()
			d := r.fault(tc.code, tc.line)
			r.apply(d.Mend)
			r.healthy()
		})
	}
	t.Run("a wildcard alias", func(t *testing.T) {
		r.t = t
		r.serve(txt{"*.acme.test", alias + "pages.elsewhere.test"})
		d := r.fault("alias_astray", "a CNAME answers: _client-key.acme.test leads to pages.elsewhere.test, which has no key record")
		if !strings.HasPrefix(d.Mend, "a wildcard makes this alias, and may stay") {
			t.Errorf("mend: %s", d.Mend)
		}
		r.apply(d.Mend)
		r.healthy()
	})
	t.Run("below a parent", func(t *testing.T) {
		r.t = t
		r.belowParent(record, kid)
	})
	t.Run("a new key", func(t *testing.T) {
		r.t = t
		r.newKey("2026z")
	})
	t.Run("a site under another name", func(t *testing.T) {
		r.t = t
		out := r.run(1, slices.Concat([]string{"doctor", "acme.test", "--client-id", "https://acme.test/moved/client.json"}, r.flags)...)
		if !strings.HasPrefix(out, "acme.test: a redirect at https://acme.test/moved/client.json\n") ||
			!strings.Contains(out, "now it answers with status 301: redirects are not followed, and this one leads to ") || !strings.Contains(out, "countersign init www.acme.test --dir www.acme.test\n") {
			t.Errorf("doctor:\n%s", out)
		}
	})
	for _, f := range faults() {
		if !r.produced[f.code] {
			t.Errorf("no real server produced %s", f.code)
		}
	}
	t.Run("a client on the user's computer", func(t *testing.T) {
		r.t = t
		name := filepath.Join(r.dir, "client.json")
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		writeText(t, name, strings.Replace(string(data), "https://acme.test/callback", "http://127.0.0.1/callback", 1))
		r.run(1, "publish", "--dir", r.dir, "--no-doctor") // codes of installed copies come back to the page
		if out := r.run(0, "publish", "--dir", r.dir, "--no-doctor", "--break-installed"); !strings.Contains(out, "made   statement") {
			t.Errorf("changed metadata was not signed again:\n%s", out)
		}
		r.apply(r.faultOfTree("not_uploaded", "not uploaded: what is at https://acme.test/mcp/client.json is not what was published").Mend)
		if out := r.doctor(0); !strings.Contains(out, "gives tier domain: Published by acme.test.\n  not signed: ") {
			t.Errorf("doctor:\n%s", out)
		}
	})
}

// withoutDir asks doctor for what the publisher document and flags name, for
// what no table of faults explains, and for what does not answer.
func (r *road) withoutDir() {
	r.t.Helper()
	const found = "acme.test: no fault found\n"
	document := "https://acme.test/mcp/client.json"
	for _, more := range [][]string{nil, {"--client-id", document}} {
		if out := r.run(0, slices.Concat([]string{"doctor", "acme.test"}, r.flags, more)...); !strings.HasPrefix(out, found) || !strings.Contains(out, document) {
			r.t.Errorf("doctor %s:\n%s", more, out)
		} else if strings.Contains(out, "is assumed: --client-id names another") != (more == nil) {
			r.t.Errorf("doctor %s does not say what is assumed:\n%s", more, out)
		}
	}
	var verdict struct {
		Tier    string `json:"tier"`
		Verdict struct {
			Claims struct {
				ID string `json:"jti"`
			} `json:"claims"`
		} `json:"verdict"`
	}
	if err := json.Unmarshal([]byte(r.doctor(0, "--json")), &verdict); err != nil || verdict.Tier != "signed" {
		r.t.Fatalf("%+v, %v", verdict, err)
	}
	r.edit("/.well-known/client-publisher.json", `"keys"`, `"revoked": ["`+verdict.Verdict.Claims.ID+`"], "keys"`)
	r.faultOfTree("not_uploaded", "not uploaded: what is at https://acme.test/.well-known/client-publisher.json is not what was published")
	if d := r.faultWithout("refused", "verifiers refuse it: statement_revoked: the publisher document names its jti as revoked"); d.Mend != mendOf(metadata.ReasonStatementRevoked) || d.Mend == "" {
		r.t.Errorf("mend: %q", d.Mend)
	}
	r.upload()
	r.edit("/mcp/client.json", "software_statement", "without_statement")
	r.edit("/mcp/client.json", "Acme Agent", `\u001b]0;owned\u0007`) // C12
	r.faultWithout("refused", "verifiers refuse it: name_unprintable: client_name: character U+001B cannot be shown")
	r.upload()

	closed := freePort(r.t)
	for _, host := range []string{"ns.acme.test:53:", "acme.test:443:"} {
		flags := slices.Concat([]string{"doctor", "acme.test", "--connect-to", host + closed}, r.flags)
		if out := r.run(3, flags...); !strings.HasPrefix(out, "acme.test: could not look: ") {
			r.t.Errorf("doctor with %s closed:\n%s", host, out)
		}
		var document struct {
			Faults    []diagnosis `json:"faults"`
			Unreached []string    `json:"unreached"`
		}
		if err := json.Unmarshal([]byte(r.run(3, append(flags, "--json")...)), &document); err != nil || document.Faults == nil || len(document.Faults) != 0 || len(document.Unreached) == 0 {
			r.t.Errorf("%+v, %v", document, err)
		}
	}
	r.healthy()
}

// run runs the command, which must exit with code, and returns its output.
func (r *road) run(code int, args ...string) string {
	r.t.Helper()
	var out, errs bytes.Buffer
	if got := run(r.t.Context(), args, strings.NewReader(""), &out, &errs); got != code {
		r.t.Fatalf("countersign %s: exit %d, want %d\n%s%s", strings.Join(args, " "), got, code, out.String(), errs.String())
	}
	r.t.Logf("$ countersign %s\n%s%s", strings.Join(args, " "), out.String(), errs.String())
	return out.String()
}

func (r *road) doctor(code int, more ...string) string {
	r.t.Helper()
	return r.run(code, slices.Concat([]string{"doctor", "acme.test", "--dir", r.dir}, r.flags, more)...)
}

// healthy runs doctor, which must find nothing, and name the tier.
func (r *road) healthy() {
	r.t.Helper()
	out := r.doctor(0)
	if !strings.HasPrefix(out, "acme.test: no fault found\n") || !strings.Contains(out, "\nPolicy standard gives tier signed: Published and signed by acme.test.\n") ||
		!resolverHas.MatchString(out) {
		r.t.Errorf("doctor:\n%s", out)
	}
}

// fault runs doctor with the tree and without, which must find the same fault.
func (r *road) fault(code, line string) diagnosis {
	r.t.Helper()
	r.faultWithout(code, line)
	return r.faultOfTree(code, line)
}

// faultWithout runs doctor without the tree, which must find one fault.
func (r *road) faultWithout(code, line string) diagnosis {
	r.t.Helper()
	return r.oneFault(code, line, append([]string{"doctor", "acme.test"}, r.flags...))
}

// faultOfTree runs doctor with the tree, which must find one fault.
func (r *road) faultOfTree(code, line string) diagnosis {
	r.t.Helper()
	return r.oneFault(code, line, slices.Concat([]string{"doctor", "acme.test", "--dir", r.dir}, r.flags))
}

func (r *road) oneFault(code, line string, doctor []string) diagnosis {
	r.t.Helper()
	if first, _, _ := strings.Cut(r.run(1, doctor...), "\n"); first != "acme.test: "+line {
		r.t.Errorf("first line: %s\nwant:       acme.test: %s", first, line)
	}
	var document struct {
		Domain string      `json:"domain"`
		Faults []diagnosis `json:"faults"`
	}
	if err := json.Unmarshal([]byte(r.run(1, append(doctor, "--json")...)), &document); err != nil {
		r.t.Fatal(err)
	}
	if len(document.Faults) != 1 || document.Faults[0].Code != code || document.Faults[0].Line != line || document.Domain != "acme.test" {
		r.t.Fatalf("%+v, want %s", document, code)
	}
	r.produced[code] = true
	return document.Faults[0]
}

var (
	resolverHas = regexp.MustCompile(`(?m)^  resolver  .* has key \S+, too$`)
	zoneLines   = regexp.MustCompile(`_client-key\S+ IN TXT .*`)
	commandLine = regexp.MustCompile(`(?m)^countersign (.*?)(?:    #.*)?$`)
	quotedText  = regexp.MustCompile(`(?m)^  (".*v=ck1.*")$`)
	renameTo    = regexp.MustCompile(`(?s)^remove the record at (\S+) and add it again with this name in the form for (\S+):\n(\S+)$`)
	waitUntil   = regexp.MustCompile(`^wait until (\d\S+):`)
	aliasAt     = regexp.MustCompile(`(?m)^remove the CNAME record at (\S+)$`)
	wildcardOf  = regexp.MustCompile(`remove the key record from the wildcard that answers, such as (\S+),`)
)

// apply does what a mend says, and nothing else.
func (r *road) apply(mend string) {
	r.t.Helper()
	records := slices.Clone(r.records)
	if m := renameTo.FindStringSubmatch(mend); m != nil {
		for i := range records {
			if records[i].name == m[1] {
				records[i].name = m[3] + "." + m[2] // as the form does
			}
		}
	}
	if m := wildcardOf.FindStringSubmatch(mend); m != nil {
		records = slices.DeleteFunc(records, func(t txt) bool { return t.name == m[1] })
	}
	if m := aliasAt.FindStringSubmatch(mend); m != nil {
		records = slices.DeleteFunc(records, func(t txt) bool { return t.name == m[1] && strings.HasPrefix(t.text, alias) })
	}
	for _, m := range quotedText.FindAllStringSubmatch(mend, -1) {
		var text string
		if err := json.Unmarshal([]byte(m[1]), &text); err != nil {
			r.t.Fatal(err)
		}
		records = slices.DeleteFunc(records, func(t txt) bool { return t.text == text })
	}
	printed := mend
	for _, m := range commandLine.FindAllStringSubmatch(mend, -1) {
		words, err := exec.Command("sh", "-c", `printf '%s\n' `+m[1]).Output()
		if err != nil {
			r.t.Fatal(err)
		}
		printed += r.run(0, strings.Split(strings.TrimSuffix(string(words), "\n"), "\n")...)
	}
	for _, line := range zoneLines.FindAllString(printed, -1) {
		record := parseZoneLine(r.t, line)
		if !slices.Contains(records, record) {
			records = append(records, record)
		}
	}
	if m := waitUntil.FindStringSubmatch(mend); m != nil {
		until, err := time.Parse(time.RFC3339, m[1])
		if err != nil {
			r.t.Fatal(err)
		}
		time.Sleep(time.Until(until) + time.Second) // it has whole seconds
	}
	if strings.Contains(mend, "in the web server's configuration") {
		if err := os.RemoveAll(r.served + "/wrong"); err != nil {
			r.t.Fatal(err)
		}
	}
	if strings.Contains(mend, "upload") {
		r.upload()
	}
	if !slices.Equal(records, r.records) {
		r.serve(records...)
	}
}

// serve makes records those of the zone.
func (r *road) serve(records ...txt) {
	r.t.Helper()
	r.records = records
	r.names.serve(r.t, records)
}

// upload copies the tree to where the web server finds it.
func (r *road) upload() {
	r.t.Helper()
	tree := os.DirFS(filepath.Join(r.dir, "site"))
	if err := os.RemoveAll(r.served); err != nil {
		r.t.Fatal(err)
	}
	if err := os.CopyFS(r.served, tree); err != nil {
		r.t.Fatal(err)
	}
}

func (r *road) remove(path string) {
	r.t.Helper()
	if err := os.Remove(r.served + path); err != nil {
		r.t.Fatal(err)
	}
}

func (r *road) edit(path, old, replacement string) {
	r.t.Helper()
	data, err := os.ReadFile(r.served + path)
	if err != nil {
		r.t.Fatal(err)
	}
	writeText(r.t, r.served+path, strings.Replace(string(data), old, replacement, 1))
}

// renamed returns the JWK of a key under another kid.
func renamed(t *testing.T, key attest.Key, kid string) json.RawMessage {
	t.Helper()
	var members map[string]string
	if err := json.Unmarshal(key.JWK(), &members); err != nil {
		t.Fatal(err)
	}
	members["kid"] = kid
	data, err := json.Marshal(members)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
