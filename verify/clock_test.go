package verify_test

import (
	"context"
	"testing"
	"time"

	"github.com/fc28f635/countersign/internal/vectortest"
	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/verify"
)

// A verification has one instant: where the clock leaps meanwhile, every time is
// still compared with the one at which it began.
func TestOneInstant(t *testing.T) {
	const year = 365 * 24 * time.Hour
	for name, leap := range map[string]time.Duration{
		"J50 an hour ahead": time.Hour, "J50 ten years ahead": 10 * year,
		"J50 an hour back": -time.Hour, "J50 ten years back": -10 * year,
	} {
		t.Run(name, func(t *testing.T) {
			var p *place
			p = newPlace(t, []string{"dns: secure"}, liveZone, func(cfg *verify.Config) {
				cfg.Resolver = resolverFunc(func(ctx context.Context, name string) (verify.Answer, error) {
					p.after(leap)
					return p.LookupTXT(ctx, name)
				})
			})
			v := p.verify(t, verify.Presentation{Statement: statement(t, nil)})
			want(t, v, verify.Verified, "")
			if !v.At.Equal(vectortest.DrawnNow) {
				t.Errorf("judged at %s", v.At)
			}
			p.after(-leap)
			expired := statement(t, func(s *metadata.Statement) { s.IssuedAt, s.ExpiresAt = s.IssuedAt-1000, s.IssuedAt })
			want(t, p.verify(t, verify.Presentation{Statement: expired}), verify.Rejected, metadata.ReasonStatementExpired)
		})
	}
}
