package verify_test

import (
	"fmt"
	"testing"

	"github.com/fc28f635/countersign/internal/vectortest"
	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/verify"
)

// A key that its publisher revokes is dead, also where the old record was left
// beside the new one.
func TestRevokedBesideItself(t *testing.T) {
	both := zone(record(vectortest.Genuine)) + zone(revokedRecord)
	roots := fmt.Sprintf(`{"publishers":{%q:{"keys":[%s],"and_lookup":true}}}`, vectortest.Acme, vectortest.Genuine.Key.JWK())
	for name, files := range map[string]map[string]string{
		"K20 in DNS alone":       {},
		"K20 with a document":    {vectortest.Acme.PublisherDocumentURL(): publisherDocument("", vectortest.Genuine)},
		"K20 pinned, and_lookup": {"roots.json": roots},
		"K20 with an empty list": {vectortest.Acme.PublisherDocumentURL(): publisherDocument("")},
		"K20 revoked twice":      {"dns.zone": both + zone(revokedRecord+" ; x=1893456000")},
	} {
		t.Run(name, func(t *testing.T) {
			if files["dns.zone"] == "" {
				files["dns.zone"] = both
			}
			p := newPlace(t, []string{"dns: secure"}, files, nil)
			want(t, p.verify(t, verify.Presentation{Statement: statement(t, nil)}), verify.Rejected, metadata.ReasonKeyRevoked)
		})
	}
}
