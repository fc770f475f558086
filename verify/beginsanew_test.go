package verify_test

import (
	"testing"
	"time"

	"github.com/fc28f635/countersign/internal/vectortest"
	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/verify"
)

// Who has a domain for a moment twice, three days apart, has not had a key there
// for three days: a key waits only while it is seen.
func TestHoldIsOfOnePiece(t *testing.T) {
	const before = 1000 * time.Hour
	genuine, ok := vectortest.Genuine.Key.Record()
	foreign, also := vectortest.Foreign.Key.Record()
	if !ok || !also {
		t.Fatal("no records of the keys")
	}
	genuine.KeyID, foreign.KeyID = "genuine", vectortest.Foreign.Key.ID()
	old, both := zone(genuine.String()), zone(genuine.String())+zone(foreign.String())
	now := vectortest.DrawnNow.Unix()
	signed, err := vectortest.Sign(metadata.Statement{Publisher: vectortest.Acme, ID: "1", IssuedAt: now - 60, ExpiresAt: now + 1000*3600,
		Client: metadata.Client{SoftwareID: "acme-agent", ClientName: "Acme Agent", RedirectURIs: []string{"https://acme.example/callback"}}}, vectortest.Foreign)
	if err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		between string // what is published while the attacker is away
		status  verify.Status
		reason  metadata.Reason
	}{
		"K22 it was away":        {old, verify.Failed, metadata.ReasonKeyLineNew},
		"K22 it was there since": {both, verify.Passed, ""},
	} {
		t.Run(name, func(t *testing.T) {
			first := newPlace(t, nil, nil, nil)
			if _, err := first.See(t.Context(), vectortest.Acme, []verify.PublishedKey{{KeyID: "genuine", Thumbprint: vectortest.Genuine.Key.Thumbprint()}},
				vectortest.DrawnNow.Add(-before)); err != nil {
				t.Fatal(err)
			}
			at := time.Duration(0)
			see := func(after time.Duration, zone string) *verify.Verdict {
				t.Helper()
				at += after
				p := newPlace(t, []string{"dns: secure"}, map[string]string{"dns.zone": zone}, func(cfg *verify.Config) { cfg.Memory = first.World })
				p.after(at)
				return p.verify(t, verify.Presentation{Statement: signed})
			}
			v := see(0, both)
			wantFinding(t, v, verify.CheckKeyLine, verify.Failed, metadata.ReasonKeyLineNew)
			if _, err := first.See(t.Context(), vectortest.Acme, published(tc.between == both), vectortest.DrawnNow.Add(36*time.Hour)); err != nil {
				t.Fatal(err)
			}
			wantFinding(t, see(73*time.Hour, both), verify.CheckKeyLine, tc.status, tc.reason)
		})
	}
}

// published are the keys of a domain, perhaps with the attacker's among them.
func published(both bool) []verify.PublishedKey {
	keys := []verify.PublishedKey{{KeyID: "genuine", Thumbprint: vectortest.Genuine.Key.Thumbprint()}}
	if both {
		keys = append(keys, verify.PublishedKey{KeyID: vectortest.Foreign.Key.ID(), Thumbprint: vectortest.Foreign.Key.Thumbprint()})
	}
	return keys
}
