package issuer

import (
	"context"
	"testing"
	"time"

	"github.com/fc28f635/countersign/internal/vectortest"
	"github.com/fc28f635/countersign/metadata"
)

// A lateStore has something happen while a client is verified.
type lateStore struct {
	*memStore
	meanwhile func()
}

func (s *lateStore) Standing(ctx context.Context, subjects []metadata.Subject) (Standing, error) {
	s.meanwhile()
	return s.memStore.Standing(ctx, subjects)
}

// A hold is in force when it is acknowledged: for a decision too that began
// before it, and that a slow look-up kept waiting.
func TestHoldMeetsADecisionUnderWay(t *testing.T) {
	for name, tier := range map[string]Tier{"hold": TierBlocked, "allowance": TierAccepted} {
		t.Run(name, func(t *testing.T) {
			now := vectortest.DrawnNow
			late := &lateStore{}
			o := newOffice(t, secure, signedZone(""), func(cfg *Config) {
				late.memStore, _ = cfg.Store.(*memStore)
				cfg.Store, cfg.Now = late, func() time.Time { return now }
			})
			late.meanwhile = func() {
				now = now.Add(3 * time.Second)
				o.except(t, exception(t, "acme.example", tier))
			}
			d := o.decide(t, registration(agent(stated(t, vectortest.Genuine, nil))))
			if tier == TierBlocked {
				wantDecision(t, d, Denied, TierBlocked, metadata.ReasonOperatorHold)
			} else {
				wantDecision(t, d, Approved, TierSigned, "")
			}
		})
	}
}
