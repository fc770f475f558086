package webhook

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// A Secret signs messages, and is known to the receiver. The zero Secret signs
// nothing.
type Secret struct{ key []byte }

// secretPrefix marks a secret of Standard Webhooks, so that scanners find it.
const secretPrefix = "whsec_"

// Secrets have 24 to 64 bytes (Standard Webhooks, "Symmetric signatures").
const (
	secretShortest = 24
	secretLongest  = 64
)

// ParseSecret parses "whsec_" and the base64 of 24 to 64 bytes; space around it is
// dropped. Its errors say nothing of the secret.
func ParseSecret(text []byte) (Secret, error) {
	encoded, ok := strings.CutPrefix(string(bytes.TrimSpace(text)), secretPrefix)
	key, err := base64.StdEncoding.Strict().DecodeString(encoded)
	if !ok || err != nil {
		return Secret{}, errors.New("it holds no secret, which is whsec_ and base64")
	}
	if len(key) < secretShortest || len(key) > secretLongest {
		return Secret{}, fmt.Errorf("the secret has %d bytes, and not %d to %d", len(key), secretShortest, secretLongest)
	}
	return Secret{key}, nil
}

// sign returns the value of the header webhook-signature: the HMAC-SHA256 over id,
// time and body with dots between them.
func (s Secret) sign(id string, at time.Time, body []byte) string {
	mac := hmac.New(sha256.New, s.key)
	mac.Write([]byte(id + "." + timestamp(at) + "."))
	mac.Write(body)
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// timestamp is the value of the header webhook-timestamp.
func timestamp(at time.Time) string { return strconv.FormatInt(at.Unix(), 10) }
