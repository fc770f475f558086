package issuer

import (
	"errors"
	"time"

	"github.com/fc28f635/countersign/metadata"
)

// An Acceptance is an operator's recorded yes to a publisher, or to the shape
// of a client. With a Publisher alone it covers whatever that publisher signs.
// With both it also covers the one unsigned client of that shape which was seen.
// With a Shape alone it covers every client of that shape, proven or not.
type Acceptance struct {
	Publisher metadata.Publisher `json:"publisher,omitzero"`
	Shape     metadata.Shape     `json:"shape,omitempty"`

	// Line are the thumbprints of the publisher's keys at the time: what it
	// signs with them, and with keys that join them, is covered. Where none was
	// known, the publisher's first keys are meant. See [verify.Line].
	Line []string `json:"line,omitempty"`

	// Bound is what an acceptance that a review gave is bound to, nil for others.
	Bound *Bound `json:"bound,omitempty"`

	By     string    `json:"by"`     // operator, catalog or root
	Actor  string    `json:"actor"`  // who said yes
	Reason string    `json:"reason"` // why
	At     time.Time `json:"at"`
	Until  time.Time `json:"until"`
}

// Whose word a client's tier rests on.
const (
	// ByOperator is the By of an acceptance that a person gave by name. Only
	// such a one lifts a client of binding loose.
	ByOperator = "operator"

	// ByException is the By in a decision that rests on an [Exception].
	ByException = "exception"
)

// Check reports what is missing of an acceptance.
func (a Acceptance) Check() error {
	switch {
	case a.Publisher.IsZero() && a.Shape == "":
		return errors.New("an acceptance needs a publisher or a shape")
	case a.By == "":
		return errors.New("an acceptance needs to say by whom it is: an operator, a catalog or a root")
	}
	if a.Shape != "" {
		if _, err := metadata.ParseShape(string(a.Shape)); err != nil {
			return err
		}
	}
	return checkWord("an acceptance", a.Actor, a.Reason, a.At, a.Until)
}

// Subject returns what the acceptance is of: its publisher where it has one, else
// its shape.
func (a Acceptance) Subject() metadata.Subject {
	if a.Publisher.IsZero() {
		return metadata.ShapeSubject(a.Shape)
	}
	return metadata.PublisherSubject(a.Publisher)
}

// Standing is what people said of a client. It is an input of its own beside the
// verdict, never evidence. The zero Standing is of a client of whom nobody said
// anything.
type Standing struct {
	// Acceptances are those of its publisher or its shape.
	Acceptances []Acceptance

	// Exceptions are those on anything that it claims, proven or not: each hold
	// in force among them denies the client. An allowance lifts it only where
	// the client is proven to be the subject.
	Exceptions []Exception

	// Observations are all that were not ended, whatever they are of.
	Observations []Observation
}
