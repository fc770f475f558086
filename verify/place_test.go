package verify_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fc28f635/countersign/internal/jose"
	"github.com/fc28f635/countersign/internal/vectortest"
	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/testvectors"
	"github.com/fc28f635/countersign/verify"
)

// A place is a verifier in a world of its own, with a clock that tests set and
// answers that they can slow down or change.
type place struct {
	*vectortest.World
	verifier *verify.Verifier

	mu    sync.Mutex
	now   time.Time
	delay time.Duration // of every look-up
	ttl   time.Duration // of DNS answers, where not zero
	fresh time.Duration // of documents, where not zero
	asked []string      // names and addresses, in order
}

// newPlace makes a place of header lines "key: value" and files.
func newPlace(t *testing.T, header []string, files map[string]string, change func(*verify.Config)) *place {
	t.Helper()
	v := testvectors.Vector{ID: t.Name(), Now: vectortest.DrawnNow, Header: map[string][]string{}, Files: map[string][]byte{}}
	for _, line := range header {
		key, value, _ := strings.Cut(line, ": ")
		v.Header[key] = append(v.Header[key], value)
	}
	for name, content := range files {
		v.Files[name] = []byte(content)
	}
	w, err := vectortest.New(v)
	if err != nil {
		t.Fatal(err)
	}
	cfg, err := w.Config()
	if err != nil {
		t.Fatal(err)
	}
	p := &place{World: w, now: vectortest.DrawnNow}
	cfg.Resolver, cfg.Fetcher, cfg.Now = p, p, p.clock
	if change != nil {
		change(&cfg)
	}
	if p.verifier, err = verify.New(cfg); err != nil {
		t.Fatal(err)
	}
	return p
}

func (p *place) clock() time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.now
}

func (p *place) after(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.now = p.now.Add(d)
}

func (p *place) note(ctx context.Context, what string) error {
	p.mu.Lock()
	p.asked = append(p.asked, what)
	p.mu.Unlock()
	if p.delay == 0 {
		return nil
	}
	select {
	case <-time.After(p.delay):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// LookupTXT implements [verify.Resolver].
func (p *place) LookupTXT(ctx context.Context, name string) (verify.Answer, error) {
	if err := p.note(ctx, name); err != nil {
		return verify.Answer{}, err
	}
	a, err := p.World.LookupTXT(ctx, name)
	if p.ttl != 0 {
		a.TTL = p.ttl
	}
	return a, err
}

// Fetch implements [verify.Fetcher].
func (p *place) Fetch(ctx context.Context, url string, limit int) (verify.Resource, error) {
	if err := p.note(ctx, url); err != nil {
		return verify.Resource{}, &verify.FetchError{Err: err}
	}
	r, err := p.World.Fetch(ctx, url, limit)
	if p.fresh != 0 {
		r.Fresh = p.fresh
	}
	return r, err
}

func (p *place) verify(t *testing.T, presented verify.Presentation) *verify.Verdict {
	t.Helper()
	v, err := p.verifier.Verify(t.Context(), presented)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// wantPackets fails unless exactly so many questions and fetches were made.
func (p *place) wantPackets(t *testing.T, queries, fetches int) {
	t.Helper()
	if q, f := p.Packets(); q != queries || f != fetches {
		t.Errorf("%d DNS questions and %d fetches, want %d and %d: %v", q, f, queries, fetches, p.asked)
	}
}

func want(t *testing.T, v *verify.Verdict, outcome verify.Outcome, reason metadata.Reason) {
	t.Helper()
	if v.Outcome != outcome || v.Reason() != reason {
		t.Errorf("got %s %s, want %s %s\n%s", v.Outcome, v.Reason(), outcome, reason, findings(v))
	}
}

func wantFinding(t *testing.T, v *verify.Verdict, check verify.Check, status verify.Status, reason metadata.Reason) {
	t.Helper()
	if f, ok := v.Finding(check); !ok || f.Status != status || f.Reason != reason {
		t.Errorf("%s is %s %q, want %s %q\n%s", check, f.Status, f.Reason, status, reason, findings(v))
	}
}

// zone is a key record line of acme.
func zone(text string) string {
	return fmt.Sprintf("%s. 300 IN TXT %q\n", vectortest.Acme.KeyRecordName(), text)
}

func record(s jose.Signer) string {
	r, _ := s.Key.Record()
	return r.String()
}

// publisherDocument is what acme serves, with further members.
func publisherDocument(more string, keys ...jose.Signer) string {
	jwks := make([]string, 0, len(keys))
	for _, k := range keys {
		jwks = append(jwks, string(k.Key.JWK()))
	}
	return fmt.Sprintf(`{"publisher":%q,"keys":[%s]%s}`, vectortest.Acme, strings.Join(jwks, ","), more)
}

// statement signs acme's usual statement after change.
func statement(t *testing.T, change func(*metadata.Statement)) string {
	t.Helper()
	const day = 24 * 60 * 60
	now := vectortest.DrawnNow.Unix()
	s := metadata.Statement{Publisher: vectortest.Acme, ID: "acme-agent-1", IssuedAt: now - day, ExpiresAt: now + 60*day,
		Client: metadata.Client{SoftwareID: "acme-agent", ClientName: "Acme Agent", RedirectURIs: []string{"https://acme.example/callback"}}}
	if change != nil {
		change(&s)
	}
	signed, err := vectortest.Sign(s, vectortest.Genuine)
	if err != nil {
		t.Fatal(err)
	}
	return signed
}
