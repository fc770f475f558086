package jose

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/fc28f635/countersign/metadata"
)

const (
	unusableReason = metadata.ReasonKeyUnusable
	exposedReason  = metadata.ReasonKeyExposed
)

// smallOrderEncodings returns the fourteen encodings of points of small order:
// each y, also written with p added where that fits, with either sign.
func smallOrderEncodings(t testing.TB) [][]byte {
	t.Helper()
	var all [][]byte
	for _, y := range smallOrderY {
		for _, written := range []*big.Int{y, new(big.Int).Add(y, edwardsP)} {
			if written.BitLen() > 255 {
				continue
			}
			raw := written.FillBytes(make([]byte, 32))
			slices.Reverse(raw)
			negative := slices.Clone(raw)
			negative[31] |= 0x80
			all = append(all, raw, negative)
		}
	}
	slices.SortFunc(all, bytes.Compare)
	if all = slices.CompactFunc(all, bytes.Equal); len(all) != 14 {
		t.Fatalf("%d encodings", len(all))
	}
	return all
}

func okp(x []byte) json.RawMessage {
	return json.RawMessage(`{"kty":"OKP","crv":"Ed25519","kid":"2026a","x":"` + encode(x) + `"}`)
}

func TestSmallOrder(t *testing.T) {
	for i, raw := range smallOrderEncodings(t) {
		t.Run("F3 J69 encoding "+strconv.Itoa(i), func(t *testing.T) {
			_, err := ParseJWK(okp(raw))
			wantReason(t, err, unusableReason)
			_, err = FromPublic("2026a", ed25519.PublicKey(raw))
			wantReason(t, err, unusableReason)
			_, err = FromRecord(metadata.KeyRecord{KeyID: "2026a", Type: metadata.KeyEd25519, PublicKey: string(raw)})
			wantReason(t, err, unusableReason)
		})
	}
	t.Run("F3 each makes the standard library verify what nobody signed", func(t *testing.T) {
		nothing := append([]byte{1}, make([]byte, 63)...) // R is the identity, S is 0
		for i, raw := range smallOrderEncodings(t) {
			verified := 0
			for message := range byte(200) {
				if ed25519.Verify(raw, []byte{message}, nothing) {
					verified++
				}
			}
			if verified == 0 {
				t.Errorf("encoding %d is no point of small order", i)
			}
		}
	})
	t.Run("F3 J69 other coordinates not below p", func(t *testing.T) {
		for above := range int64(19) {
			raw := new(big.Int).Add(edwardsP, big.NewInt(above)).FillBytes(make([]byte, 32))
			slices.Reverse(raw)
			_, err := ParseJWK(okp(raw))
			wantReason(t, err, unusableReason)
		}
	})
	t.Run("K14 Ed25519 coordinates that no point has", func(t *testing.T) {
		raw := make([]byte, 32)
		raw[0] = 2 // y = 2 is not on the curve
		_, err := ParseJWK(okp(raw))
		wantReason(t, err, unusableReason)
	})
}

func TestGeneratedKeysAreUsable(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		seed := rapid.SliceOfN(rapid.Byte(), ed25519.SeedSize, ed25519.SeedSize).Draw(rt, "seed")
		k, err := FromPublic("2026a", ed25519.NewKeyFromSeed(seed).Public())
		if err != nil {
			rt.Fatal(err)
		}
		again, err := ParseJWK(k.JWK())
		if err != nil {
			rt.Fatal(err)
		}
		r, ok := k.Record()
		fromRecord, err := FromRecord(r)
		if !ok || err != nil {
			rt.Fatalf("no record: %v", err)
		}
		for _, other := range []Key{again, fromRecord} {
			if diff := cmp.Diff(k, other, cmp.AllowUnexported(Key{})); diff != "" {
				rt.Fatal(diff)
			}
		}
	})
}

