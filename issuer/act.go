package issuer

import (
	"errors"
	"time"

	"github.com/fc28f635/countersign/metadata"
)

// A Verb says what an operator did. The zero Verb is nothing.
type Verb string

// What an operator does. Verbs are append-only.
const (
	VerbAccept      Verb = "accept"       // a publisher or a shape
	VerbUnaccept    Verb = "unaccept"     // ends an acceptance
	VerbHold        Verb = "hold"         // denies a subject
	VerbAllow       Verb = "allow"        // lifts a subject
	VerbRelease     Verb = "release"      // ends a hold or an allowance
	VerbApprove     Verb = "approve"      // a review
	VerbDeny        Verb = "deny"         // denies one, also after it was approved
	VerbPin         Verb = "pin"          // keeps a copy of a metadata document
	VerbUnpin       Verb = "unpin"        // drops it
	VerbKeyCreate   Verb = "key_create"   // makes an API key
	VerbKeyRevoke   Verb = "key_revoke"   // ends one
	VerbLift        Verb = "lift"         // ends what is remembered against a key or a metadata document
	VerbPolicyApply Verb = "policy_apply" // has another policy decide
	VerbObserve     Verb = "observe"      // has what is decided not enforced for a time
	VerbEnforce     Verb = "enforce"      // ends that
)

// An Act is the record of one thing that an operator did. It is made durable
// together with what it changes, and then neither changed nor removed.
type Act struct {
	Verb   Verb      `json:"act"`
	At     time.Time `json:"at"`
	Actor  string    `json:"actor"`
	Reason string    `json:"reason,omitempty"`

	// Subject is what it was done to: a publisher, a client_id, a shape, the id of
	// an API key or of a review, the thumbprint of a publisher's key, the digest of
	// a policy, or what is observed. Seen is the shape of an acceptance that is of a
	// publisher and a shape.
	Subject string         `json:"subject"`
	Seen    metadata.Shape `json:"seen,omitempty"`

	Until  time.Time `json:"until,omitzero"`
	Tier   Tier      `json:"tier,omitzero"`    // of an allowance
	Line   []string  `json:"line,omitempty"`   // of a publisher: its keys at the time
	Digest string    `json:"digest,omitempty"` // of a pinned document
}

// A Change is what a [Store] changes together with the record of an act: at most
// one of its fields is set, and Review beside it. The zero Change changes nothing.
type Change struct {
	// Review takes the place of the one of its id, which must be there.
	Review *Review

	// Accept is an acceptance that takes the place of the one of the same
	// publisher, shape and review. Unaccept ends that one.
	Accept, Unaccept *Acceptance

	// Except is an exception that takes the place of the one on its subject;
	// Release ends that one.
	Except  *Exception
	Release metadata.Subject

	// Pin takes the place of the one of its client_id; Unpin ends that one.
	Pin   *Pin
	Unpin string

	// LiftKey is the thumbprint of a key that is not known to be exposed any more.
	LiftKey string

	// LiftDocument is the client_id of a metadata document of which it is not known
	// any more how new its statements were, whichever publisher's.
	LiftDocument metadata.ClientID

	// Policy is a version of the policy, which comes after all that there are.
	Policy *PolicyVersion

	// Observe is an observation that takes the place of the one of the same thing.
	// Unobserve ends that one.
	Observe, Unobserve *Observation
}

// A Listing is everything that operators said and that was not ended by them.
// What has run out is among it: only the caller knows the instant.
type Listing struct {
	Acceptances []Acceptance `json:"acceptances"`
	Exceptions  []Exception  `json:"exceptions"`
	Pins        []Pin        `json:"pins"` // without their documents

	Observations []Observation `json:"observations"`
}

// ErrHeld says that an allowance is for a subject on which a hold is in force.
var ErrHeld = errors.New("it is on hold: release it first")
