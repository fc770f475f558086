package issuer

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// A PolicyVersion is a policy that came into force, and by whom. Every version is
// kept: the digest in a decision leads to the text that it was made by.
type PolicyVersion struct {
	Digest string `json:"digest"`
	Name   string `json:"name"`

	// Source is the policy's text. Lists of versions leave it out.
	Source string `json:"source,omitempty"`

	Actor  string    `json:"actor"` // who put it in force; "file" where it was found so
	Reason string    `json:"reason"`
	At     time.Time `json:"at"`

	// Rollback says that it had been in force before, and that its return was
	// asked for.
	Rollback bool `json:"rollback,omitzero"`
}

// ActorFile is the actor of a policy that came into force because a start or a
// reload found it in its file.
const ActorFile = "file"

// Errors of a change of the policy. Nothing has changed then.
var (
	// ErrOlderPolicy says that a policy was in force before the present one: an
	// old file was put back. Who means it says so.
	ErrOlderPolicy = errors.New("the policy was in force before, and another one since")

	// ErrPolicyElsewhere says that the service reads its policy from a file that
	// is not its own to write.
	ErrPolicyElsewhere = errors.New("the policy is in a file that the settings name")

	// ErrPolicyTooLarge says that a policy is too long to be kept, though it is
	// right.
	ErrPolicyTooLarge = errors.New("the policy is too long to be kept")

	// ErrPolicyNeeds says that a policy asks for what the settings of the service
	// do not have, so that the next start would refuse it.
	ErrPolicyNeeds = errors.New("the settings lack what the policy needs")
)

// A PolicyChange is a policy to put in force, whose word it is, and whether it
// may be one that was in force before.
type PolicyChange struct {
	Policy *Policy
	Word
	Rollback bool
}

// ApplyPolicy puts a policy in force: it is kept where the next start reads it,
// recorded, and decides from then on. Changed is false where it is in force
// already, and then only the file is made right. The error wraps [ErrOlderPolicy]
// where the policy was in force before the present one and c is no rollback,
// [ErrPolicyElsewhere] where the file is not the service's own and has another
// text.
func (r *Registry) ApplyPolicy(ctx context.Context, c PolicyChange) (v PolicyVersion, changed bool, err error) {
	keep := r.cfg.KeepPolicy
	if keep == nil {
		keep = inRecordOnly
	}
	return r.changePolicy(ctx, c, keep)
}

// FindPolicy puts a policy in force that was found in its file, as
// [Registry.ApplyPolicy] does.
func (r *Registry) FindPolicy(ctx context.Context, p *Policy, found string) (v PolicyVersion, changed bool, err error) {
	return r.changePolicy(ctx, PolicyChange{Policy: p, Word: Word{Actor: ActorFile, Reason: found}}, inRecordOnly)
}

// inRecordOnly writes no file.
func inRecordOnly(*Policy) error { return nil }

func (r *Registry) changePolicy(ctx context.Context, c PolicyChange, keep func(*Policy) error) (v PolicyVersion, changed bool, err error) {
	if err := checkSaid("a change of the policy", c.Actor, c.Reason); err != nil {
		return v, false, err
	}
	r.changing.Lock()
	defer r.changing.Unlock()
	versions, err := r.cfg.Store.Policies(ctx)
	if err != nil {
		return v, false, fmt.Errorf("reading the versions of the policy: %w", err)
	}
	is := func(v PolicyVersion) bool { return v.Digest == c.Policy.Digest() }
	inForce := len(versions) > 0 && is(versions[0])
	older := !inForce && slices.ContainsFunc(versions, is)
	if older && !c.Rollback {
		return v, false, fmt.Errorf("%s: %w", c.Policy.Digest(), ErrOlderPolicy)
	}
	before := r.Policy()
	if len(versions) == 0 && c.Actor != ActorFile && !same(before, c.Policy) { // it decided before versions were recorded
		if _, err := r.recordPolicy(ctx, PolicyChange{Policy: before, Word: Word{Actor: ActorFile, Reason: "in force before"}}); err != nil {
			return v, false, err
		}
	}
	if err := keep(c.Policy); err != nil {
		return v, false, err
	}
	if inForce {
		v = versions[0]
	} else if v, err = r.recordPolicy(ctx, PolicyChange{c.Policy, c.Word, older}); err != nil {
		return v, false, errors.Join(err, keep(before))
	}
	r.SetPolicy(c.Policy)
	return v, !inForce, nil
}

func same(p, q *Policy) bool { return p.Digest() == q.Digest() }

// recordPolicy records a version of the policy.
func (r *Registry) recordPolicy(ctx context.Context, c PolicyChange) (PolicyVersion, error) {
	v := PolicyVersion{Digest: c.Policy.Digest(), Name: c.Policy.Name(), Source: string(c.Policy.Source()),
		Actor: c.Actor, Reason: c.Reason, At: r.now(), Rollback: c.Rollback}
	act := Act{Verb: VerbPolicyApply, At: v.At, Actor: v.Actor, Reason: v.Reason, Subject: v.Digest}
	return v, r.record(ctx, act, Change{Policy: &v})
}

// ResumePolicy puts the policy in force that was recorded last, whatever is in
// the file, and returns its version. The error wraps [ErrNotFound] where none was
// recorded.
func (r *Registry) ResumePolicy(ctx context.Context) (PolicyVersion, error) {
	r.changing.Lock()
	defer r.changing.Unlock()
	versions, err := r.cfg.Store.Policies(ctx)
	if err != nil {
		return PolicyVersion{}, fmt.Errorf("reading the versions of the policy: %w", err)
	}
	if len(versions) == 0 {
		return PolicyVersion{}, fmt.Errorf("no policy was recorded: %w", ErrNotFound)
	}
	p, err := ParsePolicy([]byte(versions[0].Source))
	if err != nil {
		return PolicyVersion{}, fmt.Errorf("the recorded policy %s: %w", versions[0].Digest, err)
	}
	r.SetPolicy(p)
	return versions[0], nil
}

// Policies returns every version of the policy that was recorded, the newest
// first.
func (r *Registry) Policies(ctx context.Context) ([]PolicyVersion, error) {
	return r.cfg.Store.Policies(ctx)
}
