package jose

import (
	"testing"

	"github.com/fc28f635/countersign/metadata"
)

// RFC 7517, Section 4.3: an operation stands once.
func TestKeyOperationsStandOnce(t *testing.T) {
	for ops, want := range map[string]metadata.Reason{
		`["verify"]`:                   "",
		`["sign","verify"]`:            "",
		`["verify","verify"]`:          metadata.ReasonKeyUnusable,
		`["sign","verify","sign"]`:     metadata.ReasonKeyUnusable,
		`["verify","sign","verify",1]`: metadata.ReasonKeyUnusable,
	} {
		jwk := edSigner(t, 'a').Key.JWK()
		jwk = append(jwk[:len(jwk)-1:len(jwk)-1], `,"key_ops":`+ops+`}`...)
		_, err := ParseJWK(jwk)
		if want == "" && err != nil {
			t.Errorf("%s: %v", ops, err)
		} else if want != "" {
			wantReason(t, err, want)
		}
	}
}
