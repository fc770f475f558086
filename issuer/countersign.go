package issuer

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/fc28f635/countersign/internal/jose"
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
	if d.Outcome != Approved || d.Mode == ModeObserve || d.AuthorizationServer == "" {
		return "", errors.New("only an approved decision for an authorization server is countersigned, and none that is only observed")
	}
	payload, err := c.payload(d)
	if err != nil {
		return "", fmt.Errorf("writing claims: %w", err)
	}
	return jose.Sign(payload, jose.TypeCountersigned, c.keys().signer)
}

// The claims of a countersigned statement (formats, section 7) beside the members
// of the effective client.
type countersignedClaims struct {
	Issuer    metadata.Publisher `json:"iss"`
	Subject   metadata.Publisher `json:"sub,omitzero"`
	Audience  string             `json:"aud"`
	ID        string             `json:"jti"`
	IssuedAt  int64              `json:"iat"`
	ExpiresAt int64              `json:"exp"`
	Trust     trustClaim         `json:"trust"`
	Limits    limitsClaim        `json:"limits"`
}

type trustClaim struct {
	Tier       Tier             `json:"tier"`
	Binding    metadata.Binding `json:"binding"`
	Acceptance *acceptanceClaim `json:"acceptance,omitempty"`
	Evidence   []verify.Check   `json:"evidence"`
	Policy     string           `json:"policy"`
}

type acceptanceClaim struct {
	By    string `json:"by"`
	Until int64  `json:"until"`
}

type limitsClaim struct {
	AccessTokenTTL      int     `json:"access_token_ttl"`
	RefreshToken        Refresh `json:"refresh_token"`
	SessionTTL          int     `json:"session_ttl"`
	ReauthenticateAfter int     `json:"reauthenticate_after"`
	Classes             []Class `json:"classes"`
	Sensitive           bool    `json:"sensitive_reads"`
	Consent             Consent `json:"consent"`

	Resource         string           `json:"resource,omitempty"`
	Tools            []string         `json:"tools,omitzero"`
	Budgets          Budgets          `json:"budgets,omitzero"`
	SenderConstraint SenderConstraint `json:"sender_constraint,omitempty"`
}

// payload is the claims and the registered members of the client as one object:
// none of these has the name of a claim. A statement holds no other statement.
func (c *Countersigner) payload(d Decision) ([]byte, error) {
	claims := countersignedClaims{
		Issuer: c.issuer, Audience: d.AuthorizationServer, ID: d.ID, IssuedAt: d.At.Unix(), ExpiresAt: countersignedUntil(d).Unix(),
		Trust: trustOf(d),
		Limits: limitsClaim{AccessTokenTTL: d.Grant.AccessTokenTTL, RefreshToken: d.Grant.RefreshToken, SessionTTL: d.Grant.SessionTTL,
			ReauthenticateAfter: d.Grant.ReauthenticateAfter, Classes: d.Grant.Classes, Sensitive: d.Grant.Sensitive, Consent: d.Grant.Consent,
			Resource: d.Resource, Tools: d.Grant.Tools,
			Budgets: d.Grant.Budgets, SenderConstraint: d.Grant.SenderConstraint},
	}
	if d.Tier >= TierDomain {
		claims.Subject = d.Publisher
	}
	payload, err := strictjson.Encode(claims, false)
	if err != nil {
		return nil, err
	}
	client, _ := d.Client.Without(d.Client.Unregistered()...)
	client.SoftwareStatement, client.Scope = "", d.Grant.Scope
	members, err := client.MarshalJSON()
	if err != nil {
		return nil, err
	}
	if string(members) == "{}" {
		return payload, nil
	}
	return append(append(payload[:len(payload)-1], ','), members[1:]...), nil
}

func countersignedUntil(d Decision) time.Time {
	end := d.At.Add(CountersignedFor)
	if !d.ExpiresAt.IsZero() && d.ExpiresAt.Before(end) {
		end = d.ExpiresAt
	}
	if a := d.accepted(); a != nil && a.Until.Before(end) {
		end = a.Until
	}
	return end
}

func trustOf(d Decision) trustClaim {
	trust := trustClaim{Tier: d.Tier, Binding: d.Binding, Evidence: []verify.Check{}, Policy: d.Policy}
	for _, f := range d.Findings {
		if f.Status == verify.Passed && !slices.Contains(trust.Evidence, f.Check) {
			trust.Evidence = append(trust.Evidence, f.Check)
		}
	}
	if a := d.accepted(); a != nil {
		trust.Acceptance = &acceptanceClaim{By: a.By, Until: a.Until.Unix()}
	}
	return trust
}
