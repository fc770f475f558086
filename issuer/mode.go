package issuer

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/fc28f635/countersign/internal/limits"
	"github.com/fc28f635/countersign/internal/strictyaml"
	"github.com/fc28f635/countersign/metadata"
)

// A Mode says whether what is decided is enforced. The zero Mode is none.
type Mode string

// The modes.
const (
	ModeEnforce Mode = "enforce"
	ModeObserve Mode = "observe" // decisions are made and recorded, and what was asked for passes
)

// An AuthorizationServer is one that a policy names, with whether decisions for
// it are enforced.
type AuthorizationServer struct {
	Issuer string `yaml:"issuer"` // see [CheckAuthorizationServer]
	Mode   Mode   `yaml:"mode"`   // has no default
}

// checkAuthorizationServers returns what is wrong with them, and where.
func checkAuthorizationServers(doc *strictyaml.Document, servers []AuthorizationServer) error {
	seen := map[string]bool{}
	for i, s := range servers {
		at := fmt.Sprintf("authorization_servers[%d]", i)
		switch {
		case CheckAuthorizationServer(s.Issuer) != nil:
			return doc.Fault(at+".issuer", fmt.Errorf("%.100q: %w", s.Issuer, CheckAuthorizationServer(s.Issuer)))
		case seen[s.Issuer]:
			return doc.Fault(at+".issuer", fmt.Errorf("%.100q is there twice", s.Issuer))
		}
		seen[s.Issuer] = true
		if err := checkMode(doc, at, s.Mode); err != nil {
			return err
		}
	}
	return nil
}

// modes are what a policy says of enforcing.
type modes struct {
	resources map[string]Mode // by sameResource
	servers   map[string]Mode
}

func newModes(resources []Resource, servers []AuthorizationServer) modes {
	m := modes{resources: map[string]Mode{}, servers: map[string]Mode{}}
	for _, r := range resources {
		m.resources[sameResource(r.ID)] = r.Mode
	}
	for _, s := range servers {
		m.servers[s.Issuer] = s.Mode
	}
	return m
}

// of returns the mode of a request: observe where all that it concerns is only
// observed, its authorization server and resources as far as the policy knows
// them. All else is enforced.
func (m modes) of(server string, concerned []string) Mode {
	mode, served := m.servers[server]
	if mode == ModeEnforce || !served && len(concerned) == 0 {
		return ModeEnforce
	}
	for _, id := range concerned {
		if mode, known := m.resources[id]; mode == ModeEnforce || !known && !served {
			return ModeEnforce
		}
	}
	return ModeObserve
}

// concerned returns the resources that a request can have access to, in the form
// of [sameResource]: the one that it names, or all where it names none; and those
// that alone know a scope which it asks for. A server that does not bind tokens to
// resources gives it there too. One that names none which is declared, and no
// scope, asks for whatever the server gives.
func (vs vocabularies) concerned(resource string, scopes []string) (ids []string) {
	named := sameResource(resource)
	own := vs.byResource[named]
	if resource != "" {
		ids = append(ids, named)
	}
	for id, v := range vs.byResource {
		if id != named && (resource == "" || own == nil && len(scopes) == 0 ||
			slices.ContainsFunc(scopes, func(scope string) bool { return v.knows(scope) && !own.knows(scope) })) {
			ids = append(ids, id)
		}
	}
	return ids
}

// knows reports whether a scope is declared.
func (v *vocabulary) knows(scope string) bool { return v != nil && len(v.behind[scope]) > 0 }

// An Observation is an operator's word that what is decided is not enforced for a
// time: the glass that is broken when a policy turns out to be wrong at night. It
// ends by itself. The zero Observation is none.
type Observation struct {
	// Of is the issuer identifier of an authorization server, or a resource
	// identifier. Empty means everything.
	Of string `json:"of"`

	Actor  string    `json:"actor"`
	Reason string    `json:"reason"`
	At     time.Time `json:"at"`
	Until  time.Time `json:"until"`
}

// Check reports what is wrong with an observation.
func (o Observation) Check() error {
	if o.Of != "" && CheckAuthorizationServer(o.Of) != nil && CheckResource(o.Of) != nil {
		return errors.New("an observation is of an authorization server, of a resource, or of everything")
	}
	if err := checkWord("an observation", o.Actor, o.Reason, o.At, o.Until); err != nil {
		return err
	}
	if o.Until.Sub(o.At) > limits.ObservationLongest {
		return fmt.Errorf("an observation lasts at most %d hours", limits.ObservationLongest/time.Hour)
	}
	return nil
}

// inForce reports whether an instant is within the observation's time.
func (o Observation) inForce(at time.Time) bool { return !at.Before(o.At) && at.Before(o.Until) }

// observation returns the one in force that a request falls under, with all that
// it concerns. Where there are several, the one that lasts longest.
func (s Standing) observation(at time.Time, server string, concerned []string) (longest Observation, observed bool) {
	for _, o := range s.Observations {
		of := o.Of == "" || o.Of == server || len(concerned) == 1 && sameResource(o.Of) == concerned[0]
		if of && o.inForce(at) && (!observed || o.Until.After(longest.Until)) {
			longest, observed = o, true
		}
	}
	return longest, observed
}

// An ObservationNote says in a decision who had it not enforced, until when.
type ObservationNote struct {
	Of    string    `json:"of"`
	Actor string    `json:"actor"`
	Until time.Time `json:"until"`
}

// note returns what a decision says of it.
func (o Observation) note() *ObservationNote {
	return &ObservationNote{Of: o.Of, Actor: o.Actor, Until: o.Until}
}

// A Would is what a decision that is only observed would have been.
type Would struct {
	Outcome Outcome         `json:"outcome"`
	Tier    Tier            `json:"tier"`
	Reason  metadata.Reason `json:"reason,omitempty"`
	Grant   Grant           `json:"grant"`
}

// observe has what was asked for pass where the policy says so, or an
// operator's observation does: as if there were no countersign, with what would
// have been decided beside it. What is blocked stays denied, and so does what
// could not be read. What could not be checked passes only under an observation.
func (d Decision) observe(p *Policy, in Input) Decision {
	if len(p.modes.resources)+len(p.modes.servers)+len(in.Standing.Observations) == 0 {
		return d
	}
	concerned := p.vocabularies.concerned(in.Resource, strings.Fields(in.Claimed.Scope))
	broken, glass := in.Standing.observation(d.At, in.AuthorizationServer, concerned)
	switch {
	case !glass && p.modes.of(in.AuthorizationServer, concerned) != ModeObserve:
		return d
	case d.Tier == TierBlocked || d.Reason == metadata.ReasonServerError || d.Unavailable() && !glass:
		return d
	}
	would := Would{Outcome: d.Outcome, Tier: d.Tier, Reason: d.Reason, Grant: d.Grant}
	if d.Outcome != Approved {
		d.Told = unvouched(in.Claimed)
	}
	d.Mode, d.Would = ModeObserve, &would
	d.Outcome, d.Reason, d.OAuthError, d.Narrowed, d.Overridden = Approved, "", nil, nil, nil
	d.Grant, d.Client = Grant{Scope: in.Claimed.Scope}, in.Claimed
	d.Enforcement = advisory()
	if glass {
		d.Observation = broken.note()
	}
	return d
}

// advisory is the enforcement of a decision that is only observed.
func advisory() map[string]string {
	return map[string]string{"scope": "advisory", "access_token_ttl": "advisory", "session_ttl": "advisory", "refresh_token": "advisory"}
}
