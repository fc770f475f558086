// Package attest is the publisher's side of countersign: the only code that
// holds a publisher's private keys.
//
// Call [Generate] and [Key.Save] to make a key, [Load] or [FromEnv] to use one,
// [Key.Sign] to make a software statement (RFC 7591, Section 2.3), and
// [DNSRecord] and [MarshalPublisherDocument] for what the world needs in order
// to verify it. All of it is printed by the types that a verifier parses with.
//
// [OpenJournal] keeps what happened to the keys and what they signed.
//
// A Key never shows its private part unasked: not by any verb of package fmt,
// not as JSON, not in a log.
//
// # Compatibility
//
// What one version writes, later ones read.
package attest
