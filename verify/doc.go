// Package verify finds out who is behind an OAuth client. Build a [Verifier]
// with [New] (or with package verify/online, which brings DNS and HTTPS), hand
// [Verifier.Verify] what a client presented, and read the [Verdict].
//
// # Stages
//
// A verification runs in stages, cheap before costly: form, keys, signature,
// times, metadata, provenance. Inside a stage everything is reported; after a
// stage that failed nothing is. No packet leaves the host for a statement whose
// form is wrong, and no claim is used before the signature over it was checked,
// but for the publisher's name, which selects where keys are looked for.
//
// # What a verdict does not mean
//
// A verified statement proves who wrote the software, never who presents it:
// that is what [Verdict.Binding] is for. Package issuer turns a verdict into a
// tier.
//
// # Compatibility
//
// Checks and reasons are append-only; the verdict document is versioned by its
// media type.
package verify
