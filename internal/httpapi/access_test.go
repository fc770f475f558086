package httpapi_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/fc28f635/countersign/internal/access"
	"github.com/fc28f635/countersign/issuer"
	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/verify"
)

// key makes a key and returns its token.
func (s *testService) key(terms access.Terms) (id, token string) {
	s.t.Helper()
	terms.Name = "a test's"
	key, token, err := s.keys.Create(s.t.Context(), terms, "ada")
	if err != nil {
		s.t.Fatal(err)
	}
	return key.ID, token
}

// as returns the service as it is asked with another key.
func (s *testService) as(token string) *testService {
	other := *s
	other.token = token
	return &other
}

func TestAuthentication(t *testing.T) {
	s := start(t, setup{})
	_, revoked := s.key(access.Terms{Role: access.Operator})
	if _, err := s.keys.Revoke(t.Context(), revoked[len("csk_"):len("csk_")+16], "ada"); err != nil {
		t.Fatal(err)
	}
	good := "Bearer " + s.token
	for _, test := range []struct {
		name   string
		header []string
		status int
	}{
		{"A2 none", nil, 401},
		{"A2 empty", []string{""}, 401},
		{"A2 Bearer alone", []string{"Bearer"}, 401},
		{"A2 Bearer and a space", []string{"Bearer "}, 401},
		{"A2 the key alone", []string{s.token}, 401},
		{"A2 another scheme", []string{"Basic " + s.token}, 401},
		{"A2 a scheme that begins alike", []string{"BearerX " + s.token}, 401},
		{"A2 a tab", []string{"Bearer\t" + s.token}, 401},
		{"A2 a cut key", []string{good[:len(good)-1]}, 401},
		{"A2 two keys in one", []string{good + ", " + good}, 401},
		{"A2 something after", []string{good + " x"}, 401},
		{"A2 a revoked key", []string{"Bearer " + revoked}, 401},
		{"A2 the id alone", []string{good[:len("Bearer csk_")+16]}, 401},
		{"A2 a default", []string{"Bearer admin"}, 401},
		{"A2 two headers", []string{good, good}, 400},
		{"H7 two headers, the second empty", []string{good, ""}, 400},
		{"A2 Bearer", []string{good}, 404},
		{"A2 bearer", []string{"bearer " + s.token}, 404},
		{"A2 BEARER and two spaces", []string{"BEARER  " + s.token}, 404},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, path := range []string{"/v1/decisions/d0", "/v1/decisions/d0?x=1"} {
				a := s.do(http.MethodGet, path, nil, http.Header{"Authorization": test.header})
				if a.status != test.status {
					t.Fatalf("%s: answered %d, want %d: %s", path, a.status, test.status, a.body)
				}
				challenge := a.header.Get("WWW-Authenticate")
				if (challenge != "") != (test.status == http.StatusUnauthorized) || challenge != "" && !strings.HasPrefix(challenge, `Bearer realm="countersign"`) {
					t.Errorf("WWW-Authenticate: %q", challenge)
				}
				if test.status == http.StatusUnauthorized {
					a.want(t, test.status, string(metadata.ReasonAccessTokenInvalid))
				}
			}
		})
	}
	for _, query := range []string{"?access_token=" + s.token, "?key=" + s.token, "?a=1&access_token=", "?" + s.token} {
		t.Run("A2 in the address "+query[:6], func(t *testing.T) {
			for _, header := range [][]string{nil, {good}} {
				a := s.do(http.MethodGet, "/v1/decisions/d0"+query, nil, http.Header{"Authorization": header})
				a.want(t, http.StatusUnauthorized, string(metadata.ReasonAccessTokenInvalid))
			}
		})
	}
	t.Run("A2 NUL", func(t *testing.T) {
		back := s.raw("GET /v1/decisions/d0 HTTP/1.1\r\nHost: " + s.address + "\r\nAuthorization: " + good + "\x00\r\nConnection: close\r\n\r\n")
		if !strings.HasPrefix(back, "HTTP/1.1 400 ") {
			t.Errorf("answered %.200q", back)
		}
	})
	t.Run("A2 the log has no key", func(t *testing.T) {
		if strings.Contains(s.log.String(), "csk_") || strings.Contains(s.log.String(), s.token[len(s.token)-64:]) {
			t.Errorf("the log has a key: %s", s.log)
		}
		if events := s.events(); len(events) == 0 || events[len(events)-2]["key"] != nil {
			t.Errorf("logged %v", events)
		}
	})
}

