package httpapi

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/fc28f635/countersign/internal/access"
	"github.com/fc28f635/countersign/internal/limits"
	"github.com/fc28f635/countersign/issuer"
	"github.com/fc28f635/countersign/metadata"
)

// actorHeader is where a caller says who does what it asks for. The record says
// with which key, too, so that a name is no more than its key.
const actorHeader = "Countersign-Actor"

// actor returns who does what the operator asks for.
func (e *event) actor() string {
	switch {
	case e.operator && e.named != "":
		return e.named
	case e.operator:
		return e.caller.Name
	case e.named == "":
		return e.caller.Name + " (key " + e.caller.ID + ")"
	}
	return e.named + " (key " + e.caller.ID + ")"
}

// operatorOperations are what operators say, each with an end of its own.
func (s *server) operatorOperations() {
	say := func(path, id, summary, description string, errors ...int) operation {
		return operation{method: http.MethodPost, path: path, id: id, role: access.Operator, status: http.StatusCreated,
			summary: summary, description: description, errors: errors}
	}
	end := func(path, id, summary string) operation {
		return operation{method: http.MethodPost, path: path, id: id, role: access.Operator, summary: summary, errors: []int{http.StatusNotFound}}
	}
	get := func(path, id, summary, description string) operation {
		return operation{method: http.MethodGet, path: path, id: id, role: access.Operator, summary: summary, description: description}
	}
	add(s, say("/v1/acceptances", "accept", "Accept a publisher or a shape",
		"The answer says in line to which keys of the publisher it is given: what is signed with a later key that does not join them is not covered."), body[acceptRequest](s), s.accept)
	add(s, end("/v1/acceptances/end", "unaccept", "End an acceptance"), body[unacceptRequest](s), s.unaccept)
	add(s, say("/v1/exceptions", "except", "Hold or allow a subject for at most 7 days",
		"A subject is a publisher, a client_id or a shape. Without a tier it is a hold: whatever claims the subject is denied. "+
			"With a tier, from domain to accepted, what is proven to be the subject is lifted to it.", http.StatusConflict), body[exceptRequest](s), s.except)
	add(s, end("/v1/exceptions/end", "release", "End a hold or an allowance"), body[releaseRequest](s), s.release)
	add(s, say("/v1/pins", "pin", "Keep a copy of a metadata document",
		"It stands for the document where that cannot be had. What the address serves, and 410, always win."), body[pinRequest](s), s.pin)
	add(s, end("/v1/pins/end", "unpin", "Drop the copy of a metadata document"), body[unpinRequest](s), s.unpin)
	add(s, end("/v1/memory/end", "lift", "Lift what is remembered against a key or a metadata document"), body[liftRequest](s), s.lift)
	add(s, get("/v1/standing", "read-standing", "List everything that operators said and did not end",
		"What has run out is among it."), nothing(), s.standing)
	add(s, get("/v1/acts", "read-acts", "List what operators did", "The newest first; limit bounds how many, 100 by default."), limit(), s.acts)
	add(s, get("/v1/software", "read-software", "List the software that was decided on",
		"By shape, the last first; limit bounds how many, 100 by default. Names are claims."), limit(), s.software)
}

// limit is the reader of an endpoint that takes a limit in its query.
func limit() reader[int] {
	return reader[int]{read: func(_ http.ResponseWriter, r *http.Request) (int, error) {
		text := r.URL.Query().Get("limit")
		if text == "" {
			return limits.ListDefault, nil
		}
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > limits.ListLongest {
			return 0, because(metadata.ReasonRequestMemberMalformed, fmt.Errorf("limit is no number from 1 to %d", limits.ListLongest))
		}
		return n, nil
	}}
}

type acceptRequest struct {
	Publisher metadata.Publisher `json:"publisher,omitzero"`
	Shape     metadata.Shape     `json:"shape,omitempty"`
	Reason    string             `json:"reason"`
	Until     time.Time          `json:"until,omitzero" doc:"A year from now where it is absent."`
}

func (s *server) accept(ctx context.Context, r acceptRequest) (issuer.Acceptance, error) {
	now := s.cfg.Registry.Now()
	if r.Until.IsZero() {
		r.Until = now.Add(limits.AcceptanceDefault)
	}
	a := issuer.Acceptance{Publisher: r.Publisher, Shape: r.Shape, By: issuer.ByOperator, Actor: eventIn(ctx).actor(), Reason: r.Reason, At: now, Until: r.Until.UTC()}
	if err := a.Check(); err != nil {
		return a, because(metadata.ReasonRequestMemberMalformed, err)
	}
	a, err := s.cfg.Registry.Accept(ctx, a)
	return a, said(err)
}

type unacceptRequest struct {
	Publisher metadata.Publisher `json:"publisher,omitzero"`
	Shape     metadata.Shape     `json:"shape,omitempty"`
	Reason    string             `json:"reason"`
}

func (s *server) unaccept(ctx context.Context, r unacceptRequest) (ended, error) {
	return end(ctx, r.Reason, func(w issuer.Word) error {
		return s.cfg.Registry.Unaccept(ctx, r.Publisher, r.Shape, w)
	})
}

