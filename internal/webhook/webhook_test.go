package webhook

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"go.uber.org/goleak"

	"github.com/fc28f635/countersign/internal/fetch"
	"github.com/fc28f635/countersign/internal/limits"
	"github.com/fc28f635/countersign/issuer"
	"github.com/fc28f635/countersign/metadata"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const secretText = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo="

func secret(t *testing.T, text string) Secret {
	t.Helper()
	s, err := ParseSecret([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func review() issuer.Review {
	return issuer.Review{
		ID: "r0123", State: issuer.ReviewPending, At: time.Now().UTC().Truncate(time.Second), Why: []issuer.ReviewCause{issuer.CauseLookalike},
		Publisher: metadata.MustPublisher("https://acme.example"), Name: `Acme "<Agent>"`, Codes: []string{"acme.example"}, Tier: issuer.TierDomain, Decision: "d1",
	}
}

// results counts what came of attempts.
type results struct {
	mu   sync.Mutex
	seen []Result
}

func (r *results) add(result Result) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.seen = append(r.seen, result)
}

func (r *results) count(of Result) (n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, result := range r.seen {
		if result == of {
			n++
		}
	}
	return n
}

func newSender(t *testing.T, cfg Config) *Sender {
	t.Helper()
	cfg.Now = time.Now
	s, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// An implementation of others verifies what a receiver gets, and refuses it with
// one byte changed.
func TestAnotherImplementationVerifies(t *testing.T) {
	theirs, err := standardwebhooks.NewWebhook(secretText)
	if err != nil {
		t.Fatal(err)
	}
	got := make(chan error, 1)
	var types []Type
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		err := theirs.Verify(body, r.Header)
		if changed := theirs.Verify(bytes.Replace(body, []byte("acme"), []byte("evil"), 1), r.Header); changed == nil {
			err = errors.New("a changed body is verified")
		}
		var e event
		if decoded := json.Unmarshal(body, &e); decoded != nil || e.Data.ID != "r0123" || e.Data.Name != `Acme "<Agent>"` || r.Header.Get("Content-Type") != "application/json" {
			err = errors.Join(err, decoded, errors.New("the body is "+string(body)))
		}
		types = append(types, e.Type)
		got <- err
	}))
	defer receiver.Close()
	s := newSender(t, Config{Fetch: fetch.Config{AllowLoopback: true}})
	if err := s.SetTargets([]Target{{receiver.URL + "/hook?a=1", secret(t, secretText)}}); err != nil {
		t.Fatal(err)
	}
	r := review()
	denied := r
	denied.State, denied.Denied = issuer.ReviewDenied, &issuer.Approval{Actor: "bob", At: r.At}
	approved := r
	approved.State, approved.Approvals = issuer.ReviewApproved, []issuer.Approval{{Actor: "ada", At: r.At}}
	for _, told := range []issuer.Review{r, approved, denied} {
		s.Review(told)
		if err := <-got; err != nil {
			t.Error(err)
		}
	}
	if want := []Type{ReviewPending, ReviewApproved, ReviewDenied}; !slices.Equal(types, want) {
		t.Errorf("types %v, want %v", types, want)
	}
}

// What a stranger or a mistake puts into the settings is not asked.
func TestTargetsThatAreRefused(t *testing.T) {
	for name, c := range map[string]struct {
		url      string
		loopback bool
	}{
		"S19 http":            {"http://hooks.example/", false},
		"http on loopback":    {"http://127.0.0.1:1/", false},
		"user information":    {"https://a:b@hooks.example/", false},
		"no host":             {"https:///x", false},
		"another scheme":      {"file:///etc/passwd", true},
		"nothing that parses": {"https://%zz", false},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSender(t, Config{Fetch: fetch.Config{AllowLoopback: c.loopback}})
			if err := s.SetTargets([]Target{{URL: c.url}}); err == nil {
				t.Errorf("%q is a target", c.url)
			}
		})
	}
	t.Run("S19 the cloud's metadata service", func(t *testing.T) {
		var r results
		dropped := make(chan struct{}, 1)
		s := newSender(t, Config{OnResult: func(result Result) { r.add(result); dropped <- struct{}{} }})
		if err := s.SetTargets([]Target{{"https://169.254.169.254/", secret(t, secretText)}}); err != nil {
			return // refused at once
		}
		s.Review(review())
		if <-dropped; r.count(Delivered) > 0 {
			t.Error("it was told")
		}
	})
}

// An inbox is a target of a test.
type inbox struct {
	mu   sync.Mutex
	got  []fetch.Request
	at   []time.Time
	fail int // so many attempts are answered with 503, or an error
}

func (b *inbox) Do(_ context.Context, r fetch.Request, _ int) (fetch.Response, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.got, b.at = append(b.got, r), append(b.at, time.Now())
	switch {
	case len(b.got) > b.fail:
		return fetch.Response{Status: http.StatusNoContent}, nil
	case len(b.got)%2 == 0:
		return fetch.Response{}, errors.New("connection refused")
	}
	return fetch.Response{Status: http.StatusServiceUnavailable}, nil
}

