package issuer

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/fc28f635/countersign/internal/limits"
	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/verify"
)

// An Exception is an operator's word on one subject for some days: a hold, which
// denies whatever claims to be the subject, or an allowance, which lifts what is
// proven to be it. The zero Exception is a hold on nobody.
type Exception struct {
	Subject metadata.Subject `json:"subject"`

	// Tier is up to which tier an allowance lifts, from domain to accepted. It
	// is blocked for a hold.
	Tier Tier `json:"tier"`

	// Line are the thumbprints of the publisher's keys at the time, held down or
	// not, for an allowance of a publisher, as in [Acceptance].
	Line []string `json:"line,omitempty"`

	Actor  string    `json:"actor"`
	Reason string    `json:"reason"`
	At     time.Time `json:"at"`
	Until  time.Time `json:"until"`
}

// Holds reports whether e is a hold, and not an allowance.
func (e Exception) Holds() bool { return e.Tier == TierBlocked }

// inForce reports whether an instant is within the exception's time. A hold has no
// beginning: it is for what was asked before it, too, and is not decided yet.
func (e Exception) inForce(at time.Time) bool {
	return at.Before(e.Until) && (e.Holds() || !at.Before(e.At))
}

// Check reports what is wrong with an exception.
func (e Exception) Check() error {
	switch {
	case e.Subject.IsZero():
		return errors.New("an exception needs a subject")
	case !e.Holds() && (e.Tier < TierDomain || e.Tier > TierAccepted):
		return fmt.Errorf("an allowance is up to tier domain, signed or accepted, not %s", e.Tier)
	}
	if err := checkWord("an exception", e.Actor, e.Reason, e.At, e.Until); err != nil {
		return err
	}
	if e.Until.Sub(e.At) > limits.ExceptionLongest {
		return fmt.Errorf("an exception lasts at most %d days", limits.ExceptionLongest/(24*time.Hour))
	}
	return nil
}

// hold returns a hold in force. Where there are several, the one that lasts
// longest.
func (s Standing) hold(at time.Time) (longest Exception, held bool) {
	for _, e := range s.Exceptions {
		if e.Holds() && e.inForce(at) && (!held || e.Until.After(longest.Until)) {
			longest, held = e, true
		}
	}
	return longest, held
}

// allowances returns the allowances in force that are of this very client. Domain
// says that tier domain is proven.
func (s Standing) allowances(v *verify.Verdict, shape metadata.Shape, domain bool) []Exception {
	return slices.DeleteFunc(slices.Clone(s.Exceptions), func(e Exception) bool {
		return e.Holds() || !e.inForce(v.At) || !e.isOf(v, shape, domain)
	})
}

// isOf reports whether the client is proven to be the subject. Of a publisher it
// is what a key of the line signed, or what a document on its host says; where
// codes go proves a domain, and not who sends them there. A shape says nothing of
// grants that are not delivered by redirect.
func (e Exception) isOf(v *verify.Verdict, shape metadata.Shape, domain bool) bool {
	switch {
	case !e.Subject.Publisher().IsZero():
		hosted := v.Passed(verify.CheckMetadataDocument) && v.Passed(verify.CheckCoverage)
		return domain && e.Subject.Publisher() == v.Publisher && (hosted || statedByPublisher(v) && ofLine(e.Line, v))
	case e.Subject.ClientID() != "":
		document, _ := v.Finding(verify.CheckMetadataDocument)
		return document.Status == verify.Passed && document.Evidence.Name == e.Subject.ClientID()
	}
	client, _ := v.Client()
	return e.Subject.Shape() != "" && e.Subject.Shape() == shape && client.UsesRedirects()
}
