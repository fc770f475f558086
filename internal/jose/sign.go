package jose

import (
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"math/big"

	"github.com/lestrrat-go/jwx/v3/jws/jwsbb"

	"github.com/fc28f635/countersign/internal/limits"
)

// A Signer signs with the private part of its Key, which must be an Ed25519 or
// a P-256 key.
type Signer struct {
	Key Key
	crypto.Signer

	proven bool
}

// Prove returns s once it has seen that s signs for its Key, and an error where
// it does not. What the result signs is not verified each time: that costs more
// than signing.
func (s Signer) Prove() (Signer, error) {
	if _, err := Sign([]byte("{}"), TypeCountersigned, s); err != nil {
		return Signer{}, err
	}
	s.proven = true
	return s, nil
}

// Sign returns the payload as a signed text in compact serialization. Typ is
// [TypeStatement] or [TypeCountersigned]. Nothing leaves here that its recipients
// would refuse, not beyond [limits.StatementBytes] either: unless s was proven, the
// result has been read and verified as they will.
func Sign(payload []byte, typ string, s Signer) (string, error) {
	read := Parse
	switch {
	case typ == TypeCountersigned:
		read = ParseCountersigned
	case typ != TypeStatement:
		return "", fmt.Errorf("signing: %.100q is no type of statement", typ)
	}
	if s.Signer == nil || s.Key.public == nil {
		return "", errors.New("signing: no key")
	}
	// No member needs escaping: see [metadata.CheckKeyID].
	header := `{"alg":"` + s.Key.algorithm + `","kid":"` + s.Key.id + `","typ":"` + typ + `"}`
	input := encode([]byte(header)) + "." + encode(payload)
	signature, err := s.sign([]byte(input))
	if err != nil {
		return "", fmt.Errorf("signing: %w", err)
	}
	signed := input + "." + encode(signature)
	if s.proven && len(signed) <= limits.StatementBytes {
		return signed, nil
	}
	c, err := read(signed)
	if err == nil {
		err = c.Verify(s.Key)
	}
	if err != nil {
		return "", fmt.Errorf("signing: the result would be refused: %w", err)
	}
	return signed, nil
}

func (s Signer) sign(input []byte) ([]byte, error) {
	switch s.Key.algorithm {
	case EdDSA:
		return s.Sign(rand.Reader, input, crypto.Hash(0))
	case ES256:
		digest := sha256.Sum256(input)
		der, err := s.Sign(rand.Reader, digest[:], crypto.SHA256)
		if err != nil {
			return nil, err
		}
		return fixedES256(der)
	}
	return nil, errors.New("only Ed25519 and P-256 keys sign")
}

// fixedES256 turns the ASN.1 signature of a crypto.Signer into R and S of 32
// bytes each (RFC 7518, Section 3.4).
func fixedES256(der []byte) ([]byte, error) {
	var r, s big.Int
	if err := jwsbb.UnpackASN1ECDSASignature(der, &r, &s); err != nil {
		return nil, fmt.Errorf("reading an ECDSA signature: %w", err)
	}
	if r.BitLen() > 256 || s.BitLen() > 256 {
		return nil, errors.New("an ECDSA signature of another curve")
	}
	fixed := make([]byte, 64)
	r.FillBytes(fixed[:32])
	s.FillBytes(fixed[32:])
	return fixed, nil
}
