package verify_test

import (
	"context"
	"testing"
	"time"

	"github.com/fc28f635/countersign/internal/jose"
	"github.com/fc28f635/countersign/internal/vectortest"
	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/verify"
)

// Revoked anywhere is revoked everywhere, and for good: whoever takes over the
// domain later cannot bring back a key that was stolen.
func TestRevokedForGood(t *testing.T) {
	revoked := zone("v=ck1; kid=" + vectortest.DrawnKeyID + "; k=ed25519; p=")
	for name, tc := range map[string]struct {
		first, later []string          // headers
		seen         map[string]string // files at first
		served       map[string]string // later
		outcome      verify.Outcome
		reason       metadata.Reason
	}{
		"K20 the same record again": {[]string{"dns: secure"}, []string{"dns: secure"},
			map[string]string{"dns.zone": revoked}, liveZone, verify.Rejected, metadata.ReasonKeyRevoked},
		"K20 in the document, where DNS holds none": {[]string{"dns: secure"}, []string{"dns: secure"},
			map[string]string{"dns.zone": revoked}, map[string]string{vectortest.Acme.PublisherDocumentURL(): publisherDocument("", vectortest.Genuine)}, verify.Rejected, metadata.ReasonKeyRevoked},
		"K20 pinned": {[]string{"dns: secure"}, nil, map[string]string{"dns.zone": revoked},
			map[string]string{"roots.json": `{"publishers":{"` + vectortest.Acme.String() + `":{"keys":[` + string(vectortest.Genuine.Key.JWK()) + `]}}}`}, verify.Rejected, metadata.ReasonKeyRevoked},
		"K20 two operators agreed": {[]string{"dns: corroborated"}, []string{"dns: secure"},
			map[string]string{"dns.zone": revoked}, liveZone, verify.Rejected, metadata.ReasonKeyRevoked},
		"D36 nobody agreed": {[]string{"dns: insecure"}, []string{"dns: secure"},
			map[string]string{"dns.zone": revoked}, liveZone, verify.Verified, ""},
	} {
		t.Run(name, func(t *testing.T) {
			before := newPlace(t, tc.first, tc.seen, nil)
			remembered := func(cfg *verify.Config) { cfg.Memory = before.World }
			was, err := verify.New(verify.Config{Resolver: before, Fetcher: before, Memory: before.World, InsecureSpecialUse: true, Now: before.clock})
			if err != nil {
				t.Fatal(err)
			}
			if v, err := was.Verify(t.Context(), verify.Presentation{Statement: statement(t, nil)}); err != nil || v.Outcome == verify.Verified {
				t.Fatalf("%v, %v", v, err)
			}
			p := newPlace(t, tc.later, tc.served, remembered)
			p.after(48 * time.Hour)
			want(t, p.verify(t, verify.Presentation{Statement: statement(t, nil)}), tc.outcome, tc.reason)
		})
	}
	t.Run("K20 the same key by another name", func(t *testing.T) {
		first := newPlace(t, []string{"dns: secure"}, liveZone, nil)
		look := func(files map[string]string, signer jose.Signer) *verify.Verdict {
			p := newPlace(t, []string{"dns: secure"}, files, func(cfg *verify.Config) { cfg.Memory = first.World })
			now := vectortest.DrawnNow.Unix()
			s := metadata.Statement{Publisher: vectortest.Acme, ID: "1", IssuedAt: now - 60, ExpiresAt: now + 3600,
				Client: metadata.Client{SoftwareID: "acme-agent", ClientName: "Acme Agent", RedirectURIs: []string{"https://acme.example/callback"}}}
			text, err := vectortest.Sign(s, signer)
			if err != nil {
				t.Fatal(err)
			}
			return p.verify(t, verify.Presentation{Statement: text})
		}
		want(t, look(liveZone, vectortest.Genuine), verify.Verified, "")
		want(t, look(map[string]string{"dns.zone": revoked}, vectortest.Genuine), verify.Rejected, metadata.ReasonKeyRevoked)
		key, err := jose.FromPublic("2026z", vectortest.Genuine.Public())
		if err != nil {
			t.Fatal(err)
		}
		renamed := jose.Signer{Key: key, Signer: vectortest.Genuine.Signer}
		want(t, look(map[string]string{"dns.zone": zone(record(renamed))}, renamed), verify.Rejected, metadata.ReasonKeyRevoked)
		want(t, look(map[string]string{"dns.zone": zone(record(vectortest.Foreign))}, vectortest.Foreign), verify.Verified, "")
	})
}

