package verify_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/fc28f635/countersign/internal/vectortest"
	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/trustroots"
	"github.com/fc28f635/countersign/verify"
)

const revokedRecord = "v=ck1; kid=2026a; k=ed25519; p="

// Only the publisher ends its key: one insecure answer does not, two sources do.
func TestDeath(t *testing.T) {
	url := vectortest.Acme.PublisherDocumentURL()
	withKey, without := publisherDocument("", vectortest.Genuine), publisherDocument("")
	for name, c := range map[string]struct {
		dns, document string
		outcome       verify.Outcome
		reason        metadata.Reason
	}{
		"secure":                               {"secure", "", verify.Rejected, metadata.ReasonKeyRevoked},
		"corroborated":                         {"corroborated", "", verify.Rejected, metadata.ReasonKeyRevoked},
		"secure, the document disagrees":       {"secure", withKey, verify.Rejected, metadata.ReasonKeyRevoked},
		"insecure":                             {"insecure", "", verify.Inconclusive, metadata.ReasonDNSUnavailable},
		"insecure, the document disagrees":     {"insecure", withKey, verify.Inconclusive, metadata.ReasonDNSUnavailable},
		"insecure, the document lacks the key": {"insecure", without, verify.Rejected, metadata.ReasonKeyRevoked},
		"insecure, the document has a private key": {"insecure", `{"publisher":"https://acme.example","keys":[{"kty":"OKP","crv":"Ed25519","kid":"x","x":"","d":"AA"}]}`,
			verify.Rejected, metadata.ReasonKeyExposed},
	} {
		t.Run(name, func(t *testing.T) {
			files := map[string]string{"dns.zone": zone(revokedRecord)}
			if c.document != "" {
				files[url] = c.document
			}
			p := newPlace(t, []string{"dns: " + c.dns}, files, nil)
			v := p.verify(t, verify.Presentation{Statement: statement(t, nil)})
			want(t, v, c.outcome, c.reason)
			if v.Thumbprint() != "" {
				t.Error("a thumbprint without a verified statement")
			}
		})
	}
}

// A pin is all there is of a publisher, unless it says and_lookup; and death
// beats it.
func TestPins(t *testing.T) {
	pin := func(lookUp bool, key string) string {
		return fmt.Sprintf(`{"publishers":{%q:{"keys":[%s],"and_lookup":%t}}}`, vectortest.Acme, key, lookUp)
	}
	genuine, foreign := string(vectortest.Genuine.Key.JWK()), string(vectortest.Foreign.Key.JWK())
	for name, c := range map[string]struct {
		roots, zone      string
		outcome          verify.Outcome
		reason           metadata.Reason
		queries, fetches int
	}{
		"pinned":                           {pin(false, genuine), record(vectortest.Foreign), verify.Verified, "", 0, 0},
		"another key pinned under the kid": {pin(false, foreign), record(vectortest.Genuine), verify.Rejected, metadata.ReasonSignatureInvalid, 0, 0},
		"pinned, and_lookup":               {pin(true, genuine), record(vectortest.Genuine), verify.Verified, "", 1, 1},
		"pinned, and dead in DNS":          {pin(true, genuine), revokedRecord, verify.Rejected, metadata.ReasonKeyRevoked, 1, 1},
		"another kid pinned, and_lookup":   {pin(true, `{"kty":"OKP","crv":"Ed25519","kid":"p","x":"0VfCZjejv7JluC4dpH5qZ-5-qR_9heLm03u4IytWWhk"}`), record(vectortest.Genuine), verify.Verified, "", 1, 1},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlace(t, []string{"dns: secure"}, map[string]string{"roots.json": c.roots, "dns.zone": zone(c.zone)}, nil)
			want(t, p.verify(t, verify.Presentation{Statement: statement(t, nil)}), c.outcome, c.reason)
			p.wantPackets(t, c.queries, c.fetches)
		})
	}
	t.Run("D8 roots that cannot be read", func(t *testing.T) {
		p := newPlace(t, []string{"dns: secure"}, liveZone, func(cfg *verify.Config) { cfg.Roots = brokenRoots{} })
		want(t, p.verify(t, verify.Presentation{Statement: statement(t, nil)}), verify.Inconclusive, metadata.ReasonRootsUnavailable)
		p.wantPackets(t, 0, 0)
	})
}

