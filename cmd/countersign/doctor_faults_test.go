package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/fc28f635/countersign/attest"
	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/verify"
)

// The table is what scripts and people rely on.
func TestFaults(t *testing.T) {
	codes, lines := map[string]bool{}, map[string]bool{}
	for _, f := range faults() {
		if codes[f.code] || lines[f.line] {
			t.Errorf("%s: %q: not the only one", f.code, f.line)
		}
		codes[f.code], lines[f.line] = true, true
		if strings.Count(f.line, "%s") != 1 || f.explain == "" || f.find == nil || f.mend == nil {
			t.Errorf("%s is not complete", f.code)
		}
	}
}

// Where DNS is proof enough, a publisher needs no publisher document.
func TestDocumentMissing(t *testing.T) {
	missing := &verify.FetchError{Status: 404}
	for name, tc := range map[string]struct {
		status verify.Status
		want   int
	}{
		"strong DNS": {verify.Passed, 1},
		"weak DNS":   {verify.Failed, 2},
	} {
		t.Run(name, func(t *testing.T) {
			s := &sight{
				publisher: metadata.MustPublisher("https://acme.test"),
				keys:      page{url: "keys", fetchErr: missing},
				document:  page{url: "document", fetchErr: missing},
				verdict:   &verify.Verdict{Findings: []verify.Finding{{Check: verify.CheckDNSStrength, Status: tc.status}}},
			}
			if got := s.documentMissing(); len(got) != tc.want {
				t.Errorf("%v, want %d", got, tc.want)
			}
		})
	}
}

