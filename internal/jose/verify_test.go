package jose

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"errors"
	"io"
	"math/big"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/fc28f635/countersign/internal/limits"
	"github.com/fc28f635/countersign/metadata"
)

const signatureReason = metadata.ReasonSignatureInvalid

func TestVerify(t *testing.T) {
	ed, ec := edSigner(t, 'a'), p256Signer(t)
	rsaSigner := signerOf(t, "2026a", rsaPrivate(t))
	bound := func(alg string) Key {
		k, err := ParseJWK(edit(t, rsaSigner.Key.JWK(), map[string]any{"alg": alg}))
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	other := signerOf(t, "2026b", ed.Signer)
	pss := &rsa.PSSOptions{Hash: crypto.SHA256, SaltLength: rsa.PSSSaltLengthEqualsHash}
	salt := func(n int) *rsa.PSSOptions { return &rsa.PSSOptions{Hash: crypto.SHA256, SaltLength: n} }
	tests := []struct {
		name, raw string
		key       Key
		want      metadata.Reason
	}{
		{"EdDSA", sign(t, ed), ed.Key, ""},
		{"Ed25519 is EdDSA", forge(t, `{"alg":"Ed25519","kid":"2026a"}`, goodPayload), ed.Key, ""},
		{"ES256", sign(t, ec), ec.Key, ""},
		{"RS256", forgeRSA(t, RS256, crypto.SHA256), rsaSigner.Key, ""},
		{"RS256, bound key", forgeRSA(t, RS256, crypto.SHA256), bound(RS256), ""},
		{"PS256", forgeRSA(t, PS256, pss), rsaSigner.Key, ""},
		{"another key", sign(t, edSigner(t, 'b')), ed.Key, signatureReason},
		{"the same key under another kid", sign(t, ed), other.Key, signatureReason},
		{"zero key", sign(t, ed), Key{}, signatureReason},
		{"J4 EdDSA header, P-256 key", sign(t, ed), ec.Key, signatureReason},
		{"J4 ES256 header, Ed25519 key", sign(t, ec), ed.Key, signatureReason},
		{"J4 ES256 header, RSA key", sign(t, ec), rsaSigner.Key, signatureReason},
		{"J4 ES256 header, P-384 key", sign(t, ec), signerOf(t, "2026a", p384).Key, signatureReason},
		{"J4 RS256 signature, key bound to PS256", forgeRSA(t, RS256, crypto.SHA256), bound(PS256), signatureReason},
		{"J4 PS256 header, RS256 signature", forgeRSA(t, PS256, crypto.SHA256), rsaSigner.Key, signatureReason},
		{"F4 J5 salt of 0 bytes", forgeRSA(t, PS256, pss), rsaSigner.Key, signatureReason},
		{"F4 J5 salt of 20 bytes", forgeRSA(t, PS256, salt(20)), rsaSigner.Key, signatureReason},
		{"F4 J5 salt of 222 bytes", forgeRSA(t, PS256, salt(222)), rsaSigner.Key, signatureReason},
		{"J65 zero key and zero statement", "", Key{}, signatureReason},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var c Compact
			if tt.raw != "" {
				c = mustParse(t, tt.raw)
			}
			if tt.name == "F4 J5 salt of 0 bytes" {
				c.signature = zeroSalt(t, c.input)
			}
			wantReason(t, c.Verify(tt.key), tt.want)
		})
	}
	t.Run("J65 nothing is told from a signature that is wrong", func(t *testing.T) {
		unsigned := Compact{Header: Header{Algorithm: EdDSA, KeyID: ed.Key.ID()}}
		signed := mustParse(t, sign(t, ed))
		signed.Header.KeyID = ""
		for _, err := range []error{unsigned.Verify(ed.Key), signed.Verify(Key{})} {
			if err == nil || !strings.Contains(err.Error(), "nothing to verify") {
				t.Errorf("error %v", err)
			}
		}
	})
}

