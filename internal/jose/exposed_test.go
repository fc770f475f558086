package jose

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"testing"

	"github.com/fc28f635/countersign/internal/limits"
)

// A document names the keys whose private parts it holds, and no others: the
// private part itself says which they are.
func TestExposed(t *testing.T) {
	ed, victim := edSigner(t, 'a'), edSigner(t, 'b').Key
	seed := ed.Signer.(ed25519.PrivateKey).Seed()
	p256, _ := p256Key()
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	scalar := func(k *ecdsa.PrivateKey) string {
		d, err := k.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		return encode(d)
	}
	small, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), append(make([]byte, 31), 5))
	if err != nil {
		t.Fatal(err)
	}
	rsaSecret := rsaPrivate(t)
	rsaJWK := signerOf(t, "2026a", rsaSecret).Key.JWK()
	number := func(n *big.Int) string { return encode(n.Bytes()) }
	otherRSA, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	of := func(k Signer) []string { return []string{k.Key.Thumbprint()} }
	for name, tc := range map[string]struct {
		jwk    json.RawMessage
		secret map[string]any
		want   []string
	}{
		"Ed25519":                             {ed.Key.JWK(), map[string]any{"d": encode(seed)}, of(ed)},
		"beside another's public part":        {victim.JWK(), map[string]any{"d": encode(seed)}, of(ed)},
		"no seed":                             {victim.JWK(), map[string]any{"d": encode(seed[:31])}, nil},
		"not decoded":                         {victim.JWK(), map[string]any{"d": encode(seed) + "="}, nil},
		"public":                              {ed.Key.JWK(), nil, nil},
		"P-256":                               {p256Signer(t).Key.JWK(), map[string]any{"d": scalar(p256)}, of(p256Signer(t))},
		"P-384":                               {signerOf(t, "2026a", p384).Key.JWK(), map[string]any{"d": scalar(p384)}, of(signerOf(t, "2026a", p384))},
		"P-256 without leading zeros":         {signerOf(t, "2026a", small).Key.JWK(), map[string]any{"d": encode([]byte{5})}, of(signerOf(t, "2026a", small))},
		"P-256 zero":                          {p256Signer(t).Key.JWK(), map[string]any{"d": encode(make([]byte, 32))}, nil},
		"P-256 too long":                      {p256Signer(t).Key.JWK(), map[string]any{"d": encode(append([]byte{0}, make([]byte, 32)...))}, nil},
		"RSA by its primes":                   {rsaJWK, map[string]any{"p": number(rsaSecret.Primes[0]), "q": number(rsaSecret.Primes[1])}, of(signerOf(t, "2026a", rsaSecret))},
		"RSA by its exponent":                 {rsaJWK, map[string]any{"d": number(rsaSecret.D)}, of(signerOf(t, "2026a", rsaSecret))},
		"RSA with one and the modulus":        {rsaJWK, map[string]any{"p": encode([]byte{1}), "q": number(rsaSecret.N)}, nil},
		"RSA with the modulus and one":        {rsaJWK, map[string]any{"p": number(rsaSecret.N), "q": encode([]byte{1})}, nil},
		"RSA with another's primes":           {rsaJWK, map[string]any{"p": number(otherRSA.Primes[0]), "q": number(otherRSA.Primes[1])}, nil},
		"RSA with another's exponent":         {rsaJWK, map[string]any{"d": number(otherRSA.D)}, nil},
		"RSA with an exponent of no size":     {rsaJWK, map[string]any{"d": number(new(big.Int).Lsh(rsaSecret.D, 2048))}, nil},
		"RSA with the exponent zero":          {rsaJWK, map[string]any{"d": encode([]byte{0})}, nil},
		"RSA with a modulus that is too long": {rsaJWK, map[string]any{"n": number(new(big.Int).Lsh(big.NewInt(1), 65536)), "d": number(rsaSecret.D)}, nil},
		"symmetric":                           {json.RawMessage(`{"kty":"oct","k":"AAAA"}`), nil, nil},
		"OKP on a curve that does not sign":   {json.RawMessage(`{"kty":"OKP","crv":"X25519","d":"` + encode(seed) + `"}`), nil, nil},
		"OKP with the curve P-256":            {json.RawMessage(`{"kty":"OKP","crv":"P-256","d":"` + scalar(p256) + `"}`), nil, nil},
		"OKP with the curve P-384":            {json.RawMessage(`{"kty":"OKP","crv":"P-384","d":"` + scalar(p384) + `"}`), nil, nil},
		"EC with the curve Ed25519":           {json.RawMessage(`{"kty":"EC","crv":"Ed25519","d":"` + encode(seed) + `"}`), nil, nil},
		"of an unknown curve":                 {json.RawMessage(`{"kty":"EC","crv":"secp256k1","d":"` + scalar(p256) + `"}`), nil, nil},
	} {
		t.Run("K5 "+name, func(t *testing.T) {
			jwk := string(edit(t, tc.jwk, tc.secret))
			for _, document := range []string{
				`{"keys":[` + jwk + `]}`,
				`{"publisher":"https://acme.example","keys":[{"kty":"OKP"},7,` + jwk + `]}`,
				`{"client_id":"https://acme.example/c","jwks":{"keys":[` + jwk + `]}}`,
			} {
				if got := Exposed([]byte(document)); !slices.Equal(got, tc.want) {
					t.Errorf("%s: got %v, want %v", document, got, tc.want)
				}
			}
		})
	}
	secret := string(edit(t, ed.Key.JWK(), map[string]any{"d": encode(seed)}))
	for name, document := range map[string]string{
		"no JSON":           `<!doctype html>`,
		"no strict JSON":    `{"keys":[` + secret + `],"keys":[]}`,
		"a key in no set":   secret,
		"an array of sets":  `[{"keys":[` + secret + `]}]`,
		"keys is no array":  `{"keys":` + secret + `}`,
		"jwks is no object": `{"jwks":[` + secret + `]}`,
	} {
		if got := Exposed([]byte(document)); len(got) > 0 {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// What a document costs is bounded, however many private keys are in it.
func TestExposedIsBounded(t *testing.T) {
	t.Run("K1 more keys than a set may have", func(t *testing.T) {
		var keys []string
		for i := range limits.Keys + 10 {
			seed := strings.Repeat(string(rune('0'+i)), ed25519.SeedSize)
			keys = append(keys, fmt.Sprintf(`{"kty":"OKP","crv":"Ed25519","d":%q}`, encode([]byte(seed)[:ed25519.SeedSize])))
		}
		if got := Exposed([]byte(`{"keys":[` + strings.Join(keys, ",") + `]}`)); len(got) != limits.Keys {
			t.Errorf("%d keys, want %d", len(got), limits.Keys)
		}
	})
	t.Run("F12 RSA keys by their exponents alone", func(t *testing.T) {
		secret := rsaPrivate(t)
		jwk := string(edit(t, signerOf(t, "2026a", secret).Key.JWK(), map[string]any{"d": encode(secret.D.Bytes())}))
		if got := Exposed([]byte(`{"keys":[` + jwk + `,` + jwk + `,` + jwk + `]}`)); len(got) != mostExponents {
			t.Errorf("%d private operations, want %d", len(got), mostExponents)
		}
		public := string(signerOf(t, "2026a", secret).Key.JWK())
		unfit := ""
		for _, d := range [][]byte{append([]byte{1}, secret.N.Bytes()...), secret.N.Bytes(), {0}} {
			unfit += string(edit(t, json.RawMessage(public), map[string]any{"d": encode(d)})) + ","
		}
		if got := Exposed([]byte(`{"keys":[` + strings.Repeat(public+","+unfit, 3) + jwk + `]}`)); len(got) != 1 {
			t.Errorf("behind keys that take no operation: %d, want 1", len(got))
		}
	})
}
