package verify_test

import (
	"context"
	"testing"
	"time"

	"github.com/fc28f635/countersign/internal/vectortest"
	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/verify"
)

// What is remembered of a statement is under which key its bytes verify: where
// the publisher has another key under that kid, they are checked again.
func TestRememberedSignatureIsOfOneKey(t *testing.T) {
	genuine := newPlace(t, []string{"dns: secure"}, liveZone, nil)
	foreign := newPlace(t, []string{"dns: secure"}, map[string]string{"dns.zone": zone(record(vectortest.Foreign))}, nil)
	now := genuine
	p := newPlace(t, nil, nil, func(cfg *verify.Config) {
		cfg.Resolver = resolverFunc(func(ctx context.Context, name string) (verify.Answer, error) { return now.LookupTXT(ctx, name) })
	})
	presented := verify.Presentation{Statement: statement(t, nil)}
	for _, step := range []struct {
		published *place
		outcome   verify.Outcome
		reason    metadata.Reason
	}{
		{genuine, verify.Verified, ""},
		{foreign, verify.Rejected, metadata.ReasonSignatureInvalid},
		{genuine, verify.Verified, ""},
	} {
		now = step.published
		p.after(15 * time.Minute)
		want(t, p.verify(t, presented), step.outcome, step.reason)
	}
}

// A statement that is known is not read again: that takes more than so many
// allocations, and the goal for a known one is six.
func TestKnownStatementIsNotReadAgain(t *testing.T) {
	pins := `{"publishers":{"https://acme.example":{"keys":[` + string(vectortest.Genuine.Key.JWK()) + `]}}}`
	p := newPlace(t, nil, map[string]string{"roots.json": pins}, nil)
	presented := verify.Presentation{Statement: statement(t, nil), At: vectortest.DrawnNow}
	allocations := testing.AllocsPerRun(100, func() { // once before it counts
		v, err := p.verifier.Verify(context.Background(), presented)
		if err != nil || v.Outcome != verify.Verified {
			t.Fatal(v, err)
		}
	})
	if allocations > 10 {
		t.Errorf("%v allocations", allocations)
	}
	p.wantPackets(t, 0, 0)
}
