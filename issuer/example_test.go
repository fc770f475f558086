package issuer_test

import (
	"context"
	"fmt"
	"time"

	"github.com/fc28f635/countersign/attest"
	"github.com/fc28f635/countersign/issuer"
	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/trustroots"
	"github.com/fc28f635/countersign/verify"
)

// A publisher signs a statement; an authorization server that pins the
// publisher's key verifies it and decides. Nothing is looked up or stored.
func ExamplePolicy_Decide() {
	now := time.Date(2026, 1, 15, 12, 0, 0, 0, time.UTC)
	acme := metadata.MustPublisher("https://acme.example")

	// The publisher.
	key, err := attest.Generate("2026a", metadata.KeyEd25519)
	if err != nil {
		panic(err)
	}
	statement, err := key.Sign(metadata.Statement{
		Publisher: acme, ID: "1",
		IssuedAt: now.Unix(), ExpiresAt: now.AddDate(0, 0, 90).Unix(),
		Client: metadata.Client{
			SoftwareID: "acme-agent", ClientName: "Acme Agent",
			RedirectURIs: []string{"https://acme.example/callback"},
			Scope:        "files.read files.write",
		},
	})
	if err != nil {
		panic(err)
	}

	// The client registers (RFC 7591, Section 3.1).
	request := fmt.Appendf(nil, `{"software_statement": %q, "scope": "files.read files.write"}`, statement)

	// The authorization server.
	pinned, err := trustroots.Parse(fmt.Appendf(nil, `{"publishers": {%q: {"keys": [%s]}}}`, acme, key.JWK()), "example")
	if err != nil {
		panic(err)
	}
	verifier, err := verify.New(verify.Config{Roots: pinned.Set})
	if err != nil {
		panic(err)
	}
	client, err := metadata.ParseClient(request)
	if err != nil {
		panic(err)
	}
	verdict, err := verifier.Verify(context.Background(), verify.Presentation{Client: &client, At: now})
	if err != nil {
		panic(err)
	}
	decision := issuer.Standard().Decide(issuer.Input{Verdict: verdict, Claimed: client})
	fmt.Println(verdict.Outcome, decision.Outcome, decision.Tier, decision.Binding)
	fmt.Println(decision.Told)
	fmt.Println("granted:", decision.Grant.Scope)
	for _, cut := range decision.Grant.ScopesCut {
		fmt.Printf("cut: %s (%s), earned by tier %s\n", cut.Scope, cut.Why, cut.Earn)
	}
	// Output:
	// verified approved signed web
	// Published and signed by acme.example
	// granted: files.read
	// cut: files.write (class), earned by tier accepted
}
