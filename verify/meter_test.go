package verify_test

import (
	"sync/atomic"
	"testing"

	"github.com/fc28f635/countersign/internal/vectortest"
	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/verify"
)

// A caller is charged for each look-up that it begins, and for none that was made
// before.
func TestMeter(t *testing.T) {
	p := newPlace(t, []string{"dns: secure"}, liveZone, nil)
	var count atomic.Int64
	ctx := verify.WithMeter(t.Context(), func() { count.Add(1) })
	plain := verify.Presentation{Statement: statement(t, nil)}
	for _, step := range []struct {
		name      string
		presented verify.Presentation
		want      int64
	}{
		{"a statement: DNS and publisher document", plain, 2},
		{"the same again", plain, 0},
		{"a client's jwks_uri", verify.Presentation{Statement: statement(t, func(s *metadata.Statement) {
			s.Client.TokenEndpointAuthMethod, s.Client.JWKSURI = "private_key_jwt", "https://acme.example/jwks.json"
		})}, 1},
		{"a metadata document", verify.Presentation{ClientID: vectortest.DocumentURL}, 1},
		{"what has no form", verify.Presentation{Statement: "a"}, 0},
	} {
		t.Run(step.name, func(t *testing.T) {
			count.Store(0)
			if _, err := p.verifier.Verify(ctx, step.presented); err != nil {
				t.Fatal(err)
			}
			if got := count.Load(); got != step.want {
				t.Errorf("charged %d times, want %d", got, step.want)
			}
		})
	}
}
