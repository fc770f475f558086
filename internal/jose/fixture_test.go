package jose

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"maps"
	"strings"
	"sync"
	"testing"

	"github.com/fc28f635/countersign/metadata"
)

const goodPayload = `{"iss":"https://acme.example","software_id":"acme-agent"}`

// edSigner is the same key in every test; seed tells keys apart.
func edSigner(t testing.TB, seed byte) Signer {
	t.Helper()
	private := ed25519.NewKeyFromSeed([]byte(strings.Repeat(string(rune(seed)), 32)))
	return signerOf(t, "2026a", private)
}

var p256Key = sync.OnceValues(func() (*ecdsa.PrivateKey, error) {
	return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
})

func p256Signer(t testing.TB) Signer {
	t.Helper()
	private, err := p256Key()
	if err != nil {
		t.Fatal(err)
	}
	return signerOf(t, "2026a", private)
}

var rsaKey = sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) })

func rsaPrivate(t testing.TB) *rsa.PrivateKey {
	t.Helper()
	private, err := rsaKey()
	if err != nil {
		t.Fatal(err)
	}
	return private
}

func signerOf(t testing.TB, kid string, private crypto.Signer) Signer {
	t.Helper()
	k, err := FromPublic(kid, private.Public())
	if err != nil {
		t.Fatal(err)
	}
	return Signer{Key: k, Signer: private}
}

// forge makes a compact serialization of any header and payload, signed with
// Ed25519.
func forge(t testing.TB, header, payload string) string {
	t.Helper()
	input := encode([]byte(header)) + "." + encode([]byte(payload))
	signature, err := edSigner(t, 'a').Sign(rand.Reader, []byte(input), crypto.Hash(0))
	if err != nil {
		t.Fatal(err)
	}
	return input + "." + encode(signature)
}

// forgeRSA makes a statement with an RSA signature of the given options, of
// which the header knows nothing.
func forgeRSA(t testing.TB, alg string, options crypto.SignerOpts) string {
	t.Helper()
	input := encode([]byte(`{"alg":"`+alg+`","kid":"2026a"}`)) + "." + encode([]byte(goodPayload))
	digest := sha256.Sum256([]byte(input))
	signature, err := rsaPrivate(t).Sign(rand.Reader, digest[:], options)
	if err != nil {
		t.Fatal(err)
	}
	return input + "." + encode(signature)
}

func sign(t testing.TB, s Signer) string {
	t.Helper()
	raw, err := Sign([]byte(goodPayload), TypeStatement, s)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func mustParse(t testing.TB, raw string) Compact {
	t.Helper()
	c, err := Parse(raw)
	if err != nil {
		t.Fatalf("Parse: %v", err)
	}
	return c
}

// wantReason fails unless the first defect of err has the reason; the empty
// reason stands for no error.
func wantReason(t testing.TB, err error, want metadata.Reason) {
	t.Helper()
	var got metadata.Reason
	var e *metadata.ReasonError
	if errors.As(err, &e) {
		got = e.Reason
	} else if err != nil {
		t.Fatalf("error %v has no reason", err)
	}
	if got != want {
		t.Fatalf("reason %q (%v), want %q", got, err, want)
	}
}

// edit returns the JWK with members set; a nil value removes one.
func edit(t testing.TB, raw json.RawMessage, changes map[string]any) json.RawMessage {
	t.Helper()
	members := map[string]any{}
	if err := json.Unmarshal(raw, &members); err != nil {
		t.Fatal(err)
	}
	maps.Copy(members, changes)
	maps.DeleteFunc(members, func(_ string, v any) bool { return v == nil })
	edited, err := json.Marshal(members)
	if err != nil {
		t.Fatal(err)
	}
	return edited
}
