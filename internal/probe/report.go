package probe

import (
	"encoding/json"
	"time"

	"github.com/fc28f635/countersign/verify"
)

// MediaType is the media type of a report as JSON.
const MediaType = "application/vnd.countersign.probe+json;version=1"

// A Report is what a probe found.
type Report struct {
	MediaType string    `json:"media_type"`
	Issuer    string    `json:"issuer"`
	At        time.Time `json:"at"`
	Grade     Grade     `json:"grade,omitempty"`
	Complete  bool      `json:"complete"` // no check was unavailable, and registration was looked at
	Findings  []Finding `json:"findings"`

	// Registered counts the clients that the probe made, and Left are those
	// of them that it could not remove.
	Registered int    `json:"registered"`
	Left       []Left `json:"left"`
}

// A Grade sums up a report by its gravest failed finding: A none, B low, C
// medium, D high, F critical. The zero Grade is none: registration was not looked
// at, or nothing failed and something could not be looked at.
type Grade string

// A Severity says what a hole is worth to an attacker. The zero Severity is that
// of findings that did not fail.
type Severity string

// The severities, from the least.
const (
	Low      Severity = "low"      // makes other holes wider
	Medium   Severity = "medium"   // misleads a person or an operator
	High     Severity = "high"     // gives a stranger what the server should decide
	Critical Severity = "critical" // a lie becomes the server's own word
)

// grades are the grades by the gravest severity.
var grades = map[Severity]Grade{"": "A", Low: "B", Medium: "C", High: "D", Critical: "F"}

// An Effect says what a server did with what it should not believe.
type Effect string

// The effects, from the best.
const (
	Refused  Effect = "refused"  // it answered with an error
	Ignored  Effect = "ignored"  // it made a client without the value
	Stored   Effect = "stored"   // it keeps the value, or says that it does
	Believed Effect = "believed" // it acts on the value
)

// A Finding is what one check concluded. Failed means that a hole was found.
type Finding struct {
	Check    Check         `json:"check"`
	Status   verify.Status `json:"status"`
	Severity Severity      `json:"severity,omitempty"`
	Effect   Effect        `json:"effect,omitempty"`
	Detail   string        `json:"detail"`

	// Mend says what closes the hole, and Countersign what countersign does
	// about it; both only where the check failed.
	Mend        string `json:"mend,omitempty"`
	Countersign string `json:"countersign,omitempty"`

	// Evidence are the requests and answers that prove the finding.
	Evidence []Exchange `json:"evidence,omitempty"`
}

// An Exchange is one request and its answer, without tokens and secrets: of an
// answer only the members are kept that a finding may rest on.
type Exchange struct {
	Request string                     `json:"request"` // method and URL
	Sent    map[string]any             `json:"sent,omitempty"`
	Status  int                        `json:"status"`
	Answer  map[string]json.RawMessage `json:"answer,omitempty"`
}

// A Left is a client that the probe made and could not remove. ClientID is empty
// where the server did not say which.
type Left struct {
	ClientID string `json:"client_id,omitempty"`
	Why      string `json:"why"`
}

// conclude sets the grade.
func (r *Report) conclude() {
	r.Complete = true
	graded := false
	worst := Severity("")
	for _, f := range r.Findings {
		switch f.Status {
		case verify.Unavailable:
			r.Complete = false
		case verify.Failed:
			if grades[f.Severity] > grades[worst] {
				worst = f.Severity
			}
		case verify.Passed, verify.Skipped:
		}
		if f.Check == OpenRegistration {
			graded = f.Status == verify.Passed || f.Status == verify.Failed
		}
	}
	if graded && (r.Complete || worst != "") {
		r.Grade = grades[worst]
	}
	r.Complete = r.Complete && graded
}
