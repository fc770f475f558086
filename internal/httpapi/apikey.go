package httpapi

import (
	"context"
	"errors"
	"net/http"

	"github.com/fc28f635/countersign/internal/access"
	"github.com/fc28f635/countersign/issuer"
	"github.com/fc28f635/countersign/metadata"
)

func (s *server) keyOperations() {
	add(s, operation{method: http.MethodPost, path: "/v1/keys", id: "create-key", role: access.Operator, status: http.StatusCreated,
		summary: "Make an API key", description: "The answer holds the token, this once: the service keeps a digest of it."},
		body[access.Terms](s), s.createKey)
	add(s, operation{method: http.MethodGet, path: "/v1/keys", id: "list-keys", role: access.Operator,
		summary: "List the API keys", description: "Revoked ones too, oldest first."}, nothing(), s.listKeys)
	add(s, operation{method: http.MethodDelete, path: "/v1/keys/{id}", id: "revoke-key", role: access.Operator,
		summary: "Revoke an API key", description: "No request with it is answered after this one was. A revoked key stays in the list."},
		pathID(), s.revokeKey)
}

// A newKey is an API key with its token.
type newKey struct {
	access.Key
	Token string `json:"token"`
}

func (s *server) createKey(ctx context.Context, g access.Terms) (newKey, error) {
	if err := g.Check(); err != nil {
		return newKey{}, because(metadata.ReasonRequestMemberMalformed, err)
	}
	actor, err := recordedActor(ctx)
	if err != nil {
		return newKey{}, err
	}
	key, token, err := s.cfg.Keys.Create(ctx, g, actor)
	if errors.Is(err, access.ErrTooMany) {
		err = &refusal{tooManyKeys, err}
	}
	return newKey{key, token}, err
}

// A keyList is the API keys.
type keyList struct {
	Keys []access.Key `json:"keys"`
}

func (s *server) listKeys(context.Context, struct{}) (keyList, error) {
	return keyList{s.cfg.Keys.List()}, nil
}

func (s *server) revokeKey(ctx context.Context, id string) (access.Key, error) {
	actor, err := recordedActor(ctx)
	if err != nil {
		return access.Key{}, err
	}
	key, err := s.cfg.Keys.Revoke(ctx, id, actor)
	if errors.Is(err, access.ErrNotFound) {
		err = errNoAPIKey
	}
	return key, err
}

// recordedActor is who does it, where that can be kept on record. Nobody is asked
// for a reason to make or end a key.
func recordedActor(ctx context.Context) (string, error) {
	actor := eventIn(ctx).actor()
	if err := (issuer.Word{Actor: actor, Reason: "none"}).Check(); err != nil {
		return "", because(metadata.ReasonRequestMemberMalformed, err)
	}
	return actor, nil
}