// zeroSalt signs by PSS without salt, which crypto/rsa takes 0 not to mean.
func zeroSalt(t *testing.T, input []byte) []byte {
	t.Helper()
	digest := sha256.Sum256(input)
	private := rsaPrivate(t)
	// EMSA-PSS (RFC 8017, Section 9.1.1) with an empty salt.
	size := private.Size()
	hash := sha256.Sum256(slices.Concat(make([]byte, 8), digest[:]))
	db := make([]byte, size-33)
	db[len(db)-1] = 1
	for i, counter := 0, byte(0); i < len(db); counter++ {
		block := sha256.Sum256(slices.Concat(hash[:], []byte{0, 0, 0, counter}))
		for j := 0; j < len(block) && i < len(db); i, j = i+1, j+1 {
			db[i] ^= block[j]
		}
	}
	db[0] &= 0x7f
	em := new(big.Int).SetBytes(slices.Concat(db, hash[:], []byte{0xbc}))
	signature := em.Exp(em, private.D, private.N).FillBytes(make([]byte, size))
	if err := rsa.VerifyPSS(&private.PublicKey, crypto.SHA256, digest[:], signature, &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthAuto}); err != nil {
		t.Fatalf("the signature is not one without salt: %v", err)
	}
	return signature
}

func TestVerifyRSAForgeries(t *testing.T) {
	private := rsaPrivate(t)
	key := signerOf(t, "2026a", private).Key
	c := mustParse(t, forgeRSA(t, RS256, crypto.SHA256))
	digest := sha256.Sum256(c.input)
	info := append([]byte{0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20}, digest[:]...)
	noNull := append([]byte{0x30, 0x2f, 0x30, 0x0b, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x04, 0x20}, digest[:]...)
	longForm := append([]byte{0x30, 0x81, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20}, digest[:]...)
	sha512Info := slices.Clone(info)
	sha512Info[14] = 0x03
	padded := func(block byte, fill int, rest ...byte) []byte {
		em := slices.Concat([]byte{0, block}, slices.Repeat([]byte{0xff}, fill), []byte{0}, rest)
		return slices.Concat(em, make([]byte, max(0, private.Size()-len(em))))
	}
	full := func(rest []byte) []byte { return padded(1, private.Size()-3-len(rest), rest...) }
	tests := []struct {
		name string
		em   []byte
		want metadata.Reason
	}{
		{"sound", full(info), ""},
		{"J6 missing NULL", full(noNull), signatureReason},
		{"J6 long-form length", full(longForm), signatureReason},
		{"J6 another digest's name", full(sha512Info), signatureReason},
		{"J6 garbage after the digest", padded(1, 8, info...), signatureReason},
		{"J6 block type 2", padded(2, private.Size()-3-len(info), info...), signatureReason},
		{"J6 digest alone", full(digest[:]), signatureReason},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := new(big.Int).SetBytes(tt.em)
			c.signature = m.Exp(m, private.D, private.N).FillBytes(make([]byte, private.Size()))
			wantReason(t, c.Verify(key), tt.want)
		})
	}
}

func TestVerifyECDSARange(t *testing.T) {
	s := p256Signer(t)
	c := mustParse(t, sign(t, s))
	n := elliptic.P256().Params().N
	zero, one := new(big.Int), big.NewInt(1)
	beyond := new(big.Int).Add(new(big.Int).SetBytes(c.signature[:32]), n)
	tests := []struct {
		name string
		r, s *big.Int
	}{
		{"J7 both 0", zero, zero},
		{"J7 r is 0", zero, one},
		{"J7 s is 0", one, zero},
		{"J7 r is n", n, one},
		{"J7 s is n", one, n},
		{"J7 both n-1", new(big.Int).Sub(n, one), new(big.Int).Sub(n, one)},
		{"J7 both 1", one, one},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c.signature = append(tt.r.FillBytes(make([]byte, 32)), tt.s.FillBytes(make([]byte, 32))...)
			wantReason(t, c.Verify(s.Key), signatureReason)
		})
	}
	t.Run("J7 r beyond 32 bytes", func(t *testing.T) {
		good := mustParse(t, sign(t, s))
		c := good
		c.signature = slices.Concat(beyond.Bytes(), good.signature[32:])
		if len(c.signature) != 64 {
			wantReason(t, c.Verify(s.Key), signatureReason)
		}
		c.signature = slices.Concat([]byte{0}, good.signature[:32], []byte{0}, good.signature[32:])
		wantReason(t, c.Verify(s.Key), signatureReason)
	})
	t.Run("J7 in ASN.1", func(t *testing.T) {
		digest := sha256.Sum256(c.input)
		der, err := s.Sign(rand.Reader, digest[:], crypto.SHA256)
		if err != nil {
			t.Fatal(err)
		}
		c.signature = der
		wantReason(t, c.Verify(s.Key), signatureReason)
	})
}

