package main

import (
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/fc28f635/countersign/attest"
	"github.com/fc28f635/countersign/metadata"
)

// belowParent asks doctor for a publisher below one that has key records: those
// are the parent's, and nobody is told to touch them.
func (r *road) belowParent(parent txt, kid string) {
	dir := filepath.Join(filepath.Dir(r.dir), "apps")
	own := parseZoneLine(r.t, zoneLines.FindString(r.run(0, "init", "apps.acme.test", "--dir", dir, "--kid", kid)))
	before, outer := r.records, r.t
	below := strings.Replace(parent.text, "p=", "s=y; p=", 1)
	for _, tc := range []struct {
		name, line, mend string
		records          []txt
	}{
		{"a parent that does not speak for it", "nothing there: no key record at _client-key.apps.acme.test", "add this TXT record:\n", []txt{parent}},
		{"a parent that revoked a key with this kid", "nothing there: no key record at _client-key.apps.acme.test", "add this TXT record:\n",
			[]txt{{parent.name, "v=ck1; kid=" + kid + "; k=ed25519; p="}}},
		{"a parent's broken record", "nothing there: no key record at _client-key.apps.acme.test", "add this TXT record:\n",
			[]txt{{parent.name, "v=ck1; kid=" + kid + "; k=ed25519; p=AAAA"}}},
		{"a parent that speaks for it with another key", "wrong key: _client-key.acme.test has another key under kid " + kid + " than the one that signs", "add it; ",
			[]txt{{parent.name, below}}},
		{"C11 domain appended twice", "the domain is there twice: the key record is at _client-key.apps.acme.test.acme.test",
			"remove the record at _client-key.apps.acme.test.acme.test and add it again with this name in the form for acme.test:\n_client-key.apps", []txt{{own.name + ".acme.test", own.text}}},
	} {
		outer.Run(tc.name, func(t *testing.T) {
			r.t = t
			r.serve(tc.records...)
			d := r.dnsFault(dir)
			if d.Line != tc.line || !strings.HasPrefix(d.Mend, tc.mend) {
				t.Fatalf("%+v\nwant %s\n%s", d, tc.line, tc.mend)
			}
			if strings.Contains(d.Mend, "remove") && !strings.Contains(tc.mend, "remove") {
				t.Errorf("what is to be removed is not the publisher's: %s", d.Mend)
			}
			if tc.records[0].name == parent.name && !strings.Contains(d.Mend, own.name+". IN TXT \""+own.text+"\"") {
				t.Errorf("mend: %s", d.Mend)
			}
		})
	}
	r.t = outer
	r.serve(before...)
}

// dnsFault returns the first fault of apps.acme.test, which has no web server.
func (r *road) dnsFault(dir string) diagnosis {
	r.t.Helper()
	out := r.run(1, slices.Concat([]string{"doctor", "apps.acme.test", "--dir", dir, "--json", "--connect-to", "apps.acme.test:443:" + freePort(r.t)}, r.flags)...)
	var document struct {
		Faults []diagnosis `json:"faults"`
	}
	if err := json.Unmarshal([]byte(out), &document); err != nil || len(document.Faults) != 1 {
		r.t.Fatalf("%v\n%s", err, out)
	}
	return document.Faults[0]
}

// newKey publishes with another key and a statement that ends soon: doctor looks
// for the key before anything is uploaded.
func (r *road) newKey(kid string) {
	r.run(0, "init", "acme.test", "--dir", r.dir, "--kid", kid)
	r.newKeyFaults(kid, "wrong_key", "not_uploaded")
	r.run(0, "publish", "--dir", r.dir, "--no-doctor", "--expires", "20d")
	for _, d := range r.newKeyFaults(kid, "wrong_key", "not_uploaded", "not_uploaded") {
		r.apply(d.Mend)
	}
	if out := r.doctor(0); !strings.HasPrefix(out, "acme.test: no fault found\nwarning: statement_expires_soon: exp is 20") {
		r.t.Errorf("doctor:\n%s", out)
	}
}

// newKeyFaults returns the faults of the tree, the first being that DNS does not
// have the new key.
func (r *road) newKeyFaults(kid string, want ...string) []diagnosis {
	r.t.Helper()
	var document struct {
		Faults []diagnosis `json:"faults"`
	}
	if err := json.Unmarshal([]byte(r.doctor(1, "--json")), &document); err != nil {
		r.t.Fatal(err)
	}
	var codes []string
	for _, d := range document.Faults {
		codes = append(codes, d.Code)
	}
	if !slices.Equal(codes, want) || document.Faults[0].Line != "wrong key: _client-key.acme.test has no record with kid "+kid+", which signs" {
		r.t.Fatalf("%+v, want %s", document, want)
	}
	return document.Faults
}

// Where the zone is the sub-domain itself, its form appends the sub-domain.
func TestMisplaced(t *testing.T) {
	p := metadata.MustPublisher("https://apps.acme.example")
	for zone, want := range map[string][]string{
		"acme.example":      {"_client-key.apps.acme.example.acme.example"},
		"apps.acme.example": {"_client-key.apps.acme.example.apps.acme.example", "_client-key.apps.apps.acme.example"},
	} {
		s := &sight{publisher: p, cut: zoneCut{zone: zone}}
		if got := s.misplaced(); !slices.Equal(got, want) {
			t.Errorf("%s: %s, want %s", zone, got, want)
		}
		name := attest.DNSRecord{Publisher: p}.FormName(zone)
		if mend := s.mendTwice(want[0]); !strings.HasSuffix(mend, "in the form for "+zone+":\n"+name) || name+"."+zone != p.KeyRecordName() {
			t.Errorf("%s: %s", zone, mend)
		}
	}
}
