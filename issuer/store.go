package issuer

import (
	"context"
	"errors"
	"time"

	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/verify"
)

// Errors that a [Store] wraps.
var (
	// ErrNotFound says that there is no such decision, review or version of the
	// policy, or nothing to end.
	ErrNotFound = errors.New("not found")

	// ErrStorageFull says that there is too little free space to write.
	// Reading goes on.
	ErrStorageFull = errors.New("too little free space to record decisions")

	// ErrStorageFailed says that a write could not be made durable. The store
	// takes no write after it: what the disk holds is not known, and the
	// process must be started again.
	ErrStorageFailed = errors.New("the store could not make a write durable")
)

// A Place is one in the order of recorded decisions: behind the decision of this
// id, and with an empty one before all decisions of the second. The zero Place is
// before all of them.
type Place struct {
	At time.Time
	ID string
}

// PlaceOf returns the place behind a decision.
func PlaceOf(d Decision) Place { return Place{At: d.At, ID: d.ID} }

// A Store keeps decisions, the reviews that they raise, what operators said, the
// record of what they did, every version of the policy, and what was seen of
// publishers. Implementations must be safe for concurrent use. What a method has
// acknowledged is there after the process or the machine died.
//
// After an error that is none of [ErrNotFound], [ErrHeld] and [ErrStorageFull] the
// caller does not know whether a write happened.
type Store interface {
	verify.Memory

	// Commit makes a decision durable. Two decisions never have one id; the
	// same id again is an error and changes nothing. A review that it raises is
	// made durable with it, both or none, if it is asked though those of the same
	// client are kept ([Review.Asks]): of them, the one of its id is replaced, and
	// one that is pending is dropped. Others are dropped as [ReviewQueue] says.
	Commit(ctx context.Context, d Decision) error

	// Decision returns an error wrapping [ErrNotFound] when, and only when,
	// there is no decision with the id.
	Decision(ctx context.Context, id string) (Decision, error)

	// Decisions returns decisions in the order of the seconds of their instants,
	// and of their ids within one: those that come after a place, at most limit,
	// and fewer where they are large. None means that there is no further one. One
	// that is committed while a reader walks can come before the reader's place.
	Decisions(ctx context.Context, after Place, limit int) ([]Decision, error)

	// Record makes the record of an act durable together with what it changes:
	// both are there, or none. To end what is not there, and to decide on a review
	// that is not there, is an error wrapping [ErrNotFound]; to allow a subject
	// while a hold on it is in force at the act's time, one wrapping [ErrHeld].
	// Nothing is recorded then.
	Record(ctx context.Context, a Act, c Change) error

	// Acts returns the last acts, at most limit, the newest first.
	Acts(ctx context.Context, limit int) ([]Act, error)

	// Policies returns every version of the policy that was recorded, the newest
	// first.
	Policies(ctx context.Context) ([]PolicyVersion, error)

	// Standing returns the acceptances and the exceptions of any of the
	// subjects, and all observations. An acceptance of a publisher and a shape is
	// the publisher's. What has run out is among them: only the caller knows the
	// instant.
	Standing(ctx context.Context, subjects []metadata.Subject) (Standing, error)

	// Listing returns everything that operators said.
	Listing(ctx context.Context) (Listing, error)

	// Review returns a review, and an error wrapping [ErrNotFound] where there is
	// none with the id. Reviews returns all.
	Review(ctx context.Context, id string) (Review, error)
	Reviews(ctx context.Context) ([]Review, error)

	// Pinned returns the pin of a client_id, and an error wrapping [ErrNotFound]
	// where there is none.
	Pinned(ctx context.Context, clientID string) (Pin, error)

	// Software returns what the committed decisions that have a shape say of the
	// clients of each, at most limit, those that were decided on last first.
	Software(ctx context.Context, limit int) ([]Software, error)

	// Close waits for writes under way, and releases what the store holds.
	Close() error
}
