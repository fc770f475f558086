package httpapi_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/fc28f635/countersign/issuer"
)

// A refused registration with a name that has whatever a page or a header could
// trip over.
const hostile = `{"client":{"client_name":"zq<script>\r\nX-Zq: 1\u202e","redirect_uris":["javascript:zq()"]}}`

func TestWhyIsAPage(t *testing.T) {
	s := start(t, setup{})
	id := s.post(hostile).decision(t).ID
	for name, path := range map[string]string{"a decision": "/why/" + id, "no decision": "/why/zq%3Cscript%3E"} {
		t.Run("H19 H20 H21 "+name, func(t *testing.T) {
			a := s.get(path)
			if want := map[string]int{"a decision": 200, "no decision": 404}[name]; a.status != want {
				t.Errorf("status %d, want %d", a.status, want)
			}
			for header, want := range map[string]string{
				"Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff",
				"Referrer-Policy": "no-referrer", "X-Frame-Options": "DENY", "X-Robots-Tag": "noindex, nofollow", "Vary": "Accept",
			} {
				if got := a.header.Get(header); got != want {
					t.Errorf("%s: %q, want %q", header, got, want)
				}
			}
			policy := a.header.Get("Content-Security-Policy")
			for _, want := range []string{"default-src 'none'", "style-src 'sha256-", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"} {
				if !strings.Contains(policy, want) {
					t.Errorf("the policy %q lacks %s", policy, want)
				}
			}
			if strings.Contains(policy, "unsafe") || strings.Contains(policy, "script-src") {
				t.Errorf("the policy lets scripts in: %q", policy)
			}
			for header, values := range a.header {
				if strings.Contains(strings.ToLower(header+strings.Join(values, "")), "zq") {
					t.Errorf("a stranger chose the header %s: %q", header, values)
				}
			}
			if strings.Contains(a.body, "<script") || strings.Contains(a.body, "\u202e") || strings.Contains(a.body, "javascript:zq") {
				t.Errorf("what a stranger chose is not text: %s", a.body)
			}
			head := s.do(http.MethodHead, path, nil, nil)
			if head.body != "" || head.status != a.status || head.header.Get("Content-Length") != a.header.Get("Content-Length") {
				t.Errorf("HEAD answers %d with %d bytes of %s", head.status, len(head.body), head.header.Get("Content-Length"))
			}
		})
	}
	t.Run("H20 the request is not repeated", func(t *testing.T) {
		if a := s.get("/why/zq%3Cscript%3E"); strings.Contains(a.body, "zq") {
			t.Errorf("answered %s", a.body)
		}
	})
}

func TestWhyIsJSON(t *testing.T) {
	s := start(t, setup{})
	d := s.post(hostile).decision(t)
	a := s.do(http.MethodGet, "/why/"+d.ID, nil, http.Header{"Accept": {"application/json"}})
	var e issuer.Explanation
	if err := json.Unmarshal([]byte(a.body), &e); err != nil || a.status != http.StatusOK || a.header.Get("Content-Type") != "application/json" {
		t.Fatalf("status %d, %v: %s", a.status, err, a.body)
	}
	if e.ID != d.ID || e.Outcome != issuer.Denied || len(e.Reasons) != 2 || e.ClaimedName != `zq<script>\r\nX-Zq: 1\u202e` {
		t.Errorf("%+v", e)
	}
	if strings.Contains(a.body, "javascript:zq") {
		t.Errorf("H20 what was seen is told: %s", a.body)
	}
	s.do(http.MethodGet, "/why/d0", nil, http.Header{"Accept": {"application/json"}}).want(t, http.StatusNotFound, "")
}

func TestWhyIsWhatTheCallerPrefers(t *testing.T) {
	s := start(t, setup{})
	id := s.post(good).decision(t).ID
	for accept, asJSON := range map[string]bool{
		"": false, "*/*": false, "application/json": true, "APPLICATION/JSON": true, "application/json, text/plain, */*": true,
		"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8": false,
		"application/json;q=0.5, text/html":                               false, "application/json, text/html;q=0.9": true,
		"application/json;q=0": false, "application/json;q=x": false, "application/json;q=NaN": false, "zq": false, ";;;": false,
		"text/html, application/json": false,
	} {
		t.Run(accept, func(t *testing.T) {
			a := s.do(http.MethodGet, "/why/"+id, nil, http.Header{"Accept": {accept}})
			if want := map[bool]string{true: "application/json", false: "text/html; charset=utf-8"}[asJSON]; a.status != http.StatusOK || a.header.Get("Content-Type") != want {
				t.Errorf("answered %d with %q, want %q", a.status, a.header.Get("Content-Type"), want)
			}
		})
	}
}

// The log has the decision that was looked at, as it has of every request.
func TestWhyIsLogged(t *testing.T) {
	s := start(t, setup{})
	id := s.post(good).decision(t).ID
	s.get("/why/" + id)
	s.get("/why/d0")
	s.server.Close() // until when every request is logged
	events := s.events()
	if len(events) != 3 || events[1]["decision"] != id || events[2]["status"] != float64(http.StatusNotFound) || events[2]["error"] == nil {
		t.Errorf("logged %v", events)
	}
}
