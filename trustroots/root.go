// Package trustroots says whom an operator trusts beyond a publisher's own
// domain. Call [Load] for a pinned file, and hand the [Set] to a verifier;
// [Union] composes several sources.
//
// A publisher's own keys are no trust roots: discovery lives in package verify,
// because the look-up that finds a key is also its evidence.
package trustroots

import (
	"context"
	"encoding/json"
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

// A Key is a public key that may verify statements. It does not change.
type Key interface {
	ID() string           // kid
	Thumbprint() string   // RFC 7638, SHA-256, base64url
	JWK() json.RawMessage // the public JWK
}

// A Root is what an operator trusts of one publisher. It does not change after
// it was made. The zero Root has no keys.
type Root struct {
	publisher  metadata.Publisher
	origin     string
	algorithms []string
	andLookup  bool
	keys       []Key
}

// A RootConfig is what a [Root] is made of.
type RootConfig struct {
	Publisher metadata.Publisher

	// Origin says where the root comes from, for evidence and logs: the path of
	// a pinned file.
	Origin string

	// Keys are public JWKs. One that cannot be used is left out with a
	// [Warning]; a private or symmetric one is an error.
	Keys []json.RawMessage

	// Algorithms are allowed for this publisher beside the defaults: ES384,
	// PS256, RS256.
	Algorithms []string

	// AndLookup asks for the publisher's own keys too; without it the root's
	// keys are all there are.
	AndLookup bool
}

// NewRoot makes a root.
func NewRoot(cfg RootConfig) (*Root, []Warning, error) {
	r := &Root{publisher: cfg.Publisher, origin: cfg.Origin, algorithms: slices.Clone(cfg.Algorithms), andLookup: cfg.AndLookup}
	for _, algorithm := range cfg.Algorithms {
		if !jose.KnownAlgorithm(algorithm) {
			return nil, nil, fmt.Errorf("unknown algorithm %.100q", algorithm)
		}
	}
	var warnings []Warning
	for i, raw := range cfg.Keys {
		key, err := jose.ParseJWK(raw)
		var defect *metadata.ReasonError
		switch {
		case errors.As(err, &defect) && defect.Reason == metadata.ReasonKeyExposed:
			return nil, nil, errors.New("a private or symmetric key: pin the public key only, and replace the exposed one")
		case err != nil:
			warnings = append(warnings, Warning{Publisher: cfg.Publisher, Index: i, Err: err})
			continue
		}
		if _, twice := r.Key(key.ID()); twice {
			return nil, nil, fmt.Errorf("two keys have kid %.100q", key.ID())
		}
		r.keys = append(r.keys, key)
	}
	return r, warnings, nil
}

// Publisher returns the publisher that the root is of.
func (r *Root) Publisher() metadata.Publisher { return r.publisher }

// Origin says where the root comes from.
func (r *Root) Origin() string { return r.origin }

// Algorithms returns those that are allowed beside the defaults. The caller
// must not change it.
func (r *Root) Algorithms() []string { return r.algorithms }

// AndLookup reports whether the publisher's own keys count too.
func (r *Root) AndLookup() bool { return r.andLookup }

// Key returns the key with the kid. It never falls back to trying other keys.
// ok is false where the root has none.
func (r *Root) Key(kid string) (k Key, ok bool) {
	for _, k := range r.keys {
		if k.ID() == kid {
			return k, true
		}
	}
	return nil, false
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
