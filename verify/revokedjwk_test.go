package verify_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/fc28f635/countersign/internal/vectortest"
	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/verify"
)

// A publisher that says in its document that a key is revoked is heard, whatever
// DNS still has, for as long as it says so.
func TestRevokedInDocument(t *testing.T) {
	document := func(more string) string {
		jwk := strings.TrimSuffix(string(vectortest.Genuine.Key.JWK()), "}") + more + "}"
		return fmt.Sprintf(`{"publisher":%q,"keys":[%s]}`, vectortest.Acme, jwk)
	}
	revoked := document(`,"revoked":{"revoked_at":1767225600}`)
	pinned := fmt.Sprintf(`{"publishers":{%q:{"keys":[%s],"and_lookup":true}}}`, vectortest.Acme, vectortest.Genuine.Key.JWK())
	url := vectortest.Acme.PublisherDocumentURL()
	stated := verify.Presentation{Statement: statement(t, nil)}
	for name, files := range map[string]map[string]string{
		"K19 live in DNS":        {"dns.zone": liveZone["dns.zone"], url: revoked},
		"K19 pinned, and_lookup": {"roots.json": pinned, url: revoked},
		"K19 nowhere else":       {url: revoked},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlace(t, []string{"dns: secure"}, files, nil).remembering(t)
			v := p.verify(t, stated)
			want(t, v, verify.Rejected, metadata.ReasonKeyRevoked)
			wantFinding(t, v, verify.CheckWellknownKey, verify.Failed, metadata.ReasonKeyRevoked)
			wantOnce(t, v, verify.CheckWellknownKey)
			if files["dns.zone"] == "" {
				return
			}
			p.Serve(url, []byte(document("")))
			p.after(time.Hour)
			want(t, p.verify(t, stated), verify.Verified, "")
		})
	}
}
