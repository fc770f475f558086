package issuer

import (
	"time"

	"github.com/fc28f635/countersign/internal/strictjson"
	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/verify"
)

// An Outcome is what a decision came to. The zero Outcome is denied.
type Outcome string

// The outcomes of a decision.
const (
	Approved Outcome = "approved"
	InReview Outcome = "review" // a person is waited for; only where the policy says so
	Denied   Outcome = "denied"
)

// Outcomes returns all outcomes.
func Outcomes() []Outcome { return []Outcome{Approved, InReview, Denied} }

// A Decision is verdict, tier and grant under one policy, with an id. It is
// recorded before it is told, and then does not change.
type Decision struct {
	ID      string           `json:"id"`
	At      time.Time        `json:"at"`
	Outcome Outcome          `json:"outcome"`
	Tier    Tier             `json:"tier"`
	Binding metadata.Binding `json:"binding"`

	// Publisher is the proven publisher: zero below tier domain, and where a
	// person's word alone lifts the client above it.
	Publisher metadata.Publisher `json:"publisher,omitzero"`

	// Told is what a person is told of the client, one line.
	Told string `json:"told"`

	// Flags are reasons that changed no outcome and that a person should know:
	// name_resembles_protected, statement_expires_soon, and the like.
	Flags []metadata.Reason `json:"flags,omitempty"`

	Acceptance *AcceptanceNote `json:"acceptance,omitempty"`

	// Review is the question that the decision raises, nil where it raises none. It
	// is recorded together with the decision, where it is not kept already, and is
	// no part of it: Acceptance has its id.
	Review *Review `json:"-"`

	// Hold is the operator's hold that denied the client, nil where none did.
	Hold *HoldNote `json:"hold,omitempty"`

	// DeniedBy is the rule of the policy that denied the client, nil where none did.
	DeniedBy *DenyNote `json:"denied_by,omitempty"`

	Grant Grant `json:"grant"`

	// Workflow says whether the client proves a key of its own. Empty where the
	// decision is denied.
	Workflow Workflow `json:"workflow,omitempty"`

	// Resource is the resource that access was asked for, or the only one that the
	// policy declares. Empty where several are declared and none was named.
	Resource string `json:"resource,omitempty"`

	// Asked says which client it is about, in the words of whoever asked.
	Asked Asked `json:"asked,omitzero"`

	// Client is the effective metadata; where the decision is denied, empty. Its
	// lists are the verdict's, and must not be changed.
	Client     metadata.Client `json:"client"`
	Overridden []string        `json:"overridden,omitempty"`

	Findings []verify.Finding `json:"findings"`

	// Statement is the digest of the software statement, Shape the shape of the
	// effective client.
	Statement string         `json:"statement,omitempty"`
	Shape     metadata.Shape `json:"shape,omitempty"`

	// IgnoredStatement is a statement that was presented and changed nothing.
	IgnoredStatement *IgnoredStatement `json:"ignored_statement,omitempty"`

	// Countersigned is the decision as a JWT for one authorization server.
	Countersigned string `json:"countersigned,omitempty"`

	AuthorizationServer string            `json:"authorization_server,omitempty"`
	Enforcement         map[string]string `json:"enforcement"` // per limit: registration, server, guard or advisory
	ExpiresAt           time.Time         `json:"expires_at"`
	Policy              string            `json:"policy"` // "sha256:…"

	// ConditionFaults are the conditions of the policy that failed, and granted
	// nothing.
	ConditionFaults []ConditionFault `json:"condition_faults,omitempty"`

	DryRun bool `json:"dry_run,omitzero"`

	// Mode is observe where the decision is not enforced: what was asked for passes
	// as claimed, of Grant only Scope says anything, and Would is what would have
	// been decided. Empty where it is enforced.
	Mode  Mode   `json:"mode,omitempty"`
	Would *Would `json:"would,omitempty"`

	// Observation is the operator's word by which it is not enforced; nil where
	// the policy has it so.
	Observation *ObservationNote `json:"observation,omitempty"`

	// Test marks decisions of a service that may fetch from loopback.
	Test bool `json:"test,omitzero"`

	// Reason is why the outcome is denied or review, empty otherwise.
	Reason     metadata.Reason `json:"reason,omitempty"`
	OAuthError *OAuthError     `json:"oauth_error,omitempty"`

	// Narrowed is there where the outcome is approved, and scopes were cut or
	// members overridden.
	Narrowed *Narrowing `json:"narrowed,omitempty"`

	// Before is what the decision was made on, as far as the rest does not say it;
	// nil where it does.
	Before *Before `json:"before,omitempty"`

	// Why is the address of the public explanation; empty where the service has
	// no address.
	Why string `json:"why,omitempty"`

	recorded []byte // see Recorded
}

// Encode returns the decision as JSON: what a [Store] keeps of it, and what is
// told to whoever may see all of it.
func (d Decision) Encode() ([]byte, error) { return strictjson.Encode(d, false) }

// Recorded returns the decision as it went into the record when [Registry.Decide]
// made it, whatever was changed of d since; elsewhere nil. It must not be changed.
func (d Decision) Recorded() []byte { return d.recorded }

// An IgnoredStatement is a statement that verified as far as its findings say
// and that the client is judged without.
type IgnoredStatement struct {
	Statement string             `json:"statement"` // digest
	Publisher metadata.Publisher `json:"publisher"`
	Why       string             `json:"why"` // statement_expired or test_mode
	Findings  []verify.Finding   `json:"findings"`
}

// An AcceptanceNote says in a decision whose word its tier rests on, until when;
// or that a person is asked for one.
type AcceptanceNote struct {
	By    string    `json:"by,omitempty"` // operator, catalog or root; exception for a few days' allowance
	Actor string    `json:"actor,omitempty"`
	Until time.Time `json:"until,omitzero"`

	// Pending is the id of the review that is waited for. Then nothing else is
	// there, and the tier rests on nobody's word.
	Pending string `json:"pending,omitempty"`
}

// accepted returns the note of a word that was given, nil where none was.
func (d Decision) accepted() *AcceptanceNote {
	if d.Acceptance == nil || d.Acceptance.Pending != "" {
		return nil
	}
	return d.Acceptance
}

// A HoldNote says in a decision what is held, who holds it, until when.
type HoldNote struct {
	Subject metadata.Subject `json:"subject"`
	Actor   string           `json:"actor"`
	Until   time.Time        `json:"until"`
}

// An OAuthError is a refusal ready to be forwarded to the client (RFC 7591,
// Section 3.2.2).
type OAuthError struct {
	Status      int    `json:"status"`
	Error       string `json:"error"`
	Description string `json:"error_description"`
	URI         string `json:"error_uri,omitempty"`
}