// Missing is not revoked: that a key is gone counts only where somebody vouches
// for it, and until then the publisher's statement waits.
func TestAbsentIsNotRevoked(t *testing.T) {
	another, _ := vectortest.Foreign.Key.Record()
	another.KeyID = "another"
	other := map[string]string{"dns.zone": zone(another.String())}
	withDocument := map[string]string{vectortest.Acme.PublisherDocumentURL(): publisherDocument("")}
	for name, tc := range map[string]struct {
		strength string
		files    map[string]string
		known    bool
		outcome  verify.Outcome
		reason   metadata.Reason
	}{
		"D7 absent, nobody vouches":                   {"insecure", nil, true, verify.Inconclusive, metadata.ReasonDNSUnavailable},
		"D7 another key in its place, nobody vouches": {"insecure", other, true, verify.Inconclusive, metadata.ReasonDNSUnavailable},
		"absent, never seen":                          {"insecure", nil, false, verify.Rejected, metadata.ReasonPublisherUnknown},
		"another key in its place, never seen":        {"insecure", other, false, verify.Rejected, metadata.ReasonKeyUnknown},
		"absent, and the document agrees":             {"insecure", withDocument, true, verify.Rejected, metadata.ReasonKeyUnknown},
		"absent, secure":                              {"secure", nil, true, verify.Rejected, metadata.ReasonPublisherUnknown},
		"absent, corroborated":                        {"corroborated", nil, true, verify.Rejected, metadata.ReasonPublisherUnknown},
		"another key in its place, secure":            {"secure", other, true, verify.Rejected, metadata.ReasonKeyUnknown},
	} {
		t.Run(name, func(t *testing.T) {
			first := newPlace(t, []string{"dns: secure"}, liveZone, nil)
			if tc.known {
				_, err := first.See(t.Context(), vectortest.Acme, []verify.PublishedKey{{KeyID: vectortest.DrawnKeyID, Thumbprint: vectortest.Genuine.Key.Thumbprint()}}, vectortest.DrawnNow.Add(-100*time.Hour))
				if err != nil {
					t.Fatal(err)
				}
			}
			p := newPlace(t, []string{"dns: " + tc.strength}, tc.files, func(cfg *verify.Config) { cfg.Memory = first.World })
			want(t, p.verify(t, verify.Presentation{Statement: statement(t, nil)}), tc.outcome, tc.reason)
		})
	}
}

// A nearer name whose absence nobody vouches for may hold the records that decide.
func TestHiddenNearerName(t *testing.T) {
	record, _ := vectortest.Genuine.Key.Record()
	record.Subdomains = true
	host := metadata.MustPublisher("https://sub.acme.example")
	for name, tc := range map[string]struct {
		nearer verify.Answer
		want   verify.Status
	}{
		"D7 nobody vouches that the nearer name is empty": {verify.Answer{}, verify.Failed},
		"it is secure that the nearer name is empty":      {verify.Answer{Secure: true}, verify.Passed},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlace(t, nil, nil, func(cfg *verify.Config) {
				cfg.Resolver = names{
					host.KeyRecordName():            {tc.nearer, verify.ErrNoRecord},
					vectortest.Acme.KeyRecordName(): {verify.Answer{Texts: []string{record.String()}, Secure: true, TTL: time.Hour}, nil},
				}
			})
			v := p.verify(t, verify.Presentation{Statement: statement(t, func(s *metadata.Statement) {
				s.Publisher = host
				s.Client.RedirectURIs = []string{"https://sub.acme.example/callback"}
			})})
			reason := metadata.Reason("")
			if tc.want == verify.Failed {
				reason = metadata.ReasonDNSUncorroborated
			}
			wantFinding(t, v, verify.CheckDNSStrength, tc.want, reason)
		})
	}
}

// names are what a resolver says of each name.
type names map[string]struct {
	answer verify.Answer
	err    error
}

func (n names) LookupTXT(_ context.Context, name string) (verify.Answer, error) {
	return n[name].answer, n[name].err
}
