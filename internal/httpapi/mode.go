package httpapi

import (
	"context"
	"net/http"
	"time"

	"github.com/fc28f635/countersign/internal/access"
	"github.com/fc28f635/countersign/issuer"
	"github.com/fc28f635/countersign/metadata"
)

// modeOperations say what is enforced, and have it observed for a time.
func (s *server) modeOperations() {
	operator := func(method, path, id, summary, description string) operation {
		return operation{method: method, path: path, id: id, role: access.Operator, summary: summary, description: description}
	}
	add(s, operator(http.MethodGet, "/v1/modes", "read-modes", "Read what is enforced and what is only observed",
		"What the policy declares, and the observations in force. What is in neither list is enforced."), nothing(), s.modes)
	observe := operator(http.MethodPost, "/v1/observations", "observe", "Enforce nothing for at most 24 hours",
		"Of an authorization server, a resource, or, without of, everything: what is asked for passes, and what would have been decided is recorded with it. "+
			"What is blocked stays denied, and nothing is countersigned. It ends by itself.")
	observe.status = http.StatusCreated
	add(s, observe, body[observeRequest](s), s.observeFor)
	enforce := operator(http.MethodPost, "/v1/observations/end", "enforce", "End an observation", "")
	enforce.errors = []int{http.StatusNotFound}
	add(s, enforce, body[enforceRequest](s), s.enforce)
}

func (s *server) modes(ctx context.Context, _ struct{}) (issuer.Modes, error) {
	return s.cfg.Registry.Modes(ctx)
}

type observeRequest struct {
	Of     string    `json:"of,omitempty" doc:"The issuer of an authorization server, or a resource identifier; everything where it is absent."`
	Reason string    `json:"reason"`
	Until  time.Time `json:"until" doc:"At most 24 hours from now."`
}

func (s *server) observeFor(ctx context.Context, r observeRequest) (issuer.Observation, error) {
	o := issuer.Observation{Of: r.Of, Actor: eventIn(ctx).actor(), Reason: r.Reason, At: s.cfg.Registry.Now(), Until: r.Until.UTC()}
	if err := o.Check(); err != nil {
		return o, because(metadata.ReasonRequestMemberMalformed, err)
	}
	return s.cfg.Registry.Observe(ctx, o)
}

type enforceRequest struct {
	Of     string `json:"of,omitempty" doc:"As in the observation; absent for that of everything."`
	Reason string `json:"reason"`
}

func (s *server) enforce(ctx context.Context, r enforceRequest) (ended, error) {
	return end(ctx, r.Reason, func(w issuer.Word) error { return s.cfg.Registry.Enforce(ctx, r.Of, w) })
}
