package verify

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/fc28f635/countersign/metadata"
)

// An Outcome is what a verification came to.
type Outcome uint8

const (
	// Rejected says that something which was presented is wrong. The zero
	// Outcome: the zero Verdict trusts nothing.
	Rejected Outcome = iota

	// Inconclusive says that a required check could not run. It is never
	// cached and never counts as anything else.
	Inconclusive

	// Verified says that everything which was presented passed, however much
	// or little that is: the findings say what.
	Verified
)

var outcomeNames = [...]string{"rejected", "inconclusive", "verified"}

// String returns "rejected", "inconclusive" or "verified".
func (o Outcome) String() string {
	if int(o) >= len(outcomeNames) {
		return "Outcome(" + strconv.Itoa(int(o)) + ")"
	}
	return outcomeNames[o]
}

// MarshalText implements encoding.TextMarshaler.
func (o Outcome) MarshalText() ([]byte, error) { return []byte(o.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (o *Outcome) UnmarshalText(text []byte) error {
	i := slices.Index(outcomeNames[:], string(text))
	if i < 0 {
		return fmt.Errorf("%.100q is no outcome", text)
	}
	*o = Outcome(i)
	return nil
}

// A Check names one thing that a verification looks at.
type Check string

// The checks, in the order in which they run.
const (
	CheckForm             Check = "form"
	CheckPinnedKey        Check = "pinned_key"
	CheckDNSKey           Check = "dns_key"
	CheckWellknownKey     Check = "wellknown_key"
	CheckTrustRoot        Check = "trust_root"
	CheckSignature        Check = "statement_signature"
	CheckTimes            Check = "times"
	CheckRedirectURIs     Check = "redirect_uris"
	CheckCoverage         Check = "coverage"
	CheckDelivery         Check = "delivery"
	CheckDisplayName      Check = "display_name"
	CheckMetadataDocument Check = "metadata_document"
	CheckDNSStrength      Check = "dns_strength"
	CheckKeyLine          Check = "key_line"
	CheckPossession       Check = "possession"
)

// Checks returns all checks.
func Checks() []Check {
	return []Check{CheckForm, CheckPinnedKey, CheckDNSKey, CheckWellknownKey, CheckTrustRoot, CheckSignature,
		CheckTimes, CheckRedirectURIs, CheckCoverage, CheckDelivery, CheckDisplayName, CheckMetadataDocument,
		CheckDNSStrength, CheckKeyLine, CheckPossession}
}

// A Status is how one check ended.
type Status uint8

const (
	// Failed says that the check ran and the input did not pass. The zero
	// Status.
	Failed Status = iota

	// Unavailable says that the check could not run now. It never counts as
	// passed.
	Unavailable

	// Skipped says that the check does not apply, or was not asked for.
	Skipped

	// Passed says that the check ran and the input passed.
	Passed
)

var statusNames = [...]string{"failed", "unavailable", "skipped", "passed"}

// String returns "failed", "unavailable", "skipped" or "passed".
func (s Status) String() string {
	if int(s) >= len(statusNames) {
		return "Status(" + strconv.Itoa(int(s)) + ")"
	}
	return statusNames[s]
}

// MarshalText implements encoding.TextMarshaler.
func (s Status) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (s *Status) UnmarshalText(text []byte) error {
	i := slices.Index(statusNames[:], string(text))
	if i < 0 {
		return fmt.Errorf("%.100q is no status", text)
	}
	*s = Status(i)
	return nil
}

// Evidence is one fact that a check saw: how, when, from whom, and until when
// it holds. The zero Evidence is none.
type Evidence struct {
	Source     string    `json:"source,omitempty"` // dns, https, pinned, statement, "pinned by ACTOR until TIME"
	Server     string    `json:"server,omitempty"` // who answered
	Name       string    `json:"name,omitempty"`   // DNS name or URL
	SeenAt     time.Time `json:"seen_at,omitzero"`
	ValidUntil time.Time `json:"valid_until,omitzero"`
	Thumbprint string    `json:"thumbprint,omitempty"` // RFC 7638, SHA-256
	Record     string    `json:"record,omitempty"`     // the DNS record as it was read
}

// A Finding is what one check established.
type Finding struct {
	Check  Check           `json:"check"`
	Status Status          `json:"status"`
	Reason metadata.Reason `json:"reason,omitempty"` // empty only if passed, or skipped for want of anything to check

	// Detail is for the publisher and the operator. It can quote what was seen:
	// an anonymous caller gets the reason's fixed sentence instead.
	Detail   string   `json:"detail,omitempty"`
	Evidence Evidence `json:"evidence,omitzero"`
}

// A Verdict is everything that one verification learned, in the order in which
// it learned it. The zero Verdict is rejected. A Verdict must not be changed by
// its reader; it is then safe for concurrent use.
type Verdict struct {
	Outcome Outcome
	At      time.Time // the single instant that all time checks used

	// Publisher is the proven publisher: of the statement once its form passed,
	// else of the document's host or of the delivery. Zero where there is none.
	Publisher metadata.Publisher

	KeyID    string // kid, once the form passed
	Digest   string // "sha256:…" of the statement's bytes; empty where none was presented
	Findings []Finding

	// Binding ties the presenter to the client. Loose unless verified.
	Binding metadata.Binding

	statement *metadata.Statement
	client    metadata.Client
	claimed   metadata.Client
	shape     metadata.Shape
	merged    []string
	thumb     string
	line      Line
	until     time.Time
	testMode  bool
	reason    metadata.Reason
}

// Statement returns the authenticated claims. ok is false unless the outcome is
// verified and a statement was presented: there is no way to the claims of a
// statement that was rejected.
func (v *Verdict) Statement() (s metadata.Statement, ok bool) {
	if v == nil || v.Outcome != Verified || v.statement == nil {
		return metadata.Statement{}, false
	}
	return *v.statement, true
}

// Client returns the effective metadata. ok is false unless the outcome is
// verified.
func (v *Verdict) Client() (c metadata.Client, ok bool) {
	if v == nil || v.Outcome != Verified {
		return metadata.Client{}, false
	}
	return v.client, true
}

// Shape returns the shape of the effective metadata of a client. It is empty
// where the verdict is not verified, or is of a statement alone.
func (v *Verdict) Shape() metadata.Shape {
	if v == nil || v.Outcome != Verified {
		return ""
	}
	return v.shape
}

// Claimed returns the plain metadata as it was presented, whatever came of it:
// claims, never evidence.
func (v *Verdict) Claimed() metadata.Client {
	if v == nil {
		return metadata.Client{}
	}
	return v.claimed
}

// Overridden names the plain members that did not come through, sorted.
func (v *Verdict) Overridden() []string {
	if v == nil {
		return nil
	}
	return slices.Clone(v.merged)
}

// Thumbprint returns the RFC 7638 thumbprint of the key that verified the
// statement, empty where none did.
func (v *Verdict) Thumbprint() string {
	if v == nil || v.Outcome != Verified {
		return ""
	}
	return v.thumb
}

// Line returns the line of the key that verified the statement, as far as memory
// knows it. It says nothing of whether the line is held down: [CheckKeyLine] does.
func (v *Verdict) Line() Line {
	if v == nil || v.Outcome != Verified {
		return Line{}
	}
	return v.line
}

// ValidUntil returns the earliest end of the evidence that the verdict rests
// on; zero where it rests on none that ends.
func (v *Verdict) ValidUntil() time.Time {
	if v == nil {
		return time.Time{}
	}
	return v.until
}

// TestMode reports whether the statement was verified by a key in test mode
// (key record tag t=y): reported, and judged as if it had not been presented.
func (v *Verdict) TestMode() bool { return v != nil && v.testMode }

// Passed reports whether a check ran and passed. It is false for everything
// else: failed, unavailable, skipped, never reached.
func (v *Verdict) Passed(c Check) bool {
	f, ok := v.Finding(c)
	return ok && f.Status == Passed
}

// Finding returns the finding of a check; ok is false where the check was never
// reached. Of several, the first that did not pass is returned.
func (v *Verdict) Finding(c Check) (f Finding, ok bool) {
	if v == nil {
		return Finding{}, false
	}
	for _, candidate := range v.Findings {
		if candidate.Check != c {
			continue
		}
		if candidate.Status != Passed {
			return candidate, true
		}
		f, ok = candidate, true
	}
	return f, ok
}

// Reason returns why the outcome is not verified: the reason of the first
// finding that decided it. It is empty for a verified one.
func (v *Verdict) Reason() metadata.Reason {
	if v == nil {
		return metadata.ReasonServerError
	}
	return v.reason
}

// MediaType is the media type of a verdict as JSON.
const MediaType = "application/vnd.countersign.verdict+json;version=1"

// MarshalJSON writes the verdict document. The claims of the statement are
// there only if it is verified.
func (v *Verdict) MarshalJSON() ([]byte, error) {
	document := struct {
		MediaType string              `json:"media_type"`
		Outcome   Outcome             `json:"outcome"`
		At        time.Time           `json:"at"`
		Publisher string              `json:"publisher,omitempty"`
		KeyID     string              `json:"kid,omitempty"`
		Statement string              `json:"statement,omitempty"`
		Findings  []Finding           `json:"findings"`
		Claims    *metadata.Statement `json:"claims,omitempty"`
		Client    *metadata.Client    `json:"client,omitempty"`
	}{MediaType, v.Outcome, v.At.UTC(), v.Publisher.String(), v.KeyID, v.Digest, v.Findings, nil, nil}
	if document.Findings == nil {
		document.Findings = []Finding{}
	}
	if s, ok := v.Statement(); ok {
		document.Claims = &s
	}
	if c, ok := v.Client(); ok {
		document.Client = &c
	}
	return json.Marshal(document)
}
