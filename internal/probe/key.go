package probe

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"

	"github.com/fc28f635/countersign/internal/jose"
	"github.com/fc28f635/countersign/internal/strictjson"
)

// A key is a P-256 key that nobody publishes. It signs what our own signer would
// refuse to.
type key struct {
	private *ecdsa.PrivateKey
	public  jose.Key
}

func newKey() (*key, error) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("making a key: %w", err)
	}
	public, err := jose.FromPublic("probe", private.Public())
	if err != nil {
		return nil, fmt.Errorf("making a key: %w", err)
	}
	return &key{private, public}, nil
}

// sign returns claims as a JWT of a type, signed with ES256.
func (k *key) sign(typ string, claims map[string]any) (string, error) {
	input, err := unsigned(map[string]any{"alg": "ES256", "kid": k.public.ID(), "typ": typ}, claims)
	if err != nil {
		return "", err
	}
	digest := sha256.Sum256([]byte(input))
	r, s, err := ecdsa.Sign(rand.Reader, k.private, digest[:])
	if err != nil {
		return "", fmt.Errorf("signing: %w", err)
	}
	signature := make([]byte, 64) // RFC 7518, Section 3.4
	r.FillBytes(signature[:32])
	s.FillBytes(signature[32:])
	return input + "." + base64.RawURLEncoding.EncodeToString(signature), nil
}

// unsigned returns the first two parts of a JWT.
func unsigned(header, claims map[string]any) (string, error) {
	h, err := strictjson.Encode(header, false)
	if err != nil {
		return "", err
	}
	c, err := strictjson.Encode(claims, false)
	if err != nil {
		return "", err
	}
	return base64.RawURLEncoding.EncodeToString(h) + "." + base64.RawURLEncoding.EncodeToString(c), nil
}
