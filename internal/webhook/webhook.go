// Package webhook tells the operator what happened, by signed HTTPS requests
// (Standard Webhooks 1.0.0). Make a [Sender] with [New] and call [Sender.Review].
//
// Telling never blocks and never fails for the caller: a message waits in a
// bounded queue of its target, is sent again with growing pauses, and is dropped,
// counted and logged, where the target does not take it. What the service keeps is
// the truth, and a message no more than a hint to look.
package webhook

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/fc28f635/countersign/internal/fetch"
	"github.com/fc28f635/countersign/internal/limits"
	"github.com/fc28f635/countersign/issuer"
)

// A Target is who is told: an address of the operator's, and the secret that it
// shares with the service.
type Target struct {
	URL    string
	Secret Secret
}

// Config configures a Sender. Now is required.
type Config struct {
	// Fetch is how targets are reached: https, and with AllowLoopback also http to
	// this machine. Private addresses are reached, being the operator's own.
	Fetch fetch.Config

	// Now reports the current time.
	Now func() time.Time

	// Logger receives an event for each message that is dropped. Nil discards.
	Logger *slog.Logger

	// OnResult is called for each attempt and each drop, from several goroutines,
	// and must not block. Nil does nothing.
	OnResult func(Result)
}

// A Result is what came of an attempt to tell a target something.
type Result string

// What comes of attempts.
const (
	Delivered Result = "delivered"
	Failed    Result = "failed"  // and is tried again
	Dropped   Result = "dropped" // the queue was full, the last attempt failed, or the target is gone
)

// Results returns all results.
func Results() []Result { return []Result{Delivered, Failed, Dropped} }

// A Sender tells targets what happens until it is closed. It is safe for
// concurrent use.
type Sender struct {
	cfg Config

	mu     sync.Mutex
	lines  map[string]*line // by the URL of their target
	closed bool
	ended  sync.WaitGroup
}

// New returns a Sender without targets.
func New(cfg Config) (*Sender, error) {
	if cfg.Now == nil {
		return nil, errors.New("field Now is required")
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.OnResult == nil {
		cfg.OnResult = func(Result) {}
	}
	return &Sender{cfg: cfg, lines: map[string]*line{}}, nil
}

// Check reports why a target cannot be told anything.
func Check(cfg fetch.Config, t Target) error {
	_, err := fetch.NewOrigin(cfg, t.URL)
	return err
}

// SetTargets replaces the targets. What waits for a target that stays is sent with
// its new secret; what waits for one that goes is dropped. On an error, which is
// that of a target, nothing has changed.
func (s *Sender) SetTargets(targets []Target) error {
	origins := make([]*fetch.Origin, len(targets))
	for i, t := range targets {
		var err error
		if origins[i], err = fetch.NewOrigin(s.cfg.Fetch, t.URL); err != nil {
			return err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	before := s.lines
	s.lines = map[string]*line{}
	for i, t := range targets {
		l := before[t.URL]
		if l == nil {
			l = s.begin(t.URL, origins[i])
		}
		l.secret.Store(&t.Secret)
		delete(before, t.URL)
		s.lines[t.URL] = l
	}
	for _, l := range before {
		l.cancel()
	}
	return nil
}

// begin has a line send until it is cancelled.
func (s *Sender) begin(url string, to poster) *line {
	ctx, cancel := context.WithCancel(context.Background())
	l := &line{sender: s, url: url, to: to, queue: make(chan message, limits.WebhookQueue), cancel: cancel}
	s.ended.Go(func() { l.run(ctx) })
	return l
}

// Review tells the targets of a review, as it is. It returns at once.
func (s *Sender) Review(r issuer.Review) {
	m, err := reviewMessage(r)
	if err != nil {
		s.cfg.Logger.Error("webhook", "id", r.ID, "error", err.Error())
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range s.lines {
		select {
		case l.queue <- m:
		default:
			l.drop(m, "too many wait")
		}
	}
}

// Close ends all sending, and drops what waits.
func (s *Sender) Close() {
	s.mu.Lock()
	for _, l := range s.lines {
		l.cancel()
	}
	s.lines, s.closed = nil, true
	s.mu.Unlock()
	s.ended.Wait()
}

// delivered reports whether a target has taken a message.
func delivered(status int) bool {
	return status >= http.StatusOK && status < http.StatusMultipleChoices
}
