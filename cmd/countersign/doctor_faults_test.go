package main

import (
	"strings"
	"testing"

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

func TestNextKeyID(t *testing.T) {
	s := &sight{}
	first := s.nextKeyID()
	s.set.Keys = []metadata.KeyRecord{{KeyID: first}}
	if second := s.nextKeyID(); first[4:] != "a" || second != first[:4]+"b" {
		t.Errorf("%s, then %s", first, second)
	}
}
