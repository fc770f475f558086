package httpapi

import (
	"errors"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/fc28f635/countersign/internal/strictjson"
	"github.com/fc28f635/countersign/issuer"
	"github.com/fc28f635/countersign/metadata"
)

// A refusal is an error that the caller is told: a request that is not one, or
// a decision that cannot be made now. Its cause is logged only.
type refusal struct {
	problem
	cause error
}

func (r *refusal) Error() string {
	if r.cause == nil {
		return r.text()
	}
	return r.cause.Error()
}

func (r *refusal) Unwrap() error { return r.cause }

// because refuses for a reason of the formats.
func because(reason metadata.Reason, cause error) error {
	return &refusal{problem: problemFor(reason.ProblemWithout(), reason), cause: cause}
}

// A problem is how an error is told: fixed texts, nothing of the request.
type problem struct {
	status      int
	code        string // the error member
	description string
	reason      metadata.Reason // empty for what only HTTP knows
	challenge   string          // of WWW-Authenticate
	retryAfter  time.Duration
	limit       Limit // of a request that was over it
}

// retryAfter is when to ask again after 503: failed look-ups are remembered
// for a minute, and so long takes whoever makes room on a disk.
const retryAfter = time.Minute

func problemFor(p metadata.Problem, reason metadata.Reason) problem {
	told := problem{status: p.Status, code: p.Error, description: p.Sentence, reason: reason}
	if p.Status == http.StatusServiceUnavailable {
		told.retryAfter = retryAfter
	}
	return told
}

// What only HTTP knows has no reason of the formats.
var (
	errNoSuchPath   = &refusal{problem: problem{status: http.StatusNotFound, code: "not_found", description: "There is nothing at this address."}}
	errNoDecision   = &refusal{problem: problem{status: http.StatusNotFound, code: "not_found", description: "There is no decision with this id."}}
	errMethod       = &refusal{problem: problem{status: http.StatusMethodNotAllowed, code: "method_not_allowed", description: "This address does not have this method."}}
	errHost         = &refusal{problem: problem{status: http.StatusMisdirectedRequest, code: "misdirected_request", description: "This service does not have the name in the Host header. Its operator gives it names with hosts and public_url."}}
	errNoAPIKey     = &refusal{problem: problem{status: http.StatusNotFound, code: "not_found", description: "There is no API key with this id."}}
	timedOut        = problem{status: http.StatusRequestTimeout, code: "request_timeout", description: "The request did not arrive in time."}
	cutShort        = problem{status: http.StatusBadRequest, code: "invalid_request", description: "The request did not arrive whole."}
	nothingToEnd    = problem{status: http.StatusNotFound, code: "not_found", description: "There is nothing of this kind to end."}
	onHold          = problem{status: http.StatusConflict, code: "conflict", description: "It is on hold: release it first."}
	errNoPolicy     = &refusal{problem: problem{status: http.StatusNotFound, code: "not_found", description: "There is no version of the policy with this digest."}}
	olderPolicy     = problem{status: http.StatusConflict, code: "conflict", description: "This policy was in force before the present one. Where it is to come back, say rollback."}
	policyElsewhere = problem{status: http.StatusConflict, code: "conflict", description: "The setting policy names the file that decides, and it has another text. Write the policy there first."}
	noReview        = problem{status: http.StatusNotFound, code: "not_found", description: "There is no review with this id. What the client presents may have changed: list the reviews again."}
	reviewClosed    = problem{status: http.StatusConflict, code: "conflict", description: "It was decided on already."}
	samePerson      = problem{status: http.StatusConflict, code: "conflict", description: "You approved it already: the second approval is for another person to give, with another API key."}
	tooManyKeys     = problem{status: http.StatusConflict, code: "conflict", description: "There are too many API keys."}
)

// Who asks is not known, or may not ask this. The challenges are those of RFC
// 6750, Section 3: one without an error where no key was presented.
var (
	errNoKey = &refusal{problem: challenged(problemFor(metadata.ReasonAccessTokenInvalid.Problem(), metadata.ReasonAccessTokenInvalid), ""),
		cause: errors.New("no API key")}
	errTwoKeys = &refusal{problem: problem{status: http.StatusBadRequest, code: "invalid_request", description: "The request has more than one Authorization header."}}
	errRole    = forbidden("This API key does not have the role for this.")
	errSource  = forbidden("This API key may not say where a client came from.")
	errServer  = forbidden("This API key may not name this authorization server.")
)

func challenged(p problem, code string) problem {
	p.challenge = `Bearer realm="countersign"`
	if code != "" {
		p.challenge += `, error="` + code + `"`
	}
	return p
}

// unauthenticated refuses what was presented as a key. That is all a caller is
// told.
func unauthenticated(cause error) error {
	p := problemFor(metadata.ReasonAccessTokenInvalid.Problem(), metadata.ReasonAccessTokenInvalid)
	return &refusal{challenged(p, p.code), cause}
}

// forbidden is the refusal of what the caller's key does not allow.
func forbidden(description string) error {
	p := problem{status: http.StatusForbidden, code: "insufficient_scope", description: description}
	return &refusal{problem: challenged(p, p.code)}
}

// notWhole says why a body could not be read: it is too large, or the caller
// did not send what it announced.
func notWhole(err error) error {
	var large *http.MaxBytesError
	var op *net.OpError
	if errors.As(err, &op) {
		err = op.Err // without the addresses of the connection, which are nobody's to keep
	}
	switch {
	case errors.As(err, &large):
		return because(metadata.ReasonRequestTooLarge, err)
	case errors.Is(err, os.ErrDeadlineExceeded):
		return &refusal{timedOut, err}
	}
	return &refusal{cutShort, err}
}

// problemOf returns how an error is told. What it does not know is a defect of
// ours, whose detail is withheld.
func problemOf(err error) problem {
	var r *refusal
	var rate *issuer.RateError
	switch {
	case errors.As(err, &r):
		return r.problem
	case errors.As(err, &rate):
		return limited(limitOf(rate), rate.Wait)
	case errors.Is(err, issuer.ErrNotFound):
		return errNoDecision.problem
	case errors.Is(err, issuer.ErrStorageFull):
		return problemFor(metadata.ReasonStorageFull.Problem(), metadata.ReasonStorageFull)
	}
	return problemFor(metadata.ReasonServerError.Problem(), metadata.ReasonServerError)
}

// withoutAnswer returns an error where a decision only says that none could be
// made.
func withoutAnswer(d issuer.Decision) error {
	if d.OAuthError == nil || d.OAuthError.Status < http.StatusInternalServerError {
		return nil
	}
	return because(d.Reason, nil)
}

func (p problem) text() string {
	if p.reason != "" {
		return string(p.reason)
	}
	return p.code
}

// An apiError is the answer of the formats, section 11.
type apiError struct {
	Code        string          `json:"error" doc:"What kind of error it is, for programs."`
	Description string          `json:"error_description" doc:"A fixed sentence for people."`
	Reason      metadata.Reason `json:"reason,omitzero" doc:"Why, where a reason of the formats says it; docs/reasons.md has a page for each."`
	RequestID   string          `json:"request_id" doc:"Under which the service logged the request."`
}

func (p problem) body(requestID string) []byte {
	body, err := strictjson.Encode(apiError{p.code, p.description, p.reason, requestID}, false)
	if err != nil {
		return []byte(`{"error":"server_error"}`)
	}
	return body
}
