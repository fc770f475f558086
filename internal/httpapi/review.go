package httpapi

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/gorilla/mux"

	"github.com/fc28f635/countersign/internal/access"
	"github.com/fc28f635/countersign/internal/limits"
	"github.com/fc28f635/countersign/issuer"
	"github.com/fc28f635/countersign/metadata"
)

// reviewOperations are the questions to people, and their answers.
func (s *server) reviewOperations() {
	add(s, operation{method: http.MethodGet, path: "/v1/reviews", id: "list-reviews", role: access.Operator,
		summary:     "List the reviews",
		description: "Pending ones first, and of these the publishers that sign; limit bounds how many, 100 by default. Names are claims."},
		limit(), s.reviews)
	add(s, operation{method: http.MethodGet, path: "/v1/reviews/{id}", id: "read-review", role: access.Operator,
		summary: "Read a review", errors: []int{http.StatusNotFound}}, pathID(), s.review)
	decide := func(verb, summary, description string) operation {
		return operation{method: http.MethodPost, path: "/v1/reviews/{id}/" + verb, id: verb + "-review", role: access.Operator,
			summary: summary, description: description, errors: []int{http.StatusNotFound, http.StatusConflict}}
	}
	add(s, decide("approve", "Approve a pending review",
		"The client is accepted, as it was seen, when as many people approved as the policy needs. Two are of different API keys."),
		answerTo[approveRequest](s), s.approve)
	add(s, decide("deny", "Deny a review",
		"The client keeps what it proves, and is not asked about again for the same. Denying an approved one ends what the approval gave."),
		answerTo[denyRequest](s), s.deny)
}

// An answered is what a person answers to one review.
type answered[T any] struct {
	id   string
	body T
}

// answerTo is the reader of an endpoint whose path has an {id}, and which takes
// the members of T.
func answerTo[T any](s *server) reader[answered[T]] {
	in := body[T](s)
	return reader[answered[T]]{body: in.body, read: func(w http.ResponseWriter, r *http.Request) (answered[T], error) {
		v, err := in.read(w, r)
		return answered[T]{mux.Vars(r)["id"], v}, err
	}}
}

type approveRequest struct {
	Reason string    `json:"reason"`
	Until  time.Time `json:"until,omitzero" doc:"When the acceptance ends; a year from now where it is absent."`
}

type denyRequest struct {
	Reason string `json:"reason"`
}

// A reviewList is reviews.
type reviewList struct {
	Reviews []issuer.Review `json:"reviews"`
}

func (s *server) reviews(ctx context.Context, limit int) (reviewList, error) {
	list, err := s.cfg.Registry.Reviews(ctx, limit)
	return reviewList{list}, err
}

func (s *server) review(ctx context.Context, id string) (issuer.Review, error) {
	r, err := s.cfg.Registry.Review(ctx, id)
	return r, answeredSo(err)
}

func (s *server) approve(ctx context.Context, r answered[approveRequest]) (issuer.Review, error) {
	now, until := s.cfg.Registry.Now(), r.body.Until.UTC()
	if r.body.Until.IsZero() {
		until = now.Add(limits.AcceptanceDefault)
	}
	a, err := s.approval(ctx, r.body.Reason)
	if err == nil && !until.After(now) {
		err = because(metadata.ReasonRequestMemberMalformed, errors.New("until is not in the future"))
	}
	if err != nil {
		return issuer.Review{}, err
	}
	approved, err := s.cfg.Registry.Approve(ctx, r.id, a, until)
	return approved, answeredSo(err)
}

func (s *server) deny(ctx context.Context, r answered[denyRequest]) (issuer.Review, error) {
	a, err := s.approval(ctx, r.body.Reason)
	if err != nil {
		return issuer.Review{}, err
	}
	denied, err := s.cfg.Registry.Deny(ctx, r.id, a)
	return denied, answeredSo(err)
}

// approval is the caller's word.
func (s *server) approval(ctx context.Context, reason string) (issuer.Approval, error) {
	e := eventIn(ctx)
	a := issuer.Approval{Actor: e.actor(), Person: e.named, Credential: "key " + e.caller.ID, Reason: reason, At: s.cfg.Registry.Now()}
	if a.Person == "" {
		a.Person = e.caller.Name
	}
	if e.operator { // whoever opens the socket is one
		a.Credential = "socket"
	}
	if err := a.Check(); err != nil {
		return a, because(metadata.ReasonRequestMemberMalformed, err)
	}
	return a, nil
}

// answeredSo is how the errors of deciding on a review are told.
func answeredSo(err error) error {
	switch {
	case errors.Is(err, issuer.ErrNotFound):
		return &refusal{noReview, err}
	case errors.Is(err, issuer.ErrReviewClosed):
		return &refusal{reviewClosed, err}
	case errors.Is(err, issuer.ErrSamePerson):
		return &refusal{samePerson, err}
	}
	return err
}
