package issuer

import (
	"errors"
	"fmt"
	"regexp"
	"slices"

	"github.com/fc28f635/countersign/internal/condition"
	"github.com/fc28f635/countersign/metadata"
)

// A denyRule refuses clients by what they claim. It sees no finding: what was
// not found out must not lift it.
type denyRule struct {
	name   string
	when   *condition.Condition
	reason string
}

// A DenyNote says in a decision which rule of the policy denied the client.
type DenyNote struct {
	Rule   string `json:"rule"`
	Reason string `json:"reason"` // the operator's words
}

var denyName = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,62}$`)

// addDeny adds a deny rule, or returns what is wrong with it, and at which key.
func (p *Policy) addDeny(entry denyEntry) (at string, err error) {
	switch {
	case !denyName.MatchString(entry.Name):
		return "name", errors.New("a rule has a name of lower-case letters, digits, - and _, 63 at most")
	case slices.ContainsFunc(p.denies, func(r denyRule) bool { return r.name == entry.Name }):
		return "name", errors.New("another rule has this name")
	case entry.Reason == "":
		return "reason", errors.New("a rule says why it refuses: reason")
	}
	if err := metadata.CheckName(entry.Reason); err != nil {
		return "reason", err
	}
	r := denyRule{name: entry.Name, reason: entry.Reason}
	if r.when, err = language.CompileClaims(entry.When); err != nil {
		return "when", err
	}
	if r.when.Constant() {
		return "when", errors.New("it reads no claim, so that it refuses everybody or nobody")
	}
	for _, other := range p.denies {
		if r.when.Implies(other.when, 0) {
			return "when", fmt.Errorf("rule %q refuses the same: this one is never reached", other.name)
		}
	}
	p.denies = append(p.denies, r)
	return "", nil
}

// denied returns the first deny rule that is met by what the client claims, as it
// was sent or as it came out of the verification, a statement that is ignored among
// it. A rule that fails counts as
// met: a fault never lets in.
func (p *Policy) denied(in Input, d *Decision) (denyRule, bool) {
	if len(p.denies) == 0 {
		return denyRule{}, false
	}
	claimed := []*condition.Claims{p.claimsSeen(in.Claimed, in)}
	if in.Ignored != nil {
		with := in
		with.Verdict = in.Ignored
		claimed = append(claimed, p.claimsSeen(in.Ignored.Claimed(), with))
	}
	if effective, ok := in.Verdict.Client(); ok {
		claimed = append(claimed, p.claimsSeen(effective, in))
	}
	for _, r := range p.denies {
		for _, claims := range claimed {
			refuses, err := r.when.Refuses(claims)
			if err != nil {
				d.failed("deny "+r.name, err)
			}
			if refuses {
				return r, true
			}
		}
	}
	return denyRule{}, false
}
