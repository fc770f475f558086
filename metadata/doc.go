// Package metadata is the vocabulary of countersign: everything that has a text
// form on the wire or in the zone, parsed and printed by the same types.
//
// Call [ParseStatement] for the payload of a software statement, [ParseClient]
// for the members of a registration, [ParseClientID] and [ParseDocument] for a
// Client ID Metadata Document, [ParseKeySet] for a publisher's DNS records,
// [ParsePublisherDocument] for its well-known document, and [Merge] for the
// client that results from what is stated and what is plain.
//
// The package is pure: no clock, no network, no cryptography, no logging. Keys
// stay bytes. All its functions are safe for concurrent use, and no value they
// return changes later.
//
// # Compatibility
//
// Reasons, members and formats are append-only; what a version accepts as
// canonical a later one accepts too.
package metadata

// Times are Unix seconds within these bounds, so that arithmetic on them never
// overflows (attack F10).
const (
	earliestTime = 1420070400 // 2015-01-01
	latestTime   = 4102444799 // 2099-12-31T23:59:59
)
