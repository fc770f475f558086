package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/fc28f635/countersign/issuer"
)

// temporary gives the test a temporary directory of its own and fails it where
// something is left there.
func temporary(t *testing.T) {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"TMPDIR", "TMP", "TEMP"} { // os.TempDir reads these
		t.Setenv(name, dir)
	}
	t.Cleanup(func() {
		entries, err := os.ReadDir(dir)
		if err != nil || len(entries) > 0 {
			t.Errorf("left behind: %v, %v", entries, err)
		}
	})
}

func runCommand(ctx context.Context, args ...string) (code int, stdout, stderr string) {
	var out, errs bytes.Buffer
	code = run(ctx, args, strings.NewReader(""), &out, &errs)
	return code, out.String(), errs.String()
}

func TestDemo(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	temporary(t)
	code, stdout, stderr := runCommand(t.Context(), "demo", "--json")
	if code != exitOK {
		t.Fatalf("exit %d\n%s", code, stderr)
	}
	var got struct {
		Rows []struct {
			Outcome, Tier string
			Reason        string
			Told          string
			Wrong         []string
			Decision      issuer.Decision
		}
	}
	if err := json.Unmarshal([]byte(stdout), &got); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"approved unverified", "approved domain", "approved signed", "approved accepted",
		"denied signature_invalid", "denied redirect_uri_not_stated", "approved domain", "approved accepted",
	}
	if len(got.Rows) != len(want) {
		t.Fatalf("%d rows, want %d", len(got.Rows), len(want))
	}
	for i, row := range got.Rows {
		d := row.Decision
		said := string(d.Outcome) + " " + d.Tier.String()
		if d.Outcome == issuer.Denied {
			said = "denied " + string(d.Reason)
		}
		if said != want[i] || len(row.Wrong) > 0 || row.Outcome != string(d.Outcome) {
			t.Errorf("row %d: %s, want %s %v", i+1, said, want[i], row.Wrong)
		}
		if !d.Test || d.Countersigned != "" {
			t.Errorf("row %d: a demo's decision could be taken for a real one", i+1)
		}
	}
}

func TestDemoTable(t *testing.T) {
	temporary(t)
	code, stdout, stderr := runCommand(t.Context(), "demo")
	if code != exitOK {
		t.Fatalf("exit %d\n%s", code, stderr)
	}
	for _, want := range []string{
		"OUTCOME", "FIRST REASON", "signature_invalid", "redirect_uri_not_stated", "name_resembles_protected",
		"Returns only to evil.example", "15m/7d", "countersign init", "countersign serve",
	} {
		if !strings.Contains(stdout, want) {
			t.Errorf("%q is not there:\n%s", want, stdout)
		}
	}
	if strings.Count(stderr, "\n") != 3 {
		t.Errorf("told while running: %s", stderr)
	}
}

func TestDemoKeeps(t *testing.T) {
	temporary(t)
	dir := filepath.Join(t.TempDir(), "kept")
	if code, _, stderr := runCommand(t.Context(), "demo", "--keep", dir); code != exitOK {
		t.Fatalf("exit %d\n%s", code, stderr)
	}
	code, stdout, stderr := runCommand(t.Context(), "verify", "--offline", "--roots",
		filepath.Join(dir, demoRootsFile), filepath.Join(dir, demoStatementFile))
	if code != exitOK {
		t.Errorf("the kept statement: exit %d\n%s%s", code, stdout, stderr)
	}
	for _, name := range []string{demoDecisionsFile, "data"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Error(err)
		}
	}
	t.Run("into nothing that is there", func(t *testing.T) {
		code, _, stderr := runCommand(t.Context(), "demo", "--keep", dir)
		if code != exitFailed || !strings.Contains(stderr, "is not empty") {
			t.Errorf("exit %d\n%s", code, stderr)
		}
	})
}

func TestDemoInterrupted(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	temporary(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	code, stdout, stderr := runCommand(ctx, "demo")
	if code != exitFailed || stdout != "" || !strings.Contains(stderr, "countersign: error: the demo was interrupted\n") {
		t.Errorf("exit %d\n%s%s", code, stdout, stderr)
	}
}

func TestDemoWithoutTemporaryDirectory(t *testing.T) {
	nowhere := filepath.Join(t.TempDir(), "nowhere")
	for _, name := range []string{"TMPDIR", "TMP", "TEMP"} {
		t.Setenv(name, nowhere)
	}
	code, _, stderr := runCommand(t.Context(), "demo")
	if code != exitFailed || !strings.Contains(stderr, "hint: it needs a temporary directory") {
		t.Errorf("exit %d\n%s", code, stderr)
	}
}

// A row that is not as it must be is named, whatever of it is wrong.
func TestDemoCompares(t *testing.T) {
	as := demoStep{want: demoResult{"approved", "signed", "web", "files.read", "15m/7d", ""}, told: "Published and signed"}
	right := demoRow{demoResult: as.want, Told: "Published and signed by acme.example"}
	if wrong := right.compare(as); len(wrong) > 0 {
		t.Fatal(wrong)
	}
	for name, spoil := range map[string]func(*demoRow){
		"outcome":      func(r *demoRow) { r.Outcome = "denied" },
		"tier":         func(r *demoRow) { r.Tier = "accepted" },
		"binding":      func(r *demoRow) { r.Binding = "loose" },
		"scopes":       func(r *demoRow) { r.Scopes += " mail.read" },
		"lifetimes":    func(r *demoRow) { r.Lifetimes = "1h/1h" },
		"first reason": func(r *demoRow) { r.Reason = "key_line_new" },
		"told":         func(r *demoRow) { r.Told = "Nobody vouches for it" },
	} {
		t.Run(name, func(t *testing.T) {
			row := right
			spoil(&row)
			if wrong := row.compare(as); len(wrong) != 1 || !strings.Contains(wrong[0], name) {
				t.Errorf("%q", wrong)
			}
		})
	}
}

func TestDemoTellsWhatIsWrong(t *testing.T) {
	var out, errs bytes.Buffer
	rows := []demoRow{{Presented: "right"}, {Presented: "a forged statement", Wrong: []string{"outcome is \"approved\""}}}
	err := judgeDemo(&errs, rows)
	if code := report(err, false, &out, &errs); code != exitFailed {
		t.Errorf("exit %d", code)
	}
	const want = "countersign: error: row 2 (a forged statement): outcome is \"approved\"\ncountersign: error: 1 of 2 clients did not come out as they must\n"
	if errs.String() != want || out.Len() > 0 {
		t.Errorf("told %q", errs.String())
	}
}

func TestLifetime(t *testing.T) {
	for seconds, want := range map[int]string{900: "15m", 3600: "1h", 28800: "8h", 604800: "7d", 5400: "90m", 61: "1m1s"} {
		if got := lifetime(seconds); got != want {
			t.Errorf("%d s is %q, want %q", seconds, got, want)
		}
	}
}
