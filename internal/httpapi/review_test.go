package httpapi_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/fc28f635/countersign/issuer"
)

// A decision beyond reads raises a review, which is listed, read, approved and then
// denied over the API, as the OpenAPI document says.
func TestReviews(t *testing.T) {
	s := start(t, setup{})
	d := s.document()
	ask := func(method, path, template, body string) answer {
		t.Helper()
		a := s.send(method, path, body)
		var got any
		if err := json.Unmarshal([]byte(a.body), &got); err != nil || a.status != http.StatusOK {
			t.Fatalf("%s %s: answered %d: %s, %v", method, path, a.status, a.body, err)
		}
		operation := d.Paths[template][map[string]string{http.MethodGet: "get", http.MethodPost: "post"}[method]]
		for _, wrong := range d.check("$", operation.Responses["200"].Content["application/json"].Schema, got) {
			t.Errorf("%s %s: %s", method, path, wrong)
		}
		return a
	}
	var decision issuer.Decision
	if err := json.Unmarshal([]byte(ask(http.MethodPost, "/v1/decisions", "/v1/decisions", narrowed).body), &decision); err != nil || decision.Acceptance == nil || decision.Acceptance.Pending == "" {
		t.Fatalf("%+v, %v", decision.Acceptance, err)
	}
	var list struct{ Reviews []issuer.Review }
	if err := json.Unmarshal([]byte(ask(http.MethodGet, "/v1/reviews", "/v1/reviews", "").body), &list); err != nil || len(list.Reviews) != 1 || list.Reviews[0].ID != decision.Acceptance.Pending {
		t.Fatalf("%+v, %v", list, err)
	}
	at := "/v1/reviews/" + list.Reviews[0].ID
	for _, c := range []struct {
		method, path, template, body string
		want                         issuer.ReviewState
	}{
		{http.MethodGet, at, "/v1/reviews/{id}", "", issuer.ReviewPending},
		{http.MethodPost, at + "/approve", "/v1/reviews/{id}/approve", `{"reason":"known"}`, issuer.ReviewApproved},
		{http.MethodPost, at + "/deny", "/v1/reviews/{id}/deny", `{"reason":"not ours"}`, issuer.ReviewDenied},
	} {
		var r issuer.Review
		if err := json.Unmarshal([]byte(ask(c.method, c.path, c.template, c.body).body), &r); err != nil || r.State != c.want {
			t.Errorf("%s %s: %s, want %s: %v", c.method, c.path, r.State, c.want, err)
		}
	}
	for _, answer := range []string{"/approve", "/deny"} {
		if a := s.send(http.MethodPost, at+answer, `{"reason":"again"}`); a.status != http.StatusConflict {
			t.Errorf("%s again: answered %d", answer, a.status)
		}
	}
}