type exceptRequest struct {
	Subject metadata.Subject `json:"subject"`
	Tier    issuer.Tier      `json:"tier,omitzero" doc:"Up to which tier; absent for a hold."`
	Reason  string           `json:"reason"`
	Until   time.Time        `json:"until,omitzero" doc:"At most 7 days from now; 7 days where it is absent."`
}

func (s *server) except(ctx context.Context, r exceptRequest) (issuer.Exception, error) {
	if r.Until.IsZero() {
		r.Until = s.cfg.Registry.Now().Add(limits.ExceptionLongest)
	}
	e := issuer.Exception{Subject: r.Subject, Tier: r.Tier, Actor: eventIn(ctx).actor(), Reason: r.Reason, At: s.cfg.Registry.Now(), Until: r.Until.UTC()}
	if err := e.Check(); err != nil {
		return e, because(metadata.ReasonRequestMemberMalformed, err)
	}
	e, err := s.cfg.Registry.Except(ctx, e)
	return e, said(err)
}

type releaseRequest struct {
	Subject metadata.Subject `json:"subject"`
	Reason  string           `json:"reason"`
}

func (s *server) release(ctx context.Context, r releaseRequest) (ended, error) {
	return end(ctx, r.Reason, func(w issuer.Word) error { return s.cfg.Registry.Release(ctx, r.Subject, w) })
}

type pinRequest struct {
	ClientID string    `json:"client_id"`
	Document string    `json:"document" doc:"The document's text."`
	Reason   string    `json:"reason"`
	Until    time.Time `json:"until" doc:"At most 90 days from now."`
}

func (s *server) pin(ctx context.Context, r pinRequest) (issuer.Pin, error) {
	p := issuer.Pin{ClientID: r.ClientID, Document: []byte(r.Document), Actor: eventIn(ctx).actor(), Reason: r.Reason, At: s.cfg.Registry.Now(), Until: r.Until.UTC()}
	if err := p.Check(limits.DocumentBytes); err != nil {
		return issuer.Pin{}, because(metadata.ReasonRequestMemberMalformed, err)
	}
	p, err := s.cfg.Registry.Pin(ctx, p)
	p.Document = nil
	return p, said(err)
}

type unpinRequest struct {
	ClientID string `json:"client_id"`
	Reason   string `json:"reason"`
}

func (s *server) unpin(ctx context.Context, r unpinRequest) (ended, error) {
	return end(ctx, r.Reason, func(w issuer.Word) error { return s.cfg.Registry.Unpin(ctx, r.ClientID, w) })
}

type liftRequest struct {
	Thumbprint string `json:"thumbprint,omitempty" doc:"Of a key that is exposed: it is dead again when its private part is seen again."`
	ClientID   string `json:"client_id,omitempty" doc:"Of a metadata document that went back to an older statement: the next one is taken, however old."`
	Reason     string `json:"reason"`
}

func (s *server) lift(ctx context.Context, r liftRequest) (ended, error) {
	if (r.Thumbprint == "") == (r.ClientID == "") {
		return ended{}, because(metadata.ReasonRequestMemberMalformed, errors.New("either thumbprint or client_id is needed"))
	}
	if r.Thumbprint != "" {
		if err := issuer.CheckThumbprint(r.Thumbprint); err != nil {
			return ended{}, because(metadata.ReasonRequestMemberMalformed, err)
		}
		return end(ctx, r.Reason, func(w issuer.Word) error { return s.cfg.Registry.LiftKey(ctx, r.Thumbprint, w) })
	}
	id, err := metadata.ParseClientID(r.ClientID)
	if err != nil {
		return ended{}, because(metadata.ReasonRequestMemberMalformed, err)
	}
	return end(ctx, r.Reason, func(w issuer.Word) error { return s.cfg.Registry.LiftDocument(ctx, id, w) })
}

// An ended says that something was ended.
type ended struct {
	Ended bool `json:"ended"`
}

// end ends something in the caller's name.
func end(ctx context.Context, reason string, do func(issuer.Word) error) (ended, error) {
	w := issuer.Word{Actor: eventIn(ctx).actor(), Reason: reason}
	if err := w.Check(); err != nil {
		return ended{}, because(metadata.ReasonRequestMemberMalformed, err)
	}
	return ended{true}, said(do(w))
}

// said is how the errors of what an operator says are told.
func said(err error) error {
	switch {
	case errors.Is(err, issuer.ErrNotFound):
		return &refusal{nothingToEnd, err}
	case errors.Is(err, issuer.ErrHeld):
		return &refusal{onHold, err}
	}
	return err
}

func (s *server) standing(ctx context.Context, _ struct{}) (issuer.Listing, error) {
	return s.cfg.Registry.Listing(ctx)
}

// An actList is what operators did.
type actList struct {
	Acts []issuer.Act `json:"acts"`
}

func (s *server) acts(ctx context.Context, limit int) (actList, error) {
	acts, err := s.cfg.Registry.Acts(ctx, limit)
	return actList{acts}, err
}

// A softwareList is software that was decided on.
type softwareList struct {
	Software []issuer.Software `json:"software"`
}

func (s *server) software(ctx context.Context, limit int) (softwareList, error) {
	list, err := s.cfg.Registry.Software(ctx, limit)
	return softwareList{list}, err
}
