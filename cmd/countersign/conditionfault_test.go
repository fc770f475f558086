package main

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/fc28f635/countersign/issuer"
)

// TestConditionThatFails puts policies in force in a running service whose
// conditions fail for a client that the standard one lets rise: the failure grants
// nothing, and is counted where Prometheus reads it.
func TestConditionThatFails(t *testing.T) {
	const faults = "countersign_policy_condition_faults_total"
	l := startLive(t)
	scrape := l.scraper(t)
	acme, err := l.world.NewPublisher("acme.example")
	if err != nil {
		t.Fatal(err)
	}
	if err := acme.Publish(); err != nil {
		t.Fatal(err)
	}
	signed := demoClient("Acme Agent", "https://acme.example/callback")
	signed.SoftwareID = "acme-agent"
	if signed.SoftwareStatement, err = acme.Sign(signed); err != nil {
		t.Fatal(err)
	}
	request, err := json.Marshal(map[string]any{"client": signed})
	if err != nil {
		t.Fatal(err)
	}
	const failing = `grant_types[9] == "x"`
	standard := string(issuer.Standard().Source())
	for _, test := range []struct {
		name, old, new string
		tier           issuer.Tier
		outcome        issuer.Outcome
		rise           float64
	}{
		{"P2 none fails", "name: standard", "name: without", issuer.TierSigned, issuer.Approved, 0},
		{"P2 the tier is not reached", `reached("domain") && passed("coverage")`, failing + ` && reached("domain") && passed("coverage")`, issuer.TierDomain, issuer.Approved, 1},
		{"P2 nor by a road that asks for it", `passed("coverage") && (passed("metadata_document")`, failing + ` && passed("coverage") && (passed("metadata_document")`, issuer.TierSigned, issuer.Approved, 0},
		{"P2 a rule that refuses is met", "\ntiers:\n", "\ndeny:\n  - {name: ours, when: '" + failing + "', reason: ours}\n\ntiers:\n", issuer.TierBlocked, issuer.Denied, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			if !strings.Contains(standard, test.old) {
				t.Fatalf("standard.yaml has no %q: has it changed?", test.old)
			}
			apply, err := json.Marshal(map[string]any{"source": strings.Replace(standard, test.old, test.new, 1), "reason": "a test"})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := l.client.call(t.Context(), http.MethodPost, "/v1/policy", apply); err != nil {
				t.Fatal(err)
			}
			before := scrape()[faults]
			d := l.decide(t, string(request))
			if d.Tier != test.tier || d.Outcome != test.outcome || float64(len(d.ConditionFaults)) != test.rise {
				t.Errorf("%s, %s, faults %v", d.Outcome, d.Tier, d.ConditionFaults)
			}
			if rise := scrape()[faults] - before; rise != test.rise {
				t.Errorf("the count rose by %v, want %v", rise, test.rise)
			}
		})
	}
}
