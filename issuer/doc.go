// Package issuer decides what a client is granted. Build a [Policy] with
// [Standard], and call [Policy.Decide] for the pure decision, or make a
// [Registry] and call [Registry.Decide] for the whole road: verify, decide,
// record, countersign.
//
// Words: the party behind the iss of a statement is the publisher; issuer is
// always our service, which issues tiers.
package issuer
