// Package limits names every bound that countersign puts on what strangers
// send, each with the sentence that derives it. All are checked before memory
// is allocated for what they bound.
package limits

import "time"

const (
	// RequestBytes bounds an API request body: a 16 KiB statement, 5 KiB of
	// plain members and an inline key set fit three times over.
	RequestBytes = 64 << 10

	// StatementBytes bounds a software statement in compact serialization:
	// sixteen redirect URIs of full length and an RS256 signature fit.
	StatementBytes = 16 << 10

	// StatementInDocumentBytes bounds a statement inside a metadata document,
	// so that document and statement together stay below DocumentBytes.
	StatementInDocumentBytes = 3 << 10

	// DocumentBytes is the default bound of a metadata document, the draft's
	// recommended maximum (draft-ietf-oauth-client-id-metadata-document-02,
	// Section 8.7: 5 kilobytes).
	DocumentBytes = 5 << 10

	// DocumentBytesMax is the largest bound that configuration may set for a
	// metadata document, and the bound of a publisher document.
	DocumentBytesMax = 64 << 10

	// JSONDepth bounds nesting: the deepest registered member (a JWK with x5c
	// in a JWK set in a request) has 6 levels.
	JSONDepth = 16

	// RedirectURIs bounds redirect URIs of one client; the largest real client
	// seen has 5.
	RedirectURIs = 16

	// RedirectURIBytes bounds one redirect URI (formats, section 10).
	RedirectURIBytes = 512

	// ClientIDBytes bounds a client_id URL: it is shown and stored.
	ClientIDBytes = 512

	// NameRunes bounds a client name: it is shown on one line of a consent page.
	NameRunes = 128

	// KeyIDBytes bounds a kid.
	KeyIDBytes = 64

	// KeyRecords bounds the key records at one DNS name: a DNS message over
	// TCP holds more, but rotation needs two.
	KeyRecords = 16

	// TXTRecords bounds the TXT records at one name, key records or not.
	TXTRecords = 64

	// TXTBytes bounds the TXT records at one name together.
	TXTBytes = 16 << 10

	// Keys bounds the keys of one JWK set.
	Keys = 64

	// RSABits are the sizes of RSA keys that verify anything: below 2048 can
	// be factored soon, above 4096 a check costs milliseconds (attack F12).
	RSABitsMin, RSABitsMax = 2048, 4096

	// WalkNames bounds the DNS names asked for one publisher: the exact host
	// and three parents.
	WalkNames = 4

	// CNAMELinks bounds a chain of CNAMEs.
	CNAMELinks = 8

	// StatementLifetime bounds exp minus iat: a year and a day's grace.
	StatementLifetime = 366 * 24 * time.Hour

	// Leeway is the clock skew that is tolerated everywhere.
	Leeway = time.Minute

	// EvidenceTTLMin and EvidenceTTLMax clamp the TTL of a DNS answer: below a
	// minute one publisher could make us ask at every request, above an hour a
	// revocation would wait too long.
	EvidenceTTLMin, EvidenceTTLMax = time.Minute, time.Hour

	// EvidenceFresh bounds the age of a key set for a decision at tier signed
	// or above (formats, section 2): a publisher's revocation takes at most
	// this long.
	EvidenceFresh = 15 * time.Minute

	// NegativeTTL is how long a failed or empty look-up is remembered, and the
	// minimum interval between two look-ups of one publisher.
	NegativeTTL = time.Minute

	// CachedPublishers bounds the publishers whose evidence is remembered in
	// memory: each costs a few KiB.
	CachedPublishers = 10000

	// KeyOverlap is how long a new key must have been published together with
	// an older live key to belong to its line.
	KeyOverlap = 24 * time.Hour

	// KeyLineHold is how long a key without such overlap is capped.
	KeyLineHold = 72 * time.Hour

	// ExpiresSoon is when a statement's end becomes a warning.
	ExpiresSoon = 30 * 24 * time.Hour

	// FetchTimeout bounds one HTTPS fetch from dial to last byte.
	FetchTimeout = 5 * time.Second

	// DNSTimeout bounds one DNS look-up with its retries.
	DNSTimeout = 5 * time.Second

	// DatabaseFreeBytes is the free space below which nothing is written: an
	// mmap-ed store dies of SIGBUS on a full disk.
	DatabaseFreeBytes = 256 << 20
)
