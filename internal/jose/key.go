package jose

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"math/big"
	"slices"
	"strconv"

	"github.com/fc28f635/countersign/metadata"
)

// A Key is a public key that can be used: its point or modulus has been
// checked, and it is bound to an algorithm. Keys never change. The zero Key
// verifies nothing.
type Key struct {
	id         string
	algorithm  string // canonical; empty for an RSA key that serves PS256 and RS256
	notAfter   int64
	public     crypto.PublicKey // ed25519.PublicKey, *ecdsa.PublicKey or *rsa.PublicKey
	required   string           // the members of RFC 7638, Section 3.2, as canonical JSON
	thumbprint string
}

// ID returns the kid.
func (k Key) ID() string { return k.id }

// Thumbprint returns the SHA-256 thumbprint in base64url (RFC 7638). It depends
// on the key material and on nothing else. It is empty for the zero Key.
func (k Key) Thumbprint() string { return k.thumbprint }

// Algorithm returns the one algorithm that the key verifies, [EdDSA] standing
// for both its names. It is empty for an RSA key that is not bound to one.
func (k Key) Algorithm() string { return k.algorithm }

// NotAfter returns the time in Unix seconds from which the key verifies nothing,
// as its JWK or key record says, and 0 where there is none. The caller, who has
// the clock, must honour it.
func (k Key) NotAfter() int64 { return k.notAfter }

// Public returns the key as crypto/ed25519, crypto/ecdsa or crypto/rsa have it,
// nil for the zero Key. The result must not be changed.
func (k Key) Public() crypto.PublicKey { return k.public }

// JWK returns the public JWK (RFC 7517) in canonical form: sorted, no white
// space. [ParseJWK] reads it back as the same Key. It is nil for the zero Key.
func (k Key) JWK() json.RawMessage {
	jwk := map[string]any{}
	// The required members were written by this package; the zero Key has none.
	if err := json.Unmarshal([]byte(k.required), &jwk); err != nil {
		return nil
	}
	jwk["kid"] = k.id
	if _, ok := k.public.(*rsa.PublicKey); ok && k.algorithm != "" {
		jwk["alg"] = k.algorithm
	}
	if k.notAfter != 0 {
		jwk["exp"] = json.Number(strconv.FormatInt(k.notAfter, 10))
	}
	raw, _ := json.Marshal(jwk) // strings and a number
	return raw
}

// fits reports whether a signature by the algorithm can be the key's.
func (k Key) fits(alg string) bool {
	if k.algorithm == "" {
		return alg == PS256 || alg == RS256
	}
	return canonicalAlgorithm(alg) == k.algorithm
}

// FromRecord returns the key of a key record. The error is a
// [*metadata.ReasonError]: key_revoked where the record revokes its key,
// key_unusable where it holds none that can be used.
func FromRecord(r metadata.KeyRecord) (Key, error) {
	if r.Revoked() {
		return Key{}, &metadata.ReasonError{Reason: metadata.ReasonKeyRevoked, Member: "p", Detail: "the record revokes its key"}
	}
	var k Key
	var err error
	switch r.Type {
	case metadata.KeyEd25519:
		k, err = newEd25519([]byte(r.PublicKey))
	case metadata.KeyP256:
		k, err = newCompressedP256([]byte(r.PublicKey))
	default:
		err = unusable("k", fmt.Sprintf("%.100q is no key type", string(r.Type)))
	}
	if err != nil {
		return Key{}, err
	}
	return k.named(r.KeyID, r.NotAfter)
}

// Record returns the key as a record for DNS. ok is false where the key or its
// kid cannot stand in one: only Ed25519 and P-256 keys have a form there, and
// only lower-case letters, digits and inner hyphens make a kid.
func (k Key) Record() (r metadata.KeyRecord, ok bool) {
	r = metadata.KeyRecord{KeyID: k.id, NotAfter: k.notAfter}
	switch public := k.public.(type) {
	case ed25519.PublicKey:
		r.Type, r.PublicKey = metadata.KeyEd25519, string(public)
	case *ecdsa.PublicKey:
		point, err := public.Bytes()
		if err != nil || k.algorithm != ES256 {
			return metadata.KeyRecord{}, false
		}
		x, y := point[1:33], point[33:]
		r.Type, r.PublicKey = metadata.KeyP256, string(append([]byte{2 + y[31]&1}, x...))
	default:
		return metadata.KeyRecord{}, false
	}
	if again, err := metadata.ParseKeyRecord(r.String()); err != nil || again != r {
		return metadata.KeyRecord{}, false
	}
	return r, true
}

// FromPublic returns the key of a crypto/ed25519, crypto/ecdsa or crypto/rsa
// public key. The error is a [*metadata.ReasonError] of reason key_unusable.
func FromPublic(kid string, public crypto.PublicKey) (Key, error) {
	k, err := fromPublic(public)
	if err != nil {
		return Key{}, err
	}
	return k.named(kid, 0)
}

func fromPublic(public crypto.PublicKey) (Key, error) {
	switch public := public.(type) {
	case ed25519.PublicKey:
		return newEd25519(slices.Clone(public))
	case *ecdsa.PublicKey:
		point, _ := public.Bytes() // none where it is not on its curve
		return newEC(public.Params().Name, point)
	case *rsa.PublicKey:
		return newRSA(public.N, big.NewInt(int64(public.E)))
	}
	return Key{}, unusable("", fmt.Sprintf("a key of type %T", public))
}

func (k Key) named(kid string, notAfter int64) (Key, error) {
	if err := metadata.CheckKeyID(kid); err != nil {
		return Key{}, unusable("kid", err.Error())
	}
	k.id, k.notAfter = kid, notAfter
	return k, nil
}

func unusable(member, detail string) *metadata.ReasonError {
	return &metadata.ReasonError{Reason: metadata.ReasonKeyUnusable, Member: member, Detail: detail}
}