// Every path below /v1/ is asked for a key, whatever the method; the rest is
// public.
func TestWhatNeedsAKey(t *testing.T) {
	s := start(t, setup{})
	for path := range s.document().Paths {
		for _, method := range []string{"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "FOO"} {
			a := s.do(method, strings.Replace(path, "{id}", "x", 1), nil, http.Header{"Authorization": nil})
			if private := strings.HasPrefix(path, "/v1/"); (a.status == http.StatusUnauthorized) != private {
				t.Errorf("A2 %s %s answered %d", method, path, a.status)
			}
		}
	}
}

func TestRoles(t *testing.T) {
	s := start(t, setup{})
	id := s.post(good).decision(t).ID
	decide, read, create := func(s *testService) answer { return s.post(good) },
		func(s *testService) answer { return s.get("/v1/decisions/" + id) },
		func(s *testService) answer { return s.send(http.MethodPost, "/v1/keys", `{"name":"x","role":"read"}`) }
	for role, want := range map[access.Role][3]int{
		access.Read: {403, 200, 403}, access.Decide: {200, 200, 403}, access.Operator: {200, 200, 201},
	} {
		t.Run("A2 "+string(role), func(t *testing.T) {
			_, token := s.key(access.Terms{Role: role})
			for i, call := range []func(*testService) answer{decide, read, create} {
				a := call(s.as(token))
				if a.status != want[i] {
					t.Errorf("call %d answered %d, want %d: %s", i, a.status, want[i], a.body)
				}
				if a.status == http.StatusForbidden && (a.problem(t).Error != "insufficient_scope" || !strings.Contains(a.header.Get("WWW-Authenticate"), "insufficient_scope")) {
					t.Errorf("answered %s", a.body)
				}
			}
			for _, call := range []func(*testService) answer{
				func(s *testService) answer { return s.get("/v1/keys") },
				func(s *testService) answer { return s.do(http.MethodDelete, "/v1/keys/0", nil, nil) },
			} {
				if a := call(s.as(token)); (a.status == http.StatusForbidden) != (role != access.Operator) {
					t.Errorf("answered %d", a.status)
				}
			}
		})
	}
}

// A key is made, used, listed and revoked over the API; after its revocation was
// answered it opens nothing.
func TestKeyOperations(t *testing.T) {
	s := start(t, setup{})
	a := s.send(http.MethodPost, "/v1/keys", `{"name":"the AS","role":"decide","rights":["findings"],"authorization_servers":["https://as.example"]}`)
	var made struct{ ID, Token, Name string }
	if err := json.Unmarshal([]byte(a.body), &made); err != nil || a.status != http.StatusCreated || made.Name != "the AS" {
		t.Fatalf("answered %d %s: %v", a.status, a.body, err)
	}
	theirs := s.as(made.Token)
	theirs.post(good).decision(t)
	list := s.get("/v1/keys")
	if list.status != http.StatusOK || !strings.Contains(list.body, made.ID) || strings.Contains(list.body, made.Token[len(made.Token)-64:]) || strings.Contains(list.body, "digest") {
		t.Errorf("the list is %s", list.body)
	}
	for range 2 {
		if a := s.do(http.MethodDelete, "/v1/keys/"+made.ID, nil, nil); a.status != http.StatusOK || !strings.Contains(a.body, `"revoked":"`) {
			t.Errorf("revoking: %d %s", a.status, a.body)
		}
		theirs.post(good).want(t, http.StatusUnauthorized, "access_token_invalid")
	}
	if a := s.do(http.MethodDelete, "/v1/keys/0000000000000000", nil, nil); a.status != http.StatusNotFound {
		t.Errorf("revoking what is not there: %d", a.status)
	}
	for name, body := range map[string]string{
		"no role": `{"name":"x"}`, "another member": `{"name":"x","role":"read","admin":true}`, "another right": `{"name":"x","role":"read","rights":["all"]}`,
		"a server that is none": `{"name":"x","role":"read","authorization_servers":["as.example"]}`, "no name": `{"role":"read"}`, "a wrong type": `{"name":1,"role":"read"}`,
		"case": `{"Name":"x","role":"read"}`,
	} {
		t.Run(name, func(t *testing.T) {
			s.send(http.MethodPost, "/v1/keys", body).want(t, http.StatusBadRequest, "request_member_malformed")
		})
	}
	s.send(http.MethodPost, "/v1/keys", `{"name":"x","name":"y","role":"read"}`).want(t, http.StatusBadRequest, "request_not_json")
}

