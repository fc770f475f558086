package issuer

import (
	"context"
	"errors"

	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/verify"
)

// Errors that a [Store] wraps.
var (
	// ErrNotFound says that there is no such decision.
	ErrNotFound = errors.New("not found")

	// ErrStorageFull says that there is too little free space to write.
	// Reading goes on.
	ErrStorageFull = errors.New("too little free space to record decisions")

	// ErrStorageFailed says that a write could not be made durable. The store
	// takes no write after it: what the disk holds is not known, and the
	// process must be started again.
	ErrStorageFailed = errors.New("the store could not make a write durable")
)

// A Store keeps decisions, acceptances and what was seen of publishers.
// Implementations must be safe for concurrent use. What a method has
// acknowledged is there after the process or the machine died.
//
// After an error that is none of [ErrNotFound] and [ErrStorageFull] the caller
// does not know whether a write happened.
type Store interface {
	verify.Memory

	// Commit makes a decision durable. Two decisions never have one id; the
	// same id again is an error and changes nothing.
	Commit(ctx context.Context, d Decision) error

	// Decision returns an error wrapping [ErrNotFound] when, and only when,
	// there is no decision with the id.
	Decision(ctx context.Context, id string) (Decision, error)

	// Accept makes an acceptance durable. One for the same publisher and shape
	// replaces the one before.
	Accept(ctx context.Context, a Acceptance) error

	// Standing returns the acceptances for a publisher, for a shape, or for
	// both; a zero argument matches nothing. Ended ones are among them: only
	// the caller knows the instant.
	Standing(ctx context.Context, p metadata.Publisher, s metadata.Shape) (Standing, error)

	// Close waits for writes under way, and releases what the store holds.
	Close() error
}
