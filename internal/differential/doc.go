// Package differential compares what this module makes of statements, key sets
// and client_ids with what npm jose and the WHATWG URL parser of Node make of
// them: run its tests. Mutants of the test vectors go to both sides, and every
// disagreement has to fall in a class that docs/differential.md explains.
package differential
