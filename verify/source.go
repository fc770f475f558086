package verify

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/fc28f635/countersign/metadata"
)

// A Resolver looks up TXT records. Implementations must be safe for concurrent
// use, must not retry after ctx is done, and must bound their own work.
type Resolver interface {
	// LookupTXT asks for the TXT records of name, which has no trailing dot and
	// is never completed with a search list. It returns an error wrapping
	// [ErrNoRecord] when, and only when, a complete answer says that there are
	// none (NXDOMAIN, or no data), an error wrapping [ErrBogus] when DNSSEC
	// validation failed, and any other error when there was no usable answer:
	// truncated, refused, timed out. The Answer is set as far as it is known
	// even with an error.
	LookupTXT(ctx context.Context, name string) (Answer, error)
}

// Errors that a [Resolver] wraps.
var (
	ErrNoRecord = errors.New("no such record")
	ErrBogus    = errors.New("DNSSEC validation failed")
)

// An Answer is what the DNS said about the TXT records of one name, or about
// their absence. The zero Answer is neither secure nor corroborated.
type Answer struct {
	Texts  []string      // one per record, its character-strings joined
	Name   string        // the last name of the CNAME chain, without trailing dot
	TTL    time.Duration // as received, of the shortest-lived link
	Server string        // who answered, for people: "192.0.2.1:53 (udp)"

	// Secure says that a validating resolver configured as trusted vouched for
	// every link of the answer (DNSSEC).
	Secure bool

	// Corroborated says that resolvers of two different operators gave the
	// same answer over TLS, HTTPS or TCP.
	Corroborated bool

	// Wildcard says that the answer was synthesised from a wildcard.
	Wildcard bool
}

// A Fetcher gets documents over HTTPS. Implementations must be safe for
// concurrent use, must follow no redirect, must send no credentials, must
// refuse to dial addresses that are not public (attacks, group S), and must
// bound time and bytes.
type Fetcher interface {
	// Fetch gets url, at most limit bytes of it. It succeeds only for status
	// 200 with a JSON media type; all other outcomes are a [*FetchError].
	Fetch(ctx context.Context, url string, limit int) (Resource, error)
}

// A Resource is a document that was fetched.
type Resource struct {
	Body   []byte
	Server string        // the address that was dialled
	Fresh  time.Duration // how long it may be reused (RFC 9111); zero if not said

	// PinnedBy says that it was not fetched, and whose copy it is; PinnedUntil
	// how long that stands. A [Fetcher] gives a copy only of what cannot be had.
	PinnedBy    string
	PinnedUntil time.Time
}

// A FetchError says why a document could not be had. The zero FetchError is an
// unavailability.
type FetchError struct {
	// Status is the HTTP status that was answered, 0 where none was.
	Status int

	// Refused says that the address or port is one that we never dial.
	Refused bool

	// Unusable says that an answer with status 200 came and is no document: too
	// large, encoded, or not of a JSON media type. HTML says that it was a page.
	Unusable, HTML bool

	// RedirectHost is the host that a redirect leads to, lower case and without
	// port; empty where the answer was none. A stranger wrote it.
	RedirectHost string

	Server string // the address that was dialled, empty where none was
	Err    error  // what happened, for people
}

// Error implements error.
func (e *FetchError) Error() string {
	if e.Status != 0 {
		return fmt.Sprintf("fetching: status %d: %v", e.Status, e.Err)
	}
	return fmt.Sprintf("fetching: %v", e.Err)
}

// Unwrap returns what happened.
func (e *FetchError) Unwrap() error { return e.Err }

// A Memory remembers which keys of a publisher were seen when and which of them are
// dead, which lets a new key be told from a stolen domain, and of a metadata document
// since when it is missing and how new its statements were. Implementations must be
// safe for concurrent use and keep what they were told for at least a year, and of
// dead keys for good.
type Memory interface {
	// See records that the publisher's domain published exactly these keys at the
	// time, and returns everything known of the publisher so far, this included. A
	// nil or empty list is a sighting of no key. A dead key is not seen again: its
	// sighting stays as it is. Of a key that [BeginsAnew] both times of the sighting
	// are this one. Where the keys of a publisher are bounded, a key
	// beyond the bound is left out: no older one is ever dropped for it.
	See(ctx context.Context, p metadata.Publisher, keys []PublishedKey, at time.Time) ([]Sighting, error)

	// End records that the publisher revoked what it published under these names
	// (kid) at the time, and returns everything known of the publisher. Every key
	// that was ever seen under such a name is dead from then on, under any name. A
	// name under which no key was seen is remembered by a Sighting without
	// thumbprint. What has ended stays so, with its first time. Where a bound leaves
	// out names, it is one of their own: no number of sightings keeps a name out.
	End(ctx context.Context, p metadata.Publisher, kids []string, at time.Time) ([]Sighting, error)

	// Missing records that the address of a metadata document answered 404 at
	// the time, and returns since when that is so: see [Absence.Again].
	Missing(ctx context.Context, id metadata.ClientID, at time.Time) (since time.Time, err error)

	// Found ends what Missing recorded: the address served a document.
	Found(ctx context.Context, id metadata.ClientID) error

	// Expose records that the private parts of the keys of these thumbprints (RFC
	// 7638) were public at the time. What is exposed stays so, with its first time.
	Expose(ctx context.Context, thumbprints []string, at time.Time) error

	// Exposed returns those of the keys of which Expose was told, in any order.
	Exposed(ctx context.Context, thumbprints []string) ([]Exposure, error)

	// Issued records that a metadata document held a statement of the publisher with
	// this iat, in Unix seconds, and returns the latest iat of all of them, this
	// included. Zero records nothing, and is returned where nothing was recorded.
	Issued(ctx context.Context, p metadata.Publisher, id metadata.ClientID, iat int64) (latest int64, err error)
}

// A PublishedKey is a key as a publisher publishes it.
type PublishedKey struct {
	KeyID      string // its name, the kid
	Thumbprint string // RFC 7638
}

// A Sighting is the time during which a key was seen published.
type Sighting struct {
	Thumbprint  string    `json:"thumbprint"` // RFC 7638; empty for a name alone, under which no key was seen
	KeyIDs      []string  `json:"kids,omitempty"`
	First, Last time.Time // inclusive

	// Ended is when it was seen that the publisher revoked it. Zero means that it
	// is not known to be dead.
	Ended time.Time `json:"ended,omitzero"`
}
