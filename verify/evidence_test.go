package verify_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fc28f635/countersign/internal/jose"
	"github.com/fc28f635/countersign/internal/vectortest"
	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/verify"
)

var liveZone = map[string]string{"dns.zone": zone(record(vectortest.Genuine))}

// One look-up of a publisher is under way at a time, however many ask.
func TestOneFlightPerPublisher(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const many = 50
		p := newPlace(t, []string{"dns: secure"}, liveZone, nil)
		p.delay = time.Second
		presented := verify.Presentation{Statement: statement(t, nil)}
		var wg sync.WaitGroup
		for range many {
			wg.Go(func() {
				v, err := p.verifier.Verify(t.Context(), presented)
				if err != nil || v.Outcome != verify.Verified {
					t.Errorf("%v %v", v, err)
				}
			})
		}
		wg.Wait()
		p.wantPackets(t, 1, 1)
	})
}

// Whoever leaves a flight takes nobody with him.
func TestCancelledVerification(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPlace(t, []string{"dns: secure"}, liveZone, nil)
		p.delay = time.Second
		presented := verify.Presentation{Statement: statement(t, nil)}
		impatient, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
		defer cancel()
		if v, err := p.verifier.Verify(impatient, presented); !errors.Is(err, context.DeadlineExceeded) || v != nil {
			t.Errorf("got %v and %v, want no verdict and the context's error", v, err)
		}
		want(t, p.verify(t, presented), verify.Verified, "")
		p.wantPackets(t, 1, 1)
	})
	bound := statement(t, inDocument)
	files := map[string]string{
		"roots.json":           fmt.Sprintf(`{"publishers":{%q:{"keys":[%s]}}}`, vectortest.Acme, vectortest.Genuine.Key.JWK()),
		vectortest.DocumentURL: plainDocument(vectortest.DocumentURL, fmt.Sprintf(`,"software_statement":%q`, bound)),
		vectortest.KeySetURL:   fmt.Sprintf(`{"keys":[%s]}`, vectortest.Genuine.Key.JWK()),
	}
	for name, presented := range map[string]verify.Presentation{
		"a metadata document":            named,
		"one whose statement is at hand": {ClientID: vectortest.DocumentURL, Statement: bound},
		"the document of a copy":         {Client: &metadata.Client{SoftwareStatement: bound}},
		"a jwks_uri":                     keyed(),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPlace(t, nil, files, nil)
				p.delay = time.Second
				impatient, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
				defer cancel()
				if v, err := p.verifier.Verify(impatient, presented); !errors.Is(err, context.DeadlineExceeded) || v != nil {
					t.Errorf("got %v and %v, want no verdict and the context's error", v, err)
				}
				want(t, p.verify(t, presented), verify.Verified, "")
				p.wantPackets(t, 0, 1)
			})
		})
	}
}

