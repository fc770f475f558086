package main

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"encoding/asn1"
	"math/big"
	"slices"
	"strings"
)

const signatureInvalid = "rejected signature_invalid"

// signatureVectors: one signature of the right key over the right bytes.
func signatureVectors() []vector {
	return append(append(tamperVectors(), ecdsaVectors()...), rsaVectors()...)
}

func tamperVectors() []vector {
	s := base()
	h, p, sig := s.parts()
	v := func(id, comment, compact string, opts ...option) vector {
		return pinnedVector("signature/"+id, signatureInvalid, comment, compact, opts...)
	}
	claims := strings.Replace(s.claims.String(), "acme.example/callback", "acme.example/cellback", 1)
	flipped := []byte(sig)
	flipped[3] ^= 1
	b := acmeKey.sign([]byte(h + "." + p))
	return []vector{
		v("tampered_payload", "one character of a redirect URI changed after signing", h+"."+b64url([]byte(claims))+"."+sig, row("J63")),
		v("tampered_header", "a header member added after signing", b64url([]byte(s.head("x", "1").header.String()))+"."+p+"."+sig, row("J63")),
		v("tampered_signature", "one bit of the signature changed", h+"."+p+"."+string(flipped), row("J63")),
		v("truncated", "the signature is a byte short", h+"."+p+"."+b64url(b[:63])),
		v("extended", "the signature is a byte long", h+"."+p+"."+b64url(append(slices.Clone(b), 0))),
		v("of_another_key", "signed by another key under this kid", func() string { t := s; t.key = otherKey; return t.String() }()),
		v("of_another_statement", "the signature of another statement of the same key", h+"."+p+"."+last(s.claim("jti", "2").parts())),
		v("ed25519_s_not_reduced", "S plus the group order: a second signature of the same statement", h+"."+p+"."+b64url(addOrder(b)),
			rfc("RFC 8032, Section 5.1.7"), class("MALLEABILITY")),
		v("ed25519_zero", "64 zero bytes", h+"."+p+"."+b64url(make([]byte, ed25519.SignatureSize))),
		v("bogus", "the forgery that several servers answered 201 to, under a good header", h+"."+p+".c2ln"),
	}
}

func ecdsaVectors() []vector {
	s := base().by(acmeP256)
	h, p, _ := s.parts()
	input := []byte(h + "." + p)
	priv, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), seed("acme p256", 32))
	must(err)
	r, ss := ecdsaSign(priv, input, crypto.SHA256)
	n := elliptic.P256().Params().N
	flipped := new(big.Int).Sub(n, ss)
	low, high := ss, flipped
	if low.Cmp(high) > 0 {
		low, high = high, low
	}
	with := func(r, s *big.Int) string {
		return h + "." + p + "." + b64url(append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...))
	}
	der, err := asn1.Marshal(struct{ R, S *big.Int }{r, ss})
	must(err)
	zero := new(big.Int)
	v := func(id, expect, comment, compact string, opts ...option) vector {
		return pinnedVector("signature/es256_"+id, expect, comment, compact, append([]option{features("es256")}, opts...)...)
	}
	p384 := ecKey("2026s", "acme p384", "ES384", elliptic.P384(), crypto.SHA384)
	return []vector{
		v("good", "verified", "ES256 needs no configuration", s.String(), finding("statement_signature passed")),
		v("der", signatureInvalid, "ASN.1 DER, as KMS clients return it, instead of R || S", h+"."+p+"."+b64url(der),
			rfc("RFC 7518, Section 3.4"), class("ENCODING")),
		v("low_s", "verified", "the lower of the two values of S", with(r, low), class("MALLEABILITY")),
		v("high_s", "verified", "the higher of the two values of S: RFC 7518 allows both, so no signature identifies a statement", with(r, high),
			rfc("RFC 7518, Section 3.4"), class("MALLEABILITY")),
		v("zero", signatureInvalid, "r and s are 0", with(zero, zero), row("J7")),
		v("r_zero", signatureInvalid, "r is 0", with(zero, ss), row("J7")),
		v("s_zero", signatureInvalid, "s is 0", with(r, zero), row("J7")),
		v("s_order", signatureInvalid, "s is the group order", with(r, n), row("J7")),
		v("r_s_order_minus_one", signatureInvalid, "r and s are the group order less one", with(new(big.Int).Sub(n, big.NewInt(1)), new(big.Int).Sub(n, big.NewInt(1))), row("J7")),
		v("with_ed25519_key", signatureInvalid, "ES256 in the header, an Ed25519 key under the kid",
			func() string { t := base().head("alg", "ES256"); t.key = acmeP256; return t.String() }(), row("J4"), class("KEY_CONFUSION")),
		pinnedVector("signature/eddsa_with_p256_key", signatureInvalid, "EdDSA in the header, a P-256 key under the kid",
			base().head("kid", acmeP256.kid).String(), row("J4"), class("KEY_CONFUSION")),
		stated("signature/es384_named", "verified", "ES384 where the roots name it", base().by(p384).String(),
			features("es384"), roots(acme, []string{"ES384"}, p384.jwk())),
	}
}

