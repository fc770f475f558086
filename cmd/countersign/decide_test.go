package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fc28f635/countersign/issuer"
)

// What decide prints of each outcome, and how it ends.
func TestDecide(t *testing.T) {
	cfg := signingService(t)
	s := serveTest(t, cfg)
	key := keyFile(t, s)
	var signed struct {
		Client struct {
			Statement string `json:"software_statement"`
		} `json:"client"`
	}
	if err := json.Unmarshal([]byte(signedRegistration(t, cfg)), &signed); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name  string
		flags []string
		input string // the file; empty where the last flag is the source
		code  int
		want  []string // of standard output
		hint  string   // of standard error
	}{
		{"a registration", nil, goodRegistration, exitOK, []string{
			"approved\n", `client      Nobody vouches for the name "Acme Agent"`, "tier        unverified", "binding     loose",
			"scopes      files.read\n", "access token 1 h, session 1 h, refresh token none",
			"cut         files.write (modify is beyond this tier; tier accepted has it)"}, ""},
		{"a statement", nil, signed.Client.Statement + "\n", exitOK, []string{
			"approved\n", "Published and signed by acme.example", "tier        signed", "binding     web", "signed for  https://as.example"}, ""},
		{"a statement for another server", []string{"--authorization-server", "https://other.example"}, signed.Client.Statement, exitRejected,
			[]string{"denied: audience_mismatch", "countersign why audience_mismatch"}, ""},
		{"a forged statement", nil, signed.Client.Statement[:len(signed.Client.Statement)-8] + "AAAAAAAA", exitRejected, []string{"denied: s"}, ""},
		{"three parts that are no statement", nil, "a.b.c", exitRejected, []string{"denied: statement_malformed"}, ""},
		{"no statement at all", nil, "hello", exitFailed, nil, "neither a JSON object nor a software statement"},
		{"an array", nil, "[" + goodRegistration + "]", exitFailed, nil, "neither a JSON object nor a software statement"},
		{"a statement in lines", nil, "a.b.\nc", exitFailed, nil, "neither a JSON object nor a software statement"},
		{"an authorization server that is none", []string{"--authorization-server", "http://as.example"}, goodRegistration, exitUsage, nil, "is no https URL without query and fragment"},
		{"a dry run", []string{"--dry-run"}, signed.Client.Statement, exitOK, []string{"dry run     nothing was signed"}, ""},
		{"a redirect URI in use", []string{"--redirect-uri", "https://acme.example/callback"}, signed.Client.Statement, exitOK, []string{"binding     web"}, ""},
		{"a control character in a name", nil, `{"client_name":"a\u001b[31m","redirect_uris":["http://127.0.0.1/cb"]}`, exitRejected, []string{"denied: name_unprintable",
			`asked as    "a\x1b[31m"`, "failed      "}, ""},
		{"a member of the wrong type", nil, `{"client_name":"Acme\nid  d0","redirect_uris":5}`, exitRejected, []string{
			"denied: redirect_uri_malformed", `asked as    "Acme\nid  d0"`, "failed      form: redirect_uri_malformed: redirect_uris: "}, ""},
		{"a document", []string{"https://127.0.0.1/client.json"}, "", exitRejected, []string{"denied: client_id_malformed", "asked for   https://127.0.0.1/client.json"}, ""},
		{"a document that cannot be had", []string{"https://countersign.invalid/client.json"}, "", exitRejected, []string{"denied: address_refused"}, ""},

		{"an empty file", nil, " \n", exitFailed, nil, "there is nothing in it"},
		{"two objects", nil, goodRegistration + "{}", exitFailed, nil, "reading the client"},
		{"a name twice", nil, `{"scope":"a","scope":"b"}`, exitFailed, nil, "duplicate"},
		{"a file that is too large", nil, `{"x":"` + strings.Repeat("a", 1<<16) + `"}`, exitFailed, nil, "more than 65536 bytes"},
		{"a file that is not there", []string{"missing.json"}, "", exitFailed, nil, "reading the client"},
		{"a server that is no address", []string{"--server", "ftp://x", "x.json"}, "", exitUsage, nil, "no address such as"},
		{"no argument", []string{"--dry-run"}, "", exitUsage, nil, "countersign: hint"},
	} {
		t.Run(test.name, func(t *testing.T) {
			args := append([]string{"decide", "--server", s.url(), "--api-key", key}, test.flags...)
			stdin := strings.NewReader("")
			if test.input != "" {
				args, stdin = append(args, "-"), strings.NewReader(test.input)
			}
			var stdout, stderr bytes.Buffer
			if code := run(t.Context(), args, stdin, &stdout, &stderr); code != test.code {
				t.Errorf("exit %d, want %d\n%s%s", code, test.code, &stdout, &stderr)
			}
			for _, want := range test.want {
				if !strings.Contains(stdout.String(), want) {
					t.Errorf("it does not print %q:\n%s", want, &stdout)
				}
			}
			if test.code > exitRejected && stdout.Len() > 0 {
				t.Errorf("standard output has %s", &stdout)
			}
			if !strings.Contains(stderr.String(), test.hint) || (test.hint == "") != (stderr.Len() == 0) {
				t.Errorf("standard error has %q, want %q", &stderr, test.hint)
			}
		})
	}
}