// The nearest name that holds a key record decides, and is worth no more than
// what says that those before it hold none.
func TestWalkIsAsStrongAsItsWeakestAnswer(t *testing.T) {
	secure, corroborated, weak := verify.Answer{Secure: true}, verify.Answer{Corroborated: true}, verify.Answer{}
	holding := func(a verify.Answer, text string) verify.Answer {
		a.Texts, a.TTL = []string{text}, time.Minute
		return a
	}
	key := record(vectortest.Genuine) + "; s=y"
	const other = "v=spf1 -all"
	for name, c := range map[string]struct {
		answers []verify.Answer // of the publisher's own name first
		strong  bool
	}{
		"at the name itself":                       {[]verify.Answer{holding(secure, key)}, true},
		"below a name without record":              {[]verify.Answer{secure, holding(secure, key)}, true},
		"corroborated all the way":                 {[]verify.Answer{corroborated, holding(corroborated, key)}, true},
		"corroborated, then secure":                {[]verify.Answer{corroborated, secure, holding(secure, key)}, true},
		"below a name with another's record":       {[]verify.Answer{holding(secure, other), holding(secure, key)}, true},
		"below one that is corroborated":           {[]verify.Answer{holding(corroborated, other), holding(secure, key)}, true},
		"by a weak answer":                         {[]verify.Answer{secure, holding(weak, key)}, false},
		"below a weak answer":                      {[]verify.Answer{weak, holding(secure, key)}, false},
		"below a weak answer of another's record":  {[]verify.Answer{holding(weak, other), holding(secure, key)}, false},
		"below a weak answer, and then a good one": {[]verify.Answer{weak, secure, holding(secure, key)}, false},
		"the same by another's record":             {[]verify.Answer{holding(weak, other), holding(secure, other), holding(secure, key)}, false},
	} {
		t.Run(name, func(t *testing.T) {
			publisher := metadata.MustPublisher("https://a.b.c.acme.example")
			walk := publisher.Walk()
			p := newPlace(t, nil, nil, func(cfg *verify.Config) {
				cfg.Resolver = resolverFunc(func(_ context.Context, name string) (verify.Answer, error) {
					i := slices.IndexFunc(walk, func(p metadata.Publisher) bool { return p.KeyRecordName() == name })
					if a := c.answers[i]; len(a.Texts) > 0 {
						return a, nil
					}
					return c.answers[i], verify.ErrNoRecord
				})
			})
			v := p.verify(t, verify.Presentation{Statement: statement(t, func(s *metadata.Statement) { s.Publisher = publisher })})
			want(t, v, verify.Verified, "")
			if c.strong {
				wantFinding(t, v, verify.CheckDNSStrength, verify.Passed, "")
			} else {
				wantFinding(t, v, verify.CheckDNSStrength, verify.Failed, metadata.ReasonDNSUncorroborated)
			}
		})
	}
}

// That a name holds no key record is as certain as the answer, also where it holds
// something else: then a key that was there is gone, and is not waited for.
func TestAbsenceIsAsCertainAsItsAnswer(t *testing.T) {
	other := map[string]string{"dns.zone": zone("v=spf1 -all")}
	for name, c := range map[string]struct {
		dns     string
		files   map[string]string
		outcome verify.Outcome
		reason  metadata.Reason
	}{
		"nothing, secure":              {"secure", nil, verify.Rejected, metadata.ReasonPublisherUnknown},
		"nothing, corroborated":        {"corroborated", nil, verify.Rejected, metadata.ReasonPublisherUnknown},
		"nothing, weak":                {"insecure", nil, verify.Inconclusive, metadata.ReasonDNSUnavailable},
		"another record, secure":       {"secure", other, verify.Rejected, metadata.ReasonPublisherUnknown},
		"another record, corroborated": {"corroborated", other, verify.Rejected, metadata.ReasonPublisherUnknown},
		"another record, weak":         {"insecure", other, verify.Inconclusive, metadata.ReasonDNSUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlace(t, []string{"dns: " + c.dns}, c.files, nil).remembering(t)
			key := verify.PublishedKey{KeyID: vectortest.Genuine.Key.ID(), Thumbprint: vectortest.Genuine.Key.Thumbprint()}
			if _, err := p.See(t.Context(), vectortest.Acme, []verify.PublishedKey{key}, vectortest.DrawnNow.Add(-time.Hour)); err != nil {
				t.Fatal(err)
			}
			want(t, p.verify(t, verify.Presentation{Statement: statement(t, nil)}), c.outcome, c.reason)
		})
	}
}

// A look-up that ended while another was about to begin is not made again.
func TestFlightThatWasMissed(t *testing.T) {
	presented := verify.Presentation{Statement: statement(t, nil)}
	var p *place
	var between atomic.Bool
	p = newPlace(t, []string{"dns: secure"}, liveZone, func(cfg *verify.Config) {
		cfg.Observer.Cache = func(c verify.Cache, _ bool) {
			if c == verify.CacheStatements || !between.CompareAndSwap(false, true) {
				return
			}
			if v, err := p.verifier.Verify(t.Context(), presented); err != nil || v.Outcome != verify.Verified {
				t.Errorf("%v %v", v, err)
			}
		}
	})
	want(t, p.verify(t, presented), verify.Verified, "")
	p.wantPackets(t, 1, 1)
}

