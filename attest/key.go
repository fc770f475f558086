package attest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"

	"github.com/fc28f635/countersign/internal/jose"
	"github.com/fc28f635/countersign/metadata"
)

// A Key is a publisher's signing key: Ed25519 or P-256, in a file or in a
// device. Keys never change and are safe for concurrent use where their
// crypto.Signer is. The zero Key signs nothing.
type Key struct {
	// reveal returns the signer; nil for the zero Key. It is a function because
	// fmt looks through everything else, even through a pointer in an unexported
	// field where the verb is wrong.
	reveal func() jose.Signer
}

// Generate makes a key. The kid, such as "2026a", must be one that can stand in
// DNS: 1 to 63 of a-z, 0-9 and inner hyphens.
func Generate(kid string, t metadata.KeyType) (Key, error) {
	var signer crypto.Signer
	var err error
	switch t {
	case metadata.KeyEd25519:
		_, signer, err = ed25519.GenerateKey(rand.Reader)
	case metadata.KeyP256:
		signer, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	default:
		return Key{}, fmt.Errorf("making a key: %.100q is no key type", string(t))
	}
	if err != nil {
		return Key{}, fmt.Errorf("making a key: %w", err)
	}
	k, err := New(kid, signer)
	if err != nil {
		return Key{}, fmt.Errorf("making a key: %w", err)
	}
	if _, err := k.Record(); err != nil {
		return Key{}, fmt.Errorf("making a key: %w", err)
	}
	return k, nil
}

// New returns the key of a signer, which may be a device: it needs to sign, and
// never to show its private part. Its public key must be Ed25519 or P-256.
func New(kid string, signer crypto.Signer) (Key, error) {
	if signer == nil {
		return Key{}, errors.New("no signer")
	}
	public, err := jose.FromPublic(kid, signer.Public())
	if err != nil {
		return Key{}, fmt.Errorf("the key cannot be used: %w", err)
	}
	if a := public.Algorithm(); a != jose.EdDSA && a != jose.ES256 {
		return Key{}, errors.New("only Ed25519 and P-256 keys sign")
	}
	s := jose.Signer{Key: public, Signer: signer}
	return Key{reveal: func() jose.Signer { return s }}, nil
}

// ID returns the kid, empty for the zero Key.
func (k Key) ID() string { return k.public().ID() }

// Thumbprint returns the SHA-256 thumbprint of the public key (RFC 7638), empty
// for the zero Key.
func (k Key) Thumbprint() string { return k.public().Thumbprint() }

// JWK returns the public JWK (RFC 7517), nil for the zero Key.
func (k Key) JWK() json.RawMessage { return k.public().JWK() }

// Record returns the key record to publish. Its tags other than the key's own
// are the caller's to set.
func (k Key) Record() (metadata.KeyRecord, error) {
	r, ok := k.public().Record()
	if !ok {
		return metadata.KeyRecord{}, fmt.Errorf(
			"kid %.100q cannot stand in DNS: 1 to 63 of a-z, 0-9 and inner hyphens", k.ID())
	}
	return r, nil
}

func (k Key) public() jose.Key {
	if k.reveal == nil {
		return jose.Key{}
	}
	return k.reveal().Key
}

// String names the key by its public part.
func (k Key) String() string {
	if k.reveal == nil {
		return "no key"
	}
	return "key " + k.ID() + " (" + k.Thumbprint() + ")"
}

// GoString is String.
func (k Key) GoString() string { return k.String() }

// Format writes String whatever the verb.
func (k Key) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, k.String()) }

// MarshalJSON writes the public JWK, and null for the zero Key.
func (k Key) MarshalJSON() ([]byte, error) {
	if k.reveal == nil {
		return []byte("null"), nil
	}
	return k.JWK(), nil
}

// LogValue is String.
func (k Key) LogValue() slog.Value { return slog.StringValue(k.String()) }
