package main

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"math/big"
	"testing"
)

func TestDataIsWhatTheGeneratorMakes(t *testing.T) {
	if err := run(true); err != nil {
		t.Errorf("run \"go run ./testvectors/internal/gen\":\n%v", err)
	}
}

func TestCompareNamesEachFile(t *testing.T) {
	want := map[string][]byte{"a/same": []byte("1"), "a/other": []byte("1"), "a/absent": nil}
	have := map[string][]byte{"a/same": []byte("1"), "a/other": []byte("2"), "b/more": nil}
	const told = "a/absent is missing\na/other differs\nb/more is surplus"
	if err := compare(want, have); err == nil || err.Error() != told {
		t.Errorf("compare says %v, want %s", err, told)
	}
}

// TestKeysSign holds the generator's own signatures against the standard
// library, so that a vector expected to verify can.
func TestKeysSign(t *testing.T) {
	input := []byte("input")
	d := digest(crypto.SHA256, input)
	if !ed25519.Verify(acmeKey.p, input, acmeKey.sign(input)) {
		t.Error("Ed25519")
	}
	point := append(append([]byte{4}, mustDecode(acmeP256.public[2].value.(string))...), mustDecode(acmeP256.public[3].value.(string))...)
	p256, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), point)
	if err != nil {
		t.Fatal(err)
	}
	sig := acmeP256.sign(input)
	r, s := new(big.Int).SetBytes(sig[:32]), new(big.Int).SetBytes(sig[32:])
	if !ecdsa.Verify(p256, d, r, s) {
		t.Error("ES256")
	}
	n := new(big.Int).SetBytes(mustDecode(acmeRSA().public[1].value.(string)))
	public := &rsa.PublicKey{N: n, E: 65537}
	if err := rsa.VerifyPKCS1v15(public, crypto.SHA256, d, acmeRSA().sign(input)); err != nil {
		t.Errorf("RS256: %v", err)
	}
	for _, salt := range []int{0, 20, 32} {
		sig := rsaKey("2026r", "acme rsa", 2048, "PS256", salt).sign(input)
		if err := rsa.VerifyPSS(public, crypto.SHA256, d, sig, &rsa.PSSOptions{SaltLength: salt}); salt > 0 && err != nil {
			t.Errorf("PS256 with a salt of %d bytes: %v", salt, err)
		}
		if err := rsa.VerifyPSS(public, crypto.SHA256, d, sig, &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthAuto}); err != nil {
			t.Errorf("PS256 with a salt of %d bytes, any length allowed: %v", salt, err)
		}
	}
}

// TestWrongStatementsHaveTeeth shows that the forgery of a low-order key is one
// that a bare signature check takes.
func TestWrongStatementsHaveTeeth(t *testing.T) {
	k := weakKey(ed25519Weak[0].x)
	if !ed25519.Verify(k.p, []byte("any message"), k.sign(nil)) {
		t.Error("the identity's signature does not verify: the vector shows nothing")
	}
	if part := b64url([]byte("x")); trailingBits(part) == part {
		t.Error("trailing bits unchanged")
	}
}
