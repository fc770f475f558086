package attest

import (
	"errors"
	"fmt"
	"strings"

	"github.com/fc28f635/countersign/internal/jose"
	"github.com/fc28f635/countersign/internal/limits"
	"github.com/fc28f635/countersign/internal/strictjson"
	"github.com/fc28f635/countersign/metadata"
)

// A DNSRecord is the key record to paste into a publisher's zone, in the three
// forms that people are asked for. What it prints the verifier's
// [metadata.ParseKeyRecord] reads back.
type DNSRecord struct {
	Publisher metadata.Publisher
	Key       metadata.KeyRecord
}

// FullName returns the name without trailing dot, such as
// "_client-key.apps.acme.example".
func (r DNSRecord) FullName() string { return r.Publisher.KeyRecordName() }

// FormName returns the name as the web form of a DNS provider for a zone, such
// as "acme.example", wants it: "_client-key.apps". A form to which the full name
// is given appends the zone a second time. Of a zone that the name is not in it
// returns the full name.
func (r DNSRecord) FormName(zone string) string {
	return strings.TrimSuffix(r.FullName(), "."+zone)
}

// Text returns what the record says, unquoted and in one piece.
func (r DNSRecord) Text() string { return r.Key.String() }

// ZoneLine returns the line for a zone file (RFC 1035, Section 5), the text in
// quoted strings of at most 255 bytes.
func (r DNSRecord) ZoneLine() string {
	const longest = 255 // RFC 1035, Section 3.3
	line := r.FullName() + ". IN TXT"
	for text := r.Text(); text != ""; {
		n := min(longest, len(text))
		line += ` "` + zoneEscaper.Replace(text[:n]) + `"`
		text = text[n:]
	}
	return line
}

var zoneEscaper = strings.NewReplacer(`\`, `\\`, `"`, `\"`)

// MarshalPublisherDocument writes the document for
// [metadata.Publisher.PublisherDocumentURL]. It refuses what a verifier would: a
// key that cannot be used, a private one above all.
func MarshalPublisherDocument(d metadata.PublisherDocument) ([]byte, error) {
	if d.Publisher.IsZero() {
		return nil, errors.New("writing a publisher document: no publisher")
	}
	_, problems, err := jose.ParseKeyList(d.Keys)
	if err != nil {
		return nil, fmt.Errorf("writing a publisher document: %w", err)
	}
	if len(problems) > 0 {
		p := problems[0]
		return nil, fmt.Errorf("writing a publisher document: key %d: %w", p.Index, p.Err)
	}
	data, err := strictjson.Encode(d, true)
	if err != nil {
		return nil, fmt.Errorf("writing a publisher document: %w", err)
	}
	data = append(data, '\n')
	if len(data) > limits.DocumentBytesMax {
		return nil, errors.New("writing a publisher document: more than 64 KiB")
	}
	if _, err := metadata.ParsePublisherDocument(data, d.Publisher); err != nil {
		return nil, fmt.Errorf("writing a publisher document: %w", err)
	}
	return data, nil
}