func TestVerifyEd25519Canonical(t *testing.T) {
	s := edSigner(t, 'a')
	good := mustParse(t, sign(t, s))
	order := fromHex("1000000000000000000000000000000014def9dea2f79cd65812631a5cf5d3ed")
	t.Run("F3 S plus the group order", func(t *testing.T) {
		c := good
		littleEndian := slices.Clone(good.signature[32:])
		slices.Reverse(littleEndian)
		more := new(big.Int).Add(new(big.Int).SetBytes(littleEndian), order).FillBytes(make([]byte, 32))
		slices.Reverse(more)
		c.signature = slices.Concat(good.signature[:32], more)
		wantReason(t, c.Verify(s.Key), signatureReason)
	})
	t.Run("F3 every encoding of R of small order", func(t *testing.T) {
		for _, r := range smallOrderEncodings(t) {
			c := good
			c.signature = slices.Concat(r, make([]byte, 32))
			wantReason(t, c.Verify(s.Key), signatureReason)
		}
	})
}

func TestTamper(t *testing.T) {
	for _, s := range []Signer{edSigner(t, 'a'), p256Signer(t)} {
		raw := sign(t, s)
		t.Run("J63 every bit of "+s.Key.Algorithm(), func(t *testing.T) {
			for i := range len(raw) * 8 {
				flipped := []byte(raw)
				flipped[i/8] ^= 1 << (i % 8)
				if verifies(string(flipped), s.Key) {
					t.Fatalf("bit %d of byte %d can be flipped", i%8, i/8)
				}
			}
		})
		t.Run("J63 signature stripped, "+s.Key.Algorithm(), func(t *testing.T) {
			cut := raw[:strings.LastIndexByte(raw, '.')+1]
			for _, variant := range []string{cut, cut + "AA", cut[:len(cut)-1]} {
				if verifies(variant, s.Key) {
					t.Error("a statement without its signature verifies")
				}
			}
		})
	}
}

func verifies(raw string, k Key) bool {
	c, err := Parse(raw)
	return err == nil && c.Verify(k) == nil
}

