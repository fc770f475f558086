package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/fc28f635/countersign/testvectors"
)

// Every vector of a pinned publisher goes through the command as a user would
// run it, with the exit code and the one JSON object that scripts rely on.
func TestVerifyVectors(t *testing.T) {
	ran := 0
	for _, vector := range testvectors.Load("statement") {
		roots, pinned := vector.Files["roots.json"]
		if !pinned || len(vector.Files) != 2 || vector.Get("client_id") != "" || vector.Get("countersigner") != "" || vector.Get("special_use") != "" || vector.Get("exposed") != "" {
			continue
		}
		ran++
		t.Run(vector.ID+" "+strings.Join(vector.Header["row"], " "), func(t *testing.T) {
			dir := t.TempDir()
			write(t, filepath.Join(dir, "roots.json"), roots)
			write(t, filepath.Join(dir, "statement.jws"), append(bytes.Clone(vector.Files["statement.jws"]), '\n'))
			args := []string{"verify", "--json", "--offline", "--roots", filepath.Join(dir, "roots.json"),
				"--at", vector.Now.Format(time.RFC3339)}
			if audience := vector.Get("audience"); audience != "" {
				args = append(args, "--audience", audience)
			}
			code, document := runJSON(t, append(args, filepath.Join(dir, "statement.jws")))
			outcome, reason := vector.Expectation()
			if want := map[string]int{"verified": 0, "rejected": 1, "inconclusive": 3}[outcome]; code != want || document["outcome"] != outcome {
				t.Errorf("exit %d, outcome %v; want %d, %s", code, document["outcome"], want, outcome)
			}
			if reason != "" && !strings.Contains(text(t, document["findings"]), `"reason":"`+reason+`"`) {
				t.Errorf("reason %s is not among %v", reason, document["findings"])
			}
		})
	}
	if ran < 200 {
		t.Errorf("%d vectors ran through the command: have they moved?", ran)
	}
}

// runJSON runs the program and returns its exit code and the one JSON object on
// standard output.
func runJSON(t *testing.T, args []string) (int, map[string]any) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code := run(t.Context(), args, strings.NewReader(""), &stdout, &stderr)
	var document map[string]any
	if err := json.Unmarshal(stdout.Bytes(), &document); err != nil {
		t.Fatalf("standard output is not one JSON object: %v\n%s\n%s", err, stdout.String(), stderr.String())
	}
	return code, document
}

func text(t *testing.T, v any) string {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func write(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestVerifyExitCodes(t *testing.T) {
	for name, c := range map[string]struct {
		args []string
		want int
		err  string
	}{
		"no argument":               {[]string{"verify"}, exitUsage, "usage"},
		"unknown flag":              {[]string{"verify", "--nothing", "x"}, exitUsage, "usage"},
		"connect-to alone":          {[]string{"verify", "--connect-to", "a:1:127.0.0.1:1", "x"}, exitUsage, "usage"},
		"unreadable file":           {[]string{"verify", "missing.jws"}, exitFailed, "failed"},
		"unreadable roots":          {[]string{"verify", "--roots", "missing.json", "missing.jws"}, exitFailed, "failed"},
		"unreadable CA":             {[]string{"verify", "--ca-file", "missing.pem", "missing.jws"}, exitFailed, "failed"},
		"a directory C2":            {[]string{"verify", t.TempDir()}, exitFailed, "failed"},
		"command that is not there": {[]string{"conquer"}, exitUsage, "usage"},
	} {
		t.Run(name, func(t *testing.T) {
			code, document := runJSON(t, append(c.args, "--json"))
			if code != c.want || document["error"] != c.err || document["error_description"] == "" {
				t.Errorf("exit %d, %v; want %d, error %s", code, document, c.want, c.err)
			}
		})
	}
}
