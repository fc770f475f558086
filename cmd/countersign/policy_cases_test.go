package main

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/fc28f635/countersign/issuer"
)

// TestPolicyInCI runs the commands of the workflow in docs/policy-testing.md, on the
// cases that stand there: for a policy that is right, and for one that takes
// something away.
func TestPolicyInCI(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "policy-testing.md"))
	if err != nil {
		t.Fatal(err)
	}
	cases := regexp.MustCompile("(?s)\n### standard\n\n```yaml\n(.*?)```").FindSubmatch(page)
	steps := regexp.MustCompile(`(?m)^      - run: countersign (.*)$`).FindAllStringSubmatch(string(page), -1)
	if cases == nil || len(steps) != 3 {
		t.Fatalf("docs/policy-testing.md has %d commands, and cases: %t", len(steps), cases != nil)
	}
	s, err := startService(t.Context(), smallService(shortDir(t)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.stop() })
	_, d, err := postDecision(s.url(), s.firstKey, `{"client":`+goodRegistration+`}`)
	if err != nil {
		t.Fatal(err)
	}
	decisions, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	standard := string(issuer.Standard().Source())
	for name, test := range map[string]struct {
		policy string
		codes  [3]int // of check, test and diff
	}{
		"right":             {standard + "# the same\n", [3]int{exitOK, exitOK, exitOK}},
		"wrong":             {strings.Replace(standard, "tier: signed", "teir: signed", 1), [3]int{exitRejected, exitRejected, exitRejected}},
		"less for a client": {strings.Replace(standard, "classes: [read]", "classes: []", 1), [3]int{exitOK, exitRejected, exitRejected}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			for file, text := range map[string]string{"policy.yaml": test.policy, "before.yaml": standard, "policy_test.yaml": string(cases[1]), "decisions.jsonl": string(decisions)} {
				if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			for i, step := range steps {
				if code, out, errs := runCommand(t.Context(), strings.Fields(step[1])...); code != test.codes[i] {
					t.Errorf("%s: exit %d, want %d: %s%s", step[1], code, test.codes[i], out, errs)
				}
			}
			report, err := os.ReadFile("policy.xml")
			if name == "wrong" {
				if err == nil {
					t.Error("a policy that was not read has results")
				}
				return
			}
			var results struct {
				Tests    int `xml:"tests,attr"`
				Failures int `xml:"failures,attr"`
			}
			if err := xml.NewDecoder(bytes.NewReader(report)).Decode(&results); err != nil || results.Tests == 0 || (results.Failures > 0) != (test.codes[1] != exitOK) {
				t.Errorf("%+v, %v", results, err)
			}
		})
	}
}
