package httpapi_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/fc28f635/countersign/internal/access"
	"github.com/fc28f635/countersign/issuer"
)

// operations are those that only an operator may ask for, with a body that is
// good.
func operatorOperations() map[string]string {
	day := time.Now().Add(24 * time.Hour).UTC().Format(time.RFC3339)
	return map[string]string{
		"POST /v1/acceptances":     `{"publisher":"https://acme.example","reason":"contract"}`,
		"POST /v1/acceptances/end": `{"publisher":"https://acme.example","reason":"contract ended"}`,
		"POST /v1/exceptions":      `{"subject":"https://acme.example","reason":"odd","until":"` + day + `"}`,
		"POST /v1/exceptions/end":  `{"subject":"https://acme.example","reason":"over"}`,
		"POST /v1/pins": `{"client_id":"https://acme.example/c","reason":"outage","until":"` + day + `","document":` +
			`"{\"client_id\":\"https://acme.example/c\",\"client_name\":\"Acme\",\"redirect_uris\":[\"https://acme.example/cb\"]}"}`,
		"POST /v1/pins/end":         `{"client_id":"https://acme.example/c","reason":"over"}`,
		"POST /v1/memory/end":       `{"thumbprint":"kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k","reason":"a key for tests"}`,
		"POST /v1/observations":     `{"reason":"everybody is refused","until":"` + time.Now().Add(2*time.Hour).UTC().Format(time.RFC3339) + `"}`,
		"POST /v1/observations/end": `{"reason":"mended"}`,
		"GET /v1/modes":             "",
		"GET /v1/standing":          "",
		"GET /v1/acts":              "",
		"GET /v1/software":          "",
		"GET /v1/reviews":           "",

		"GET /v1/reviews/r00":          "",
		"POST /v1/reviews/r00/approve": `{"reason":"known"}`,
		"POST /v1/reviews/r00/deny":    `{"reason":"not ours"}`,
	}
}

// A3: whoever is no operator changes nothing, and reads nothing of it.
func TestOperatorsOnly(t *testing.T) {
	s := start(t, setup{})
	for _, role := range []access.Role{access.Read, access.Decide} {
		_, token, err := s.keys.Create(t.Context(), access.Terms{Name: "the AS", Role: role, Rights: []access.Right{access.Source, access.Findings}}, "ada")
		if err != nil {
			t.Fatal(err)
		}
		for what, body := range operatorOperations() {
			method, path, _ := strings.Cut(what, " ")
			a := s.do(method, path, strings.NewReader(body), http.Header{"Authorization": {"Bearer " + token}, "Content-Type": {"application/json"}})
			if a.status != http.StatusForbidden {
				t.Errorf("%s asks %s: answered %d", role, what, a.status)
			}
		}
	}
	var l issuer.Listing
	if err := json.Unmarshal([]byte(s.send(http.MethodGet, "/v1/standing", "").body), &l); err != nil || len(l.Acceptances)+len(l.Exceptions)+len(l.Pins) > 0 {
		t.Errorf("%+v, %v", l, err)
	}
}

// Each act is recorded in the name of who did it: by a key, with its id, whatever
// the caller calls itself; over the socket, as the operator says.
func TestActorsAreRecorded(t *testing.T) {
	s := start(t, setup{})
	do := func(key bool, actor string) string {
		t.Helper()
		body := operatorOperations()["POST /v1/acceptances"]
		var status int
		if key {
			status = s.do(http.MethodPost, "/v1/acceptances", strings.NewReader(body), http.Header{"Content-Type": {"application/json"}, "Countersign-Actor": {actor}}).status
		} else {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/v1/acceptances", strings.NewReader(body))
			r.Header.Set("Content-Type", "application/json")
			r.Header.Set("Countersign-Actor", actor)
			w := httptest.NewRecorder()
			s.operator.ServeHTTP(w, r)
			status = w.Code
		}
		if status != http.StatusCreated {
			return http.StatusText(status)
		}
		var list struct{ Acts []issuer.Act }
		if err := json.Unmarshal([]byte(s.send(http.MethodGet, "/v1/acts?limit=1", "").body), &list); err != nil || len(list.Acts) != 1 {
			t.Fatalf("%+v, %v", list, err)
		}
		return list.Acts[0].Actor
	}
	id := s.keys.List()[0].ID
	for _, c := range []struct {
		key         bool
		actor, want string
	}{
		{false, "ada", "ada"},
		{false, "", "the operator"},
		{true, "ada", "ada (key " + id + ")"},
		{true, "", "made at the first start (key " + id + ")"},
		{false, "ada\xff", http.StatusText(http.StatusBadRequest)},
		{false, strings.Repeat("x", 501), http.StatusText(http.StatusBadRequest)},
	} {
		if got := do(c.key, c.actor); got != c.want {
			t.Errorf("by key %t as %.20q: %q, want %q", c.key, c.actor, got, c.want)
		}
	}
}

