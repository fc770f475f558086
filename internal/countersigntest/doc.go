// Package countersigntest is a small Internet on loopback: call [New] for a
// [World] with an authoritative DNS server and an HTTPS server under a
// certificate authority of its own, then [World.NewPublisher] for publishers
// that live in it. The demo and tests verify against it as they would against
// the real one.
//
// Names and hosts are real, addresses are not: hand [World.ConnectTo],
// [World.Resolver] and [World.CA] to whoever looks something up. Nothing in the
// package reaches beyond loopback, and nothing imports package testing.
//
// Nothing here protects anything: keys are made at the start and die with the
// World.
package countersigntest
