package jose

import (
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/lestrrat-go/jwx/v3/jws/jwsbb"

	"github.com/fc28f635/countersign/internal/limits"
	"github.com/fc28f635/countersign/metadata"
)

// A Compact is a signed text whose form is sound. Its signature says nothing
// until [Compact.Verify] has returned nil. The zero Compact never verifies.
type Compact struct {
	Header Header

	// Payload is the decoded payload: any bytes, not yet read as JSON.
	Payload []byte

	input     []byte // the signing input as received (RFC 7515, Section 5.2)
	signature []byte
}

// Parse reads a publisher's software statement. It accepts one spelling of each
// statement: three non-empty parts of unpadded base64url without white space or
// non-zero trailing bits, at most [limits.StatementBytes] long, whose header
// names an algorithm and a key and nothing that would replace them.
//
// The error is of type [metadata.Defects]. Where only the header is at fault,
// the Compact still has its Payload, so that the caller can report what is
// wrong with that too; it never verifies.
func Parse(raw string) (Compact, error) {
	return parse(raw, func(typ string, present bool) bool {
		return !present || typ == TypeStatement || typ == "JWT"
	})
}

// ParseCountersigned reads a countersigned statement as Parse reads a software
// statement. Each of the two refuses what the other is for.
func ParseCountersigned(raw string) (Compact, error) {
	return parse(raw, func(typ string, _ bool) bool { return typ == TypeCountersigned })
}

func parse(raw string, acceptType func(typ string, present bool) bool) (Compact, error) {
	if len(raw) > limits.StatementBytes {
		return Compact{}, defect(metadata.ReasonStatementTooLarge, "",
			fmt.Sprintf("%d bytes, and at most %d are read", len(raw), limits.StatementBytes))
	}
	header, rest, _ := strings.Cut(raw, ".")
	payload, signature, ok := strings.Cut(rest, ".")
	if !ok || strings.Contains(signature, ".") {
		return Compact{}, malformed("not three parts separated by dots")
	}
	var parts [3][]byte
	buffer := make([]byte, 0, strictBase64.DecodedLen(len(raw)))
	for i, part := range [3]struct{ name, text string }{{"header", header}, {"payload", payload}, {"signature", signature}} {
		end := len(buffer)
		if part.text == "" {
			return Compact{}, malformed("the " + part.name + " is empty")
		}
		var canonical bool
		if buffer, canonical = appendBase64(buffer, part.text); !canonical {
			return Compact{}, malformed("the " + part.name + " is not canonical unpadded base64url")
		}
		parts[i] = buffer[end:len(buffer):len(buffer)]
	}
	h, defects := parseHeader(parts[0], acceptType)
	if len(defects) > 0 {
		return Compact{Payload: parts[1]}, defects
	}
	return Compact{Header: h, Payload: parts[1], input: []byte(raw[:len(header)+1+len(payload)]), signature: parts[2]}, nil
}

var strictBase64 = base64.RawURLEncoding.Strict()

// appendBase64 appends what text stands for, and accepts exactly one spelling of
// any bytes. Strict refuses padding, other alphabets and non-zero trailing bits,
// but skips line ends.
func appendBase64(to []byte, text string) ([]byte, bool) {
	if strings.IndexByte(text, '\n') >= 0 || strings.IndexByte(text, '\r') >= 0 {
		return to, false
	}
	decoded, err := strictBase64.AppendDecode(to, []byte(text))
	return decoded, err == nil
}

// Verify reports whether the key made the signature, over the bytes as they
// were received. The key must be the one that the header names and be made for
// the header's algorithm. The error is a [*metadata.ReasonError] of reason
// signature_invalid.
//
// Verify does not ask whether the algorithm is one that the caller allows: see
// [Header.Allowed].
func (c Compact) Verify(k Key) error {
	switch {
	case len(c.signature) == 0 || k.public == nil:
		return signatureInvalid("nothing to verify")
	case c.Header.KeyID != k.id:
		return signatureInvalid("the header names another key")
	case !k.fits(c.Header.Algorithm):
		return signatureInvalid("the algorithm is not the key's")
	}
	if err := jwsbb.Verify(k.public, canonicalAlgorithm(c.Header.Algorithm), c.input, c.signature); err != nil {
		return signatureInvalid("the key did not make this signature")
	}
	return nil
}

func signatureInvalid(detail string) error {
	return &metadata.ReasonError{Reason: metadata.ReasonSignatureInvalid, Detail: detail}
}

func malformed(detail string) error {
	return defect(metadata.ReasonStatementMalformed, "", detail)
}

func defect(r metadata.Reason, member, detail string) metadata.Defects {
	return metadata.Defects{{Reason: r, Member: member, Detail: detail}}
}
