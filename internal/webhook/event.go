package webhook

import (
	"fmt"
	"time"

	"github.com/fc28f635/countersign/internal/strictjson"
	"github.com/fc28f635/countersign/issuer"
	"github.com/fc28f635/countersign/metadata"
)

// A Type says what an event tells. Types are append-only.
type Type string

// The types of events.
const (
	ReviewPending  Type = "review.pending"  // a person is asked
	ReviewApproved Type = "review.approved" // a client is accepted
	ReviewDenied   Type = "review.denied"
)

var typeOf = map[issuer.ReviewState]Type{
	issuer.ReviewPending: ReviewPending, issuer.ReviewApproved: ReviewApproved, issuer.ReviewDenied: ReviewDenied,
}

// A message is an event as it is sent, whatever how often.
type message struct {
	id   string
	body []byte
}

// An event is the body of a message.
type event struct {
	Type      Type       `json:"type"`
	Timestamp time.Time  `json:"timestamp"`
	Data      reviewData `json:"data"`
}

// reviewData is what is told of a review: enough to know whether to look. Names
// and addresses are claims.
type reviewData struct {
	ID        string               `json:"id"`
	Why       []issuer.ReviewCause `json:"why"`
	Publisher metadata.Publisher   `json:"publisher,omitzero"`
	Signed    bool                 `json:"signed"`
	Name      string               `json:"client_name"`
	ClientID  string               `json:"client_id,omitempty"`
	Codes     []string             `json:"codes"`
	Tier      issuer.Tier          `json:"tier"`
	Decision  string               `json:"decision"`
	Actor     string               `json:"actor,omitempty"` // who answered
	Until     time.Time            `json:"until,omitzero"`
}

// reviewMessage is the message about a review. Its id is the same for the same
// news, so that a receiver takes it once.
func reviewMessage(r issuer.Review) (message, error) {
	e := event{Type: typeOf[r.State], Timestamp: r.At, Data: reviewData{
		ID: r.ID, Why: r.Why, Publisher: r.Publisher, Signed: r.Signed, Name: r.Name, ClientID: r.ClientID,
		Codes: r.Codes, Tier: r.Tier, Decision: r.Decision, Until: r.Until,
	}}
	switch answer := len(r.Approvals); {
	case r.Denied != nil:
		e.Timestamp, e.Data.Actor = r.Denied.At, r.Denied.Actor
	case r.State == issuer.ReviewApproved && answer > 0:
		e.Timestamp, e.Data.Actor = r.Approvals[answer-1].At, r.Approvals[answer-1].Actor
	}
	body, err := strictjson.Encode(e, false)
	if err != nil {
		return message{}, fmt.Errorf("writing the message: %w", err)
	}
	return message{id: fmt.Sprintf("msg_%s_%s_%d", r.ID, r.State, e.Timestamp.Unix()), body: body}, nil
}