func TestSign(t *testing.T) {
	ed, ec := edSigner(t, 'a'), p256Signer(t)
	one, long := []byte{1}, append([]byte{1}, make([]byte, 32)...) // 257 bits
	inASN1 := func(r, s []byte) []byte {
		return slices.Concat([]byte{0x30, byte(len(r) + len(s) + 4), 2, byte(len(r))}, r, []byte{2, byte(len(s))}, s)
	}
	t.Run("any payload round trip", func(t *testing.T) {
		rapid.Check(t, func(rt *rapid.T) {
			payload := rapid.SliceOfN(rapid.Byte(), 1, 512).Draw(rt, "payload")
			s := rapid.SampledFrom([]Signer{ed, ec}).Draw(rt, "signer")
			raw, err := Sign(payload, TypeStatement, s)
			if err != nil {
				rt.Fatal(err)
			}
			c, err := Parse(raw)
			if err != nil {
				rt.Fatal(err)
			}
			if string(c.Payload) != string(payload) || c.Verify(s.Key) != nil {
				rt.Fatal("what was signed is not what verifies")
			}
		})
	})
	refusals := []struct {
		name    string
		payload string
		typ     string
		signer  Signer
	}{
		{"no payload", "", TypeStatement, ed},
		{"another typ", goodPayload, "JWT", ed},
		{"no signer", goodPayload, TypeStatement, Signer{Key: ed.Key}},
		{"no key", goodPayload, TypeStatement, Signer{Signer: ed.Signer}},
		{"signer of another key", goodPayload, TypeStatement, Signer{Key: ed.Key, Signer: edSigner(t, 'b').Signer}},
		{"signer of another type", goodPayload, TypeStatement, Signer{Key: ed.Key, Signer: ec.Signer}},
		{"RSA", goodPayload, TypeStatement, signerOf(t, "2026a", rsaPrivate(t))},
		{"J17 too large", strings.Repeat("x", 13000), TypeStatement, ed},
		{"failing device", goodPayload, TypeStatement, Signer{Key: ed.Key, Signer: brokenSigner{ed.Signer, nil}}},
		{"device that answers garbage", goodPayload, TypeStatement, Signer{Key: ec.Key, Signer: brokenSigner{ec.Signer, []byte{1}}}},
		{"device of another curve, by R", goodPayload, TypeStatement, Signer{Key: ec.Key, Signer: brokenSigner{ec.Signer, inASN1(long, one)}}},
		{"device of another curve, by S", goodPayload, TypeStatement, Signer{Key: ec.Key, Signer: brokenSigner{ec.Signer, inASN1(one, long)}}},
	}
	for _, tt := range refusals {
		t.Run(tt.name, func(t *testing.T) {
			if raw, err := Sign([]byte(tt.payload), tt.typ, tt.signer); err == nil || raw != "" {
				t.Errorf("Sign gave %q and error %v", raw, err)
			}
		})
	}
	t.Run("J17 says why the result would be refused", func(t *testing.T) {
		_, err := Sign(make([]byte, limits.StatementBytes), TypeStatement, ed)
		wantReason(t, err, metadata.ReasonStatementTooLarge)
		_, err = Sign(nil, TypeStatement, ed)
		wantReason(t, err, malformedReason)
		_, err = Sign([]byte(goodPayload), TypeStatement, Signer{Key: ed.Key, Signer: edSigner(t, 'b').Signer})
		wantReason(t, err, signatureReason)
	})
	t.Run("says what the device said", func(t *testing.T) {
		for _, s := range []Signer{ed, ec} {
			if _, err := Sign([]byte(goodPayload), TypeStatement, Signer{Key: s.Key, Signer: brokenSigner{s.Signer, nil}}); !errors.Is(err, errUnplugged) {
				t.Errorf("%s: error %v", s.Key.Algorithm(), err)
			}
		}
	})
}

var errUnplugged = errors.New("device unplugged")

// brokenSigner fails, or answers what is no signature.
type brokenSigner struct {
	crypto.Signer
	answer []byte
}

func (b brokenSigner) Sign(io.Reader, []byte, crypto.SignerOpts) ([]byte, error) {
	if b.answer == nil {
		return nil, errUnplugged
	}
	return b.answer, nil
}

var benchPayload = `{"iss":"https://acme.example","iat":1767225600,"exp":1774915200,"jti":"0a1b","software_id":"acme-agent","client_name":"Acme","x":"` + strings.Repeat("x", 900) + `"}`

func BenchmarkParse(b *testing.B) {
	raw, err := Sign([]byte(benchPayload), TypeStatement, edSigner(b, 'a'))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse(raw); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkVerify(b *testing.B) {
	for _, s := range []Signer{edSigner(b, 'a'), p256Signer(b)} {
		raw, err := Sign([]byte(benchPayload), TypeStatement, s)
		if err != nil {
			b.Fatal(err)
		}
		c := mustParse(b, raw)
		b.Run(s.Key.Algorithm()+"/bare", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if !bareVerify(s.Key, c) {
					b.Fatal("the signature does not verify")
				}
			}
		})
		b.Run(s.Key.Algorithm()+"/parse and verify", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if !verifies(raw, s.Key) {
					b.Fatal("the signature does not verify")
				}
			}
		})
	}
}

func bareVerify(k Key, c Compact) bool {
	switch public := k.public.(type) {
	case ed25519.PublicKey:
		return ed25519.Verify(public, c.input, c.signature)
	case *ecdsa.PublicKey:
		digest := sha256.Sum256(c.input)
		r, s := new(big.Int).SetBytes(c.signature[:32]), new(big.Int).SetBytes(c.signature[32:])
		return ecdsa.Verify(public, digest[:], r, s)
	}
	return false
}
