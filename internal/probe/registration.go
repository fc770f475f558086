package probe

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/fc28f635/countersign/internal/fetch"
	"github.com/fc28f635/countersign/internal/limits"
	"github.com/fc28f635/countersign/internal/strictjson"
	"github.com/fc28f635/countersign/verify"
)

// ClientName is the client_name of every client that a probe registers, so that
// an operator finds what was left.
const ClientName = "countersign probe"

// ordinary returns the members of a registration that most servers take: that
// of a public client on a desktop. Every check changes what it looks at.
func ordinary() map[string]any {
	return map[string]any{
		"client_name":                ClientName,
		"redirect_uris":              []string{"http://127.0.0.1/callback"},
		"grant_types":                []string{"authorization_code"},
		"response_types":             []string{"code"},
		"token_endpoint_auth_method": "none",
	}
}

// An attempt is what came of one registration.
type attempt struct {
	status     int
	challenge  string // WWW-Authenticate
	err        error  // why there is no answer
	exchanges  []Exchange
	registered *client // nil where the server made none
}

// A client is one that the server made.
type client struct {
	id, uri, token string
	members        map[string]json.RawMessage // read back where that is possible, else as answered
	proof          string                     // which of the two
}

// register registers a client with members, reads it back and removes it.
func (s *session) register(ctx context.Context, bearer string, sent map[string]any) attempt {
	a := s.create(ctx, bearer, sent)
	if a.registered != nil {
		s.remove(ctx, a.registered)
	}
	return a
}

// create registers a client and reads it back. The caller removes it.
func (s *session) create(ctx context.Context, bearer string, sent map[string]any) attempt {
	body, err := strictjson.Encode(sent, false)
	if err != nil {
		return attempt{err: err}
	}
	resp, err := s.do(ctx, fetch.Request{
		Method: http.MethodPost, URL: s.server.Registration, Bearer: bearer, MediaType: "application/json", Body: body,
	})
	if err != nil {
		var failure *verify.FetchError
		if errors.As(err, &failure) && failure.Server != "" {
			s.lose()
		}
		return attempt{err: err}
	}
	answer := members(resp.Body)
	a := attempt{status: resp.Status, challenge: resp.Challenge, exchanges: []Exchange{{
		Request: "POST " + s.server.Registration, Sent: sent, Status: resp.Status, Answer: s.only(answer, clientMembers),
	}}}
	s.limited = s.limited || resp.Status == http.StatusTooManyRequests
	if resp.Status != http.StatusCreated && resp.Status != http.StatusOK {
		return a
	}
	c := &client{
		id: text(answer, "client_id"), uri: text(answer, "registration_client_uri"), token: text(answer, "registration_access_token"),
		members: answer, proof: "by the answer to the registration",
	}
	if c.id == "" {
		s.lose()
		a.err = fmt.Errorf("the answer %d to a registration names no client_id", resp.Status)
		return a
	}
	s.report.Registered++
	a.registered = c
	a.exchanges = append(a.exchanges, s.readBack(ctx, c)...)
	return a
}

// lose notes that a client may have been made, and nobody said which.
func (s *session) lose() {
	s.report.Left = append(s.report.Left, Left{Why: "a registration was sent and no usable answer came: look for clients named " + ClientName})
}

// manageable reports whether the server gave what manages the client (RFC 7592,
// Section 3).
func (s *session) manageable(c *client) bool { return c.token != "" && s.origin.Has(c.uri) }

// readBack asks the server what it keeps of a client (RFC 7592, Section 2.1),
// where it can be asked.
func (s *session) readBack(ctx context.Context, c *client) []Exchange {
	if !s.manageable(c) {
		return nil
	}
	resp, err := s.do(ctx, fetch.Request{Method: http.MethodGet, URL: c.uri, Bearer: c.token})
	if err != nil || resp.Status != http.StatusOK {
		return nil
	}
	kept := members(resp.Body)
	if text(kept, "client_id") != c.id {
		return nil
	}
	c.members, c.proof = kept, "read back from the server"
	if token := text(kept, "registration_access_token"); token != "" { // it may be a new one
		c.token = token
	}
	return []Exchange{{Request: "GET " + c.uri, Status: resp.Status, Answer: s.only(kept, clientMembers)}}
}

// remove removes a client (RFC 7592, Section 2.3), also when ctx has ended, or
// notes that it is left.
func (s *session) remove(ctx context.Context, c *client) {
	if !s.manageable(c) {
		s.report.Left = append(s.report.Left, Left{c.id, "the server gave no way to remove it (RFC 7592)"})
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), limits.ProbeCleanupTime)
	defer cancel()
	resp, err := s.do(ctx, fetch.Request{Method: http.MethodDelete, URL: c.uri, Bearer: c.token})
	switch {
	case err != nil:
		s.report.Left = append(s.report.Left, Left{c.id, "removing it failed: " + err.Error()})
	case resp.Status != http.StatusNoContent && resp.Status != http.StatusOK:
		s.report.Left = append(s.report.Left, Left{c.id, fmt.Sprintf("removing it was answered %d", resp.Status)})
	}
}

// refusal returns the finding for an attempt that made no client, once an
// ordinary one was made in the same way: an error of the client's (4xx) refuses
// what was changed, anything else says nothing.
func (a attempt) refusal(what string) Finding {
	switch {
	case a.err != nil:
		return unavailable(fmt.Sprintf("no answer: %v", a.err), a.exchanges...)
	case a.status == http.StatusTooManyRequests:
		return unavailable("the server limits registrations: answered 429", a.exchanges...)
	case a.status >= 400 && a.status < 500 && a.status != http.StatusRequestTimeout:
		return passed(fmt.Sprintf("%s is refused: answered %d", what, a.status), a.exchanges...).with(Refused)
	}
	return unavailable(fmt.Sprintf("answered %d, which is neither a client nor a refusal", a.status), a.exchanges...)
}

// clientMembers are the members of an answer that findings rest on. None is
// secret.
var clientMembers = []string{
	"client_id", "client_name", "client_uri", "redirect_uris", "grant_types", "scope", "token_endpoint_auth_method",
	"jwks_uri", "software_id", "software_statement", "error", "error_description",
}

// evidenceBytes bounds one member of an answer in a report.
const evidenceBytes = 2 << 10

// only returns the named members, those that are too long or repeat the
// operator's token left out.
func (s *session) only(from map[string]json.RawMessage, names []string) map[string]json.RawMessage {
	kept := maps.Clone(from)
	maps.DeleteFunc(kept, func(name string, value json.RawMessage) bool {
		return !slices.Contains(names, name) || len(value) > evidenceBytes ||
			s.cfg.Token != "" && strings.Contains(string(value), s.cfg.Token)
	})
	return kept
}

// members returns the members of a JSON object, none where body is not one.
func members(body []byte) map[string]json.RawMessage {
	list, err := strictjson.ParseObject(body, limits.JSONDepth)
	if err != nil {
		return nil
	}
	found := make(map[string]json.RawMessage, len(list))
	for _, m := range list {
		found[m.Name] = m.Value
	}
	return found
}

// text returns a member that is a JSON string, empty where it is none.
func text(from map[string]json.RawMessage, name string) string {
	value, _ := strictjson.Text(from[name])
	return value
}
