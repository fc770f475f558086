package fetch

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/fc28f635/countersign/internal/limits"
)

func TestGate(t *testing.T) {
	g := newGate(limits.FetchesPerHost)
	var leaves []func()
	enter := func(host string) error {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		defer cancel()
		leave, err := g.enter(ctx, host, false)
		if err == nil {
			leaves = append(leaves, leave)
		}
		return err
	}
	for range limits.FetchesPerHost {
		if err := enter("a"); err != nil {
			t.Fatal(err)
		}
	}
	if err := enter("a"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("third fetch of a host: %v, want a wait", err)
	}
	for i := len(leaves); i < limits.Fetches; i++ {
		if err := enter(string(rune('b' + i))); err != nil {
			t.Fatal(err)
		}
	}
	if err := enter("z"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("fetch beyond all places: %v, want a wait", err)
	}
	for _, leave := range leaves {
		leave()
	}
	if len(g.lines) != 0 || len(g.strangers.places) != 0 || g.strangers.users != 0 {
		t.Errorf("%d lines, %d places and %d users left behind", len(g.lines), len(g.strangers.places), g.strangers.users)
	}
	if err := enter("a"); err != nil {
		t.Error(err)
	}
}

// Who has given up takes no place, free as it may be.
func TestNoPlaceForNobody(t *testing.T) {
	g := newGate(limits.FetchesPerHost)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for range 100 {
		if _, err := g.enter(ctx, "acme.com", false); !errors.Is(err, context.Canceled) {
			t.Fatalf("%v, want what stopped it", err)
		}
	}
}

// A stranger who presents many client_id URLs on a publisher's host holds up the
// documents of that host, and not its publisher document.
func TestPublisherDocumentBesideManyFetches(t *testing.T) {
	const slow = 150
	arrived, hold := make(chan struct{}, slow), make(chan struct{})
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/.well-known/client-publisher.json" || r.URL.RawQuery != "" {
			arrived <- struct{}{}
			<-hold
		}
		document()(w, r)
	})
	ctx, cancel := context.WithCancel(t.Context())
	var group sync.WaitGroup
	defer group.Wait()
	defer cancel()
	defer close(hold)
	for i := range slow {
		url := fmt.Sprintf("https://pub.test/%d.json", i)
		if i%3 == 0 {
			url = fmt.Sprintf("https://PUB.test/.well-known/client-publisher.json?%d", i)
		}
		group.Go(func() { _, _ = c.Fetch(ctx, url, 100) })
	}
	for range limits.FetchesPerHost {
		<-arrived
	}
	for users := 0; users < slow; time.Sleep(time.Millisecond) {
		c.others.mu.Lock()
		users = c.others.lines[testHost].users
		c.others.mu.Unlock()
	}
	start := time.Now()
	if _, err := c.Fetch(t.Context(), "https://pub.test/.well-known/client-publisher.json", 100); err != nil {
		t.Errorf("after %v: %v", time.Since(start), err)
	}
	if n := len(arrived); n > 0 {
		t.Errorf("%d fetches of one host beyond %d", n, limits.FetchesPerHost)
	}
}

// One host's publisher document has one place.
func TestOnePublisherDocument(t *testing.T) {
	g := New(Config{}).publishers
	leave, err := g.enter(t.Context(), testHost, false)
	if err != nil {
		t.Fatal(err)
	}
	defer leave()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := g.enter(ctx, testHost, false); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("second fetch of a publisher document: %v, want a wait", err)
	}
}

// Nobody waits for a place for longer than a fetch may take.
func TestWaitIsBounded(t *testing.T) {
	c := serveTLS(t, document(), func(*tls.Config) {}, Config{Timeout: 50 * time.Millisecond})
	for range limits.FetchesPerHost {
		leave, err := c.others.enter(t.Context(), testHost, false)
		if err != nil {
			t.Fatal(err)
		}
		defer leave()
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	_, err := c.Fetch(ctx, testURL, 100)
	contains(t, err, "waiting for a free connection")
	if ctx.Err() != nil {
		t.Error("it waited for as long as its caller let it")
	}
}

// The owner of a domain has any number of hosts, and few places.
func TestOneDomain(t *testing.T) {
	enter := func(t *testing.T, g *gate, host string, proven bool) error {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		defer cancel()
		_, err := g.enter(ctx, host, proven)
		return err
	}
	t.Run("S20 hosts of one domain", func(t *testing.T) {
		g := newGate(limits.FetchesPerHost)
		for i := range limits.FetchesPerDomain {
			if err := enter(t, g, fmt.Sprintf("h%d.acme.com", i), false); err != nil {
				t.Fatal(err)
			}
		}
		if err := enter(t, g, "more.acme.com", false); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("one more: %v, want a wait", err)
		}
		if err := enter(t, g, "h0.acme.com", true); err != nil {
			t.Errorf("one that answered before: %v", err)
		}
		if err := enter(t, g, "acme.org", false); err != nil {
			t.Errorf("another domain: %v", err)
		}
	})
	t.Run("S20 the queue is bounded", func(t *testing.T) {
		g := newGate(limits.FetchesPerHost)
		g.strangers.users = limits.Fetches + limits.FetchQueue
		if err := enter(t, g, "acme.com", false); !errors.Is(err, errQueueFull) {
			t.Errorf("%v, want a full queue", err)
		}
		if err := enter(t, g, "acme.com", true); err != nil {
			t.Errorf("one that answered before: %v", err)
		}
	})
}
