package httpapi

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/netip"
	"strings"

	"github.com/fc28f635/countersign/internal/limits"
	"github.com/fc28f635/countersign/internal/strictjson"
	"github.com/fc28f635/countersign/issuer"
	"github.com/fc28f635/countersign/metadata"
)

// decisionRequest reads the request of the formats, section 8. Members that the
// envelope does not know are refused; those of the client are kept, and what is
// wrong with them is for the decision to say.
func (s *server) decisionRequest(w http.ResponseWriter, r *http.Request) (issuer.Request, error) {
	body, err := s.readBody(w, r)
	if err != nil {
		return issuer.Request{}, err
	}
	members, err := strictjson.ParseObject(body, limits.JSONDepth)
	if err != nil {
		return issuer.Request{}, because(metadata.ReasonRequestNotJSON, err)
	}
	var e envelope
	for _, m := range members {
		if err := e.set(m); err != nil {
			return issuer.Request{}, because(metadata.ReasonRequestMemberMalformed, err)
		}
	}
	switch {
	case e.client != nil && e.ClientID != "":
		return issuer.Request{}, because(metadata.ReasonMetadataConflict, errors.New("client and client_id exclude each other"))
	case e.client == nil && e.ClientID == "":
		return issuer.Request{}, because(metadata.ReasonRequestMemberMalformed, errors.New("neither client nor client_id"))
	}
	return e.request(), nil
}

// An envelope is the request around the client.
type envelope struct {
	issuer.Request
	client json.RawMessage // as it was written; nil where there is none
	dpop   bool
}

// set takes one member, whose type or form is wrong where it returns an error.
func (e *envelope) set(m strictjson.Member) error {
	ok := true
	switch m.Name {
	case "client":
		e.client, ok = m.Value, strictjson.IsObject(m.Value)
	case "client_id":
		ok = setText(&e.ClientID, m.Value)
	case "authorization_server":
		ok = setText(&e.AuthorizationServer, m.Value) && issuer.CheckAuthorizationServer(e.AuthorizationServer) == nil
	case "redirect_uri":
		ok = setText(&e.RedirectURI, m.Value)
	case "resource":
		var unused string // until resources are declared
		ok = setText(&unused, m.Value)
	case "dry_run":
		e.DryRun, ok = strictjson.Bool(m.Value)
	case "dpop":
		e.dpop = true
	case "source":
		ok = isSource(m.Value)
	default:
		return fmt.Errorf("member %q is not one of a request", shorten(m.Name))
	}
	if !ok {
		return fmt.Errorf("member %s has the wrong type or form, or is empty", m.Name)
	}
	return nil
}

// request parses the client. Proof of possession is refused until it is built.
func (e *envelope) request() issuer.Request {
	req := e.Request
	if e.client != nil {
		c, err := metadata.ParseClient(e.client)
		if err != nil {
			c = metadata.Client{ClientName: claimedName(e.client)}
		}
		req.Client, req.Defects = &c, err
	}
	if e.dpop {
		req.Defects = metadata.Defects{{Reason: metadata.ReasonPossessionUnproven, Member: "dpop", Detail: "proofs are not accepted yet"}}
	}
	return req
}

// claimedName returns the name of a client that is denied for its other members:
// a person who looks for the decision knows it by that.
func claimedName(client json.RawMessage) (name string) {
	members, _ := strictjson.Object(client)
	for _, m := range members {
		if m.Name == "client_name" {
			name, _ = strictjson.Text(m.Value)
		}
	}
	return name
}

// setText takes a string that is not empty.
func setText(to *string, v json.RawMessage) (ok bool) {
	*to, ok = strictjson.Text(v)
	return ok && *to != ""
}

// isSource reports whether v is {"ip": ADDRESS}. Nothing depends on it yet.
func isSource(v json.RawMessage) bool {
	members, ok := strictjson.Object(v)
	if !ok || len(members) != 1 || members[0].Name != "ip" {
		return false
	}
	text, ok := strictjson.Text(members[0].Value)
	if !ok {
		return false
	}
	addr, err := netip.ParseAddr(text)
	return err == nil && addr.Zone() == ""
}

// readBody reads a body of application/json within its bounds of size and time.
func (s *server) readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	// Where there is no deadline to set, the server's own for the request holds.
	_ = http.NewResponseController(w).SetReadDeadline(s.cfg.Now().Add(s.cfg.BodyTimeout))
	if !isJSON(r.Header.Values("Content-Type")) {
		return nil, because(metadata.ReasonMediaTypeUnsupported, nil)
	}
	if r.ContentLength > limits.RequestBytes {
		return nil, because(metadata.ReasonRequestTooLarge, nil)
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limits.RequestBytes))
	if err != nil {
		return nil, notWhole(err)
	}
	return body, nil
}

// isJSON reports whether the one Content-Type is application/json, in UTF-8
// where it says so. Media types ignore case (RFC 9110, Section 8.3.1).
func isJSON(types []string) bool {
	if len(types) != 1 {
		return false
	}
	kind, params, err := mime.ParseMediaType(types[0])
	if err != nil || kind != "application/json" {
		return false
	}
	for name, value := range params {
		if name != "charset" || !strings.EqualFold(value, "utf-8") {
			return false
		}
	}
	return true
}
