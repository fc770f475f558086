package main

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// What a server, a file or a name says reaches a terminal without control
// characters, and JSON as JSON.
func TestTerminalIsNobodyElses(t *testing.T) {
	const escape = "\x1b]52;c;ZXZpbA==\x07\u202e\u009b31m"
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusBadRequest)
		_, _ = w.Write([]byte(`{"error":"x","error_description":"said ` + strings.NewReplacer("\x1b", `\u001b`, "\x07", `\u0007`).Replace(escape) + `"}`))
	}))
	defer server.Close()
	dir := t.TempDir()
	client, key := filepath.Join(dir, "client.json"), filepath.Join(dir, "api.key")
	writeFile(t, client, goodRegistration)
	writeFile(t, key, "csk_0000000000000000_"+strings.Repeat("0", 64))
	for name, args := range map[string][]string{
		"C12 what a server says":         {"decide", "--server", server.URL, "--api-key", key, client},
		"C12 what a server says as JSON": {"decide", "--json", "--server", server.URL, "--api-key", key, client},
		"C12 the name of a file":         {"verify", filepath.Join(dir, "no"+escape)},
		"C12 a domain":                   {"doctor", "acme" + escape + ".example"},
		"C12 a flag":                     {"verify", "--" + escape},
		"C12 a command":                  {escape},
		"C12 a reason":                   {"why", escape},
	} {
		t.Run(name, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			if code := run(t.Context(), args, nil, &stdout, &stderr); code == exitOK {
				t.Error("exit 0")
			}
			if said := stdout.String() + stderr.String(); said == "" || strings.ContainsAny(said, "\x1b\x07\u202e\u009b") {
				t.Errorf("%q", said)
			}
		})
	}
}

// Arguments in any script, of any length and of any bytes are refused in order.
func TestOddArguments(t *testing.T) {
	for name, odd := range map[string]string{
		"no UTF-8": "\xff\xfe", "NUL": "acme\x00.example", "Chinese": "\u516c\u53f8 \u4ee3\u7406", "right to left": "\u05e9\u05dc\u05d5\u05dd example",
		"very long": strings.Repeat("a", 1<<16), "a combining mark": "\u0301", "nothing": "",
	} {
		for _, args := range [][]string{
			{"init", odd, "--dir", t.TempDir()}, {"doctor", odd}, {"keys", "list", odd}, {"publishers", "show", odd}, {"hold", odd},
			{"verify", "--at", odd, "x"}, {"serve", "--listen", odd, "--data", t.TempDir()}, {"probe", odd}, {odd, "x"},
		} {
			t.Run("C18 "+name+" for "+strings.ToValidUTF8(args[0][:min(len(args[0]), 9)], "?"), func(t *testing.T) {
				var stdout, stderr bytes.Buffer
				if code := run(t.Context(), args, strings.NewReader(""), &stdout, &stderr); code != exitUsage && code != exitFailed {
					t.Errorf("exit %d: %.200q", code, stderr.String())
				}
			})
		}
	}
}

// A defect ends the program with a status that no script takes for success, and
// prints nothing that it could take for a result.
func TestPanicIsNoSuccess(t *testing.T) {
	program, err := exec.LookPath("countersign-panics")
	if err != nil {
		t.Fatal(err)
	}
	t.Run("C13 a panic", func(t *testing.T) {
		dir := t.TempDir()
		cmd := exec.Command(program, "init", "acme.example", "--offline", "--yes", "--dir", dir, "--key-dir", filepath.Join(dir, "keys"))
		var stdout bytes.Buffer
		cmd.Stdout = &stdout
		if err := cmd.Run(); err == nil || strings.Contains(stdout.String(), "made") {
			t.Errorf("%v: %s", err, &stdout)
		}
	})
}
