package verify_test

import (
	"fmt"
	"testing"

	"github.com/fc28f635/countersign/internal/vectortest"
	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/verify"
)

// What DNS and document publish is evidence for the key that signed, and not for
// another of that name.
func TestPinContradicted(t *testing.T) {
	roots := fmt.Sprintf(`{"publishers":{%q:{"keys":[%s],"and_lookup":true}}}`, vectortest.Acme, vectortest.Genuine.Key.JWK())
	other, ok := vectortest.Foreign.Key.Record()
	if !ok {
		t.Fatal("no record of the key")
	}
	other.KeyID = vectortest.DrawnKeyID
	another := fmt.Sprintf(`{"publisher":%q,"keys":[{"kty":"OKP","crv":"Ed25519","kid":%q,"x":"q_qB03ryfc8Ww3D41RITRk_W_sCeeXMIm6x_Qg6w9q4"}]}`, vectortest.Acme, vectortest.DrawnKeyID)
	for name, tc := range map[string]struct {
		file, content string
		check         verify.Check
		reason        metadata.Reason
	}{
		"D41 in DNS":          {"dns.zone", zone(other.String()), verify.CheckDNSKey, metadata.ReasonKeysDisagree},
		"D41 in the document": {vectortest.Acme.PublisherDocumentURL(), another, verify.CheckWellknownKey, metadata.ReasonWellknownMismatch},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlace(t, []string{"dns: secure"}, map[string]string{"roots.json": roots, tc.file: tc.content}, nil)
			v := p.verify(t, verify.Presentation{Statement: statement(t, nil)})
			want(t, v, verify.Verified, "")
			wantFinding(t, v, tc.check, verify.Failed, tc.reason)
			if v.Passed(verify.CheckDNSStrength) {
				t.Error("the strength of an answer with another key counts")
			}
		})
	}
}
