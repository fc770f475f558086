package fetch

import (
	"errors"
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fc28f635/countersign/internal/limits"
	"github.com/fc28f635/countersign/verify"
)

func TestBudget(t *testing.T) {
	now := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	b := newBudget()
	b.now = func() time.Time { return now }
	b.has("https://a.acme.com/old")
	for i := range limits.NewDocumentsPerMinute {
		host := []string{"a.acme.com", "b.acme.com"}[i%2]
		if err := b.spend(host, fmt.Sprintf("https://%s/%d", host, i)); err != nil {
			t.Fatalf("address %d: %v", i, err)
		}
	}
	tests := []struct {
		name, host, address string
		after               time.Duration
		ok                  bool
	}{
		{"U33 one more", "a.acme.com", "https://a.acme.com/new", 0, false},
		{"U33 another host of the domain", "c.acme.com", "https://c.acme.com/new", 0, false},
		{"U33 an address that served a document", "a.acme.com", "https://a.acme.com/old", 0, true},
		{"U33 another domain", "acme.org", "https://acme.org/new", 0, true},
		{"U33 shortly before the minute is over", "a.acme.com", "https://a.acme.com/new", time.Minute - 1, false},
		{"U33 after it", "a.acme.com", "https://a.acme.com/new", time.Minute, true},
	}
	begun := now
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			now = begun.Add(tt.after)
			if err := b.spend(tt.host, tt.address); (err == nil) != tt.ok {
				t.Errorf("%v, want allowed %v", err, tt.ok)
			}
		})
	}
}

// What the budget refuses is unavailable, causes no connection, and leaves the
// publisher document and known documents alone.
func TestBudgetOfAHost(t *testing.T) {
	var asked atomic.Int32
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		document()(w, r)
	})
	if _, err := c.Fetch(t.Context(), testURL, 100); err != nil {
		t.Fatal(err)
	}
	for range limits.NewDocumentsPerMinute - 1 { // one was fetched
		if err := c.budget.spend(testHost, "https://pub.test/made-up"); err != nil {
			t.Fatal(err)
		}
	}
	before := asked.Load()
	_, err := c.Fetch(t.Context(), "https://pub.test/another.json", 100)
	var failure *verify.FetchError
	if !errors.As(err, &failure) || failure.Refused || failure.Unusable || failure.Status != 0 || asked.Load() != before {
		t.Errorf("U33 %v after %d requests, want unavailable without one", err, asked.Load()-before)
	}
	for _, url := range []string{testURL, "https://pub.test/.well-known/client-publisher.json"} {
		if _, err := c.Fetch(t.Context(), url, 100); err != nil {
			t.Errorf("U33 %s: %v", url, err)
		}
	}
}
