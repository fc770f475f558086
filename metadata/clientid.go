package metadata

import (
	"errors"
	"strings"

	"github.com/fc28f635/countersign/internal/limits"
)

// A ClientID is the https URL of a metadata document (draft-ietf-oauth-client-
// id-metadata-document-02, Section 3). Values are comparable, by simple string
// comparison (RFC 3986, Section 6.2.1). The zero ClientID is invalid.
type ClientID struct {
	url       string
	publisher Publisher
}

// ParseClientID parses a client_id as it was received, before any URL parser
// could repair it. It accepts the URLs that RFC 3986 and the WHATWG URL
// standard read alike, and of those what the draft allows and no more: https, a
// domain in canonical form, a path, no query, fragment, user information or dot
// segment. A port must not be 443, and only 443 is fetched by default. The
// error's reason is [ReasonClientIDMalformed].
func ParseClientID(s string) (ClientID, error) {
	id, err := parseClientID(s)
	if err != nil {
		return ClientID{}, &ReasonError{Reason: ReasonClientIDMalformed, Member: "client_id", Detail: err.Error()}
	}
	return id, nil
}

func parseClientID(s string) (ClientID, error) {
	const longestPath = 255
	if len(s) > limits.ClientIDBytes {
		return ClientID{}, errors.New("longer than 512 bytes")
	}
	rest, ok := strings.CutPrefix(s, "https:")
	if !ok {
		return ClientID{}, errors.New("not an https URL, the scheme in lower case")
	}
	if err := checkURIBytes(s); err != nil {
		return ClientID{}, err
	}
	u, err := splitWebURL(rest)
	if err != nil {
		return ClientID{}, err
	}
	switch {
	case u.port == "443":
		return ClientID{}, errors.New("port 443 is written by leaving it out")
	case u.rest == "" || u.rest[0] != '/':
		return ClientID{}, errors.New("no path")
	case strings.Contains(u.rest, "?"):
		return ClientID{}, errors.New("a query is not allowed")
	case len(u.rest) > longestPath:
		return ClientID{}, errors.New("the path is longer than 255 bytes")
	}
	p, err := PublisherOf(u.host)
	if err != nil {
		return ClientID{}, err
	}
	return ClientID{url: s, publisher: p}, nil
}

// IsClientIDURL reports whether a client_id looks like the address of a
// metadata document, well formed or not.
func IsClientIDURL(s string) bool {
	scheme, _, ok := strings.Cut(s, "://")
	return ok && (strings.EqualFold(scheme, "https") || strings.EqualFold(scheme, "http"))
}

// String returns the URL as it was received.
func (id ClientID) String() string { return id.url }

// IsZero reports whether id is the zero ClientID.
func (id ClientID) IsZero() bool { return id.url == "" }

// Publisher returns the publisher that hosts the document: its exact host.
func (id ClientID) Publisher() Publisher { return id.publisher }
