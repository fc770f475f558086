package jose

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/json"
	"math/big"

	"github.com/fc28f635/countersign/internal/limits"
	"github.com/fc28f635/countersign/internal/strictjson"
)

// Exposed returns the thumbprints of the keys whose private parts stand in a
// document: in a JWK set (RFC 7517, Section 5), in a document that has its keys
// as such a set has, or in the set that is its member jwks. Each is computed from
// the private part, or with an RSA key proven by it, whatever public part
// stands beside it: nobody can name a key whose private part they do not know.
// Symmetric keys have no thumbprint, and what is no strict JSON is not searched.
func Exposed(document []byte) []string {
	members, _ := strictjson.ParseObject(document, limits.JSONDepth)
	var thumbprints []string
	exponents := mostExponents
	for _, m := range members {
		switch m.Name {
		case "keys":
			thumbprints = append(thumbprints, exposedIn(m.Value, &exponents)...)
		case "jwks":
			set, _ := strictjson.Object(m.Value)
			for _, m := range set {
				if m.Name == "keys" {
					thumbprints = append(thumbprints, exposedIn(m.Value, &exponents)...)
				}
			}
		}
	}
	return thumbprints
}

// mostExponents bounds the RSA keys of a document that are proven by their private
// exponent alone, each of which costs a private operation. Tools write the primes
// beside it (RFC 7518, Section 6.3.2), which cost a multiplication.
const mostExponents = 2

func exposedIn(list json.RawMessage, exponents *int) (thumbprints []string) {
	items, _ := strictjson.Array(list)
	for _, item := range items[:min(len(items), limits.Keys)] {
		j, _ := readJWK(item)
		if !j.exposed() {
			continue
		}
		if k, ok := j.ofPrivate(exponents); ok {
			thumbprints = append(thumbprints, k.thumbprint)
		}
	}
	return thumbprints
}

// ofPrivate returns the public key, without a name, whose private part the JWK holds.
func (j jwk) ofPrivate(exponents *int) (k Key, ok bool) {
	kty, _ := strictjson.Text(j["kty"])
	crv, _ := strictjson.Text(j["crv"])
	d := j.bytes("d")
	var err error
	switch {
	case kty == "OKP" && crv == "Ed25519" && len(d) == ed25519.SeedSize: // RFC 8037, Section 2
		k, err = fromPublic(ed25519.NewKeyFromSeed(d).Public())
	case kty == "EC" && crv == "P-256":
		k, err = ofScalar(elliptic.P256(), d)
	case kty == "EC" && crv == "P-384":
		k, err = ofScalar(elliptic.P384(), d)
	case kty == "RSA":
		k, err = j.material()
		if public, ok := k.public.(*rsa.PublicKey); !ok || !j.provesRSA(public, d, exponents) {
			return Key{}, false
		}
	default:
		return Key{}, false
	}
	return k, err == nil
}

// ofScalar returns the key of a private scalar, which should have the curve's
// size (RFC 7518, Section 6.2.2.1): one without its leading zeros is as public.
func ofScalar(curve elliptic.Curve, d []byte) (Key, error) {
	const bitsPerByte = 8
	size := curve.Params().BitSize / bitsPerByte
	if len(d) > size {
		return Key{}, unusable("d", "longer than the curve's order")
	}
	private, err := ecdsa.ParseRawPrivateKey(curve, append(make([]byte, size-len(d)), d...))
	if err != nil {
		return Key{}, unusable("d", "no scalar of the curve")
	}
	return fromPublic(&private.PublicKey)
}

// provesRSA reports whether the JWK holds the two primes of the modulus, or an
// exponent that undoes the public one.
func (j jwk) provesRSA(public *rsa.PublicKey, d []byte, exponents *int) bool {
	p, q := new(big.Int).SetBytes(j.bytes("p")), new(big.Int).SetBytes(j.bytes("q"))
	if p.Cmp(public.N) < 0 && q.Cmp(public.N) < 0 && new(big.Int).Mul(p, q).Cmp(public.N) == 0 {
		return true
	}
	exponent := new(big.Int).SetBytes(d)
	if exponent.Sign() == 0 || exponent.Cmp(public.N) >= 0 || *exponents == 0 {
		return false
	}
	*exponents--
	two := big.NewInt(2)
	exponent.Mul(exponent, big.NewInt(int64(public.E)))
	return exponent.Exp(two, exponent, public.N).Cmp(two) == 0
}