// What is remembered needs no time: whoever has none left is told all the same.
func TestRememberedEvidenceNeedsNoTime(t *testing.T) {
	p := newPlace(t, []string{"dns: secure"}, liveZone, nil)
	presented := verify.Presentation{Statement: statement(t, nil)}
	want(t, p.verify(t, presented), verify.Verified, "")
	late, cancel := context.WithCancel(t.Context())
	cancel()
	v, err := p.verifier.Verify(late, presented)
	if err != nil {
		t.Fatal(err)
	}
	want(t, v, verify.Verified, "")
}

// Whoever looks something up is told that nobody waits any more: what goes on for
// an answer ends with it.
func TestLookUpEndsWithItsAnswer(t *testing.T) {
	var looked context.Context
	var p *place
	p = newPlace(t, nil, nil, func(cfg *verify.Config) {
		cfg.Resolver = resolverFunc(func(ctx context.Context, name string) (verify.Answer, error) {
			if looked = ctx; ctx.Err() != nil {
				t.Error("ended before it was answered")
			}
			return p.LookupTXT(ctx, name)
		})
	})
	p.verify(t, verify.Presentation{Statement: statement(t, nil)})
	if looked.Err() == nil {
		t.Error("goes on after the answer")
	}
}

// A look-up that never answers ends by its own deadline: no answer.
func TestLookUpWithoutEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPlace(t, []string{"dns: secure"}, liveZone, nil)
		p.delay = time.Hour
		started := time.Now()
		want(t, p.verify(t, verify.Presentation{Statement: statement(t, nil)}), verify.Inconclusive, metadata.ReasonKeysUnavailable)
		if took := time.Since(started); took > 15*time.Second {
			t.Errorf("took %s", took)
		}
	})
}

// signedAs signs acme's statement under any kid.
func signedAs(t *testing.T, kid string) string {
	t.Helper()
	key, err := jose.FromPublic(kid, vectortest.Foreign.Public())
	if err != nil {
		t.Fatal(err)
	}
	now := vectortest.DrawnNow.Unix()
	signed, err := vectortest.Sign(metadata.Statement{Publisher: vectortest.Acme, ID: "j", IssuedAt: now - 60, ExpiresAt: now + 60,
		Client: metadata.Client{SoftwareID: "s", ClientName: "n", RedirectURIs: []string{"https://acme.example/cb"}}},
		jose.Signer{Key: key, Signer: vectortest.Foreign.Signer})
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

func TestLookUpsAreFewWhateverComes(t *testing.T) {
	t.Run("J38 flood of kids", func(t *testing.T) {
		p := newPlace(t, []string{"dns: secure"}, liveZone, nil)
		for i := range 1000 {
			v := p.verify(t, verify.Presentation{Statement: signedAs(t, fmt.Sprintf("kid-%d", i))})
			want(t, v, verify.Rejected, metadata.ReasonKeyUnknown)
		}
		p.wantPackets(t, 1, 1)
	})
	t.Run("J38 flood at a publisher without keys", func(t *testing.T) {
		p := newPlace(t, nil, nil, nil)
		for i := range 100 {
			want(t, p.verify(t, verify.Presentation{Statement: signedAs(t, fmt.Sprintf("kid-%d", i))}), verify.Rejected, metadata.ReasonPublisherUnknown)
		}
		p.wantPackets(t, 1, 1)
	})
	t.Run("J38 flood while nothing answers", func(t *testing.T) {
		p := newPlace(t, []string{"dns: unavailable", "http: " + vectortest.Acme.PublisherDocumentURL() + " timeout"}, nil, nil)
		for i := range 100 {
			want(t, p.verify(t, verify.Presentation{Statement: signedAs(t, fmt.Sprintf("kid-%d", i))}), verify.Inconclusive, metadata.ReasonKeysUnavailable)
		}
		p.wantPackets(t, 1, 1)
	})
	t.Run("flood for one document that is not there", func(t *testing.T) {
		p := newPlace(t, []string{"http: " + vectortest.DocumentURL + " 500"}, nil, nil)
		for range 100 {
			want(t, p.verify(t, verify.Presentation{ClientID: vectortest.DocumentURL}), verify.Inconclusive, metadata.ReasonDocumentUnavailable)
		}
		p.wantPackets(t, 0, 1)
	})
}

// What was seen holds for its time to live, within bounds; what was not seen
// for a minute.
func TestEvidenceEnds(t *testing.T) {
	timeout := "http: " + vectortest.Acme.PublisherDocumentURL() + " timeout"
	for name, c := range map[string]struct {
		header     []string
		files      map[string]string
		ttl, fresh time.Duration
		holds      time.Duration // of the DNS answer
		fetched    time.Duration // of the document
	}{
		"no time at all":   {[]string{"dns: secure"}, liveZone, time.Nanosecond, 0, time.Minute, time.Minute},
		"as it says":       {[]string{"dns: secure"}, liveZone, 5 * time.Minute, 0, 5 * time.Minute, time.Minute},
		"a week":           {[]string{"dns: secure"}, liveZone, 7 * 24 * time.Hour, 0, 15 * time.Minute, time.Minute},
		"no record":        {nil, nil, time.Hour, 0, time.Minute, time.Minute},
		"D7 no answer":     {[]string{"dns: unavailable", timeout}, nil, time.Hour, 0, time.Minute, time.Minute},
		"D7 bogus":         {[]string{"dns: bogus", timeout}, nil, time.Hour, 0, time.Minute, time.Minute},
		"document, a week": {nil, map[string]string{vectortest.Acme.PublisherDocumentURL(): publisherDocument("", vectortest.Genuine)}, 0, 7 * 24 * time.Hour, time.Minute, 15 * time.Minute},
		"document, a second": {nil, map[string]string{vectortest.Acme.PublisherDocumentURL(): publisherDocument("", vectortest.Genuine)},
			0, time.Second, time.Minute, time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			presented := verify.Presentation{Statement: statement(t, nil), At: vectortest.DrawnNow}
			for _, end := range []struct {
				after            time.Duration
				queries, fetches int
			}{
				{min(c.holds, c.fetched) - time.Second, 1, 1},
				{c.holds - time.Second, 1, 1 + before(c.fetched, c.holds)},
				{c.holds, 2, 1 + before(c.fetched, c.holds+1)},
				{c.fetched, 1 + before(c.holds, c.fetched+1), 2},
			} {
				p := newPlace(t, c.header, c.files, nil)
				p.ttl, p.fresh = c.ttl, c.fresh
				p.verify(t, presented)
				p.after(end.after)
				p.verify(t, presented)
				p.wantPackets(t, end.queries, end.fetches)
			}
		})
	}
}