// Through the operator's door nobody is asked for a key, or for a name of the
// service; every operation is there.
func TestOperatorsDoor(t *testing.T) {
	s := start(t, setup{rates: oneAnHour})
	for range 3 {
		w := httptest.NewRecorder()
		r := httptest.NewRequest(http.MethodPost, "http://localhost/v1/decisions", strings.NewReader(good))
		r.Header.Set("Content-Type", "application/json")
		s.operator.ServeHTTP(w, r)
		if w.Code != http.StatusOK {
			t.Fatalf("answered %d: %s", w.Code, w.Body)
		}
	}
	w := httptest.NewRecorder()
	s.operator.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/v1/keys", nil))
	if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "made at the first start") {
		t.Errorf("answered %d: %s", w.Code, w.Body)
	}
	events := s.events()
	if len(events) != 4 || events[0]["key"] != "local" {
		t.Errorf("logged %v", events)
	}
}

// A fetcher that fails in one way.
type failingFetcher struct{ err error }

func (f failingFetcher) Fetch(_ context.Context, _ string, _ int) (verify.Resource, error) {
	return verify.Resource{}, f.err
}

// Without the right to findings a caller gets check, status and reason, and
// cannot tell what this machine reaches from what it does not.
func TestFindings(t *testing.T) {
	s := start(t, setup{verifier: verify.Config{Fetcher: documentFetcher{}, InsecureSpecialUse: true}})
	_, token := s.key(access.Terms{Role: access.Decide})
	_, trusted := s.key(access.Terms{Role: access.Decide, Rights: []access.Right{access.Findings}})
	const request = `{"client_id":"https://acme.example/mcp/client.json"}`
	t.Run("A2 J64 detail and evidence", func(t *testing.T) {
		for _, asked := range []struct {
			token string
			may   bool
		}{{token, false}, {trusted, true}, {s.token, true}} {
			d := s.as(asked.token).post(request).decision(t)
			again := s.as(asked.token).get("/v1/decisions/" + d.ID).decision(t)
			for _, d := range []issuer.Decision{d, again} {
				more := false
				for _, f := range d.Findings {
					more = more || f.Detail != "" || f.Evidence != (verify.Evidence{})
				}
				if len(d.Findings) == 0 || more != asked.may {
					t.Errorf("findings with detail: %t, want %t: %+v", more, asked.may, d.Findings)
				}
			}
		}
	})
	t.Run("A2 J64 what is reached, observed", func(t *testing.T) {
		policy, err := issuer.ParsePolicy(append(issuer.Standard().Source(), "authorization_servers:\n  - {issuer: https://as.example, mode: observe}\n"...))
		if err != nil {
			t.Fatal(err)
		}
		refused := failingFetcher{&verify.FetchError{Refused: true, Err: errors.New("10.0.0.1 is private")}}
		s := start(t, setup{verifier: verify.Config{Fetcher: refused, InsecureSpecialUse: true}, policy: policy, authorizationServer: "https://as.example"})
		for token, want := range map[string]metadata.Reason{token: metadata.ReasonDocumentUnavailable, s.token: metadata.ReasonAddressRefused} {
			if token != s.token {
				_, token = s.key(access.Terms{Role: access.Decide})
			}
			if d := s.as(token).post(request).decision(t); d.Would == nil || d.Would.Reason != want {
				t.Errorf("would be %+v, want %s", d.Would, want)
			}
		}
	})
	t.Run("A2 J64 what is reached", func(t *testing.T) {
		answers, reasons := map[string]bool{}, map[string]bool{}
		for _, err := range []error{
			&verify.FetchError{Refused: true, Err: errors.New("10.0.0.1 is private")},
			&verify.FetchError{Err: errors.New("connection refused")},
			errors.New("timeout"),
		} {
			s := start(t, setup{verifier: verify.Config{Fetcher: failingFetcher{err}, InsecureSpecialUse: true}})
			_, token := s.key(access.Terms{Role: access.Decide})
			a := s.as(token).post(request)
			a.want(t, http.StatusServiceUnavailable, string(metadata.ReasonDocumentUnavailable))
			answers[strings.Replace(fmt.Sprint(a.status, a.header["Retry-After"], a.body), a.problem(t).RequestID, "", 1)] = true
			b := s.post(request)
			reasons[fmt.Sprint(b.status)] = true
			if !strings.Contains(s.log.String(), `"decision":"d`) {
				t.Errorf("the log does not name the decision: %s", s.log)
			}
		}
		if len(answers) != 1 {
			t.Errorf("told apart: %v", answers)
		}
		if len(reasons) != 2 {
			t.Errorf("for the operator they are alike: %v", reasons)
		}
	})
}

