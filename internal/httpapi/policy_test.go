package httpapi_test

import (
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/fc28f635/countersign/issuer"
)

// namedPolicy is the text of the standard policy under another name.
func namedPolicy(name string) string {
	return strings.Replace(string(issuer.Standard().Source()), "name: standard", "name: "+name, 1)
}

func (s *testService) apply(source string, rollback bool) answer {
	s.t.Helper()
	body, err := json.Marshal(map[string]any{"source": source, "reason": "test", "rollback": rollback})
	if err != nil {
		s.t.Fatal(err)
	}
	return s.send(http.MethodPost, "/v1/policy", string(body))
}

// The policy that decides is read, applied and rolled back, and every version of it
// is there under the digest that decisions carry.
func TestPolicy(t *testing.T) {
	s := start(t, setup{})
	var now struct{ Name, Digest, Source string }
	reads := func(name string) {
		t.Helper()
		a := s.get("/v1/policy")
		if err := json.Unmarshal([]byte(a.body), &now); err != nil || now.Name != name {
			t.Fatalf("%q decides, want %q: %.200s", now.Name, name, a.body)
		}
		var d issuer.Decision
		if err := json.Unmarshal([]byte(s.post(good).body), &d); err != nil || d.Policy != now.Digest {
			t.Errorf("decided by %s, and %s is in force: %v", d.Policy, now.Digest, err)
		}
	}
	reads("standard")
	for _, step := range []struct {
		name     string
		source   string
		rollback bool
		status   int
		want     string // in the answer
		decides  string
	}{
		{"applied", namedPolicy("first"), false, 200, `"changed":true`, "first"},
		{"again", namedPolicy("first"), false, 200, `"changed":false`, "first"},
		{"the next", namedPolicy("second"), false, 200, `"changed":true`, "second"},
		{"P1 wrong", "version: 2\nnme: x\n", false, 400, `[2:1]`, "second"},
		{"P1 empty", "", false, 400, "invalid_policy", "second"},
		{"P8 older", namedPolicy("first"), false, 409, "rollback", "second"},
		{"P8 rolled back", namedPolicy("first"), true, 200, `"rollback":true`, "first"},
		{"large", namedPolicy("second") + strings.Repeat("# long\n", 140_000), false, 200, `"changed":true`, "second"},
		{"T7 too large to be kept", namedPolicy("second") + noise(500_000), false, 413, "request_too_large", "second"},
		{"T7 too large", namedPolicy("second") + strings.Repeat("#", 2_200_000), false, 413, "request_too_large", "second"},
	} {
		t.Run(step.name, func(t *testing.T) {
			if a := s.apply(step.source, step.rollback); a.status != step.status || !strings.Contains(a.body, step.want) {
				t.Errorf("answered %d, want %d with %s: %.300s", a.status, step.status, step.want, a.body)
			}
			reads(step.decides)
		})
	}
	var list struct{ Policies []issuer.PolicyVersion }
	if err := json.Unmarshal([]byte(s.get("/v1/policies").body), &list); err != nil || len(list.Policies) != 5 {
		t.Fatalf("%d versions, %v, want standard and the four that were applied", len(list.Policies), err)
	}
	for _, v := range list.Policies {
		var whole issuer.PolicyVersion
		if a := s.get("/v1/policies/" + v.Digest); json.Unmarshal([]byte(a.body), &whole) != nil || !strings.Contains(whole.Source, "name: "+v.Name) || v.Source != "" {
			t.Errorf("version %s is %.100s", v.Name, a.body)
		}
	}
	if a := s.get("/v1/policies/sha256:0"); a.status != http.StatusNotFound {
		t.Errorf("an unknown version: %d", a.status)
	}
}

// The recorded decisions are handed out in order, page by page, to the operator
// only.
func TestDecisionsInOrder(t *testing.T) {
	s := start(t, setup{})
	want := map[string]bool{}
	for range 7 {
		var d issuer.Decision
		if err := json.Unmarshal([]byte(s.post(good).body), &d); err != nil {
			t.Fatal(err)
		}
		want[d.ID] = true
	}
	query, pages := url.Values{"limit": {"3"}, "since": {"2001-01-01T00:00:00Z"}}, 0
	for {
		var page struct{ Decisions []issuer.Decision }
		if a := s.get("/v1/decisions?" + query.Encode()); json.Unmarshal([]byte(a.body), &page) != nil || a.status != http.StatusOK {
			t.Fatalf("%d: %.200s", a.status, a.body)
		}
		if len(page.Decisions) == 0 {
			break
		}
		pages++
		for _, d := range page.Decisions {
			if !want[d.ID] {
				t.Errorf("%s comes twice, or was never made", d.ID)
			}
			delete(want, d.ID)
			query.Set("since", d.At.Format("2006-01-02T15:04:05Z"))
			query.Set("after", d.ID)
		}
	}
	if len(want) > 0 || pages != 3 {
		t.Errorf("after %d pages %d decisions are missing", pages, len(want))
	}
	for _, wrong := range []string{"since=yesterday", "limit=0", "after=" + strings.Repeat("d", 1000)} {
		if a := s.get("/v1/decisions?" + wrong); a.status != http.StatusBadRequest {
			t.Errorf("%.40s: %d", wrong, a.status)
		}
	}
	for _, path := range []string{"/v1/decisions", "/v1/policy", "/v1/policies"} {
		if a := s.do(http.MethodGet, path, nil, http.Header{"Authorization": nil}); a.status != http.StatusUnauthorized {
			t.Errorf("%s without a key: %d", path, a.status)
		}
	}
}

// noise is a comment that no packing makes much shorter.
func noise(length int) string {
	random := rand.New(rand.NewPCG(1, 1))
	text := []byte("# ")
	for len(text) < length {
		text = append(text, byte('!'+random.IntN('~'-'!')))
	}
	return string(text) + "\n"
}
