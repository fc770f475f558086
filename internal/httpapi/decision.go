package httpapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/netip"
	"reflect"
	"strings"

	"github.com/fc28f635/countersign/internal/access"
	"github.com/fc28f635/countersign/internal/limits"
	"github.com/fc28f635/countersign/internal/strictjson"
	"github.com/fc28f635/countersign/issuer"
	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/verify"
)

func (s *server) decisionOperations() {
	add(s, operation{method: http.MethodPost, path: "/v1/decisions", id: "decide", role: access.Decide,
		summary: "Decide on a client",
		description: "A refusal is a decision too, and answered with 200: read outcome. " +
			"Every decision is recorded before it is told. 503 says that none could be made now."},
		reader[issuer.Request]{s.decisionRequest, reflect.TypeFor[requestSchema]()}, s.decide)
	add(s, operation{method: http.MethodGet, path: "/v1/decisions/{id}", id: "read-decision", role: access.Read,
		summary: "Read a recorded decision"}, pathID(), s.decision)
}

func (s *server) decide(ctx context.Context, req issuer.Request) (issuer.Decision, error) {
	e := eventIn(ctx)
	key := e.caller.ID
	ctx = verify.WithMeter(ctx, func() { s.limits.charge(key, s.cfg.Now) })
	d, err := s.cfg.Registry.Decide(ctx, req)
	if err != nil {
		return d, err
	}
	return told(e, d)
}

func (s *server) decision(ctx context.Context, id string) (issuer.Decision, error) {
	d, err := s.cfg.Registry.Decision(ctx, id)
	if err != nil {
		return d, err
	}
	e := eventIn(ctx)
	server, may := e.caller.AuthorizationServer(d.AuthorizationServer, s.cfg.Registry.AuthorizationServer())
	if !may || server != d.AuthorizationServer { // a decision for none is not for the key's first
		return issuer.Decision{}, errNoDecision
	}
	return told(e, d)
}

// decisionRequest reads the request of the formats, section 8. Members that the
// envelope does not know are refused; those of the client are kept, and what is
// wrong with them is for the decision to say.
func (s *server) decisionRequest(w http.ResponseWriter, r *http.Request) (issuer.Request, error) {
	body, err := s.readBody(w, r, limits.RequestBytes)
	if err != nil {
		return issuer.Request{}, err
	}
	e, err := parseEnvelope(body)
	if err != nil {
		return issuer.Request{}, err
	}
	caller := eventOf(r).caller
	if e.source && !caller.May(access.Source) {
		return issuer.Request{}, errSource
	}
	server, may := caller.AuthorizationServer(e.AuthorizationServer, s.cfg.Registry.AuthorizationServer())
	if !may {
		return issuer.Request{}, errServer
	}
	e.AuthorizationServer = server
	return e.request(), nil
}

// parseEnvelope parses the body of a request.
func parseEnvelope(body []byte) (e envelope, err error) {
	members, err := strictjson.ParseObject(body, limits.JSONDepth)
	if err != nil {
		return e, because(metadata.ReasonRequestNotJSON, err)
	}
	for _, m := range members {
		if err := e.set(m); err != nil {
			return e, because(metadata.ReasonRequestMemberMalformed, err)
		}
	}
	switch {
	case e.client != nil && e.ClientID != "":
		return e, because(metadata.ReasonMetadataConflict, errors.New("client and client_id exclude each other"))
	case e.client == nil && e.ClientID == "":
		return e, because(metadata.ReasonRequestMemberMalformed, errors.New("neither client nor client_id"))
	}
	return e, nil
}

// A requestSchema is a request as it is documented. It is read member by member:
// see envelope.
type requestSchema struct {
	Client              *metadata.Client `json:"client,omitempty"`
	ClientID            string           `json:"client_id,omitempty" doc:"In place of client: the https URL of the metadata document of the client."`
	AuthorizationServer string           `json:"authorization_server,omitempty" doc:"The issuer identifier of the authorization server that the decision is for; by default the first one of the key, else that of the service."`
	RedirectURI         string           `json:"redirect_uri,omitempty" doc:"The redirect URI in use."`
	Resource            string           `json:"resource,omitempty" doc:"The resource identifier that access is asked for (RFC 8707)."`
	Source              *sourceSchema    `json:"source,omitempty"`
	DPoP                json.RawMessage  `json:"dpop,omitempty" doc:"A proof of possession. None is accepted yet."`
	DryRun              bool             `json:"dry_run,omitempty" doc:"Sign nothing, consume nothing, and mark the record."`
}

// A sourceSchema is where a client came from.
type sourceSchema struct {
	IP string `json:"ip" doc:"Its address, which only a key with the right source may name."`
}

// An envelope is the request around the client.
type envelope struct {
	issuer.Request
	client json.RawMessage // as it was written; nil where there is none
	dpop   bool
	source bool // it says where the client came from
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
		ok = setText(&e.Resource, m.Value)
	case "dry_run":
		e.DryRun, ok = strictjson.Bool(m.Value)
	case "dpop":
		e.dpop = true
	case "source":
		e.source = true
		e.Source, ok = sourceOf(m.Value)
	default:
		return fmt.Errorf("member %q is not one of a request", shorten(m.Name, longestShown))
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

// sourceOf reads {"ip": ADDRESS}.
func sourceOf(v json.RawMessage) (addr netip.Addr, ok bool) {
	members, ok := strictjson.Object(v)
	if !ok || len(members) != 1 || members[0].Name != "ip" {
		return addr, false
	}
	text, ok := strictjson.Text(members[0].Value)
	if !ok {
		return addr, false
	}
	addr, err := netip.ParseAddr(text)
	return addr.Unmap(), err == nil && addr.Zone() == ""
}

// readBody reads a body of application/json within its bounds of size and time.
func (s *server) readBody(w http.ResponseWriter, r *http.Request, most int64) ([]byte, error) {
	// Where there is no deadline to set, the server's own for the request holds.
	_ = http.NewResponseController(w).SetReadDeadline(s.cfg.Now().Add(s.cfg.BodyTimeout))
	if !isJSON(r.Header.Values("Content-Type")) {
		return nil, because(metadata.ReasonMediaTypeUnsupported, nil)
	}
	if r.ContentLength > most {
		return nil, because(metadata.ReasonRequestTooLarge, nil)
	}
	if len(r.TransferEncoding) > 0 {
		w.Header().Set("Connection", "close") // nothing after chunks is taken for a request
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, most))
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