// Who may say where a client came from, and for which authorization server.
func TestRights(t *testing.T) {
	s := start(t, setup{authorizationServer: "https://own.example"})
	_, plain := s.key(access.Terms{Role: access.Decide})
	_, source := s.key(access.Terms{Role: access.Decide, Rights: []access.Right{access.Source}})
	_, first := s.key(access.Terms{Role: access.Decide, AuthorizationServers: []string{"https://first.example", "https://second.example"}})
	with := func(member string) string { return strings.TrimSuffix(good, "}") + "," + member + "}" }
	for _, test := range []struct {
		name, token, member string
		status              int
		server              string
	}{
		{"source without the right", plain, `"source":{"ip":"192.0.2.1"}`, 403, ""},
		{"source with the right", source, `"source":{"ip":"192.0.2.1"}`, 200, "https://own.example"},
		{"no server", plain, `"dry_run":true`, 200, "https://own.example"},
		{"the service's own server", plain, `"authorization_server":"https://own.example"`, 200, "https://own.example"},
		{"another server", plain, `"authorization_server":"https://first.example"`, 403, ""},
		{"no server where the key has some", first, `"dry_run":true`, 200, "https://first.example"},
		{"the second server of the key", first, `"authorization_server":"https://second.example"`, 200, "https://second.example"},
		{"another server than the key's", first, `"authorization_server":"https://own.example"`, 403, ""},
		{"an operator names any", s.token, `"authorization_server":"https://any.example"`, 200, "https://any.example"},
	} {
		t.Run("A2 "+test.name, func(t *testing.T) {
			a := s.as(test.token).post(with(test.member))
			if a.status != test.status {
				t.Fatalf("answered %d: %s", a.status, a.body)
			}
			if test.status != http.StatusOK {
				if p := a.problem(t); p.Error != "insufficient_scope" || p.Reason != "" {
					t.Errorf("answered %s", a.body)
				}
				return
			}
			d := a.decision(t)
			if d.AuthorizationServer != test.server {
				t.Errorf("for %q", d.AuthorizationServer)
			}
			if a := s.as(first).get("/v1/decisions/" + d.ID); (a.status == http.StatusOK) != (test.token == first) {
				t.Errorf("a key for other servers reads it: %d", a.status)
			}
		})
	}
}

// What was decided for no authorization server is not of those that a key has.
func TestDecisionsForNoServer(t *testing.T) {
	s := start(t, setup{})
	_, plain := s.key(access.Terms{Role: access.Decide})
	_, tenant := s.key(access.Terms{Role: access.Decide, AuthorizationServers: []string{"https://tenant.example"}})
	id := s.as(plain).post(good).decision(t).ID
	for _, c := range []struct {
		name, token string
		status      int
	}{
		{"a key without servers", plain, http.StatusOK},
		{"a key with one", tenant, http.StatusNotFound},
		{"an operator", s.token, http.StatusOK},
	} {
		t.Run("A2 "+c.name, func(t *testing.T) {
			if a := s.as(c.token).get("/v1/decisions/" + id); a.status != c.status {
				t.Errorf("answered %d: %s", a.status, a.body)
			}
		})
	}
}

// A key that somebody takes for the id of one is in force, and not for the log.
func TestNoKeyOfAPathIsLogged(t *testing.T) {
	s := start(t, setup{})
	for _, path := range []string{"/v1/keys/", "/v1/decisions/", "/why/", "/"} {
		for _, method := range []string{http.MethodDelete, http.MethodGet} {
			s.do(method, path+s.token, nil, nil)
			s.do(method, path+s.token+strings.Repeat("x", 200), nil, nil)
		}
	}
	s.server.Close() // until when every request is logged
	if log := s.log.String(); strings.Contains(log, "csk_") || !strings.Contains(log, `"path":"/v1/keys/`) {
		t.Errorf("A2 the log has a key, or no path: %s", log)
	}
}
