package countersigntest

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/fc28f635/countersign/attest"
	"github.com/fc28f635/countersign/metadata"
)

// lifetime is how long statements are valid: the longest that policy standard
// accepts.
const lifetime = 90 * 24 * time.Hour

// An Edit changes a statement before it is signed.
type Edit func(*metadata.Statement)

// For is an [Edit] for statements to one authorization server.
func For(audience string) Edit {
	return func(s *metadata.Statement) { s.Audience = audience }
}

// Expired is an [Edit] for statements that ended a day ago.
func Expired(s *metadata.Statement) {
	const past = int64((lifetime + 24*time.Hour) / time.Second)
	s.IssuedAt, s.ExpiresAt = s.IssuedAt-past, s.ExpiresAt-past
}

// Sign returns a release statement that states c, valid from now for 90 days.
func (p *Publisher) Sign(c metadata.Client, edits ...Edit) (string, error) {
	return p.sign(p.Key, c, edits)
}

// Forge returns what [Publisher.Sign] does, signed by a key that nobody
// published under the publisher's kid.
func (p *Publisher) Forge(c metadata.Client, edits ...Edit) (string, error) {
	key, err := attest.Generate(p.Key.ID(), metadata.KeyEd25519)
	if err != nil {
		return "", err
	}
	return p.sign(key, c, edits)
}

func (p *Publisher) sign(key attest.Key, c metadata.Client, edits []Edit) (string, error) {
	c.SoftwareStatement = "" // a statement holds no other
	now := p.world.now()
	s := metadata.Statement{Publisher: p.Name, ID: rand.Text(), Client: c,
		IssuedAt: now.Unix(), ExpiresAt: now.Add(lifetime).Unix()}
	for _, edit := range edits {
		edit(&s)
	}
	return key.Sign(s)
}

// Tamper returns a statement with one claim more than was signed.
func Tamper(statement string) (string, error) {
	parts := strings.Split(statement, ".")
	if len(parts) != 3 {
		return "", errors.New("changing a statement: it has not three parts")
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return "", fmt.Errorf("changing a statement: %w", err)
	}
	changed := strings.TrimSuffix(string(payload), "}") + `,"tampered":true}`
	parts[1] = base64.RawURLEncoding.EncodeToString([]byte(changed))
	return strings.Join(parts, "."), nil
}
