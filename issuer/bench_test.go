package issuer_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"fmt"
	"testing"
	"time"

	"github.com/fc28f635/countersign/attest"
	"github.com/fc28f635/countersign/issuer"
	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/trustroots"
	"github.com/fc28f635/countersign/verify"
)

// BenchmarkDecide has goal P3: tier and grant of a signed client that its
// operator accepted.
func BenchmarkDecide(b *testing.B) {
	at := time.Unix(1767312000, 0).UTC()
	verdict := signedVerdict(b, at)
	publisher := metadata.MustPublisher("https://acme.example")
	standing := issuer.Standing{Acceptances: []issuer.Acceptance{{Publisher: publisher, By: issuer.ByOperator,
		Actor: "alice", Reason: "our vendor", At: at.Add(-time.Hour), Until: at.Add(24 * time.Hour)}}}
	policy, in := issuer.Standard(), issuer.Input{Verdict: verdict, Claimed: verdict.Claimed(), Standing: standing}
	b.ReportAllocs()
	for b.Loop() {
		if d := policy.Decide(in); d.Tier != issuer.TierAccepted {
			b.Fatal(d.Tier, d.Reason)
		}
	}
}

// signedVerdict is the verdict on a web client whose publisher signed it.
func signedVerdict(b *testing.B, at time.Time) *verify.Verdict {
	b.Helper()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		b.Fatal(err)
	}
	key, err := attest.New("2026a", private)
	if err != nil {
		b.Fatal(err)
	}
	statement, err := key.Sign(metadata.Statement{
		Publisher: metadata.MustPublisher("https://acme.example"), ID: "b1",
		IssuedAt: at.Add(-time.Hour).Unix(), ExpiresAt: at.Add(60 * 24 * time.Hour).Unix(),
		Client: metadata.Client{SoftwareID: "acme-agent", ClientName: "Acme Agent",
			RedirectURIs: []string{"https://acme.example/mcp/callback", "https://acme.example/mcp/callback2"},
			GrantTypes:   []string{"authorization_code", "refresh_token"},
			Scope:        "files.read files.write calendar.read calendar.write"},
	})
	if err != nil {
		b.Fatal(err)
	}
	loaded, err := trustroots.Parse(fmt.Appendf(nil, `{"publishers":{"https://acme.example":{"keys":[%s]}}}`, key.JWK()), "pins.json")
	if err != nil {
		b.Fatal(err)
	}
	verifier, err := verify.New(verify.Config{Roots: loaded.Set})
	if err != nil {
		b.Fatal(err)
	}
	verdict, err := verifier.Verify(b.Context(), verify.Presentation{Statement: statement, At: at})
	if err != nil || verdict.Outcome != verify.Verified {
		b.Fatal(verdict, err)
	}
	return verdict
}
