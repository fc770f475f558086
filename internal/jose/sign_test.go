package jose

import (
	"testing"

	"github.com/fc28f635/countersign/metadata"
)

func TestProve(t *testing.T) {
	ours, other := edSigner(t, 'a'), edSigner(t, 'b')
	if _, err := (Signer{Key: ours.Key, Signer: other.Signer}).Prove(); err == nil {
		t.Error("a signer of another key was proven")
	}
	if _, err := (Signer{Key: ours.Key}).Prove(); err == nil {
		t.Error("a key without a signer was proven")
	}
	proven, err := ours.Prove()
	if err != nil {
		t.Fatal(err)
	}
	signed, err := Sign([]byte(goodPayload), TypeStatement, proven)
	if err != nil || !verifies(signed, ours.Key) {
		t.Errorf("what a proven signer signs does not verify: %v", err)
	}
	_, err = Sign(make([]byte, 1<<15), TypeStatement, proven)
	wantReason(t, err, metadata.ReasonStatementTooLarge)
	proven, err = p256Signer(t).Prove()
	if err != nil {
		t.Fatal(err)
	}
	proven.Signer = brokenSigner{proven.Signer, []byte("no ASN.1")}
	if signed, err := Sign([]byte(goodPayload), TypeStatement, proven); err == nil {
		t.Errorf("no signature at all is one of a proven signer: %q", signed)
	}
}
