package verify_test

import (
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
