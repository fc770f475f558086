package jose

import "testing"

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
	if _, err := Sign(make([]byte, 1<<15), TypeStatement, proven); err == nil {
		t.Error("a proven signer signed what nobody would read")
	}
}
