// Package issuer decides what a client is granted. Read a [Policy] with
// [ParsePolicy], or take a built-in one with [Standard] or [Builtin], and call
// [Policy.Decide] for the pure decision; or make a [Registry] and call
// [Registry.Decide] for the whole road: verify, decide, record, countersign.
//
// What operators say goes through the Registry: [Registry.Accept],
// [Registry.Except], [Registry.Approve], [Registry.ApplyPolicy]. [Policy.Replay]
// asks another policy about a recorded decision, and [Compare] two about many.
//
// Words: the party behind the iss of a statement is the publisher; issuer is
// always our service, which issues tiers.
package issuer
