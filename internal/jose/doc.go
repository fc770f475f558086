// Package jose reads and writes signed statements: JWS in compact serialization
// (RFC 7515, Section 3.1) in exactly one spelling, and the public keys that
// verify them.
//
// Call [Parse] for a publisher's software statement, [ParseJWK], [ParseKeys] or
// [FromRecord] for a key, and then [Compact.Verify]. Call [Sign] to make a
// statement.
//
// Everything that can be decided about a key is decided when it is loaded: a
// [Key] that exists can be used. All functions are pure and safe for concurrent
// use, and no value they return changes later. The package has no clock; see
// [Key.NotAfter].
//
// It is the only importer of github.com/lestrrat-go/jwx, which never sees a
// header: form, algorithm and key are settled before its signature check.
package jose
