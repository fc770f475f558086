package main

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"
)

// hostile is text that takes over a terminal which prints it as it is: OSC 8, OSC
// 52, CSI in both forms, and an override of the direction of writing.
const hostile = `\u001b]8;;https://evil.example\u0007\u001b]52;c;eA==\u0007\u001b[2J\u009b31m\u202e\r\u0000`

// A service that is not the operator's, or is no service, says what it likes.
func TestHostileAnswers(t *testing.T) {
	const at = `"at":"2026-11-25T12:00:00Z","until":"2026-11-26T12:00:00Z"`
	id := "d" + strings.Repeat("0", 32)
	shape := "sha256:" + strings.Repeat("0", 64)
	decision := `{"id":"` + hostile + `","outcome":"denied","tier":"unverified","reason":"` + hostile + `","told":"` + hostile + `","why":"` + hostile +
		`","asked":{"client_id":"` + hostile + `","client_name":"` + hostile + `"},"overridden":["` + hostile + `"],"flags":["` + hostile +
		`"],"grant":{"scopes_cut":[{"scope":"` + hostile + `","why":"` + hostile + `"}]},"findings":[{"check":"` + hostile + `","status":"failed","reason":"` + hostile + `","detail":"` + hostile + `"}]}`
	approved := strings.Replace(strings.ReplaceAll(decision, `"reason":"`+hostile+`"`, `"reason":""`), "denied", "approved", 1)
	approved = strings.Replace(approved, `"overridden"`, `"shape":"`+hostile+`","client":{"redirect_uris":["https://acme.example/cb"]},"overridden"`, 1)
	for _, test := range []struct {
		name, answer string
		status       int
		args         []string
	}{
		{"C12 an error", `{"error":"` + hostile + `","error_description":"` + hostile + `","reason":"` + hostile + `","request_id":"` + hostile + `"}`, 400, []string{"acts"}},
		{"C12 a refusal", decision, 200, []string{"decide", "-"}},
		{"C12 a decision", approved, 200, []string{"decide", "-"}},
		{"C12 why", approved, 200, []string{"why", id}},
		{"C12 acts", `{"acts":[{"act":"` + hostile + `",` + at + `,"actor":"` + hostile + `","reason":"` + hostile + `","subject":"` + hostile + `"}]}`, 200, []string{"acts"}},
		{"C12 keys", `{"keys":[{"id":"` + hostile + `","name":"` + hostile + `","role":"` + hostile + `","rights":["` + hostile + `"],"authorization_servers":["` + hostile + `"]}]}`, 200, []string{"keys", "api", "list"}},
		{"C12 a key", `{"id":"` + hostile + `","name":"` + hostile + `","role":"` + hostile + `","token":"` + hostile + `"}`, 201, []string{"keys", "api", "create", "--name", "x", "--role", "read"}},
		{"C12 standing", `{"acceptances":[{"shape":"` + shape + `","line":["` + hostile + `"],"actor":"` + hostile + `","reason":"` + hostile + `",` + at + `}],"software":[{"client_name":"` + hostile + `","codes":["` + hostile + `"],"decision":"` + hostile + `","shape":"` + hostile + `"}]}`, 200, []string{"clients", "list"}},
		{"C12 an acceptance", `{"shape":"` + hostile + `","line":["` + hostile + `"],"actor":"` + hostile + `","reason":"` + hostile + `",` + at + `}`, 201, []string{"clients", "accept", "--shape", shape, "--reason", "x"}},
		{"C12 a hold", `{"line":["` + hostile + `"],"actor":"` + hostile + `","reason":"` + hostile + `",` + at + `}`, 201, []string{"hold", "acme.example"}},
		{"C12 pins", `{"pins":[{"client_id":"` + hostile + `","digest":"` + hostile + `","actor":"` + hostile + `","reason":"` + hostile + `",` + at + `}]}`, 200, []string{"documents", "list"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(test.status)
				_, _ = io.WriteString(w, test.answer)
			}))
			defer server.Close()
			for _, format := range []string{"", "--json"} {
				var stdout, stderr bytes.Buffer
				args := append(append([]string{}, test.args...), "--server", server.URL)
				if format != "" {
					args = append(args, format)
				}
				code := run(t.Context(), args, strings.NewReader(goodRegistration), &stdout, &stderr)
				said := stderr.String()
				if format == "" {
					said += stdout.String()
				}
				if bad := strings.IndexFunc(said, func(r rune) bool { return r != '\n' && r != '\t' && !strconv.IsPrint(r) }); bad >= 0 || said == "" && format == "" {
					t.Errorf("exit %d, a terminal is sent %q", code, said[max(bad, 0):])
				}
				if !utf8.Valid(stdout.Bytes()) {
					t.Errorf("the JSON is no UTF-8: %q", &stdout)
				}
			}
		})
	}
}

