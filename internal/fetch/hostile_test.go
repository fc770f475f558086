package fetch

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fc28f635/countersign/internal/limits"
)

// A crowd is a thousand publishers that mean harm, each of a domain of its own,
// beside a hundred healthy ones, all on one server on loopback.
type crowd struct {
	client  *Client
	running atomic.Int32 // hostile requests being answered
	held    atomic.Int32 // those of them that hang or drip
	most    atomic.Int32 // that ran at once
}

const (
	hostiles = 1000
	healthy  = 100
	tenants  = ".pages.dev" // a public suffix: every host below is a domain of its own
)

func newCrowd(tb testing.TB, timeout time.Duration) *crowd {
	tb.Helper()
	c := &crowd{}
	a := newAuthority(tb)
	s := httptest.NewUnstartedServer(http.HandlerFunc(c.serve))
	s.TLS = &tls.Config{Certificates: []tls.Certificate{a.issue(tb, "*"+tenants, time.Now().Add(time.Hour))}}
	s.Config.ErrorLog = discardLog
	s.StartTLS()
	tb.Cleanup(s.Close)
	c.client = New(Config{AllowLoopback: true, RootCAs: a.pool, ConnectTo: connectTo(s.Listener.Addr().String()), Timeout: timeout})
	return c
}

func (c *crowd) serve(w http.ResponseWriter, r *http.Request) {
	kind, _, _ := strings.Cut(r.Host, "-")
	if kind == "healthy" {
		document()(w, r)
		return
	}
	n := c.running.Add(1)
	defer c.running.Add(-1)
	if kind == "hang" || kind == "drip" {
		c.held.Add(1)
		defer c.held.Add(-1)
	}
	for most := c.most.Load(); n > most && !c.most.CompareAndSwap(most, n); most = c.most.Load() {
	}
	switch kind {
	case "challenge":
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(http.StatusForbidden)
		_, _ = io.WriteString(w, "<script>are you human?</script>")
	case "bomb":
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(bytes.Repeat([]byte("["), 1<<20))
	case "drip":
		w.Header().Set("Content-Type", "application/json")
		for {
			_, _ = io.WriteString(w, "[")
			w.(http.Flusher).Flush()
			select {
			case <-r.Context().Done():
				panic(http.ErrAbortHandler) // or the document would end well
			case <-time.After(200 * time.Millisecond):
			}
		}
	case "hang":
		<-r.Context().Done()
		panic(http.ErrAbortHandler) // or it would have answered
	}
}

// kinds are what the hostile ones do, in turn.
var kinds = []string{"challenge", "hang", "drip", "bomb"}

// attack fetches from every hostile publisher once, from many goroutines.
func (c *crowd) attack(ctx context.Context, done func(kind string, err error)) *sync.WaitGroup {
	var group sync.WaitGroup
	for i := range hostiles {
		kind := kinds[i%len(kinds)]
		group.Go(func() {
			_, err := c.client.Fetch(ctx, fmt.Sprintf("https://%s-%d%s/client.json", kind, i, tenants), limits.DocumentBytes)
			done(kind, err)
		})
	}
	return &group
}

// untilHeld waits until those that hang and drip hold all places of strangers.
func (c *crowd) untilHeld(tb testing.TB, attack *sync.WaitGroup) {
	tb.Helper()
	over := make(chan struct{})
	go func() {
		attack.Wait()
		close(over)
	}()
	for c.held.Load() < limits.Fetches {
		select {
		case <-over:
			tb.Fatal("the hostile publishers did not hold the places: this shows nothing")
		case <-time.After(time.Millisecond):
		}
	}
}

// visit fetches from every healthy publisher, one after the other, and returns
// how long each took.
func (c *crowd) visit(ctx context.Context) (took []time.Duration, err error) {
	for i := range healthy {
		start := time.Now()
		if _, err := c.client.Fetch(ctx, fmt.Sprintf("https://healthy-%d%s/client.json", i, tenants), limits.DocumentBytes); err != nil {
			return nil, fmt.Errorf("healthy publisher %d: %w", i, err)
		}
		took = append(took, time.Since(start))
	}
	return took, nil
}

