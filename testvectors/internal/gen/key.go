package main

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/asn1"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"math/big"
)

// A key signs deterministically and shows its public part as a JWK and as the
// tags k and p of a key record.
type key struct {
	kid, alg string
	sign     func(input []byte) []byte
	public   object // a JWK without kid
	k        string // tag k of a key record
	p        []byte // tag p, decoded
	seed     []byte // Ed25519 only: the private part
}

func b64url(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// seed returns n bytes that depend on the name alone.
func seed(name string, n int) []byte {
	var out []byte
	for i := uint32(0); len(out) < n; i++ {
		h := sha256.Sum256(binary.BigEndian.AppendUint32([]byte("countersign test vector key "+name), i))
		out = append(out, h[:]...)
	}
	return out[:n]
}

func ed25519Key(kid, name string) key {
	priv := ed25519.NewKeyFromSeed(seed(name, ed25519.SeedSize))
	pub := []byte(priv.Public().(ed25519.PublicKey))
	return key{
		kid: kid, alg: "EdDSA", k: "ed25519", p: pub, seed: priv.Seed(),
		sign:   func(input []byte) []byte { return ed25519.Sign(priv, input) },
		public: object{{"kty", "OKP"}, {"crv", "Ed25519"}, {"x", b64url(pub)}},
	}
}

func ecKey(kid, name, alg string, curve elliptic.Curve, hash crypto.Hash) key {
	size := (curve.Params().BitSize + 7) / 8
	priv, err := ecdsa.ParseRawPrivateKey(curve, seed(name, size))
	must(err)
	point, err := priv.PublicKey.Bytes()
	must(err)
	x, y := point[1:1+size], point[1+size:]
	return key{
		kid: kid, alg: alg, k: "p256", p: append([]byte{2 + y[size-1]&1}, x...),
		sign: func(input []byte) []byte {
			r, s := ecdsaSign(priv, input, hash)
			return append(r.FillBytes(make([]byte, size)), s.FillBytes(make([]byte, size))...)
		},
		public: object{{"kty", "EC"}, {"crv", curve.Params().Name}, {"x", b64url(x)}, {"y", b64url(y)}},
	}
}

// ecdsaSign signs with the nonce of RFC 6979.
func ecdsaSign(priv *ecdsa.PrivateKey, input []byte, hash crypto.Hash) (r, s *big.Int) {
	der, err := priv.Sign(nil, digest(hash, input), hash)
	must(err)
	var sig struct{ R, S *big.Int }
	_, err = asn1.Unmarshal(der, &sig)
	must(err)
	return sig.R, sig.S
}

func digest(hash crypto.Hash, input []byte) []byte {
	if hash == crypto.SHA384 {
		h := sha512.Sum384(input)
		return h[:]
	}
	h := sha256.Sum256(input)
	return h[:]
}

func p256Key(kid, name string) key {
	return ecKey(kid, name, "ES256", elliptic.P256(), crypto.SHA256)
}

// rsaKey makes a key of deterministic primes; alg is RS256 or PS256 (with salt
// of saltLength bytes).
func rsaKey(kid, name string, bits int, alg string, saltLength int) key {
	p, q := prime(name+" p", bits/2), prime(name+" q", bits/2)
	e := big.NewInt(65537)
	one := big.NewInt(1)
	phi := new(big.Int).Mul(new(big.Int).Sub(p, one), new(big.Int).Sub(q, one))
	priv := &rsa.PrivateKey{
		PublicKey: rsa.PublicKey{N: new(big.Int).Mul(p, q), E: 65537},
		D:         new(big.Int).ModInverse(e, phi), Primes: []*big.Int{p, q},
	}
	priv.Precompute()
	return key{
		kid: kid, alg: alg, public: rsaPublic(priv.N, 65537),
		sign: func(input []byte) []byte {
			d := digest(crypto.SHA256, input)
			if alg == "PS256" {
				return pssSign(priv, d, seed(name+" salt", saltLength))
			}
			sig, err := rsa.SignPKCS1v15(nil, priv, crypto.SHA256, d)
			must(err)
			return sig
		},
	}
}

func rsaPublic(n *big.Int, e int64) object {
	return object{{"kty", "RSA"}, {"n", b64url(n.Bytes())}, {"e", b64url(big.NewInt(e).Bytes())}}
}

// prime returns the first prime at or after a number of the name's making, its
// two highest bits set so that a product has all its bits.
func prime(name string, bits int) *big.Int {
	p := new(big.Int).SetBytes(seed(name, bits/8))
	p.SetBit(p.SetBit(p.SetBit(p, bits-1, 1), bits-2, 1), 0, 1)
	two := big.NewInt(2)
	for !p.ProbablyPrime(10) {
		p.Add(p, two)
	}
	return p
}

// pssSign is RSASSA-PSS with SHA-256 and a given salt (RFC 8017, Section 8.1.1).
func pssSign(priv *rsa.PrivateKey, d, salt []byte) []byte {
	size := priv.Size()
	h := sha256.Sum256(append(append(make([]byte, 8), d...), salt...))
	db := make([]byte, size-len(h)-1)
	copy(db[len(db)-len(salt):], salt)
	db[len(db)-len(salt)-1] = 1
	for i := range db {
		block := sha256.Sum256(binary.BigEndian.AppendUint32(h[:len(h):len(h)], uint32(i/32)))
		db[i] ^= block[i%32]
	}
	db[0] &= 0x7f
	em := append(append(db, h[:]...), 0xbc)
	m := new(big.Int).SetBytes(em)
	return m.Exp(m, priv.D, priv.N).FillBytes(make([]byte, size))
}

// named returns the key under another kid.
func (k key) named(kid string) key { k.kid = kid; return k }

// thumbprint names the public key (RFC 7638); the members of an Ed25519 key are
// crv, kty and x, in this order.
func (k key) thumbprint() string {
	sum := sha256.Sum256([]byte(`{"crv":"Ed25519","kty":"OKP","x":"` + b64url(k.p) + `"}`))
	return b64url(sum[:])
}

// jwk returns the public key with its kid.
func (k key) jwk() object { return append(object{{"kid", k.kid}}, k.public...) }

// record returns the key as the text of a key record, with further tags.
func (k key) record(tags ...string) string {
	r := fmt.Sprintf("v=ck1; kid=%s; k=%s; p=%s", k.kid, k.k, base64.StdEncoding.EncodeToString(k.p))
	for _, t := range tags {
		r += "; " + t
	}
	return r
}
