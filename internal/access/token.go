package access

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// A token is what a caller presents: the prefix, which tells a scanner of
// published code what it found, the id, and 256 random bits, in lower-case hex.
const (
	tokenPrefix = "csk_"
	idBytes     = 8
	secretBytes = 32
)

// newToken makes a token.
func newToken() (id, token string) {
	var random [idBytes + secretBytes]byte
	_, _ = rand.Read(random[:]) // never fails (crypto/rand)
	id = hex.EncodeToString(random[:idBytes])
	return id, tokenPrefix + id + "_" + hex.EncodeToString(random[idBytes:])
}

// idOf returns the id in a token, which may be anything.
func idOf(token string) (id string, ok bool) {
	rest, ok := strings.CutPrefix(token, tokenPrefix)
	if !ok || len(rest) != 2*idBytes+1+2*secretBytes || rest[2*idBytes] != '_' {
		return "", false
	}
	return rest[:2*idBytes], true
}

// digestOf returns what is kept of a token. One round is enough: there is
// nothing to guess in 256 random bits.
func digestOf(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}