type brokenRoots struct{}

func (brokenRoots) Root(context.Context, metadata.Publisher) (*trustroots.Root, error) {
	return nil, errors.New("disk")
}

// What was found wrong with the DNS or the site is no pass and no rejection of
// a client that brought no statement.
func TestNothingToLookUpWithoutStatement(t *testing.T) {
	p := newPlace(t, []string{"dns: bogus"}, nil, nil)
	v := p.verify(t, verify.Presentation{Client: &metadata.Client{ClientName: "X", RedirectURIs: []string{"https://acme.example/callback"}}})
	want(t, v, verify.Verified, "")
	p.wantPackets(t, 0, 0)
	wantFinding(t, v, verify.CheckDelivery, verify.Passed, "")
}

func TestTestMode(t *testing.T) {
	p := newPlace(t, []string{"dns: secure"}, map[string]string{"dns.zone": zone(record(vectortest.Genuine) + "; t=y")}, nil)
	v := p.verify(t, verify.Presentation{Statement: statement(t, nil)})
	want(t, v, verify.Verified, "")
	if !v.TestMode() {
		t.Error("a key in test mode is not told from any other")
	}
	p = newPlace(t, []string{"dns: secure"}, liveZone, nil)
	if p.verify(t, verify.Presentation{Statement: statement(t, nil)}).TestMode() {
		t.Error("every key is in test mode")
	}
}

// Memory that fails says nothing of the client.
func TestMemoryThatFails(t *testing.T) {
	p := newPlace(t, []string{"dns: secure"}, liveZone, func(cfg *verify.Config) { cfg.Memory = brokenMemory{} })
	if v, err := p.verifier.Verify(t.Context(), verify.Presentation{Statement: statement(t, nil)}); !errors.Is(err, errMemory) || v != nil {
		t.Errorf("%v, %v", v, err)
	}
}

var errMemory = errors.New("disk")

type brokenMemory struct{ verify.Memory }

func (brokenMemory) See(context.Context, metadata.Publisher, []verify.PublishedKey, time.Time) ([]verify.Sighting, error) {
	return nil, errMemory
}

// Without memory a key that DNS does not vouch for has no line.
func TestLineWithoutMemory(t *testing.T) {
	for dns, status := range map[string]verify.Status{"secure": verify.Passed, "corroborated": verify.Skipped, "insecure": verify.Skipped} {
		t.Run(dns, func(t *testing.T) {
			p := newPlace(t, []string{"dns: " + dns}, liveZone, nil)
			wantFinding(t, p.verify(t, verify.Presentation{Statement: statement(t, nil)}), verify.CheckKeyLine, status, "")
		})
	}
}

// A special-use name is nobody's: it is not looked up, by whatever there is to look
// up with. Where there is nothing, that is the reason.
func TestSpecialUseIsNotLookedUp(t *testing.T) {
	for name, tc := range map[string]struct {
		change  func(*verify.Config)
		outcome verify.Outcome
		reason  metadata.Reason
	}{
		"U12 with both":        {func(*verify.Config) {}, verify.Rejected, metadata.ReasonPublisherUnknown},
		"U12 with DNS alone":   {func(cfg *verify.Config) { cfg.Fetcher = nil }, verify.Rejected, metadata.ReasonPublisherUnknown},
		"U12 with HTTPS alone": {func(cfg *verify.Config) { cfg.Resolver = nil }, verify.Rejected, metadata.ReasonPublisherUnknown},
		"with neither":         {func(cfg *verify.Config) { cfg.Resolver, cfg.Fetcher = nil, nil }, verify.Inconclusive, metadata.ReasonKeysUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlace(t, []string{"dns: secure", "special_use: refused"}, liveZone, tc.change)
			want(t, p.verify(t, verify.Presentation{Statement: statement(t, nil)}), tc.outcome, tc.reason)
			p.wantPackets(t, 0, 0)
		})
	}
}
