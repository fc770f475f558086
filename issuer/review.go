package issuer

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/fc28f635/countersign/internal/limits"
	"github.com/fc28f635/countersign/metadata"
)

// A Review is a question to a person: whether a client may have more than it can
// prove. It is recorded together with the decision that raised it, and found again
// by whatever raises it after. Approving adds an [Acceptance], never evidence.
type Review struct {
	// ID is the same for the same question: it begins with "r", and then come 20
	// hexadecimal digits of the client that is asked about, and 20 of what it
	// presents. Of one client at most one question is pending.
	ID string `json:"id"`

	State ReviewState   `json:"state"`
	At    time.Time     `json:"at"` // since when it is pending
	Why   []ReviewCause `json:"why"`

	// Publisher is the proven one, zero where none is. Signed says that a key
	// which its domain publishes signed the statement.
	Publisher metadata.Publisher `json:"publisher,omitzero"`
	Signed    bool               `json:"signed"`
	Shape     metadata.Shape     `json:"shape"`

	// Line are the thumbprints of the publisher's keys, where it signed.
	Line []string `json:"line,omitempty"`

	// What the client claims, bounded: its name and its client_id.
	Name     string `json:"client_name"`
	ClientID string `json:"client_id,omitempty"`

	// Codes are where authorization codes go, as in [Software]. Scopes are those
	// that an acceptance would earn. Resembles is whom the name resembles.
	Codes     []string `json:"codes"`
	Scopes    []string `json:"scopes"`
	Resembles string   `json:"resembles,omitempty"`

	Tier                Tier             `json:"tier"` // what it proves
	Binding             metadata.Binding `json:"binding"`
	AuthorizationServer string           `json:"authorization_server,omitempty"`
	Decision            string           `json:"decision"` // the id of the one that raised it

	// Bound is what an approval is bound to.
	Bound Bound `json:"bound"`

	// Approvals are those given so far, of different people. Until is when the
	// acceptance that they gave ends; Denied is who said no.
	Approvals []Approval `json:"approvals,omitempty"`
	Until     time.Time  `json:"until,omitzero"`
	Denied    *Approval  `json:"denied,omitempty"`

	// Network is from where it was asked, as far as that is known and no publisher
	// vouches for whoever asked. It is never stored: see [ReviewQueue].
	Network netip.Prefix `json:"-"`

	// Vouched says that nobody but the publisher could raise it.
	Vouched bool `json:"vouched"`
}

// A ReviewState is how far a review is. The zero ReviewState is none.
type ReviewState string

// The states of a review.
const (
	ReviewPending  ReviewState = "pending"
	ReviewApproved ReviewState = "approved"
	ReviewDenied   ReviewState = "denied"
)

// A ReviewCause is why a person is asked. Causes are append-only.
type ReviewCause string

// Why a person is asked.
const (
	// CauseBeyondReads: the client asks for more than reads that are not
	// sensitive, and an acceptance would earn it.
	CauseBeyondReads ReviewCause = "beyond_reads"

	// CauseLookalike: its name resembles one that another domain is known by.
	CauseLookalike ReviewCause = "lookalike"

	// CausePrivateScheme: codes go to a private-use redirect URI that is neither
	// the publisher's nor that of a client in the catalog.
	CausePrivateScheme ReviewCause = "private_scheme"

	// CauseUncoveredKey: it authenticates with a key that nothing of a publisher
	// names.
	CauseUncoveredKey ReviewCause = "uncovered_key"

	// CauseAccess: it asks for access at all.
	CauseAccess ReviewCause = "access"
)

// ReviewCauses returns all causes.
func ReviewCauses() []ReviewCause {
	return []ReviewCause{CauseBeyondReads, CauseLookalike, CausePrivateScheme, CauseUncoveredKey, CauseAccess}
}

// An Approval is one person's word on a review.
type Approval struct {
	Actor string `json:"actor"`

	// Person is who the actor says to be, and Credential what it showed: the id
	// of an API key, or the socket. Two approvals have neither in common.
	Person     string `json:"person"`
	Credential string `json:"credential"`

	Reason string    `json:"reason"`
	At     time.Time `json:"at"`
}

