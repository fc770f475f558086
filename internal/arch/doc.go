// Package arch holds the rules about the module as a whole that no single
// package can test: which package may depend on which, that no type of a
// confined library is part of an exported API, and that every exported
// identifier says what it is. It has no code but tests.
package arch
