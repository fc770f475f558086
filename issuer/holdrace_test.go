package issuer

import (
	"context"
	"testing"
	"time"

	"github.com/fc28f635/countersign/internal/vectortest"
	"github.com/fc28f635/countersign/metadata"
)

// A hold is in force when it is acknowledged: for a decision too that began
// before it, and that a slow look-up kept waiting.
func TestHoldMeetsADecisionUnderWay(t *testing.T) {
	for name, tier := range map[string]Tier{"hold": TierBlocked, "allowance": TierAccepted} {
		t.Run(name, func(t *testing.T) {
			now, meanwhile := vectortest.DrawnNow, func() {}
			o := newOffice(t, secure, signedZone(""), func(cfg *Config) {
				cfg.Now = func() time.Time {
					at := now
					meanwhile()
					return at
				}
			})
			meanwhile = func() {
				meanwhile, now = func() {}, now.Add(3*time.Second)
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

// An orderedStore lets an act come while a decision is written, and notes which of
// them is done first.
type orderedStore struct {
	*memStore
	during func()
	done   chan string
}

func (s *orderedStore) Commit(ctx context.Context, d Decision) error {
	s.during()
	defer func() { s.done <- "decision" }()
	return s.memStore.Commit(ctx, d)
}

func (s *orderedStore) Record(ctx context.Context, a Act, c Change) error {
	defer func() { s.done <- string(a.Verb) }()
	return s.memStore.Record(ctx, a, c)
}

// No hold is acknowledged before a decision is recorded that did not know it: it
// waits for those that are being written.
func TestHoldWaitsForWhatIsBeingWritten(t *testing.T) {
	ordered := &orderedStore{done: make(chan string, 2)}
	o := newOffice(t, secure, signedZone(""), func(cfg *Config) {
		ordered.memStore, _ = cfg.Store.(*memStore)
		cfg.Store = ordered
	})
	hold, acknowledged := exception(t, "acme.example", TierBlocked), make(chan error, 1)
	ordered.during = func() {
		go func() {
			_, err := o.Except(context.Background(), hold)
			acknowledged <- err
		}()
		const enough = 50 * time.Millisecond // for a hold that does not wait
		select {
		case err := <-acknowledged:
			acknowledged <- err
		case <-time.After(enough):
		}
	}
	d := o.decide(t, registration(agent(stated(t, vectortest.Genuine, nil))))
	if err := <-acknowledged; err != nil {
		t.Fatal(err)
	}
	if first, second := <-ordered.done, <-ordered.done; d.Outcome == Approved && first != "decision" {
		t.Errorf("approved at tier %s: first the %s was done, then the %s", d.Tier, first, second)
	}
}
