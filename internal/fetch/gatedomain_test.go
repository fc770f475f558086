package fetch

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/fc28f635/countersign/internal/limits"
)

// Hosts of one domain that answered once and hang now hold half the places of
// those that answered, and a share of the queue.
func TestOneDomainAmongTheProven(t *testing.T) {
	enter := func(t *testing.T, g *gate, host string, proven bool) error {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		defer cancel()
		_, err := g.enter(ctx, host, proven)
		return err
	}
	t.Run("S20 hosts that answered and hang now", func(t *testing.T) {
		g := newGate(limits.FetchesPerHost)
		for i := range limits.FetchesPerProvenDomain {
			if err := enter(t, g, fmt.Sprintf("h%d.evil.com", i), true); err != nil {
				t.Fatal(err)
			}
		}
		if err := enter(t, g, "more.evil.com", true); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("one more: %v, want a wait", err)
		}
		for i := range limits.Fetches - limits.FetchesPerProvenDomain {
			if err := enter(t, g, fmt.Sprintf("h%d.com", i), true); err != nil {
				t.Fatalf("of another domain, number %d: %v", i, err)
			}
		}
	})
	for _, proven := range []bool{false, true} {
		t.Run(fmt.Sprintf("S20 the queue of one domain, answered %t", proven), func(t *testing.T) {
			g := newGate(limits.FetchesPerHost)
			gone, cancel := context.WithCancel(t.Context())
			done := make(chan struct{})
			for i := range limits.FetchDomainQueue {
				go func() {
					_, _ = g.enter(gone, fmt.Sprintf("h%d.evil.com", i), proven)
					done <- struct{}{}
				}()
			}
			for users := 0; users < limits.FetchDomainQueue; time.Sleep(time.Millisecond) {
				g.mu.Lock()
				users = g.strangers.users + g.proven.users
				g.mu.Unlock()
			}
			if err := enter(t, g, "more.evil.com", proven); !errors.Is(err, errQueueFull) {
				t.Errorf("one more: %v, want a full queue", err)
			}
			if err := enter(t, g, "other.com", proven); err != nil {
				t.Errorf("another domain: %v", err)
			}
			cancel()
			for range limits.FetchDomainQueue {
				<-done
			}
		})
	}
}
