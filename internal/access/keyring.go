// Package access knows who may call the service's API. Call [Open] with a store,
// and [Keyring.Authenticate] with what a caller presents.
//
// What is kept of a key is a SHA-256 of its token; the token is told once, to
// whoever has it made.
package access

import (
	"cmp"
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/fc28f635/countersign/issuer"
)

// Errors of a [Keyring].
var (
	// ErrUnknown says that what a caller presents is no key in force.
	ErrUnknown = errors.New("no such API key, or it is revoked")

	// ErrNotFound says that there is no key with an id.
	ErrNotFound = errors.New("there is no API key with this id")

	// ErrTooMany says that there are as many keys as are kept.
	ErrTooMany = errors.New("there are too many API keys")
)

// most bounds the keys of a service, the revoked ones among them: all are in
// memory, with half a kilobyte each.
const most = 10_000

// A Record is a key as it is stored.
type Record struct {
	Key
	Digest []byte `json:"digest"` // SHA-256 of the token
}

// A Store keeps API keys. Implementations must be safe for concurrent use; what
// PutAPIKey acknowledged is there after the process or the machine died.
type Store interface {
	// APIKeys returns every key that was put, in no particular order.
	APIKeys(ctx context.Context) ([]Record, error)

	// PutAPIKey makes a key durable together with the record of the act that
	// made or ended it. One with the same id replaces the one before.
	PutAPIKey(ctx context.Context, r Record, a issuer.Act) error
}

// A Keyring is the keys of a service. They are read once and held in memory, so
// that a key costs a request one hash, and its revocation is in force when
// [Keyring.Revoke] returns. It is safe for concurrent use.
type Keyring struct {
	store Store
	now   func() time.Time

	mu   sync.Mutex                        // held while keys are written
	keys atomic.Pointer[map[string]Record] // by id; replaced, never changed
}

// Open reads the keys of a store. Now reports the current time.
func Open(ctx context.Context, store Store, now func() time.Time) (*Keyring, error) {
	list, err := store.APIKeys(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading API keys: %w", err)
	}
	keys := make(map[string]Record, len(list))
	for _, r := range list {
		if len(r.Digest) != sha256.Size || r.ID == "" {
			return nil, fmt.Errorf("reading API keys: key %.100q has no digest", r.ID)
		}
		keys[r.ID] = r
	}
	k := &Keyring{store: store, now: now}
	k.keys.Store(&keys)
	return k, nil
}

// Authenticate returns the key that a token is of, or [ErrUnknown]. How long it
// takes says nothing of how close a token is to a good one.
func (k *Keyring) Authenticate(token string) (Key, error) {
	id, ok := idOf(token)
	if !ok {
		return Key{}, ErrUnknown
	}
	r := (*k.keys.Load())[id]
	if subtle.ConstantTimeCompare(digestOf(token), r.Digest) != 1 || !r.Revoked.IsZero() {
		return Key{}, ErrUnknown
	}
	return r.Key, nil
}

// Create makes a key durable, and returns it with its token, which nothing else
// has. Check of the terms must hold. The actor is who has it made, for the record.
func (k *Keyring) Create(ctx context.Context, t Terms, actor string) (key Key, token string, err error) {
	if err := t.Check(); err != nil {
		return Key{}, "", err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(*k.keys.Load()) >= most {
		return Key{}, "", ErrTooMany
	}
	id, token := newToken()
	key = Key{ID: id, Terms: t, Created: k.instant()}
	act := issuer.Act{Verb: issuer.VerbKeyCreate, At: key.Created, Actor: actor, Reason: t.Name + ", " + string(t.Role), Subject: id}
	if err := k.put(ctx, Record{Key: key, Digest: digestOf(token)}, act); err != nil {
		return Key{}, "", err
	}
	return key, token, nil
}

// Revoke ends a key for good, and returns it. A key that was revoked before
// stays as it is. The error wraps [ErrNotFound] where there is none with the id.
func (k *Keyring) Revoke(ctx context.Context, id, actor string) (Key, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	r, ok := (*k.keys.Load())[id]
	if !ok {
		return Key{}, ErrNotFound
	}
	if !r.Revoked.IsZero() {
		return r.Key, nil
	}
	r.Revoked = k.instant()
	return r.Key, k.put(ctx, r, issuer.Act{Verb: issuer.VerbKeyRevoke, At: r.Revoked, Actor: actor, Reason: r.Name, Subject: id})
}

// put writes a record, and has it in force when it is durable.
func (k *Keyring) put(ctx context.Context, r Record, a issuer.Act) error {
	if err := k.store.PutAPIKey(ctx, r, a); err != nil {
		return fmt.Errorf("recording the API key: %w", err)
	}
	keys := maps.Clone(*k.keys.Load())
	keys[r.ID] = r
	k.keys.Store(&keys)
	return nil
}

// List returns every key, the revoked ones too, oldest first.
func (k *Keyring) List() []Key {
	list := []Key{}
	for _, r := range *k.keys.Load() {
		list = append(list, r.Key)
	}
	slices.SortFunc(list, func(a, b Key) int {
		return cmp.Or(a.Created.Compare(b.Created), cmp.Compare(a.ID, b.ID))
	})
	return list
}

// First makes the key of an operator where no key was ever made, and returns its
// token; elsewhere the token is empty.
func (k *Keyring) First(ctx context.Context) (token string, err error) {
	if len(*k.keys.Load()) > 0 {
		return "", nil
	}
	_, token, err = k.Create(ctx, Terms{Name: "made at the first start", Role: Operator}, "the first start")
	return token, err
}

// InForce reports whether any key is. Where none is, nobody but the operator on
// this machine can be served.
func (k *Keyring) InForce() bool {
	for _, r := range *k.keys.Load() {
		if r.Revoked.IsZero() {
			return true
		}
	}
	return false
}

func (k *Keyring) instant() time.Time { return k.now().UTC().Truncate(time.Second) }