func rsaVectors() []vector {
	rs := acmeRSA()
	ps := rsaKey("2026r", "acme rsa", 2048, "PS256", 32)
	ps0 := rsaKey("2026r", "acme rsa", 2048, "PS256", 0)
	ps20 := rsaKey("2026r", "acme rsa", 2048, "PS256", 20)
	both := []string{"RS256", "PS256"}
	v := func(id, expect, comment string, st statement, jwk object, algorithms []string, opts ...option) vector {
		return stated("signature/"+id, expect, comment, st.String(), append([]option{roots(acme, algorithms, jwk)}, opts...)...)
	}
	s := base()
	return []vector{
		v("rs256_named", "verified", "RS256 where the roots name it", s.by(rs), rs.jwk(), []string{"RS256"}, features("rs256")),
		v("ps256_named", "verified", "PS256 where the roots name it", s.by(ps), ps.jwk(), []string{"PS256"}, features("ps256")),
		v("ps256_salt_0", signatureInvalid, "PS256 without salt: it must be as long as the hash", s.by(ps0), ps.jwk(), []string{"PS256"},
			features("ps256"), row("J5"), rfc("RFC 7518, Section 3.5")),
		v("ps256_salt_20", signatureInvalid, "PS256 with a salt of 20 bytes", s.by(ps20), ps.jwk(), []string{"PS256"},
			features("ps256"), row("J5"), rfc("RFC 7518, Section 3.5")),
		v("rs256_under_ps256_key", signatureInvalid, "RS256 by a key whose JWK says PS256, both allowed", s.by(rs), ps.jwk().with("alg", "PS256"), both,
			features("rs256"), row("J4"), class("KEY_CONFUSION")),
		v("ps256_named_rs256", signatureInvalid, "a PSS signature under a header that says RS256", s.by(ps).head("alg", "RS256"), ps.jwk(), both,
			features("rs256"), row("J4")),
		v("rs256_leading_zero", signatureInvalid, "the signature has a zero byte before it", func() statement {
			k := rs
			k.sign = func(in []byte) []byte { return append([]byte{0}, rs.sign(in)...) }
			return s.by(k)
		}(), rs.jwk(), []string{"RS256"}, features("rs256"), row("J6")),
	}
}

func last(_, _, signature string) string { return signature }

// addOrder adds the order of the Ed25519 group to S.
func addOrder(sig []byte) []byte {
	order, _ := new(big.Int).SetString("7237005577332262213973186563042994240857116359379907606001950938285454250989", 10)
	out := slices.Clone(sig)
	s := slices.Clone(sig[32:])
	slices.Reverse(s)
	sum := new(big.Int).Add(new(big.Int).SetBytes(s), order).FillBytes(make([]byte, 32))
	slices.Reverse(sum)
	copy(out[32:], sum)
	return out
}
