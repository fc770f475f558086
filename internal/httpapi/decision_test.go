package httpapi_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fc28f635/countersign/issuer"
	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/verify"
)

// What is answered was recorded, and is answered again.
func TestDecide(t *testing.T) {
	s := start(t, setup{})
	for name, body := range map[string]string{
		"approved": good,
		"denied":   `{"client":{"client_name":"Acme Agent","redirect_uris":["javascript:alert(1)"]}}`,
	} {
		t.Run(name, func(t *testing.T) {
			first := s.post(body)
			d := first.decision(t)
			if string(d.Outcome) != name {
				t.Errorf("outcome %s (%s), want %s", d.Outcome, d.Reason, name)
			}
			again := s.get("/v1/decisions/" + d.ID)
			if diff := cmp.Diff(first.body, again.body); diff != "" || again.status != http.StatusOK {
				t.Errorf("the recorded decision differs (-told +recorded):\n%s", diff)
			}
		})
	}
}

// A statement counts in the body only: elsewhere it is not read, and not logged.
func TestStatementOutsideTheBody(t *testing.T) {
	const stray = "eyJzdHJheSI6MX0"
	s := start(t, setup{})
	t.Run("J62 in the query", func(t *testing.T) {
		s.send(http.MethodPost, "/v1/decisions?software_statement="+stray, `{}`).want(t, http.StatusBadRequest, "request_member_malformed")
	})
	t.Run("J62 in a header", func(t *testing.T) {
		a := s.do(http.MethodPost, "/v1/decisions", strings.NewReader(`{}`),
			http.Header{"Content-Type": {"application/json"}, "Software-Statement": {stray}})
		a.want(t, http.StatusBadRequest, "request_member_malformed")
	})
	t.Run("J62 is not logged", func(t *testing.T) {
		if s.log.String() == "" || strings.Contains(s.log.String(), stray) {
			t.Errorf("the log: %s", s.log)
		}
	})
}

// What is wrong with the envelope is no decision; what is wrong with the client
// is a denied one.
func TestRequest(t *testing.T) {
	const client = `"client":{"client_name":"Acme Agent","redirect_uris":["http://127.0.0.1/callback"]}`
	s := start(t, setup{})
	for _, test := range []struct {
		name, body string
		status     int
		reason     string
	}{
		{"J61 a name twice in the client", `{"client":{"client_name":"a","client_name":"b"}}`, 400, "request_not_json"},
		{"J61 a name twice after unescaping", `{` + client + `,"cl\u0069ent":{}}`, 400, "request_not_json"},
		{"a name in another case", `{"Client":{}}`, 400, "request_member_malformed"},
		{"an unknown member", `{` + client + `,"trusted":true}`, 400, "request_member_malformed"},
		{"neither client nor client_id", `{"dry_run":true}`, 400, "request_member_malformed"},
		{"an empty object", `{}`, 400, "request_member_malformed"},
		{"both client and client_id", `{` + client + `,"client_id":"https://acme.example/client.json"}`, 400, "metadata_conflict"},
		{"both, and the client is empty", `{"client":{},"client_id":"https://acme.example/client.json"}`, 400, "metadata_conflict"},
		{"client is null", `{"client":null}`, 400, "request_member_malformed"},
		{"client is a string", `{"client":"x"}`, 400, "request_member_malformed"},
		{"client is an array", `{"client":[]}`, 400, "request_member_malformed"},
		{"client_id is a number", `{"client_id":1}`, 400, "request_member_malformed"},
		{"client_id is empty", `{"client_id":""}`, 400, "request_member_malformed"},
		{"authorization_server is a number", `{` + client + `,"authorization_server":1}`, 400, "request_member_malformed"},
		{"authorization_server is a list", `{` + client + `,"authorization_server":["https://as.example"]}`, 400, "request_member_malformed"},
		{"authorization_server is empty", `{` + client + `,"authorization_server":""}`, 400, "request_member_malformed"},
		{"authorization_server is http", `{` + client + `,"authorization_server":"http://as.example"}`, 400, "request_member_malformed"},
		{"authorization_server is on localhost", `{` + client + `,"authorization_server":"http://localhost:8080"}`, 400, "request_member_malformed"},
		{"authorization_server has a query", `{` + client + `,"authorization_server":"https://as.example/?a=b"}`, 400, "request_member_malformed"},
		{"authorization_server has a fragment", `{` + client + `,"authorization_server":"https://as.example/#a"}`, 400, "request_member_malformed"},
		{"authorization_server is a name", `{` + client + `,"authorization_server":"as.example"}`, 400, "request_member_malformed"},
		{"redirect_uri is an object", `{` + client + `,"redirect_uri":{}}`, 400, "request_member_malformed"},
		{"redirect_uri is null", `{` + client + `,"redirect_uri":null}`, 400, "request_member_malformed"},
		{"resource is a number", `{` + client + `,"resource":1}`, 400, "request_member_malformed"},
		{"dry_run is a string", `{` + client + `,"dry_run":"true"}`, 400, "request_member_malformed"},
		{"dry_run is null", `{` + client + `,"dry_run":null}`, 400, "request_member_malformed"},
		{"source is a string", `{` + client + `,"source":"192.0.2.1"}`, 400, "request_member_malformed"},
		{"source has no ip", `{` + client + `,"source":{}}`, 400, "request_member_malformed"},
		{"source has more", `{` + client + `,"source":{"ip":"192.0.2.1","asn":1}}`, 400, "request_member_malformed"},
		{"source.ip is no address", `{` + client + `,"source":{"ip":"localhost"}}`, 400, "request_member_malformed"},
		{"source.ip has a zone", `{` + client + `,"source":{"ip":"fe80::1%eth0"}}`, 400, "request_member_malformed"},

		{"all optional members", `{` + client + `,"authorization_server":"https://as.example","resource":"https://mcp.example","redirect_uri":"http://127.0.0.1/callback","source":{"ip":"2001:db8::1"},"dry_run":true}`, 200, ""},
		{"unknown members of the client", `{"client":{"client_name":"Acme Agent","redirect_uris":["http://127.0.0.1/callback"],"x_vendor":{"a":[1]}}}`, 200, ""},
		{"a proof of possession", `{` + client + `,"dpop":{"proof":"e30.e30.e30","htm":"POST","htu":"https://as.example/register"}}`, 200, "possession_unproven"},
		{"a proof that is null", `{` + client + `,"dpop":null}`, 200, "possession_unproven"},
		{"software_statement is a number", `{"client":{"software_statement":1}}`, 200, "statement_not_a_string"},
		{"software_statement is empty", `{"client":{"software_statement":""}}`, 200, "statement_not_a_string"},
		{"redirect_uris is a string", `{"client":{"redirect_uris":"https://acme.example/cb"}}`, 200, "redirect_uri_malformed"},
		{"client_name is a number", `{"client":{"client_name":5,"redirect_uris":["http://127.0.0.1/callback"]}}`, 200, "metadata_malformed"},
		{"client_id is http", `{"client_id":"http://acme.example/client.json"}`, 200, "client_id_malformed"},
	} {
		t.Run(test.name, func(t *testing.T) {
			a := s.post(test.body)
			if test.status != http.StatusOK {
				a.want(t, test.status, test.reason)
				return
			}
			d := a.decision(t)
			if string(d.Reason) != test.reason || (d.Outcome == issuer.Approved) != (test.reason == "") {
				t.Errorf("%s %q, want reason %q", d.Outcome, d.Reason, test.reason)
			}
		})
	}
}

