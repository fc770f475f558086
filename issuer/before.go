package issuer

import (
	"slices"
	"strings"
	"time"

	"github.com/fc28f635/countersign/metadata"
)

// A Before is what a decision was made on, as far as the rest of its record does
// not say it: enough to make it again under another policy. What the policy left
// as it was is not repeated.
type Before struct {
	// Reason is why a client is not verified that passed because nothing was
	// enforced.
	Reason metadata.Reason `json:"reason,omitempty"`

	// Client is the effective metadata of a client that the policy did not approve,
	// or that passed as it was claimed, where nothing that was found denies it;
	// Binding is its.
	Client  *metadata.Client `json:"client,omitempty"`
	Binding metadata.Binding `json:"binding,omitzero"`

	// The members of an approved client that narrowing changed, as they were. A
	// scope that the grant and its cuts add up to is not repeated.
	Scope         string   `json:"scope,omitempty"`
	RedirectURIs  []string `json:"redirect_uris,omitempty"`
	GrantTypes    []string `json:"grant_types,omitempty"`
	ResponseTypes []string `json:"response_types,omitempty"`

	// NotStated are the scopes that were asked for and not stated, where the grant
	// does not say it.
	NotStated []string `json:"not_stated,omitempty"`

	// Lifetime is that of the statement, in seconds; zero where there was none.
	Lifetime int64 `json:"statement_lifetime,omitempty"`

	// ByShape says that the word on which the decision rests was on the shape.
	ByShape bool `json:"by_shape,omitzero"`

	// Acceptance and Allowance are words in force for the client, where the
	// decision rests on none.
	Acceptance *Acceptance `json:"acceptance,omitempty"`
	Allowance  *Exception  `json:"allowance,omitempty"`
}

// beforeOf returns what of the input the decision on it does not say; nil where
// that is nothing.
func beforeOf(in Input, d Decision) *Before {
	v := in.Verdict
	effective, verified := v.Client()
	switch {
	case !verified && d.Outcome == Approved:
		return &Before{Reason: v.Reason()}
	case !verified:
		return nil // it was denied for that, under every policy
	}
	var b Before
	if s, ok := v.Statement(); ok {
		b.Lifetime = s.ExpiresAt - s.IssuedAt
	}
	if d.Outcome != Approved || d.Mode == ModeObserve {
		b.Client, b.Binding = &effective, v.Binding
	} else {
		if !sameScopes(effective.Scope, rejoined(d)) {
			b.Scope = effective.Scope
		}
		keepChanged(&b.RedirectURIs, effective.RedirectURIs, d.Client.RedirectURIs)
		keepChanged(&b.GrantTypes, effective.GrantTypes, d.Client.GrantTypes)
		keepChanged(&b.ResponseTypes, effective.ResponseTypes, d.Client.ResponseTypes)
	}
	beyond := slices.DeleteFunc(in.Claimed.Scopes(), func(scope string) bool { return slices.Contains(effective.Scopes(), scope) })
	if len(d.notStated()) == 0 {
		b.NotStated = beyond
	}
	b.keepStanding(in, d)
	if b.isEmpty() {
		return nil
	}
	return &b
}

func (b Before) isEmpty() bool {
	return b.Client == nil && b.Scope == "" && b.RedirectURIs == nil && b.GrantTypes == nil && b.ResponseTypes == nil && len(b.NotStated) == 0 &&
		b.Lifetime == 0 && !b.ByShape && b.Acceptance == nil && b.Allowance == nil
}

// keepStanding keeps what people had said of the client, as far as the decision
// does not say it.
func (b *Before) keepStanding(in Input, d Decision) {
	v, s := in.Verdict, in.Standing
	if len(s.Acceptances) == 0 && len(s.Exceptions) == 0 {
		return
	}
	proven := d.Acceptance == nil || !d.Publisher.IsZero() // whether it is, is for another policy to say
	accepted, byShape, covered := s.covers(in, v.Shape(), proven)
	allowed := s.allowances(v, v.Shape(), proven)
	slices.SortStableFunc(allowed, func(x, y Exception) int { return int(y.Tier) - int(x.Tier) })
	switch note := d.Acceptance; {
	case note != nil && note.By == ByException:
		b.ByShape = len(allowed) > 0 && allowed[0].Subject.Shape() != ""
	case note != nil:
		b.ByShape = covered && byShape
	default:
		if covered {
			b.Acceptance = &Acceptance{Publisher: accepted.Publisher, Shape: accepted.Shape, By: accepted.By, Actor: accepted.Actor, At: accepted.At, Until: accepted.Until}
		}
		if len(allowed) > 0 {
			b.Allowance = &Exception{Subject: allowed[0].Subject, Tier: allowed[0].Tier, Actor: allowed[0].Actor, At: allowed[0].At, Until: allowed[0].Until}
		}
	}
}

func keepChanged(to *[]string, before, after []string) {
	if !slices.Equal(before, after) {
		*to = before
	}
}

// rejoined is the scope of a grant together with what was cut of it, but for what
// was not stated.
func rejoined(d Decision) string {
	scopes := strings.Fields(d.Grant.Scope)
	for _, cut := range d.Grant.ScopesCut {
		if cut.Why != CutNotStated {
			scopes = append(scopes, cut.Scope)
		}
	}
	return strings.Join(scopes, " ")
}

// notStated are the scopes that were asked for and not stated, as far as the
// grant says it.
func (d Decision) notStated() (scopes []string) {
	for _, cut := range d.Grant.ScopesCut {
		if cut.Why == CutNotStated {
			scopes = append(scopes, cut.Scope)
		}
	}
	return scopes
}

func sameScopes(a, b string) bool {
	return slices.Equal(sorted(strings.Fields(a)), sorted(strings.Fields(b)))
}

// before returns the effective metadata of an approved decision before it was
// narrowed.
func (d Decision) before() metadata.Client {
	c := d.Client
	c.Scope = rejoined(d)
	if b := d.Before; b != nil {
		if b.Scope != "" {
			c.Scope = b.Scope
		}
		for _, member := range []struct {
			of   *[]string
			kept []string
		}{{&c.RedirectURIs, b.RedirectURIs}, {&c.GrantTypes, b.GrantTypes}, {&c.ResponseTypes, b.ResponseTypes}} {
			if member.kept != nil {
				*member.of = member.kept
			}
		}
	}
	return c
}

// lifetime returns that of the statement.
func (b *Before) lifetime() time.Duration {
	if b == nil {
		return 0
	}
	return time.Duration(b.Lifetime) * time.Second
}

// notStated returns what it keeps of them.
func (b *Before) notStated() []string {
	if b == nil {
		return nil
	}
	return b.NotStated
}