// fullDisk takes nothing.
type fullDisk struct{}

var errFull = errors.New("no space left on device")

func (fullDisk) Write([]byte) (int, error) { return 0, errFull }

// A command that could not say what it did has not succeeded: an API key that was
// made and is nowhere, a verdict that nobody reads.
func TestOutputThatIsNotWritten(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	serveTest(t, smallService(dir))
	for _, test := range []struct {
		name string
		args []string
	}{
		{"C13 an API key", []string{"keys", "api", "create", "--data", dir, "--name", "x", "--role", "read"}},
		{"C13 a decision", []string{"decide", "--data", dir, "--json", "-"}},
		{"C13 a list", []string{"acts", "--data", dir}},
		{"C13 the version", []string{"version"}},
		{"C13 help", []string{"serve", "--help"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			var stderr bytes.Buffer
			if code := run(t.Context(), test.args, strings.NewReader(goodRegistration), fullDisk{}, &stderr); code != exitFailed {
				t.Errorf("exit %d", code)
			}
			if !strings.Contains(stderr.String(), "standard output: "+errFull.Error()) {
				t.Errorf("it does not say so:\n%s", &stderr)
			}
		})
	}
}

// What is on a command line may be no text at all.
func TestOddArguments(t *testing.T) {
	for name, odd := range map[string]string{
		"C18 no UTF-8":            "\xff\xfe\x80",
		"C18 NUL":                 "acme\x00.example",
		"C18 from right to left":  "\u202eelpmaxe.emca",
		"C18 wide":                "例え.テスト",
		"C18 a long one":          strings.Repeat("a", 1<<16),
		"C18 escapes":             "\x1b]0;x\x07",
		"C18 a flag of odd bytes": "--\xff\x00",
	} {
		t.Run(name, func(t *testing.T) {
			for _, args := range [][]string{
				{odd}, {"serve", "--data", odd, "--check-config", "--listen", odd}, {"hold", odd, "--server", "http://127.0.0.1:1"}, {"allow", odd, "--tier", odd, "--until", odd, "--reason", odd},
				{"clients", "accept", "--shape", odd, "--reason", odd}, {"keys", "api", "create", "--name", odd, "--role", odd}, {"keys", odd}, {"why", odd}, {"catalog", "show", odd},
				{"verify", odd}, {"decide", "--server", odd, odd}, {"init", odd}, {"probe", odd}, {"policy", "show", "--data", odd},
			} {
				var stdout, stderr bytes.Buffer
				code := run(t.Context(), args, strings.NewReader(""), &stdout, &stderr)
				if code == exitOK {
					t.Errorf("%.40q: exit 0", args)
				}
				if said := stderr.String(); strings.ContainsFunc(said, func(r rune) bool { return r != '\n' && r != '\t' && !strconv.IsPrint(r) }) || said == "" {
					t.Errorf("%.40q: a terminal is sent %.200q", args, said)
				}
			}
		})
	}
}