// While all the places of strangers are held by publishers that hang, and the
// others wait behind them, those that answered before are answered at once.
func TestHealthyBesideHostile(t *testing.T) {
	c := newCrowd(t, limits.FetchTimeout)
	if _, err := c.visit(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var group sync.WaitGroup
	defer group.Wait()
	defer cancel()
	for i := range hostiles {
		group.Go(func() {
			_, _ = c.client.Fetch(ctx, fmt.Sprintf("https://%s-%d%s/client.json", kinds[1+i%2], i, tenants), limits.DocumentBytes)
		})
	}
	c.untilHeld(t, &group)
	t.Run("S20 those that answered before have places", func(t *testing.T) {
		if _, err := c.visit(ctx); err != nil {
			t.Error(err)
		}
		if c.held.Load() == 0 {
			t.Error("the hostile publishers had let go: this shows nothing")
		}
	})
	t.Run("S20 strangers have no more than theirs", func(t *testing.T) {
		if n := c.most.Load(); n > limits.Fetches {
			t.Errorf("%d hostile publishers at once, want %d", n, limits.Fetches)
		}
	})
}

// A thousand hostile publishers are refused each for what it does, nothing is
// held after them, and those that hung count as strangers.
func TestHostilePublishers(t *testing.T) {
	c := newCrowd(t, time.Second)
	want := map[string]string{"challenge": "status 403", "bomb": "larger than", "hang": "deadline", "drip": "deadline"}
	var mu sync.Mutex
	seen, refused := map[string]int{}, map[string]int{}
	c.attack(t.Context(), func(kind string, err error) {
		mu.Lock()
		defer mu.Unlock()
		seen[kind]++
		if err == nil || !strings.Contains(err.Error(), want[kind]) && !errors.Is(err, context.DeadlineExceeded) { // it waited in vain
			t.Errorf("S20 %s: %v, want %q", kind, err, want[kind])
		} else if strings.Contains(err.Error(), want[kind]) {
			refused[kind]++
		}
	}).Wait()
	for _, kind := range kinds {
		if seen[kind] != hostiles/len(kinds) || refused[kind] == 0 {
			t.Errorf("%d of %s, %d of them refused for it", seen[kind], kind, refused[kind])
		}
	}
	for _, g := range []*gate{c.client.others, c.client.publishers} {
		if len(g.lines) > 0 || g.strangers.users+g.proven.users > 0 || len(g.strangers.places)+len(g.proven.places) > 0 {
			t.Errorf("S20 places are held after the last fetch: %+v", g)
		}
	}
	for _, host := range c.client.answered.Keys() {
		if strings.HasPrefix(host, "hang") || strings.HasPrefix(host, "drip") {
			t.Errorf("S20 %s counts as a host that answers", host)
		}
	}
}

// BenchmarkBesideHostile compares the 99th percentile of fetches from a hundred
// healthy publishers alone and beside a thousand hostile ones, in turn: the
// medians over nine rounds, and their ratio.
func BenchmarkBesideHostile(b *testing.B) {
	const rounds = 9
	for b.Loop() {
		var alone, beside []time.Duration
		c := newCrowd(b, limits.FetchTimeout)
		if _, err := c.visit(b.Context()); err != nil {
			b.Fatal(err)
		}
		for range rounds {
			took, err := c.visit(b.Context())
			if err != nil {
				b.Fatal(err)
			}
			alone = append(alone, p99(took))

			ctx, cancel := context.WithCancel(b.Context())
			attack := c.attack(ctx, func(string, error) {})
			c.untilHeld(b, attack)
			took, err = c.visit(ctx)
			cancel()
			attack.Wait()
			if err != nil {
				b.Fatal(err)
			}
			beside = append(beside, p99(took))
		}
		slices.Sort(alone)
		slices.Sort(beside)
		b.ReportMetric(float64(alone[rounds/2].Microseconds()), "alone-p99-µs")
		b.ReportMetric(float64(beside[rounds/2].Microseconds()), "beside-p99-µs")
		b.ReportMetric(float64(beside[rounds/2])/float64(alone[rounds/2]), "ratio")
	}
}

func p99(took []time.Duration) time.Duration {
	slices.Sort(took)
	return took[(len(took)*99+99)/100-1]
}