func before(a, b time.Duration) int {
	if a < b {
		return 1
	}
	return 0
}

// A statement that verified once is not good for ever: whether its key is alive
// is asked every time.
func TestRevocationIsSeenAtTheNextLook(t *testing.T) {
	live := newPlace(t, []string{"dns: secure"}, liveZone, nil)
	dead := newPlace(t, []string{"dns: secure"}, map[string]string{"dns.zone": zone("v=ck1; kid=2026a; k=ed25519; p=")}, nil)
	now := live
	p := newPlace(t, nil, nil, func(cfg *verify.Config) {
		cfg.Resolver = resolverFunc(func(ctx context.Context, name string) (verify.Answer, error) { return now.LookupTXT(ctx, name) })
	})
	presented := verify.Presentation{Statement: statement(t, nil)}
	want(t, p.verify(t, presented), verify.Verified, "")
	now = dead
	want(t, p.verify(t, presented), verify.Verified, "")
	p.after(15 * time.Minute)
	want(t, p.verify(t, presented), verify.Rejected, metadata.ReasonKeyRevoked)
}

type resolverFunc func(context.Context, string) (verify.Answer, error)

func (f resolverFunc) LookupTXT(ctx context.Context, name string) (verify.Answer, error) {
	return f(ctx, name)
}

