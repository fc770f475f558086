// Package trustroots says whom an operator trusts beyond a publisher's own
// domain. Call [Load] for a pinned file, and hand the [Set] to a verifier;
// [Union] composes several sources.
//
// A publisher's own keys are no trust roots: discovery lives in package verify,
// because the look-up that finds a key is also its evidence.
package trustroots

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/fc28f635/countersign/internal/jose"
	"github.com/fc28f635/countersign/metadata"
)

// ErrUnknown says that a source knows nothing of a publisher.
var ErrUnknown = errors.New("no root for this publisher")

// A Source answers which keys a publisher may sign with. Implementations must
// be safe for concurrent use and must return an error wrapping [ErrUnknown] if,
// and only if, they know nothing of the publisher. Any other error says that
// the source could not be read, and nothing of the publisher.
type Source interface {
	Root(ctx context.Context, p metadata.Publisher) (*Root, error)
}

// A Root is what an operator trusts of one publisher. It does not change after
// it was made. The zero Root has no keys.
type Root struct {
	Publisher metadata.Publisher

	// Origin says where the root comes from, for evidence and logs: the path of
	// a pinned file.
	Origin string

	// Algorithms are allowed for this publisher beside the defaults.
	Algorithms []string

	// AndLookup asks for the publisher's own keys too; without it the root's
	// keys are all there are.
	AndLookup bool

	keys []jose.Key
}

// Key returns the key with the kid. It never falls back to trying other keys.
// ok is false where the root has none.
func (r *Root) Key(kid string) (k jose.Key, ok bool) {
	i := slices.IndexFunc(r.keys, func(k jose.Key) bool { return k.ID() == kid })
	if i < 0 {
		return jose.Key{}, false
	}
	return r.keys[i], true
}

// KeyIDs returns the kid of each key, in the order of the file.
func (r *Root) KeyIDs() []string {
	ids := make([]string, len(r.keys))
	for i, k := range r.keys {
		ids[i] = k.ID()
	}
	return ids
}

// A Set is a fixed number of roots, one a publisher. The zero Set is empty.
// Sets are safe for concurrent use.
type Set struct{ roots map[metadata.Publisher]*Root }

// Root implements [Source].
func (s *Set) Root(_ context.Context, p metadata.Publisher) (*Root, error) {
	if s != nil {
		if r, ok := s.roots[p]; ok {
			return r, nil
		}
	}
	return nil, fmt.Errorf("%s: %w", p, ErrUnknown)
}

// Len returns the number of publishers.
func (s *Set) Len() int { return len(s.roots) }

// Union asks sources in order; the first that knows the publisher answers. A
// source that cannot be read ends the search with its error: what it would have
// said must not be passed over.
type Union []Source

// Root implements [Source].
func (u Union) Root(ctx context.Context, p metadata.Publisher) (*Root, error) {
	for _, s := range u {
		r, err := s.Root(ctx, p)
		if err == nil || !errors.Is(err, ErrUnknown) {
			return r, err
		}
	}
	return nil, fmt.Errorf("%s: %w", p, ErrUnknown)
}
