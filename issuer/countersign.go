package issuer

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/fc28f635/countersign/internal/jose"
	"github.com/fc28f635/countersign/internal/limits"
	"github.com/fc28f635/countersign/internal/strictjson"
	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/verify"
)

// A Countersigner signs decisions as JWTs that an authorization server can
// consume as the software statements of a configured issuer (RFC 7591, Section
// 2.3). Their typ is countersigned-statement+jwt and nothing else, so that
// neither kind can be taken for the other. It is safe for concurrent use.
type Countersigner struct {
	issuer metadata.Publisher
	keys   func() *CountersigningKeys
}

// CountersignedFor bounds the life of a countersigned statement: a consumer
// that reads no status list learns of a revocation at its end. One that rests
// on an acceptance ends with it.
const CountersignedFor = time.Hour

// NewCountersigner returns a Countersigner for the service at issuer. Keys is
// asked at each use for the keys of that moment, so that they can change while
// the service runs. It must be safe for concurrent use and never return nil.
func NewCountersigner(issuer metadata.Publisher, keys func() *CountersigningKeys) (*Countersigner, error) {
	if issuer.IsZero() {
		return nil, errors.New("a countersigner needs the https origin of its service")
	}
	if keys == nil || keys() == nil {
		return nil, errors.New("a countersigner needs keys")
	}
	return &Countersigner{issuer: issuer, keys: keys}, nil
}

// Issuer returns the iss of what the countersigner signs.
func (c *Countersigner) Issuer() metadata.Publisher { return c.issuer }

// JWKS returns the public keys that consumers need now, as a JWK set.
func (c *Countersigner) JWKS() json.RawMessage { return c.keys().jwks }

// Sign signs an approved decision for its one authorization server.
func (c *Countersigner) Sign(d Decision) (string, error) {
	if d.Outcome != Approved || d.AuthorizationServer == "" {
		return "", errors.New("only an approved decision for an authorization server is countersigned")
	}
	client, err := d.Client.MarshalJSON()
	if err != nil {
		return "", fmt.Errorf("writing claims: %w", err)
	}
	members, err := strictjson.ParseObject(client, limits.JSONDepth)
	if err != nil {
		return "", fmt.Errorf("writing claims: %w", err)
	}
	claims := make(map[string]any, len(members)+8)
	for _, m := range members {
		claims[m.Name] = m.Value
	}
	delete(claims, "software_statement") // a statement holds no other
	claims["iss"] = c.issuer
	if d.Tier >= TierDomain && !d.Publisher.IsZero() {
		claims["sub"] = d.Publisher
	}
	claims["aud"] = d.AuthorizationServer
	claims["jti"] = d.ID
	claims["iat"] = d.At.Unix()
	claims["exp"] = countersignedUntil(d).Unix()
	claims["scope"] = d.Grant.Scope
	if d.Grant.Scope == "" {
		delete(claims, "scope")
	}
	claims["trust"] = trustClaim(d)
	claims["limits"] = limitsClaim(d.Grant)
	payload, err := strictjson.Encode(claims, false)
	if err != nil {
		return "", err
	}
	return jose.Sign(payload, jose.TypeCountersigned, c.keys().signer)
}

func countersignedUntil(d Decision) time.Time {
	end := d.At.Add(CountersignedFor)
	if !d.ExpiresAt.IsZero() && d.ExpiresAt.Before(end) {
		end = d.ExpiresAt
	}
	if d.Acceptance != nil && d.Acceptance.Until.Before(end) {
		end = d.Acceptance.Until
	}
	return end
}

func trustClaim(d Decision) map[string]any {
	evidence := []verify.Check{}
	for _, f := range d.Findings {
		if f.Status == verify.Passed && !slices.Contains(evidence, f.Check) {
			evidence = append(evidence, f.Check)
		}
	}
	trust := map[string]any{"tier": d.Tier, "binding": d.Binding, "evidence": evidence, "policy": d.Policy}
	if d.Acceptance != nil {
		trust["acceptance"] = map[string]any{"by": d.Acceptance.By, "until": d.Acceptance.Until.Unix()}
	}
	return trust
}

func limitsClaim(g Grant) map[string]any {
	return map[string]any{"access_token_ttl": g.AccessTokenTTL, "refresh_token": g.RefreshToken,
		"session_ttl": g.SessionTTL, "reauthenticate_after": g.ReauthenticateAfter,
		"classes": g.Classes, "sensitive_reads": g.Sensitive, "consent": g.Consent}
}