func TestKeyRoundTrips(t *testing.T) {
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name     string
		private  crypto.Signer
		alg      string
		inRecord bool
	}{
		{"Ed25519", edSigner(t, 'a').Signer, EdDSA, true},
		{"P-256", p256Signer(t).Signer, ES256, true},
		{"P-384", p384, ES384, false},
		{"RSA", rsaPrivate(t), "", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			k := signerOf(t, "2026a", tt.private).Key
			if k.Algorithm() != tt.alg || k.ID() != "2026a" || k.NotAfter() != 0 {
				t.Errorf("key %q with algorithm %q until %d", k.ID(), k.Algorithm(), k.NotAfter())
			}
			again, err := ParseJWK(k.JWK())
			if err != nil {
				t.Fatal(err)
			}
			if string(again.JWK()) != string(k.JWK()) || again.Thumbprint() != k.Thumbprint() || again.Algorithm() != k.Algorithm() {
				t.Errorf("JWK %s is read as %s", k.JWK(), again.JWK())
			}
			r, ok := k.Record()
			if ok != tt.inRecord {
				t.Fatalf("has a record: %v", ok)
			}
			if !ok {
				return
			}
			parsed, err := metadata.ParseKeyRecord(r.String())
			if err != nil {
				t.Fatal(err)
			}
			back, err := FromRecord(parsed)
			if err != nil {
				t.Fatal(err)
			}
			if string(back.JWK()) != string(k.JWK()) {
				t.Errorf("record %s is read as %s", r, back.JWK())
			}
		})
	}
	t.Run("P-256, whatever the sign of y", func(t *testing.T) {
		for range 20 {
			private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
			if err != nil {
				t.Fatal(err)
			}
			k := signerOf(t, "2026a", private).Key
			r, _ := k.Record()
			if back, err := FromRecord(r); err != nil || string(back.JWK()) != string(k.JWK()) {
				t.Fatalf("record %s is read as %s, error %v", r, back.JWK(), err)
			}
		}
	})
	t.Run("canonical JWK", func(t *testing.T) {
		for _, jwk := range []string{
			`{"crv":"Ed25519","kid":"a","kty":"OKP","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}`,
			`{"crv":"Ed25519","exp":1774915200,"kid":"a","kty":"OKP","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}`,
			`{"e":"AQAB","kid":"a","kty":"RSA","n":"` + encode(rsaPrivate(t).N.Bytes()) + `"}`,
			`{"alg":"PS256","e":"AQAB","kid":"a","kty":"RSA","n":"` + encode(rsaPrivate(t).N.Bytes()) + `"}`,
		} {
			k, err := ParseJWK(json.RawMessage(jwk))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(jwk, string(k.JWK())); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		}
	})
	t.Run("zero key", func(t *testing.T) {
		if _, ok := (Key{}).Record(); ok || (Key{}).JWK() != nil || (Key{}).Thumbprint() != "" {
			t.Error("the zero key is something")
		}
	})
	t.Run("a kid that DNS cannot hold", func(t *testing.T) {
		if _, ok := signerOf(t, "2026_A", edSigner(t, 'a').Signer).Key.Record(); ok {
			t.Error("it has a record")
		}
	})
}

func TestFromRecord(t *testing.T) {
	ed, _ := edSigner(t, 'a').Key.Record()
	ec, _ := p256Signer(t).Key.Record()
	with := func(r metadata.KeyRecord, change func(*metadata.KeyRecord)) metadata.KeyRecord {
		change(&r)
		return r
	}
	tests := []struct {
		name   string
		record metadata.KeyRecord
		want   metadata.Reason
	}{
		{"sound", ed, ""},
		{"revoked", with(ed, func(r *metadata.KeyRecord) { r.PublicKey = "" }), metadata.ReasonKeyRevoked},
		{"unknown type", with(ed, func(r *metadata.KeyRecord) { r.Type = "rsa" }), unusableReason},
		{"J70 31 bytes", with(ed, func(r *metadata.KeyRecord) { r.PublicKey = r.PublicKey[1:] }), unusableReason},
		{"K14 off the curve", with(ec, func(r *metadata.KeyRecord) { r.PublicKey = "\x02" + strings.Repeat("\xff", 32) }), unusableReason},
		{"K14 another form", with(ec, func(r *metadata.KeyRecord) { r.PublicKey = "\x04" + r.PublicKey[1:] }), unusableReason},
		{"no kid", with(ed, func(r *metadata.KeyRecord) { r.KeyID = "" }), unusableReason},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := FromRecord(tt.record)
			wantReason(t, err, tt.want)
		})
	}
	t.Run("end of life", func(t *testing.T) {
		k, err := FromRecord(with(ed, func(r *metadata.KeyRecord) { r.NotAfter = 1774915200 }))
		if err != nil || k.NotAfter() != 1774915200 {
			t.Errorf("until %d, error %v", k.NotAfter(), err)
		}
	})
}

func TestFromPublic(t *testing.T) {
	p224, err := ecdsa.GenerateKey(elliptic.P224(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	onP384 := *p256Signer(t).Key.Public().(*ecdsa.PublicKey)
	onP384.Curve = elliptic.P384()
	tests := []struct {
		name   string
		kid    string
		public crypto.PublicKey
	}{
		{"nothing", "a", nil},
		{"a private key", "a", edSigner(t, 'a').Signer},
		{"P-224", "a", p224.Public()},
		{"small RSA", "a", &rsa.PublicKey{N: big.NewInt(15), E: 65537}},
		{"RSA with a negative modulus", "a", &rsa.PublicKey{N: new(big.Int).Neg(rsaPrivate(t).N), E: 65537}},
		{"K14 a point of another curve", "a", &onP384},
		{"RSA with exponent 3", "a", &rsa.PublicKey{N: rsaPrivate(t).N, E: 3}},
		{"J70 31 bytes", "a", ed25519.PublicKey(make([]byte, 31))},
		{"no kid", "", edSigner(t, 'a').Public()},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := FromPublic(tt.kid, tt.public)
			wantReason(t, err, unusableReason)
		})
	}
}