// Errors of deciding on a review.
var (
	// ErrSamePerson says that a second approval is not of a second person.
	ErrSamePerson = errors.New("the second approval is for another person to give, with another API key")

	// ErrReviewClosed says that a review was decided on already.
	ErrReviewClosed = errors.New("it was decided on already")
)

// Check reports what is missing of an approval.
func (a Approval) Check() error {
	if a.Person == "" || a.Credential == "" {
		return errors.New("an approval needs to say by whom it is")
	}
	return checkSaid("an approval", a.Actor, a.Reason)
}

// given reports whether an approval is of somebody who gave one.
func (r Review) given(a Approval) bool {
	return slices.ContainsFunc(r.Approvals, func(b Approval) bool { return a.Person == b.Person || a.Credential == b.Credential })
}

// Subject returns what an approval accepts: the proven publisher, or else the
// shape.
func (r Review) Subject() metadata.Subject { return r.acceptance().Subject() }

// Client returns the part of the id that is the same whatever the client presents.
func (r Review) Client() string { return r.ID[:min(len(r.ID), reviewClientLen)] }

// Asks reports whether the review is asked though one of the same client is kept:
// that one is of something else that the client presented, or its answer is not
// for now. A pending one that is of something else ends with that.
func (r Review) Asks(kept Review) bool {
	switch {
	case kept.ID != r.ID:
		return true
	case kept.State == ReviewPending:
		return false
	case kept.State == ReviewApproved && !r.At.Before(kept.Until):
		return true
	}
	return r.Signed && !slices.Contains(r.Line, kept.Bound.Thumbprint) // the publisher begins anew
}

// reviewID returns the id of the question about a client that presents something.
func reviewID(client, presents string) string {
	part := func(s string) string {
		sum := sha256.Sum256([]byte(s))
		return hex.EncodeToString(sum[:reviewPartBytes])
	}
	return reviewPrefix + part(client) + part(presents)
}

// An id is a letter and two parts of 80 bits: nobody finds two clients of one.
const (
	reviewPrefix    = "r"
	reviewPartBytes = 10
	reviewClientLen = len(reviewPrefix) + 2*reviewPartBytes
)

// acceptance is what an approval of everybody who is needed gives.
func (r Review) acceptance() Acceptance {
	a := Acceptance{By: ByOperator, Bound: &r.Bound, Until: r.Until}
	if a.Publisher = r.Publisher; !r.Signed {
		a.Shape = r.Shape
	}
	for _, given := range r.Approvals {
		if a.Actor != "" {
			a.Actor += " and "
		}
		a.Actor, a.Reason, a.At = a.Actor+given.Actor, given.Reason, given.At
	}
	return a
}

// ReviewRule says when a policy asks a person. The zero ReviewRule never does.
type ReviewRule struct {
	When []ReviewCause `yaml:"when"`

	// Wait has the client wait for the answer, with nothing granted.
	Wait bool `yaml:"wait"`

	// Approvals is how many people must approve, 1 or 2. Zero means 1.
	Approvals int `yaml:"approvals"`
}

// check returns what is wrong with the rule, and at which key.
func (r ReviewRule) check() (at string, err error) {
	for i, cause := range r.When {
		if !slices.Contains(ReviewCauses(), cause) {
			return fmt.Sprintf("when[%d]", i), fmt.Errorf("%.100q is none of %v", cause, ReviewCauses())
		}
	}
	if r.Approvals < 0 || r.Approvals > limits.ReviewApprovals {
		return "approvals", fmt.Errorf("approvals is %d, and not 1 or 2", r.Approvals)
	}
	if r.Wait && len(r.When) == 0 {
		return "wait", errors.New("nothing is waited for: when is empty")
	}
	return "", nil
}

// needed returns how many people must approve.
func (r ReviewRule) needed() int { return max(r.Approvals, 1) }