// Who keeps keys where init --key-here put them is told to sign with those.
func TestMendsFindTheKeys(t *testing.T) {
	s := &sight{publisher: metadata.MustPublisher("https://acme.test"), target: target{dir: t.TempDir()}, verdict: &verify.Verdict{}}
	for _, want := range []int{0, 1} {
		words := " --key-dir " + filepath.Join(s.target.dir, "keys")
		for name, mend := range map[string]string{
			"document": s.mendDocument("https://acme.test/mcp/client.json"), "revoked": s.mendRevoked("2026a"),
			"client_id": s.mendClientID(""), "expires": s.mendExpires(""), "record": s.record("2026a"),
		} {
			if commands := strings.Count(mend, "countersign "); strings.Count(mend, words) != want*commands || commands == 0 {
				t.Errorf("%s, %d: %s", name, want, mend)
			}
		}
		if err := os.MkdirAll(filepath.Join(s.target.dir, "keys", "acme.test"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
}

func TestNextKeyID(t *testing.T) {
	s := &sight{}
	first := s.nextKeyID()
	s.set.Keys = []metadata.KeyRecord{{KeyID: first}}
	if second := s.nextKeyID(); first[4:] != "a" || second != first[:4]+"b" {
		t.Errorf("%s, then %s", first, second)
	}
}

// moreFaults produces faults that need more than one record, or another
// configuration of the web server.
func (r *road) moreFaults(record txt, kid string) {
	r.t.Helper()
	keys, document := "/.well-known/client-publisher.json", "/mcp/client.json"
	wrong := func(name, text string) func() {
		return func() { writeText(r.t, filepath.Join(r.served, "wrong", name), text) }
	}
	keysURL, documentURL := "https://acme.test"+keys, "https://acme.test"+document
	for _, tc := range []struct {
		name, code string
		lines      []string
		damage     func()
	}{
		{"at the domain itself", "record_apex", []string{"the key record is at the domain itself: acme.test"},
			func() { r.serve(txt{"acme.test", record.text}) }},
		{"smart quotes", "record_not_ascii", []string{fmt.Sprintf("the key record holds characters that are not ASCII: %.100q", "“"+record.text+"”")},
			func() { r.serve(txt{record.name, "“" + record.text + "”"}) }},
		{"not ASCII in a tag", "record_not_ascii", []string{`the key record holds characters that are not ASCII: "v=ck1; kid=` + kid + `; k=ed25519; p=…"`},
			func() { r.serve(txt{record.name, "v=ck1; kid=" + kid + "; k=ed25519; p=…"}) }},
		{"test mode", "test_mode", []string{"test mode is left on for the key " + kid},
			func() { r.serve(txt{record.name, record.text + "; t=y"}) }},
		{"redirect", "document_redirected", []string{"a redirect at " + keysURL, "a redirect at " + documentURL}, wrong("redirect", "")},
		{"bot check", "document_blocked", []string{"the web server turns verifiers away at " + keysURL, "the web server turns verifiers away at " + documentURL}, wrong("block", "")},
		{"catch-all page", "document_html", []string{"a web page and no document at " + keysURL, "a web page and no document at " + documentURL}, wrong("page.html", "<!doctype html>")},
		{"media type", "document_media_type", []string{"not served as application/json: " + keysURL, "not served as application/json: " + documentURL}, wrong("plain", "{}")},
		{"metadata document too large", "document_too_large", []string{"too large: " + documentURL + " has 6000 bytes, and 5120 are read"},
			func() { writeText(r.t, r.served+document, strings.Repeat(" ", 6000)) }},
		{"publisher document too large", "document_too_large", []string{"too large: " + keysURL + " has 70000 bytes, and 65536 are read"},
			func() { writeText(r.t, r.served+keys, strings.Repeat(" ", 70000)) }},
	} {
		r.sub(tc.name, func() {
			tc.damage()
			r.faults(tc.code, tc.lines, "--client-id", documentURL)
			for _, d := range r.faults(tc.code, tc.lines, "--dir", r.dir) {
				r.apply(d.Mend)
			}
			r.healthy()
		})
	}
	r.sub("statement ends within", func() {
		r.doctor(0, "--expires-within", "30d")
		r.run(2, "doctor", "acme.test", "--expires-within", "soon")
		for _, lifetime := range []string{"10d", "40d"} {
			r.run(0, "publish", "--dir", r.dir, "--no-doctor", "--force", "--expires", lifetime)
			r.upload()
			for _, d := range r.faults("statement_expires", nil, "--dir", r.dir, "--expires-within", "50d") {
				r.apply(d.Mend)
			}
			r.doctor(0, "--expires-within", "50d")
		}
	})
}

// slowServers produces what is amiss while a zone is on its way.
func (r *road) slowServers(record txt, kid string) {
	other, err := attest.Generate("2099z", metadata.KeyEd25519)
	if err != nil {
		r.t.Fatal(err)
	}
	otherRecord, err := other.Record()
	if err != nil {
		r.t.Fatal(err)
	}
	r.sub("edited in place", func() {
		r.serve(txt{record.name, otherRecord.String()})
		r.apply(r.fault("record_replaced", "edited in place instead of added: the record of key "+kid+" is gone, and one of another key is there").Mend)
		if len(r.records) != 2 {
			r.t.Errorf("%v", r.records)
		}
		r.healthy()
	})
	r.sub("a resolver has an old answer", func() {
		r.names.ttl = 4
		r.serve(txt{record.name, "before"})
		if texts, err := lookupTXT(r.t, r.names.resolver, record.name); err != nil || len(texts) != 1 {
			r.t.Fatalf("%q, %v", texts, err)
		}
		r.names.ttl = 0
		r.serve(record)
		r.apply(r.fault("answer_cached", "a resolver still has an old answer about _client-key.acme.test").Mend)
		r.healthy()
	})
	r.sub("name servers disagree", func() {
		second := &nameServer{zoneFile: filepath.Join(r.t.TempDir(), "zone"), second: true}
		writeText(r.t, second.zoneFile, second.zone(nil))
		address := freePort(r.t)
		startNamed(r.t, program(r.t, "named"), r.t.TempDir(), address, "recursion no; dnssec-validation no;",
			fmt.Sprintf("zone \"acme.test\" { type primary; file %q; };", second.zoneFile))
		eventually(r.t, func() error { return has(r.t, address, "0") })
		defer func(flags []string) { r.flags, r.names.second = flags, false; r.serve(record) }(r.flags)
		r.flags = append(slices.Clone(r.flags), "--connect-to", "ns2.acme.test:53:"+address)
		r.names.second = true
		r.serve(record)
		d := r.fault("servers_disagree", "the zone's name servers disagree about _client-key.acme.test")
		if !strings.Contains(d.Mend, "  ns.acme.test ("+r.names.authority+"): key "+kid+"\n  ns2.acme.test ("+address+"): nothing") {
			r.t.Errorf("mend: %s", d.Mend)
		}
		r.flags[len(r.flags)-1] = "ns2.acme.test:53:" + r.names.authority // the zone has reached it
		r.healthy()
	})
	r.sub("DNSSEC is broken", func() {
		defer func(flags []string) { r.flags = flags }(r.flags)
		_, port, _ := net.SplitHostPort(r.names.authority)
		address := freePort(r.t)
		startNamed(r.t, program(r.t, "named"), r.t.TempDir(), address,
			fmt.Sprintf("recursion yes; dnssec-validation yes; empty-zones-enable no; forward only; forwarders { 127.0.0.1 port %s; };", port),
			fmt.Sprintf("trust-anchors { acme.test. static-ds 1 13 2 %q; };", strings.Repeat("0A", 32)))
		eventually(r.t, func() error {
			if _, err := lookupTXT(r.t, address, "serial.acme.test"); err == nil || strings.Contains(err.Error(), "refused") {
				return fmt.Errorf("not yet: %w", err)
			}
			return nil
		})
		r.flags = slices.Clone(r.flags)
		r.flags[slices.Index(r.flags, "--resolver")+1] = address
		d := r.fault("dns_bogus", "DNSSEC of acme.test is broken")
		if !strings.Contains(d.Mend, "remove the DS record of acme.test at the registrar") {
			r.t.Errorf("mend: %s", d.Mend)
		}
	})
	r.healthy() // through the resolver that has no DS record
}

// waiting asks doctor to wait for what comes, what does not, and what is
// interrupted.
func (r *road) waiting(record txt) {
	const nothing = ": nothing there: no key record at _client-key.acme.test\n"
	wait := func(ctx context.Context, flag string, out, errs io.Writer) int {
		return run(ctx, slices.Concat([]string{"doctor", "acme.test", flag}, r.flags), strings.NewReader(""), out, errs)
	}
	r.sub("wait until it is there", func() {
		r.serve()
		progress, told := io.Pipe()
		done := make(chan int, 1)
		var out bytes.Buffer
		go func() {
			code := wait(r.t.Context(), "--wait", &out, told)
			told.Close()
			done <- code
		}()
		line, err := bufio.NewReader(progress).ReadString('\n')
		if err != nil || !strings.HasPrefix(line, "waiting, until ") || !strings.HasSuffix(line, nothing) {
			r.t.Errorf("%q, %v", line, err)
		}
		go func() { _, _ = io.Copy(io.Discard, progress) }()
		r.serve(record)
		if code := <-done; code != 0 || !strings.HasPrefix(out.String(), "acme.test: no fault found\n") {
			r.t.Errorf("exit %d\n%s", code, out.String())
		}
	})
	r.sub("wait for what does not come", func() {
		r.serve()
		var out, errs bytes.Buffer
		if code := wait(r.t.Context(), "--wait=1s", &out, &errs); code != 1 || !strings.HasPrefix(out.String(), "acme.test"+nothing) || strings.Count(errs.String(), "\n") != 1 {
			r.t.Errorf("exit %d\n%s%s", code, out.String(), errs.String())
		}
	})
	r.sub("interrupted", func() {
		progress, told := io.Pipe()
		ctx, cancel := context.WithCancel(r.t.Context())
		go func() {
			_, _ = progress.Read(make([]byte, 1))
			cancel()
			_, _ = io.Copy(io.Discard, progress)
		}()
		if code := wait(ctx, "--wait", io.Discard, told); code != 3 {
			r.t.Errorf("exit %d", code)
		}
		told.Close()
	})
	r.run(2, "doctor", "acme.test", "--wait=soon")
	r.serve(record)
}

// otherServers asks doctor what other authorization servers make of the document
// that is served, and of the one in the tree where none is.
func (r *road) otherServers() {
	r.sub("other servers", func() {
		out := r.doctor(0, "--compat")
		for _, want := range []string{
			"\nWhat other authorization servers make of the document\n  server                  reads it  ",
			"\n  Ory Hydra               no [",
			"\n  Ory Hydra (2.3.0)\n    change: ",
			"] registered without a look at it, and not kept (tried: integrations/compat/hydra/answers.json, 2026-11-25)\n",
			" (documented, not tried: https://",
		} {
			if !strings.Contains(out, want) {
				r.t.Errorf("no %q in\n%s", want, out)
			}
		}
		if strings.Contains(r.doctor(0), "other authorization servers") {
			r.t.Error("said without being asked")
		}
		for code := range 2 {
			if code == 1 {
				r.remove("/mcp/client.json")
			}
			var document struct {
				Compat []struct {
					Server string
					AsIs   struct{ Answer string } `json:"as_is"`
				}
			}
			if err := json.Unmarshal([]byte(r.doctor(code, "--compat", "--json")), &document); err != nil || len(document.Compat) != 6 || document.Compat[5].AsIs.Answer != "no" {
				r.t.Errorf("%+v, %v", document, err)
			}
		}
		if out := r.run(1, slices.Concat([]string{"doctor", "acme.test", "--compat"}, r.flags)...); !strings.HasSuffix(out, "\nWhat other authorization servers make of it: there is no document to look at.\n") {
			r.t.Errorf("doctor:\n%s", out)
		}
		r.upload()
	})
}

func (r *road) sub(name string, f func()) {
	outer := r.t
	defer func() { r.t = outer }()
	outer.Run(name, func(t *testing.T) {
		r.t = t
		f()
	})
}

// faults runs doctor, which must find faults of one code and these lines, where
// any are given.
func (r *road) faults(code string, lines []string, flags ...string) []diagnosis {
	r.t.Helper()
	var document struct {
		Faults []diagnosis `json:"faults"`
	}
	if err := json.Unmarshal([]byte(r.run(1, slices.Concat([]string{"doctor", "acme.test", "--json"}, flags, r.flags)...)), &document); err != nil {
		r.t.Fatal(err)
	}
	var got []string
	for _, d := range document.Faults {
		r.produced[d.Code] = true
		if got = append(got, d.Line); d.Code != code {
			r.t.Errorf("fault %s, want %s", d.Code, code)
		}
	}
	if lines != nil && !slices.Equal(got, lines) || len(got) == 0 {
		r.t.Fatalf("%q, want %q", got, lines)
	}
	return document.Faults
}
