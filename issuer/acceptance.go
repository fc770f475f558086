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

	By     string    `json:"by"`     // operator, catalog or root
	Actor  string    `json:"actor"`  // who said yes
	Reason string    `json:"reason"` // why
	At     time.Time `json:"at"`
	Until  time.Time `json:"until"`
}

// ByOperator is the By of an acceptance that a person gave by name. Only such
// a one lifts a client of binding loose.
const ByOperator = "operator"

// Check reports what is missing of an acceptance.
func (a Acceptance) Check() error {
	switch {
	case a.Publisher.IsZero() && a.Shape == "":
		return errors.New("an acceptance needs a publisher or a shape")
	case a.By == "" || a.Actor == "" || a.Reason == "":
		return errors.New("an acceptance needs who gave it, on whose word, and why")
	case a.At.IsZero() || !a.Until.After(a.At):
		return errors.New("an acceptance needs an end after its beginning")
	}
	return nil
}

// Standing is what people said of a client: the acceptances that name its
// publisher or its shape. It is an input of its own beside the verdict, never
// evidence. The zero Standing is of a client that nobody accepted.
type Standing struct {
	Acceptances []Acceptance
}
