package metadata

import (
	"errors"
	"strings"
)

// A Subject is what an operator can speak of: a publisher, one metadata
// document, or a shape. Subjects are comparable. The zero Subject is invalid and
// is nobody.
type Subject struct {
	publisher Publisher
	clientID  string
	shape     Shape
}

// ParseSubject parses a subject as people write it: a domain or its https origin
// is a publisher, an https URL with a path is a client_id, and "sha256:" with 64
// hexadecimal digits is a shape.
func ParseSubject(text string) (Subject, error) {
	isShape := strings.HasPrefix(text, shapePrefix)
	host, isURL := strings.CutPrefix(text, "https://")
	switch {
	case isShape:
		shape, err := ParseShape(text)
		return ShapeSubject(shape), err
	case isURL && strings.Contains(host, "/"):
		id, err := ParseClientID(text)
		if err != nil {
			return Subject{}, err
		}
		return ClientSubject(id), nil
	}
	p, err := PublisherOf(host)
	if err != nil {
		return Subject{}, errors.New(quote(text) + " is no publisher (acme.example), client_id (https://acme.example/client.json) or shape (sha256:…)")
	}
	return PublisherSubject(p), nil
}

// PublisherSubject returns a publisher as a subject; of the zero Publisher it is
// the zero Subject.
func PublisherSubject(p Publisher) Subject { return Subject{publisher: p} }

// ClientSubject returns the client of a metadata document as a subject.
func ClientSubject(id ClientID) Subject { return Subject{clientID: id.String()} }

// ShapeSubject returns a shape as a subject; of the empty Shape it is the zero
// Subject.
func ShapeSubject(s Shape) Subject { return Subject{shape: s} }

// IsZero reports whether s is the zero Subject.
func (s Subject) IsZero() bool { return s == Subject{} }

// Publisher returns the publisher, zero where the subject is none.
func (s Subject) Publisher() Publisher { return s.publisher }

// ClientID returns the address of the metadata document, empty where the subject
// is none.
func (s Subject) ClientID() string { return s.clientID }

// Shape returns the shape, empty where the subject is none.
func (s Subject) Shape() Shape { return s.shape }

// Kind returns "publisher", "client_id" or "shape", and of the zero Subject the
// empty string.
func (s Subject) Kind() string {
	switch {
	case !s.publisher.IsZero():
		return "publisher"
	case s.clientID != "":
		return "client_id"
	case s.shape != "":
		return "shape"
	}
	return ""
}

// String returns the form that [ParseSubject] reads, a publisher as its origin.
func (s Subject) String() string {
	return s.publisher.String() + s.clientID + string(s.shape)
}

// MarshalText implements encoding.TextMarshaler.
func (s Subject) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler. The empty text is the zero
// Subject.
func (s *Subject) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*s = Subject{}
		return nil
	}
	parsed, err := ParseSubject(string(text))
	if err != nil {
		return err
	}
	*s = parsed
	return nil
}