// A client that is denied for its members is known by its name, and each member
// at fault is named.
func TestDefectsAreTold(t *testing.T) {
	d := start(t, setup{}).post(`{"client":{"client_name":"Acme Agent","redirect_uris":5,"scope":[]}}`).decision(t)
	if d.Asked.ClientName != "Acme Agent" || d.Client.ClientName != "" || len(d.Findings) != 2 ||
		!strings.HasPrefix(d.Findings[0].Detail+d.Findings[1].Detail, "redirect_uris: ") || !strings.Contains(d.Findings[1].Detail, "scope: ") {
		t.Errorf("asked %+v, findings %+v", d.Asked, d.Findings)
	}
}

// The envelope's members reach the decision.
func TestRequestIsPassedOn(t *testing.T) {
	s := start(t, setup{})
	d := s.post(strings.TrimSuffix(good, "}") + `,"authorization_server":"https://as.example","dry_run":true}`).decision(t)
	if d.AuthorizationServer != "https://as.example" || !d.DryRun {
		t.Errorf("authorization_server %q, dry_run %t", d.AuthorizationServer, d.DryRun)
	}
	if d := s.post(good).decision(t); d.AuthorizationServer != "" || d.DryRun {
		t.Errorf("without them: authorization_server %q, dry_run %t", d.AuthorizationServer, d.DryRun)
	}
}

// The member at fault is named in the log, and only there.
func TestUnknownMemberIsLogged(t *testing.T) {
	s := start(t, setup{})
	a := s.post(strings.TrimSuffix(good, "}") + `,"zq_member":1}`)
	a.want(t, http.StatusBadRequest, "request_member_malformed")
	if strings.Contains(a.body, "zq_member") {
		t.Errorf("H20: the answer repeats the request: %s", a.body)
	}
	if !strings.Contains(s.log.String(), "zq_member") {
		t.Errorf("the log does not name the member: %s", s.log)
	}
}

// downFetcher fetches nothing.
type downFetcher struct{}

func (downFetcher) Fetch(context.Context, string, int) (verify.Resource, error) {
	return verify.Resource{}, &verify.FetchError{Err: errors.New("connection refused by 192.0.2.7")}
}

// What could not be checked is no decision: it is answered with 503 and not
// recorded.
func TestUnavailable(t *testing.T) {
	commits := &counter{}
	s := start(t, setup{
		verifier: verify.Config{Fetcher: downFetcher{}, InsecureSpecialUse: true},
		store:    func(real issuer.Store) issuer.Store { return faultyStore{Store: real, commits: commits} },
	})
	a := s.post(`{"client_id":"https://acme.example/client.json"}`)
	a.want(t, http.StatusServiceUnavailable, string(metadata.ReasonDocumentUnavailable))
	if p := a.problem(t); p.Error != "temporarily_unavailable" || a.header.Get("Retry-After") != "60" {
		t.Errorf("error %q, Retry-After %q", p.Error, a.header.Get("Retry-After"))
	}
	if strings.Contains(a.body, "192.0.2.7") {
		t.Errorf("H20: the answer says what was seen: %s", a.body)
	}
	if commits.count() != 0 {
		t.Error("it was recorded")
	}
}

func TestUnknownDecision(t *testing.T) {
	s := start(t, setup{})
	for name, path := range map[string]string{
		"one that is not there": "/v1/decisions/d" + strings.Repeat("0", 32),
		"no id":                 "/v1/decisions/x",
		"an id of 8 KiB":        "/v1/decisions/" + strings.Repeat("d", 8<<10),
		"an id in upper case":   "/v1/decisions/D" + strings.Repeat("A", 32),
		"H5 a slash after it":   "/v1/decisions/d" + strings.Repeat("0", 32) + "/",
	} {
		t.Run(name, func(t *testing.T) {
			s.get(path).want(t, http.StatusNotFound, "")
		})
	}
}
