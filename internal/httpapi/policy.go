package httpapi

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/fc28f635/countersign/internal/access"
	"github.com/fc28f635/countersign/internal/limits"
	"github.com/fc28f635/countersign/issuer"
	"github.com/fc28f635/countersign/metadata"
)

// policyOperations are what is asked of the policy, and of what it decided.
func (s *server) policyOperations() {
	operator := func(method, path, id, summary, description string, errors ...int) operation {
		return operation{method: method, path: path, id: id, role: access.Operator, summary: summary, description: description, errors: errors}
	}
	add(s, operator(http.MethodGet, "/v1/policy", "read-policy", "Read the policy that decides", ""), nothing(), s.policy)
	add(s, operator(http.MethodPost, "/v1/policy", "apply-policy", "Put a policy in force",
		"It is checked, recorded and written to the data directory before it decides. One that is wrong changes nothing, and error_description says where it is wrong. "+
			"409: it was in force before the present one, and rollback is not true; or the service reads its policy from a file of the operator's, which has another text.",
		http.StatusConflict), bodyUpTo[policyRequest](s, policyRequestBytes), s.applyPolicy)
	add(s, operator(http.MethodGet, "/v1/policies", "list-policies", "List every version of the policy", "The newest first, without their texts."), nothing(), s.policies)
	add(s, operator(http.MethodGet, "/v1/policies/{id}", "read-policy-version", "Read a version of the policy", "The id is the digest that decisions carry."), pathID(), s.policyVersion)
	add(s, operator(http.MethodGet, "/v1/decisions", "list-decisions", "Read the recorded decisions in order",
		"Those since a time (RFC 3339), in the order of their seconds and, within one, of their ids: with after, behind the one of this id in the second of since; at most limit. "+
			"The next page is since the at and after the id of the last; an empty one is the end.", http.StatusBadRequest), reader[page]{read: s.readPage}, s.decisions)
}

// A policyAnswer is the policy that decides.
type policyAnswer struct {
	Name   string `json:"name"`
	Digest string `json:"digest"`
	Source string `json:"source"`
}

func (s *server) policy(context.Context, struct{}) (policyAnswer, error) {
	p := s.cfg.Registry.Policy()
	return policyAnswer{p.Name(), p.Digest(), string(p.Source())}, nil
}

// policyRequestBytes bounds the request with a policy: as JSON its lines are a
// little longer than in its file.
const policyRequestBytes = 2 * limits.YAMLBytes

type policyRequest struct {
	Source   string `json:"source" doc:"The text of the policy, YAML."`
	Reason   string `json:"reason"`
	Rollback bool   `json:"rollback,omitempty" doc:"It may be one that was in force before."`
}

// An appliedPolicy is the version in force after a policy was applied.
type appliedPolicy struct {
	issuer.PolicyVersion
	Changed bool `json:"changed" doc:"False where it was in force already."`
}

func (s *server) applyPolicy(ctx context.Context, r policyRequest) (appliedPolicy, error) {
	w := issuer.Word{Actor: eventIn(ctx).actor(), Reason: r.Reason}
	if err := w.Check(); err != nil {
		return appliedPolicy{}, because(metadata.ReasonRequestMemberMalformed, err)
	}
	p, err := issuer.ParsePolicy([]byte(r.Source))
	if err != nil {
		return appliedPolicy{}, &refusal{problem{status: http.StatusBadRequest, code: "invalid_policy", description: shorten(err.Error(), longestPolicyFault)}, err}
	}
	v, changed, err := s.cfg.Registry.ApplyPolicy(ctx, issuer.PolicyChange{Policy: p, Word: w, Rollback: r.Rollback})
	switch {
	case errors.Is(err, issuer.ErrOlderPolicy):
		return appliedPolicy{}, &refusal{olderPolicy, err}
	case errors.Is(err, issuer.ErrPolicyElsewhere):
		return appliedPolicy{}, &refusal{policyElsewhere, err}
	case errors.Is(err, issuer.ErrPolicyTooLarge):
		return appliedPolicy{}, because(metadata.ReasonRequestTooLarge, err)
	case errors.Is(err, issuer.ErrPolicyNeeds):
		return appliedPolicy{}, &refusal{problem{status: http.StatusBadRequest, code: "invalid_policy", description: shorten(err.Error(), longestPolicyFault)}, err}
	}
	v.Source = ""
	return appliedPolicy{v, changed}, err
}

// longestPolicyFault bounds what is told of a policy that is wrong, which has lines
// of it, in bytes.
const longestPolicyFault = 2 << 10

// A policyList is every version of the policy.
type policyList struct {
	Policies []issuer.PolicyVersion `json:"policies"`
}

func (s *server) policies(ctx context.Context, _ struct{}) (policyList, error) {
	list, err := s.cfg.Registry.Policies(ctx)
	for i := range list {
		list[i].Source = ""
	}
	return policyList{list}, err
}

func (s *server) policyVersion(ctx context.Context, digest string) (issuer.PolicyVersion, error) {
	list, err := s.cfg.Registry.Policies(ctx)
	for _, v := range list {
		if v.Digest == digest {
			return v, nil
		}
	}
	if err == nil {
		err = errNoPolicy
	}
	return issuer.PolicyVersion{}, err
}

// A page is a part of the recorded decisions.
type page struct {
	after issuer.Place
	limit int
}

// readPage reads since, after and limit.
func (s *server) readPage(w http.ResponseWriter, r *http.Request) (p page, err error) {
	if p.limit, err = limit().read(w, r); err != nil {
		return p, err
	}
	query := r.URL.Query()
	if text := query.Get("since"); text != "" {
		if p.after.At, err = time.Parse(time.RFC3339, text); err != nil {
			return p, because(metadata.ReasonRequestMemberMalformed, errors.New("since is no time of RFC 3339"))
		}
	}
	if p.after.ID = query.Get("after"); len(p.after.ID) > limits.ClientIDBytes {
		return p, because(metadata.ReasonRequestMemberMalformed, errors.New("after is no id of a decision"))
	}
	return p, nil
}

// A decisionList is a page of recorded decisions.
type decisionList struct {
	Decisions []issuer.Decision `json:"decisions"`
}

func (s *server) decisions(ctx context.Context, p page) (decisionList, error) {
	list, err := s.cfg.Registry.Decisions(ctx, p.after, p.limit)
	return decisionList{list}, err
}
