package jose

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"slices"

	"github.com/fc28f635/countersign/internal/limits"
	"github.com/fc28f635/countersign/internal/strictjson"
	"github.com/fc28f635/countersign/metadata"
)

// ParseJWK reads one public JWK (RFC 7517), which must have a kid. The error is
// a [*metadata.ReasonError]: key_exposed where the JWK holds a private or
// symmetric key, key_unusable where no statement may be verified with it. A
// member alg binds the key to that algorithm and enables nothing. x5u is
// ignored and never fetched.
func ParseJWK(raw json.RawMessage) (Key, error) {
	j, err := readJWK(raw)
	if err != nil {
		return Key{}, err
	}
	if j.exposed() {
		return Key{}, &metadata.ReasonError{Reason: metadata.ReasonKeyExposed, Detail: "the JWK holds a private or symmetric key"}
	}
	return j.key()
}

// A jwk is the members of a JWK by their exact names.
type jwk map[string]json.RawMessage

func readJWK(raw json.RawMessage) (jwk, error) {
	members, err := strictjson.ParseObject(raw, limits.JSONDepth)
	if err != nil {
		return nil, unusable("", "the JWK is not one JSON object")
	}
	j := make(jwk, len(members))
	for _, m := range members {
		j[m.Name] = m.Value
	}
	return j, nil
}

// exposed reports whether the JWK has a member that holds a secret (RFC 7518,
// Section 6), whatever its value, or is of a type that is nothing but one.
func (j jwk) exposed() bool {
	for _, name := range []string{"d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"} {
		if _, ok := j[name]; ok {
			return true
		}
	}
	kty, _ := strictjson.Text(j["kty"])
	return kty == "oct"
}

// key returns the public part as a Key, whether or not a private one is there.
func (j jwk) key() (Key, error) {
	kid, ok := strictjson.Text(j["kid"])
	if !ok {
		return Key{}, unusable("kid", "missing, or not a string")
	}
	k, err := j.material()
	if err != nil {
		return Key{}, err
	}
	if k, err = j.bind(k); err != nil {
		return Key{}, err
	}
	if err := j.checkPurpose(); err != nil {
		return Key{}, err
	}
	if err := j.checkCertificate(k); err != nil {
		return Key{}, err
	}
	var notAfter int64
	if exp, ok := j["exp"]; ok {
		if notAfter, ok = strictjson.Integer(exp); !ok || notAfter <= 0 {
			return Key{}, unusable("exp", "no time in Unix seconds")
		}
	}
	return k.named(kid, notAfter)
}

func (j jwk) material() (Key, error) {
	kty, _ := strictjson.Text(j["kty"])
	crv, _ := strictjson.Text(j["crv"])
	switch {
	case kty == "OKP" && crv == "Ed25519":
		x := j.bytes("x")
		if x == nil {
			return Key{}, unusable("x", "missing, or not canonical base64url")
		}
		return newEd25519(x)
	case kty == "EC" && (crv == "P-256" || crv == "P-384"):
		size := 32
		if crv == "P-384" {
			size = 48
		}
		x, y := j.bytes("x"), j.bytes("y")
		// RFC 7518, Section 6.2.1.2: the full size, leading zeros kept.
		if len(x) != size || len(y) != size {
			return Key{}, unusable("", fmt.Sprintf("x and y are not %d bytes each in canonical base64url", size))
		}
		return newEC(crv, slices.Concat([]byte{4}, x, y))
	case kty == "RSA":
		n, e := j.bytes("n"), j.bytes("e")
		// RFC 7518, Section 2: Base64urlUInt has no leading zeros.
		if n == nil || e == nil || n[0] == 0 || e[0] == 0 {
			return Key{}, unusable("", "n and e are not canonical Base64urlUInt values")
		}
		return newRSA(new(big.Int).SetBytes(n), new(big.Int).SetBytes(e))
	}
	return Key{}, unusable("kty", fmt.Sprintf("type %.100q with curve %.100q verifies nothing here", kty, crv))
}

// bytes returns a member's decoded bytes, nil where it is missing, empty or no
// canonical base64url.
func (j jwk) bytes(name string) []byte {
	text, _ := strictjson.Text(j[name])
	decoded, canonical := appendBase64(nil, text)
	if !canonical {
		return nil
	}
	return decoded
}

// bind honours the member alg (RFC 7517, Section 4.4).
func (j jwk) bind(k Key) (Key, error) {
	raw, ok := j["alg"]
	if !ok {
		return k, nil
	}
	alg, _ := strictjson.Text(raw)
	if !k.fits(alg) {
		return Key{}, unusable("alg", fmt.Sprintf("%.100q is not for this type of key", alg))
	}
	k.algorithm = canonicalAlgorithm(alg)
	return k, nil
}

// checkPurpose refuses keys that their own members say are not for verifying
// (RFC 7517, Sections 4.2 and 4.3) or no longer are (OpenID Federation 1.0,
// Section 8.7).
func (j jwk) checkPurpose() error {
	if raw, ok := j["use"]; ok {
		if use, _ := strictjson.Text(raw); use != "sig" {
			return unusable("use", "the key is not for signatures")
		}
	}
	if raw, ok := j["key_ops"]; ok {
		ops, _ := strictjson.Texts(raw)
		if !slices.Contains(ops, "verify") {
			return unusable("key_ops", "the key is not for verifying")
		}
		slices.Sort(ops)
		if len(slices.Compact(ops)) < len(ops) {
			return unusable("key_ops", "an operation stands twice")
		}
	}
	if _, ok := j["revoked"]; ok {
		return unusable("revoked", "the key says that it is revoked")
	}
	return nil
}

// checkCertificate refuses a certificate of another key (RFC 7517, Section 4.7).
// That is all that a certificate in a JWK is good for.
func (j jwk) checkCertificate(k Key) error {
	raw, ok := j["x5c"]
	if !ok {
		return nil
	}
	chain, _ := strictjson.Texts(raw)
	if len(chain) == 0 {
		return unusable("x5c", "no list of certificates")
	}
	der, err := base64.StdEncoding.DecodeString(chain[0])
	if err != nil {
		return unusable("x5c", "no base64")
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return unusable("x5c", "no certificate")
	}
	var same bool
	switch public := k.public.(type) {
	case ed25519.PublicKey:
		same = public.Equal(leaf.PublicKey)
	case *ecdsa.PublicKey:
		same = public.Equal(leaf.PublicKey)
	case *rsa.PublicKey:
		same = public.Equal(leaf.PublicKey)
	}
	if !same {
		return unusable("x5c", "the certificate is of another key")
	}
	return nil
}
