// Package condition reads the conditions that an operator writes into a policy,
// in CEL, and evaluates them. Call [Vocabulary.Compile] for one that says who
// reaches a tier, [Vocabulary.CompileClaims] for one that says who is refused.
//
// A condition sees two kinds of things. Facts are what was established, such as
// passed("coverage"). They stand alone, or under && and || only, so that losing
// a fact never makes a condition hold: it is monotone by construction. Claims are
// what the client says of itself, such as client_name; an expression of claims is
// any CEL that the environment has: no clock, no regular expression, no I/O.
package condition