// to has a sender tell an inbox.
func (s *Sender) inbox(b *inbox, key Secret) {
	l := s.begin("https://hooks.example/secret", b)
	l.secret.Store(&key)
	s.lines = map[string]*line{l.url: l}
}

// A message is sent again with growing pauses, with the same id, and signed anew
// each time; and given up in the end.
func TestSentAgain(t *testing.T) {
	for name, fail := range map[string]int{"at once": 0, "after three": 3, "never": 1000} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var r results
				var log bytes.Buffer
				s, err := New(Config{Now: time.Now, OnResult: r.add, Logger: slog.New(slog.NewTextHandler(&log, nil))})
				if err != nil {
					t.Fatal(err)
				}
				b := &inbox{fail: fail}
				s.inbox(b, secret(t, secretText))
				s.Review(review())
				time.Sleep(24 * time.Hour)
				synctest.Wait()
				attempts := min(fail+1, limits.WebhookAttempts)
				if len(b.got) != attempts {
					t.Fatalf("%d attempts, want %d", len(b.got), attempts)
				}
				for i := 1; i < attempts; i++ {
					pause, longest := b.at[i].Sub(b.at[i-1]), min(limits.WebhookPause<<(i-1), limits.WebhookPauseLongest)
					if pause < longest/2 || pause > longest {
						t.Errorf("pause %d is %s, want at most %s", i, pause, longest)
					}
					if b.got[i].Header["webhook-id"] != b.got[0].Header["webhook-id"] || b.got[i].Header["webhook-signature"] == b.got[0].Header["webhook-signature"] {
						t.Errorf("attempt %d has the header %v, the first %v", i, b.got[i].Header, b.got[0].Header)
					}
				}
				dropped := 0
				if fail >= limits.WebhookAttempts {
					dropped = 1
				}
				if r.count(Dropped) != dropped || r.count(Delivered) != 1-dropped || strings.Count(log.String(), "webhook dropped") != dropped {
					t.Errorf("results %v, log %s", r.seen, log.String())
				}
				if failed := strings.Count(log.String(), "webhook failed"); failed != min(fail, 1) {
					t.Errorf("%d attempts that failed are logged, want the first: %s", failed, log.String())
				}
				if strings.Contains(log.String(), "secret") {
					t.Errorf("the log has the address: %s", log.String())
				}
				s.Close()
			})
		})
	}
}

// Whoever tells is never kept waiting: what is too much is dropped, and counted.
func TestNeverBlocks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var r results
		s, err := New(Config{Now: time.Now, OnResult: r.add})
		if err != nil {
			t.Fatal(err)
		}
		s.inbox(&inbox{fail: 1 << 30}, secret(t, secretText))
		const more = 10
		s.Review(review())
		synctest.Wait() // it is being sent, and the queue is empty
		for range limits.WebhookQueue + more {
			s.Review(review())
		}
		if got := r.count(Dropped); got != more {
			t.Errorf("%d were dropped, want %d", got, more)
		}
		s.Close()
		if got := r.count(Dropped); got != limits.WebhookQueue+more+1 {
			t.Errorf("%d were dropped at the end, want all", got)
		}
		s.Review(review()) // after the end is nothing
	})
}

// A reload keeps what waits for a target that stays, and signs it with the new
// secret.
func TestTargetsAreReplaced(t *testing.T) {
	s := newSender(t, Config{})
	first, second := secret(t, secretText), secret(t, "whsec_"+strings.Repeat("A", 32))
	both := []Target{{"https://a.example/", first}, {"https://b.example/", first}}
	if err := s.SetTargets(both); err != nil {
		t.Fatal(err)
	}
	stays := s.lines["https://a.example/"]
	if err := s.SetTargets([]Target{{"http://a.example/", second}}); err == nil || len(s.lines) != len(both) {
		t.Errorf("after a target that is none: %v, %d lines", err, len(s.lines))
	}
	if err := s.SetTargets([]Target{{"https://a.example/", second}}); err != nil {
		t.Fatal(err)
	}
	if got := s.lines["https://a.example/"]; len(s.lines) != 1 || got != stays || !bytes.Equal(got.secret.Load().key, second.key) {
		t.Errorf("%d lines, the same %t", len(s.lines), got == stays)
	}
}

func TestParseSecret(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		ok   bool
	}{
		"good":               {secretText, true},
		"with a line end":    {secretText + "\n", true},
		"empty":              {"", false},
		"without its prefix": {strings.TrimPrefix(secretText, "whsec_"), false},
		"no base64":          {"whsec_!!!!", false},
		"base64 without pad": {strings.TrimSuffix(secretText, "="), false},
		"23 bytes":           {"whsec_" + strings.Repeat("A", 31) + "=", false},
		"24 bytes":           {"whsec_" + strings.Repeat("A", 32), true},
		"64 bytes":           {"whsec_" + strings.Repeat("A", 86) + "==", true},
		"66 bytes":           {"whsec_" + strings.Repeat("A", 88), false},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := ParseSecret([]byte(c.text))
			if (err == nil) != c.ok {
				t.Errorf("error %v", err)
			}
			if err != nil && len(c.text) > 10 && strings.Contains(err.Error(), c.text[6:]) {
				t.Errorf("the error has the secret: %v", err)
			}
		})
	}
}
