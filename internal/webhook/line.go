package webhook

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/fc28f635/countersign/internal/fetch"
	"github.com/fc28f635/countersign/internal/limits"
)

// A poster sends one request: a [fetch.Origin], which looks its address up and
// checks it each time.
type poster interface {
	Do(ctx context.Context, r fetch.Request, limit int) (fetch.Response, error)
}

// A line is the messages to one target, one after the other.
type line struct {
	sender *Sender
	url    string
	to     poster
	secret atomic.Pointer[Secret]
	queue  chan message
	cancel context.CancelFunc
}

// run sends what is queued until ctx is done, and drops what is left then.
func (l *line) run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			for {
				select {
				case m := <-l.queue:
					l.drop(m, "no more sent to")
				default:
					return
				}
			}
		case m := <-l.queue:
			l.deliver(ctx, m)
		}
	}
}

// deliver sends a message until the target takes it, or too many attempts failed.
func (l *line) deliver(ctx context.Context, m message) {
	for attempt := 1; ; attempt++ {
		why := l.attempt(ctx, m)
		switch {
		case why == "":
			l.sender.cfg.OnResult(Delivered)
			return
		case ctx.Err() != nil, attempt == limits.WebhookAttempts:
			l.drop(m, why)
			return
		}
		l.sender.cfg.OnResult(Failed)
		if attempt == 1 {
			l.sender.cfg.Logger.LogAttrs(ctx, slog.LevelWarn, "webhook failed", l.about(m, why)...)
		}
		pause := time.NewTimer(pauseAfter(attempt))
		select {
		case <-pause.C:
		case <-ctx.Done():
			pause.Stop()
			l.drop(m, why)
			return
		}
	}
}

// attempt sends a message once. It says why the target did not take it, and
// nothing where it did.
func (l *line) attempt(ctx context.Context, m message) (why string) {
	at := l.sender.cfg.Now()
	resp, err := l.to.Do(ctx, fetch.Request{
		Method: http.MethodPost, URL: l.url, MediaType: "application/json", Body: m.body,
		Header: map[string]string{
			"webhook-id": m.id, "webhook-timestamp": timestamp(at), "webhook-signature": l.secret.Load().sign(m.id, at, m.body),
		},
	}, limits.WebhookAnswerBytes)
	switch {
	case err != nil:
		return err.Error()
	case !delivered(resp.Status):
		return fmt.Sprintf("answered %d", resp.Status)
	}
	return ""
}

// drop gives a message up.
func (l *line) drop(m message, why string) {
	l.sender.cfg.OnResult(Dropped)
	l.sender.cfg.Logger.LogAttrs(context.Background(), slog.LevelWarn, "webhook dropped", l.about(m, why)...)
}

// about is what the log says of a message that was not taken.
func (l *line) about(m message, why string) []slog.Attr {
	return []slog.Attr{slog.String("message", m.id), slog.String("host", hostOf(l.url)), slog.String("error", why)}
}

// hostOf names a target without what may be secret in its address.
func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Host
}

// pauseAfter is how long to wait after an attempt that failed: it doubles, and a
// random half of it keeps services apart that failed together.
func pauseAfter(attempt int) time.Duration {
	pause := min(limits.WebhookPause<<(attempt-1), limits.WebhookPauseLongest)
	return pause/2 + rand.N(pause/2+1)
}
