package main

import (
	"encoding/base64"
	"encoding/hex"
	"math/big"
)

// keyVectors: keys that must not be used are unusable when loaded. A pinned one
// is left out of the file, so its kid is unknown; a published one is named.
func keyVectors() []vector {
	return append(append(weakKeyVectors(), malformedKeyVectors()...), rsaKeyVectors()...)
}

// ed25519Weak are public keys under which signatures exist that nobody made, or
// that have a second encoding.
var ed25519Weak = []struct{ id, comment, x string }{
	{"identity", "the identity: R = identity, S = 0 signs every message", "0100000000000000000000000000000000000000000000000000000000000000"},
	{"order_4", "a point of order 4 (all bytes zero)", "0000000000000000000000000000000000000000000000000000000000000000"},
	{"order_2", "the point of order 2", "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"},
	{"order_8", "a point of order 8", "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"},
	{"order_8_negative", "a point of order 8, its x negative", "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa"},
	{"identity_not_canonical", "the identity, y written as p + 1", "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"},
	{"identity_negative_zero", "the identity, with the sign of a zero x set", "0100000000000000000000000000000000000000000000000000000000000080"},
	{"not_canonical", "y written as p + 3", "f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"},
}

// weakKey is an Ed25519 key of a chosen public part; its signatures are R =
// identity, S = 0, which a verifier that takes low-order keys accepts.
func weakKey(x string) key {
	b, err := hex.DecodeString(x)
	must(err)
	k := acmeKey
	k.p, k.public = b, object{{"kty", "OKP"}, {"crv", "Ed25519"}, {"x", b64url(b)}}
	k.sign = func([]byte) []byte { return append([]byte{1}, make([]byte, 63)...) }
	return k
}

func weakKeyVectors() []vector {
	var vs []vector
	for _, w := range ed25519Weak {
		k := weakKey(w.x)
		vs = append(vs, stated("keys/ed25519_"+w.id, "rejected key_unusable", w.comment,
			base().by(k).String(), row("J69"), class("WEAK_KEY"), zoneOf(k), dns("secure")))
	}
	identity := weakKey(ed25519Weak[0].x)
	return append(vs,
		stated("keys/ed25519_identity_pinned", "rejected key_unknown", "the identity, pinned: left out of the file with a warning",
			base().by(identity).String(), row("J69"), class("WEAK_KEY"), roots(acme, nil, identity.jwk())),
		stated("keys/ed25519_identity_in_document", "rejected key_unusable", "the identity, in the publisher document",
			base().by(identity).String(), row("J69"), class("WEAK_KEY"), served(wellknown, publisherDocument(identity.jwk()))),
		stated("keys/unusable_beside_usable", "verified", "an unusable key does not harm the one beside it",
			base().String(), row("J69"), roots(acme, nil, identity.named("2026z").jwk(), acmeKey.jwk())),
	)
}

// zoneOf publishes keys in acme's zone.
func zoneOf(keys ...key) option {
	var lines []string
	for _, k := range keys {
		lines = append(lines, record("acme.example", k.record()))
	}
	return zone(lines...)
}

