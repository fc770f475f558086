package verify_test

import (
	"testing"

	"github.com/fc28f635/countersign/internal/vectortest"
	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/verify"
)

// A document has no word for what a key is not for: where DNS says it, the document
// does not make a key of releases of one that signs instances.
func TestInstanceKeyInDocument(t *testing.T) {
	for name, tc := range map[string]struct {
		strength string
		outcome  verify.Outcome
		reason   metadata.Reason
	}{
		"secure":                        {"secure", verify.Rejected, metadata.ReasonKeyUnusable},
		"corroborated":                  {"corroborated", verify.Rejected, metadata.ReasonKeyUnusable},
		"insecure, which may be forged": {"insecure", verify.Verified, ""},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlace(t, []string{"dns: " + tc.strength}, map[string]string{"dns.zone": zone(record(vectortest.Genuine) + "; u=i"),
				vectortest.Acme.PublisherDocumentURL(): publisherDocument("", vectortest.Genuine)}, nil)
			v := p.verify(t, verify.Presentation{Statement: statement(t, nil)})
			want(t, v, tc.outcome, tc.reason)
			wantFinding(t, v, verify.CheckDNSKey, verify.Failed, metadata.ReasonKeyUnusable)
			if v.Passed(verify.CheckWellknownKey) {
				t.Error("the document counts beside DNS")
			}
		})
	}
}