// keyFile returns a file with the first key of a service.
func keyFile(t *testing.T, s *service) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "api.key")
	if err := os.WriteFile(file, []byte(s.firstKey+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// With --json standard output is the decision as it was recorded.
func TestDecideJSON(t *testing.T) {
	s := serveTest(t, smallService(t.TempDir()))
	file := filepath.Join(t.TempDir(), "registration.json")
	if err := os.WriteFile(file, []byte(goodRegistration), 0o600); err != nil {
		t.Fatal(err)
	}
	var stdout, stderr bytes.Buffer
	if code := run(t.Context(), []string{"decide", "--json", "--server", s.url() + "/", "--api-key", keyFile(t, s), file}, nil, &stdout, &stderr); code != exitOK {
		t.Fatalf("exit %d\n%s", code, &stderr)
	}
	var told issuer.Decision
	if err := json.Unmarshal(stdout.Bytes(), &told); err != nil || told.Outcome != issuer.Approved {
		t.Fatalf("printed %s: %v", &stdout, err)
	}
	if _, recorded, err := getDecision(s.url(), s.firstKey, told.ID); err != nil || recorded.Told != told.Told {
		t.Errorf("recorded as %+v: %v", recorded, err)
	}
}

// A service that does not decide is a failure with its mend, never an answer.
func TestDecideWithoutService(t *testing.T) {
	closed := httptest.NewServer(nil)
	closed.Close()
	for _, test := range []struct {
		name    string
		handler http.HandlerFunc
		want    string
	}{
		{"nobody there", nil, "countersign: hint: countersign serve --data DIR starts one"},
		{"another server", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound) }, "--server names a countersign service"},
		{"another JSON", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"outcome":"approved"}`)) }, "is no decision"},
		{"a redirect", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://127.0.0.1:1/", http.StatusTemporaryRedirect)
		}, "answered 307"},
		{"no reason", func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusMisdirectedRequest)
			_, _ = w.Write([]byte(`{"error":"misdirected_request","error_description":"Not this name.","request_id":"1"}`))
		}, "the service did not decide: Not this name. (request 1)"},
		{"no space", func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusServiceUnavailable)
			_, _ = w.Write([]byte(`{"error":"temporarily_unavailable","error_description":"Decisions cannot be recorded now.","reason":"storage_full","request_id":"1"}`))
		}, "countersign why storage_full says more"},
	} {
		t.Run(test.name, func(t *testing.T) {
			url := closed.URL
			if test.handler != nil {
				server := httptest.NewServer(test.handler)
				defer server.Close()
				url = server.URL
			}
			var stdout, stderr bytes.Buffer
			code := run(t.Context(), []string{"decide", "--server", url, "-"}, strings.NewReader(goodRegistration), &stdout, &stderr)
			if code != exitFailed || stdout.Len() > 0 || !strings.Contains(stderr.String(), test.want) {
				t.Errorf("exit %d\n%s%s", code, &stdout, &stderr)
			}
		})
	}
}