// One thing after another: said, listed, ended once.
func TestOperatorOperations(t *testing.T) {
	s := start(t, setup{})
	ask := func(what, body string, want int) answer {
		t.Helper()
		if body == "" {
			body = operatorOperations()[what]
		}
		method, path, _ := strings.Cut(what, " ")
		a := s.send(method, path, body)
		if a.status != want {
			t.Errorf("%s %s: answered %d, want %d: %s", what, body, a.status, want, a.body)
		}
		return a
	}
	ask("POST /v1/acceptances", "", http.StatusCreated)
	ask("POST /v1/exceptions", "", http.StatusCreated)
	allowance := strings.Replace(operatorOperations()["POST /v1/exceptions"], "{", `{"tier":"signed",`, 1)
	ask("POST /v1/exceptions", allowance, http.StatusConflict)
	ask("POST /v1/pins", "", http.StatusCreated)
	d := s.post(good).decision(t)

	var l issuer.Listing
	if err := json.Unmarshal([]byte(ask("GET /v1/standing", "", http.StatusOK).body), &l); err != nil || len(l.Acceptances) != 1 || len(l.Exceptions) != 1 || len(l.Pins) != 1 || l.Pins[0].Document != nil {
		t.Errorf("%+v, %v", l, err)
	}
	var seen struct{ Software []issuer.Software }
	if err := json.Unmarshal([]byte(ask("GET /v1/software", "", http.StatusOK).body), &seen); err != nil || len(seen.Software) != 1 || seen.Software[0].Decision != d.ID || seen.Software[0].Codes[0] != "this computer" {
		t.Errorf("%+v, %v", seen, err)
	}
	ask("POST /v1/observations", "", http.StatusCreated)
	var modes issuer.Modes
	if err := json.Unmarshal([]byte(ask("GET /v1/modes", "", http.StatusOK).body), &modes); err != nil || len(modes.Observations) != 1 || modes.Observations[0].Of != "" || modes.Declared == nil {
		t.Errorf("%+v, %v", modes, err)
	}
	for _, what := range []string{"POST /v1/acceptances/end", "POST /v1/exceptions/end", "POST /v1/pins/end", "POST /v1/observations/end"} {
		ask(what, "", http.StatusOK)
		ask(what, "", http.StatusNotFound)
	}
	ask("POST /v1/exceptions", allowance, http.StatusCreated)

	hour := time.Now().Add(time.Hour).UTC().Format(time.RFC3339)
	for _, what := range []string{"GET /v1/reviews/r00", "POST /v1/reviews/r00/approve", "POST /v1/reviews/r00/deny"} {
		ask(what, "", http.StatusNotFound)
	}

	// A6 and A9: nothing that the operation does not have, nothing for too long,
	// nothing without a reason.
	for what, bodies := range map[string][]string{
		"POST /v1/acceptances": {`{"reason":"x"}`, `{"shape":"sha256:12","reason":"x"}`, `{"shape":"any","reason":"x"}`, `{"publisher":"acme.example","reason":"x"}`, `{"publisher":"https://acme.example"}`,
			`{"publisher":"https://acme.example","reason":"x","by":"root"}`, `{"publisher":"https://acme.example","reason":"x","actor":"eve"}`,
			`{"publisher":"https://acme.example","reason":"x","until":"2020-01-01T00:00:00Z"}`},
		"POST /v1/exceptions": {`{"subject":"https://acme.example"}`, `{"subject":"https://acme.example","reason":"x","until":"2099-01-01T00:00:00Z"}`,
			`{"subject":"","reason":"x","until":"2099-01-01T00:00:00Z"}`, strings.Replace(allowance, "signed", "endorsed", 1), strings.Replace(allowance, "signed", "unverified", 1)},
		"POST /v1/exceptions/end": {`{"subject":"https://acme.example"}`},
		"POST /v1/observations": {`{"reason":"x"}`, `{"until":"` + hour + `"}`, `{"reason":"x","until":"2099-01-01T00:00:00Z"}`, `{"reason":"x","until":"2020-01-01T00:00:00Z"}`,
			`{"of":"files","reason":"x","until":"` + hour + `"}`, `{"reason":"x","actor":"eve","until":"` + hour + `"}`},
		"POST /v1/observations/end": {`{}`, `{"of":"https://as.example"}`},
		"POST /v1/memory/end": {`{"reason":"x"}`, `{"thumbprint":"kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"}`, `{"thumbprint":"kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4","reason":"x"}`, `{"thumbprint":"kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k","client_id":"https://acme.example/c","reason":"x"}`,
			`{"client_id":"acme.example","reason":"x"}`, `{"client_id":"https://acme.example/c"}`},
		"POST /v1/reviews/r00/approve": {`{}`, `{"reason":"x","actor":"eve"}`, `{"reason":"x","until":"2020-01-01T00:00:00Z"}`, `{"reason":""}`},
		"POST /v1/reviews/r00/deny":    {`{}`, `{"reason":"x","until":"2099-01-01T00:00:00Z"}`},
	} {
		for _, body := range bodies {
			ask(what, body, http.StatusBadRequest)
		}
	}
	for _, query := range []string{"?limit=0", "?limit=-1", "?limit=10001", "?limit=x"} {
		ask("GET /v1/acts"+query, " ", http.StatusBadRequest)
	}
}

// Who makes and revokes keys is recorded as every actor is, or refused.
func TestActorsOfKeysAreRecorded(t *testing.T) {
	s := start(t, setup{})
	id, _ := s.key(access.Terms{Role: access.Read})
	for name, actor := range map[string]string{"A2 no text": "ada\xff", "A2 too long": strings.Repeat("x", 501)} {
		t.Run(name, func(t *testing.T) {
			header := http.Header{"Content-Type": {"application/json"}, "Countersign-Actor": {actor}}
			if a := s.do(http.MethodPost, "/v1/keys", strings.NewReader(`{"name":"b","role":"read"}`), header); a.status != http.StatusBadRequest {
				t.Errorf("made: %d", a.status)
			}
			if a := s.do(http.MethodDelete, "/v1/keys/"+id, nil, header); a.status != http.StatusBadRequest {
				t.Errorf("revoked: %d", a.status)
			}
		})
	}
	keys := s.keys.List()
	if len(keys) != 2 || !keys[0].Revoked.IsZero() || !keys[1].Revoked.IsZero() {
		t.Errorf("keys %+v", keys)
	}
}
