package issuer

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// ObservedEverything is the subject of an act by which everything is observed.
const ObservedEverything = "everything"

// Observe records an operator's observation, in place of the one of the same thing,
// and returns it as it is recorded: from now on what it is of is not enforced. It
// ends by itself.
func (r *Registry) Observe(ctx context.Context, o Observation) (Observation, error) {
	o.At = r.now()
	if err := o.Check(); err != nil {
		return Observation{}, err
	}
	act := Act{Verb: VerbObserve, At: o.At, Actor: o.Actor, Reason: o.Reason, Subject: cmp.Or(o.Of, ObservedEverything), Until: o.Until}
	return o, r.record(ctx, act, Change{Observe: &o})
}

// Enforce ends the observation of something, as [Observation].Of has it. The error
// wraps [ErrNotFound] where there is none.
func (r *Registry) Enforce(ctx context.Context, of string, w Word) error {
	if err := w.Check(); err != nil {
		return err
	}
	act := Act{Verb: VerbEnforce, At: r.now(), Actor: w.Actor, Reason: w.Reason, Subject: cmp.Or(of, ObservedEverything)}
	return r.record(ctx, act, Change{Unobserve: &Observation{Of: of}})
}

// Observations returns those in force now, by what they are of.
func (r *Registry) Observations(ctx context.Context) ([]Observation, error) {
	standing, err := r.cfg.Store.Standing(ctx, nil)
	if err != nil {
		return nil, fmt.Errorf("reading the observations: %w", err)
	}
	now := r.now()
	inForce := slices.DeleteFunc(slices.Clone(standing.Observations), func(o Observation) bool { return !o.inForce(now) })
	slices.SortFunc(inForce, func(a, b Observation) int { return strings.Compare(a.Of, b.Of) })
	return inForce, nil
}

// Modes say what is enforced now. What is in none of its lists is.
type Modes struct {
	// Declared are the authorization servers and the resources of the policy.
	Declared []DeclaredMode `json:"declared"`

	// Observations are those in force.
	Observations []Observation `json:"observations"`
}

// A DeclaredMode is what the policy says of one authorization server or one
// resource, and the observation of it that is in force; nil where there is none.
type DeclaredMode struct {
	AuthorizationServer string `json:"authorization_server,omitempty"`
	Resource            string `json:"resource,omitempty"`

	Mode        Mode             `json:"mode"`
	Observation *ObservationNote `json:"observation,omitempty"`
}

// Modes returns what the policy enforces and what it observes, and what operators
// have observed.
func (r *Registry) Modes(ctx context.Context) (Modes, error) {
	inForce, err := r.Observations(ctx)
	if err != nil {
		return Modes{}, err
	}
	p := r.Policy()
	m := Modes{Declared: []DeclaredMode{}, Observations: append([]Observation{}, inForce...)}
	for _, server := range slices.Sorted(maps.Keys(p.modes.servers)) {
		m.Declared = append(m.Declared, DeclaredMode{AuthorizationServer: server, Mode: p.modes.servers[server]})
	}
	for _, resource := range p.resources {
		m.Declared = append(m.Declared, DeclaredMode{Resource: resource.ID, Mode: resource.Mode})
	}
	standing, now := Standing{Observations: inForce}, r.now()
	for i := range m.Declared {
		d := &m.Declared[i]
		if o, ok := standing.observation(now, d.AuthorizationServer, concernedBy(d.Resource)); ok {
			d.Observation = o.note()
		}
	}
	return m, nil
}

// concernedBy is a declared resource as [vocabularies.concerned] returns it; nil
// for none.
func concernedBy(resource string) []string {
	if resource == "" {
		return nil
	}
	return []string{sameResource(resource)}
}
