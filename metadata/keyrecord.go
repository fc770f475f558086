package metadata

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/fc28f635/countersign/internal/limits"
)

const (
	keyRecordLabel   = "_client-key"
	keyRecordVersion = "v=ck1"
)

// A KeyType is the k tag of a key record.
type KeyType string

// The key types that a key record can hold.
const (
	KeyEd25519 KeyType = "ed25519" // 32 raw bytes (RFC 8032)
	KeyP256    KeyType = "p256"    // 33 bytes, compressed SEC1
)

// A KeyRecord is one key of a publisher in DNS, as in
//
//	_client-key.acme.example. IN TXT "v=ck1; kid=2026a; k=ed25519; p=…"
//
// KeyRecords are comparable. The zero KeyRecord is invalid.
type KeyRecord struct {
	KeyID string

	// Type is the k tag; only a revoked key may be without.
	Type KeyType

	// PublicKey holds the raw bytes of the key, whose form Type gives. Empty
	// means that the key is revoked.
	PublicKey string

	// NotAfter is the x tag in Unix seconds: from then on, by the verifier's
	// clock, the key verifies nothing. Zero means no end.
	NotAfter int64

	// NotBefore is the n tag in Unix seconds: the key verifies no statement
	// whose iat is earlier. Zero means no beginning.
	NotBefore int64

	// Subdomains is s=y: the key also speaks for hosts below the publisher's.
	Subdomains bool

	// Instances is u=i: the key signs instance statements only; without it,
	// release statements only.
	Instances bool

	// Test is t=y: statements are verified and reported, and change nothing.
	Test bool
}

// Revoked reports whether the record revokes its key.
func (r KeyRecord) Revoked() bool { return r.PublicKey == "" }

// ParseKeyRecord parses the joined character-strings of one TXT record. An
// error means that the key is malformed, and its text says why; KeyID is set
// even then where the record has one that can be read. Records that do not
// begin with v=ck1 are none of ours: see [ParseKeySet].
func ParseKeyRecord(text string) (KeyRecord, error) {
	var r KeyRecord
	var hasKey bool
	seen := make(map[string]bool)
	tags := strings.Split(text, ";")
	if strings.Trim(tags[len(tags)-1], " \t") == "" {
		tags = tags[:len(tags)-1]
	}
	var firstErr error
	fail := func(format string, args ...any) {
		if firstErr == nil {
			firstErr = fmt.Errorf(format, args...)
		}
	}
	for i, tag := range tags {
		name, value, ok := strings.Cut(tag, "=")
		name, value = strings.Trim(name, " \t"), strings.Trim(value, " \t")
		if !ok || !isTagName(name) {
			fail("%s is no tag", quote(tag))
			continue
		}
		if seen[name] {
			fail("tag %s appears twice", name)
			continue
		}
		seen[name] = true
		if i == 0 && (name != "v" || value != "ck1") {
			fail("the first tag is not v=ck1")
		}
		var err error
		switch name {
		case "kid":
			if err = checkRecordKeyID(value); err == nil {
				r.KeyID = value
			}
		case "k":
			r.Type, err = parseKeyType(value)
		case "p":
			hasKey = true
			r.PublicKey, err = parsePublicKey(value)
		case "x":
			r.NotAfter, err = parseTagTime(value)
		case "n":
			r.NotBefore, err = parseTagTime(value)
		case "s":
			r.Subdomains, err = parseFlag(value, "y")
		case "u":
			r.Instances, err = parseFlag(value, "i")
		case "t":
			r.Test, err = parseFlag(value, "y")
		}
		if err != nil {
			fail("tag %s: %w", name, err)
		}
	}
	switch {
	case r.KeyID == "":
		fail("tag kid is missing")
	case r.Type == "" && !r.Revoked():
		fail("tag k is missing")
	case !hasKey:
		fail("tag p is missing (an empty one revokes the key)")
	case !r.Revoked() && len(r.PublicKey) != keySizes[r.Type]:
		fail("tag p holds %d bytes, and %s takes %d", len(r.PublicKey), r.Type, keySizes[r.Type])
	}
	if firstErr != nil {
		return KeyRecord{KeyID: r.KeyID}, firstErr
	}
	return r, nil
}

// String returns the record's text in canonical form, as it is published.
func (r KeyRecord) String() string {
	var b strings.Builder
	b.WriteString(keyRecordVersion + "; kid=" + r.KeyID)
	if r.Type != "" {
		b.WriteString("; k=" + string(r.Type))
	}
	if r.NotBefore != 0 {
		b.WriteString("; n=" + strconv.FormatInt(r.NotBefore, 10))
	}
	if r.NotAfter != 0 {
		b.WriteString("; x=" + strconv.FormatInt(r.NotAfter, 10))
	}
	if r.Subdomains {
		b.WriteString("; s=y")
	}
	if r.Instances {
		b.WriteString("; u=i")
	}
	if r.Test {
		b.WriteString("; t=y")
	}
	b.WriteString("; p=" + base64.StdEncoding.EncodeToString([]byte(r.PublicKey)))
	return b.String()
}

// keySizes are the bytes that a key of each type has.
var keySizes = map[KeyType]int{KeyEd25519: 32, KeyP256: 33}

func parseKeyType(value string) (KeyType, error) {
	k := KeyType(value)
	if _, ok := keySizes[k]; !ok {
		return "", fmt.Errorf("%s is no key type: ed25519 or p256", quote(value))
	}
	return k, nil
}

// parsePublicKey decodes RFC 4648, Section 4 base64, padded, in its one
// spelling.
func parsePublicKey(value string) (string, error) {
	raw, err := base64.StdEncoding.Strict().DecodeString(value)
	if err != nil || base64.StdEncoding.EncodeToString(raw) != value {
		return "", errors.New("not padded standard base64")
	}
	return string(raw), nil
}

func parseTagTime(value string) (int64, error) {
	n, err := strconv.ParseInt(value, 10, 64)
	if err != nil || strconv.FormatInt(n, 10) != value || n < earliestTime || n > latestTime {
		return 0, fmt.Errorf("%s is no time in Unix seconds", quote(value))
	}
	return n, nil
}

func parseFlag(value, only string) (bool, error) {
	if value != only {
		return false, fmt.Errorf("%s is not %s", quote(value), only)
	}
	return true, nil
}

// isTagName accepts a lower-case letter, then lower-case letters and digits.
func isTagName(name string) bool {
	for i, c := range []byte(name) {
		if (c < 'a' || c > 'z') && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return name != ""
}

// checkRecordKeyID accepts the kid of a key record, a DNS-label-like subset of
// what a JWS header may hold.
func checkRecordKeyID(kid string) error {
	if len(kid) == 0 || len(kid) > 63 {
		return errors.New("not 1 to 63 characters")
	}
	for i, c := range []byte(kid) {
		inner := i > 0 && i < len(kid)-1
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && (c != '-' || !inner) {
			return fmt.Errorf("%s has characters other than a-z, 0-9 and inner hyphens", quote(kid))
		}
	}
	return nil
}

// CheckKeyID reports whether kid can stand in the header of a statement: 1 to
// 64 of A-Z, a-z, 0-9, dot, underscore and hyphen. The kid of a key record is a
// subset.
func CheckKeyID(kid string) error {
	if len(kid) == 0 || len(kid) > limits.KeyIDBytes {
		return errors.New("kid is not 1 to 64 characters")
	}
	for _, c := range []byte(kid) {
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '.' && c != '_' && c != '-' {
			return fmt.Errorf("kid %s has characters other than A-Z, a-z, 0-9, dot, underscore and hyphen", quote(kid))
		}
	}
	return nil
}
