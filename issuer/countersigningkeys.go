package issuer

import (
	"crypto"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/fc28f635/countersign/internal/jose"
)

// CountersigningKeys are the keys of a [Countersigner] at one time: the one that
// signs, and those that consumers are to know beside it. They do not change and
// are safe for concurrent use. The zero CountersigningKeys sign nothing.
type CountersigningKeys struct {
	signer jose.Signer
	jwks   json.RawMessage
}

// A CountersigningKey is a P-256 (ES256) or Ed25519 key and the kid by which
// consumers know it. Signer signs with it; of a key that only is published its
// public part is used.
type CountersigningKey struct {
	KeyID  string
	Signer crypto.Signer
}

// NewCountersigningKeys returns the keys of which signing signs. Others are
// published beside it: those that will sign, and those of which statements
// still live. Two keys of one kid are an error.
func NewCountersigningKeys(signing CountersigningKey, others ...CountersigningKey) (*CountersigningKeys, error) {
	k := &CountersigningKeys{}
	listed, seen := make([]string, 0, 1+len(others)), map[string]bool{}
	for i, key := range append([]CountersigningKey{signing}, others...) {
		if key.Signer == nil {
			return nil, errors.New("countersigning key: no key")
		}
		public, err := jose.FromPublic(key.KeyID, key.Signer.Public())
		if err != nil {
			return nil, fmt.Errorf("countersigning key: %w", err)
		}
		if seen[key.KeyID] {
			return nil, fmt.Errorf("countersigning key: two of kid %.100q", key.KeyID)
		}
		seen[key.KeyID] = true
		if i == 0 {
			if k.signer, err = (jose.Signer{Key: public, Signer: key.Signer}).Prove(); err != nil {
				return nil, fmt.Errorf("countersigning key: %w", err)
			}
		}
		listed = append(listed, string(public.JWK()))
	}
	k.jwks = json.RawMessage(`{"keys":[` + strings.Join(listed, ",") + `]}`)
	return k, nil
}

// KeyID returns the kid of the key that signs.
func (k *CountersigningKeys) KeyID() string { return k.signer.Key.ID() }