func malformedKeyVectors() []vector {
	x := acmeKey.p
	p256 := acmeP256.public
	px := p256[2].value.(string)
	v := func(id, comment string, k key, jwk object, opts ...option) vector {
		return stated("keys/"+id, "rejected key_unusable", comment, base().by(k).String(),
			append([]option{served(wellknown, publisherDocument(append(object{{"kid", k.kid}}, jwk...)))}, opts...)...)
	}
	okp := func(crv string, x []byte) object { return object{{"kty", "OKP"}, {"crv", crv}, {"x", b64url(x)}} }
	ec := func(crv, x, y string) object { return object{{"kty", "EC"}, {"crv", crv}, {"x", x}, {"y", y}} }
	fieldPrime, _ := new(big.Int).SetString("ffffffff00000001000000000000000000000000ffffffffffffffffffffffff", 16)
	py := p256[3].value.(string)
	zero := b64url(make([]byte, 32))
	return []vector{
		v("ed25519_31_bytes", "x is a byte short", acmeKey, okp("Ed25519", x[:31]), row("J70")),
		v("ed25519_33_bytes", "x is a byte long", acmeKey, okp("Ed25519", append([]byte{0}, x...)), row("J70")),
		v("ed25519_x25519", "a key for X25519", acmeKey, okp("X25519", x), row("J70"), rfc("RFC 8037, Section 2")),
		v("ed25519_curve_p256", "an OKP key that says P-256", acmeKey, okp("P-256", x), row("J70")),
		v("ed25519_padded", "x with padding", acmeKey, okp("Ed25519", x).with("x", base64.URLEncoding.EncodeToString(x)), row("J70")),
		v("p256_off_curve", "y is one off", acmeP256, ec("P-256", px, flipLast(py)), row("K14")),
		v("p256_zero", "the point (0, 0)", acmeP256, ec("P-256", zero, zero), row("K14")),
		v("p256_x_prime", "x is the field prime", acmeP256, ec("P-256", b64url(fieldPrime.Bytes()), py), row("K14")),
		v("p256_curve_p384", "a P-256 point that says P-384", acmeP256, ec("P-384", px, py), row("K14")),
		v("p256_short", "x is a byte short", acmeP256, ec("P-256", b64url(mustDecode(px)[1:]), py), row("K14")),
		v("p256_no_y", "a compressed point in a JWK", acmeP256, object{{"kty", "EC"}, {"crv", "P-256"}, {"x", px}}, row("K14")),
		v("use_enc", "use says enc", acmeKey, acmeKey.public.with("use", "enc"), class("KEY_PURPOSE"), rfc("RFC 7517, Section 4.2")),
		v("key_ops_encrypt", "key_ops says encrypt", acmeKey, acmeKey.public.with("key_ops", list{"encrypt"}), class("KEY_PURPOSE"), rfc("RFC 7517, Section 4.3")),
		stated("keys/use_sig", "verified", "use sig and key_ops verify are what such a key is for",
			base().String(), roots(acme, nil, acmeKey.jwk().with("use", "sig").with("key_ops", list{"verify"}))),
	}
}

func flipLast(part string) string {
	b := mustDecode(part)
	b[len(b)-1] ^= 1
	return b64url(b)
}

func mustDecode(part string) []byte {
	b, err := base64.RawURLEncoding.DecodeString(part)
	must(err)
	return b
}

func rsaKeyVectors() []vector {
	small := rsaKey("2026r", "acme rsa small", 1024, "RS256", 0)
	n := new(big.Int).SetBytes(mustDecode(acmeRSA().public[1].value.(string)))
	v := func(id, comment string, k key, public object, opts ...option) vector {
		return stated("keys/rsa_"+id, "rejected key_unknown", comment+"; pinned, so left out of the file", base().by(k).String(),
			append([]option{features("rs256"), roots(acme, []string{"RS256"}, append(object{{"kid", k.kid}}, public...))}, opts...)...)
	}
	huge := new(big.Int).SetBytes(seed("rsa huge", 8192/8))
	huge.SetBit(huge.SetBit(huge, 8191, 1), 0, 1)
	modulus := func(n *big.Int) object { return rsaPublic(n, 65537) }
	return []vector{
		v("1024_bits", "a modulus of 1,024 bits with a good signature", small, small.public, row("K13"), class("WEAK_KEY")),
		v("8192_bits", "a modulus of 8,192 bits, refused before any arithmetic", acmeRSA(), modulus(huge), row("K11"), class("COST")),
		v("even_modulus", "an even modulus", acmeRSA(), modulus(new(big.Int).Sub(n, big.NewInt(1))), row("K13"), class("WEAK_KEY")),
		v("exponent_1", "exponent 1: every message signs itself", acmeRSA(), rsaPublic(n, 1), row("K13"), class("WEAK_KEY")),
		v("exponent_even", "an even exponent", acmeRSA(), rsaPublic(n, 65536), row("K13"), class("WEAK_KEY")),
		v("modulus_zero", "a modulus of 0", acmeRSA(), object{{"kty", "RSA"}, {"n", "AA"}, {"e", "AQAB"}}, row("K13")),
	}
}
