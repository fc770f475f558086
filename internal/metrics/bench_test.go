package metrics

import (
	"testing"
	"time"

	"github.com/fc28f635/countersign/internal/httpapi"
	"github.com/fc28f635/countersign/internal/store/badgerstore"
	"github.com/fc28f635/countersign/issuer"
	"github.com/fc28f635/countersign/verify"
)

// BenchmarkDecision reports all that one repeated decision does.
func BenchmarkDecision(b *testing.B) {
	m := New("")
	o := m.Observer()
	d := issuer.Decision{Outcome: issuer.Approved, Tier: issuer.TierSigned}
	for _, c := range verify.Checks() {
		d.Findings = append(d.Findings, verify.Finding{Check: c, Status: verify.Passed})
	}
	stages := verify.Stages()
	b.ReportAllocs()
	for b.Loop() {
		for _, s := range stages {
			o.Stage(s, time.Microsecond)
		}
		for _, c := range []verify.Cache{verify.CacheStatements, verify.CacheDNS, verify.CachePublishers} {
			o.Cache(c, true)
		}
		m.Decision(d, time.Millisecond)
		m.Commit(badgerstore.Commit{Result: badgerstore.CommitDurable, Writes: 1})
		m.Request(httpapi.Observation{Route: "/v1/decisions", Method: "POST", Status: 200, Auth: httpapi.AuthOK})
	}
}
