package probe_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/fc28f635/countersign/internal/probe"
	"github.com/fc28f635/countersign/verify"
)

// TestMetadata plays metadata that the real servers do not show.
func TestMetadata(t *testing.T) {
	for name, tc := range map[string]struct {
		members    string
		pkce, auth verify.Status
		severity   probe.Severity // of pkce
	}{
		"nothing":                      {`"scopes_supported":[]`, verify.Failed, verify.Passed, probe.Medium},
		"S256":                         {`"code_challenge_methods_supported":["S256"]`, verify.Passed, verify.Passed, ""},
		"plain":                        {`"code_challenge_methods_supported":["plain"]`, verify.Failed, verify.Passed, probe.Medium},
		"both":                         {`"code_challenge_methods_supported":["plain","S256"]`, verify.Failed, verify.Passed, probe.Low},
		"documents and nothing":        {`"client_id_metadata_document_supported":true`, verify.Failed, verify.Failed, probe.Medium},
		"documents and secrets":        {`"client_id_metadata_document_supported":true,"token_endpoint_auth_methods_supported":["client_secret_basic"]`, verify.Failed, verify.Failed, probe.Medium},
		"documents and none":           {`"client_id_metadata_document_supported":true,"token_endpoint_auth_methods_supported":["none"]`, verify.Failed, verify.Passed, probe.Medium},
		"documents and keys":           {`"client_id_metadata_document_supported":true,"token_endpoint_auth_methods_supported":["private_key_jwt"]`, verify.Failed, verify.Passed, probe.Medium},
		"a member that nobody expects": {`"registration":{"a":[[1]]},"code_challenge_methods_supported":["S256"]`, verify.Passed, verify.Passed, ""},
	} {
		t.Run(name, func(t *testing.T) {
			r := run(t, full(), faulty(t, map[string]http.HandlerFunc{metadataPath: func(w http.ResponseWriter, r *http.Request) {
				fmt.Fprintf(w, `{"issuer":%q,%s}`, "http://"+r.Host, tc.members)
			}}))
			pkce, auth := finding(t, r, probe.PKCE), finding(t, r, probe.ClientAuthentication)
			if pkce.Status != tc.pkce || pkce.Severity != tc.severity || auth.Status != tc.auth {
				t.Errorf("pkce %s %s, client authentication %s, want %s %s, %s", pkce.Status, pkce.Severity, auth.Status, tc.pkce, tc.severity, tc.auth)
			}
			if open := finding(t, r, probe.OpenRegistration); open.Status != verify.Passed || !strings.Contains(open.Detail, "--registration-endpoint") {
				t.Errorf("open registration %s: %s", open.Status, open.Detail)
			}
		})
	}
}

// TestWellKnown finds the metadata of an issuer with a path in each place that
// RFC 8414 and OpenID Connect Discovery name.
func TestWellKnown(t *testing.T) {
	for _, place := range []string{
		"/.well-known/oauth-authorization-server/tenant", "/tenant/.well-known/openid-configuration", "/.well-known/openid-configuration/tenant",
	} {
		t.Run(place, func(t *testing.T) {
			issuer := faulty(t, map[string]http.HandlerFunc{place: func(w http.ResponseWriter, r *http.Request) {
				fmt.Fprintf(w, `{"issuer":%q}`, "http://"+r.Host+"/tenant")
			}})
			if r := run(t, full(), issuer+"/tenant"); len(r.Findings) == 0 || r.Findings[0].Evidence[0].Request != "GET "+issuer+place {
				t.Errorf("%+v", r.Findings)
			}
		})
	}
}

// TestTokenIsNotRepeated plays a server that says the token in its answers.
func TestTokenIsNotRepeated(t *testing.T) {
	cfg := full()
	cfg.Token = "a-token-that-nobody-may-see"
	r := run(t, cfg, faulty(t, map[string]http.HandlerFunc{"/register": func(w http.ResponseWriter, r *http.Request) {
		token := r.Header.Get("Authorization")
		if token == "" {
			answer(401, "")(w, r)
			return
		}
		answer(400, fmt.Sprintf(`{"error":"invalid_token","error_description":%q}`, token))(w, r)
	}}))
	text, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(text), cfg.Token) || !strings.Contains(string(text), `"error":"invalid_token"`) {
		t.Errorf("report %s", text)
	}
	if f := finding(t, r, probe.OpenRegistration); f.Status != verify.Unavailable || r.Grade != "" {
		t.Errorf("open registration %s, grade %q", f.Status, r.Grade)
	}
}

// TestScopeNobodyAskedFor plays a server that gives every client what it did not
// ask for.
func TestScopeNobodyAskedFor(t *testing.T) {
	for scope, want := range map[string]verify.Status{"openid admin": verify.Failed, "openid": verify.Passed, "": verify.Passed} {
		t.Run(scope, func(t *testing.T) {
			r := run(t, full(), faulty(t, map[string]http.HandlerFunc{"/register": answer(201, fmt.Sprintf(`{"client_id":"a","scope":%q}`, scope))}))
			if f := finding(t, r, probe.EmptyScope); f.Status != want {
				t.Errorf("empty scope %s: %s", f.Status, f.Detail)
			}
			if f := finding(t, r, probe.ChosenScope); f.Status != verify.Passed || f.Effect != probe.Ignored {
				t.Errorf("chosen scope %s %s", f.Status, f.Effect)
			}
			// The token endpoint is not announced, so nobody can say whether it fetches.
			if f := finding(t, r, probe.InsideJWKS); f.Status != verify.Unavailable {
				t.Errorf("inside jwks_uri %s: %s", f.Status, f.Detail)
			}
		})
	}
}