// A publisher document that is gone says nothing, as one that never was: it neither
// revokes, nor is what it said held against anybody.
func TestPublisherDocumentGone(t *testing.T) {
	address := vectortest.Acme.PublisherDocumentURL()
	for _, answer := range []string{"404", "410"} {
		t.Run(answer, func(t *testing.T) {
			p := newPlace(t, []string{"dns: secure"}, map[string]string{"dns.zone": liveZone["dns.zone"],
				address: publisherDocument(`,"revoked":["acme-agent-1"]`, vectortest.Genuine)}, nil)
			presented := verify.Presentation{Statement: statement(t, nil)}
			want(t, p.verify(t, presented), verify.Rejected, metadata.ReasonStatementRevoked)
			p.Answer(address, "503")
			p.after(time.Hour)
			want(t, p.verify(t, presented), verify.Rejected, metadata.ReasonStatementRevoked)
			p.Answer(address, answer)
			p.after(time.Hour)
			v := p.verify(t, presented)
			want(t, v, verify.Verified, "")
			wantFinding(t, v, verify.CheckWellknownKey, verify.Failed, metadata.ReasonWellknownMissing)
		})
	}
}

// Who is refused by a publisher document stays refused while that cannot be read,
// and no longer than the publisher says so.
func TestRefusalOutlivesAnOutage(t *testing.T) {
	address := vectortest.Acme.PublisherDocumentURL()
	presented := verify.Presentation{Statement: statement(t, nil)}
	for name, c := range map[string]struct {
		more   string
		reason metadata.Reason
	}{
		"revoked":    {`,"revoked":["acme-agent-1"]`, metadata.ReasonStatementRevoked},
		"not listed": {`,"clients":[{"software_id":"another"}]`, metadata.ReasonSoftwareNotListed},
		"none is":    {`,"clients":[]`, metadata.ReasonSoftwareNotListed},
		"too old":    {fmt.Sprintf(`,"clients":[{"software_id":"acme-agent","not_before":%d}]`, vectortest.DrawnNow.Unix()), metadata.ReasonStatementRevoked},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlace(t, []string{"dns: secure"}, liveZone, nil)
			serve := func(body, answer string) {
				p.Serve(address, []byte(body))
				p.Answer(address, answer)
				p.after(15 * time.Minute)
			}
			refusing := publisherDocument(c.more, vectortest.Genuine)
			serve(refusing, "")
			want(t, p.verify(t, presented), verify.Rejected, c.reason)
			serve(refusing, "503")
			want(t, p.verify(t, presented), verify.Rejected, c.reason)
			serve("{", "")
			want(t, p.verify(t, presented), verify.Rejected, c.reason)
			serve(publisherDocument("", vectortest.Genuine), "")
			want(t, p.verify(t, presented), verify.Verified, "")
			if verify.CountDenials(p.verifier) > 0 {
				t.Error("who refuses nobody takes the place of one who does")
			}
			serve(refusing, "503")
			want(t, p.verify(t, presented), verify.Verified, "")
		})
	}
}

// What was found of a key says where and when, and how long that holds.
func TestEvidenceOfKeys(t *testing.T) {
	p := newPlace(t, []string{"dns: secure"}, map[string]string{"dns.zone": liveZone["dns.zone"],
		vectortest.Acme.PublisherDocumentURL(): publisherDocument("", vectortest.Genuine)}, nil)
	p.ttl, p.fresh = 2*time.Minute, 3*time.Minute
	now, key := vectortest.DrawnNow, vectortest.Genuine.Key.Thumbprint()
	v := p.verify(t, verify.Presentation{Statement: statement(t, nil)})
	for check, seen := range map[verify.Check]verify.Evidence{
		verify.CheckDNSKey: {Source: "dns", Server: "192.0.2.53:53 (vector)", Name: vectortest.Acme.KeyRecordName(),
			SeenAt: now, ValidUntil: now.Add(2 * time.Minute), Thumbprint: key, Record: record(vectortest.Genuine)},
		verify.CheckWellknownKey: {Source: "https", Server: "192.0.2.80:443", Name: vectortest.Acme.PublisherDocumentURL(),
			SeenAt: now, ValidUntil: now.Add(3 * time.Minute), Thumbprint: key},
	} {
		if f, _ := v.Finding(check); f.Status != verify.Passed || f.Evidence != seen {
			t.Errorf("%s %s by %+v, want %+v", check, f.Status, f.Evidence, seen)
		}
	}
	if !v.ValidUntil().Equal(now.Add(2 * time.Minute)) {
		t.Errorf("valid until %s", v.ValidUntil())
	}
}
