package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/fc28f635/countersign/issuer"
)

// Who falls or loses is told, counted and shown by an example, from the service,
// from what it left and from a file alike.
func TestPolicyDiff(t *testing.T) {
	dir := shortDir(t)
	s, err := startService(t.Context(), smallService(dir))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.stop() })
	var lines bytes.Buffer
	for i := range 3 {
		_, d, err := postDecision(s.url(), s.firstKey, fmt.Sprintf(`{"client":%s,"dry_run":%t}`, goodRegistration, i == 2))
		if err != nil {
			t.Fatal(err)
		}
		if err := json.NewEncoder(&lines).Encode(d); err != nil {
			t.Fatal(err)
		}
	}
	shorter, file, half := filepath.Join(dir, "short.yaml"), filepath.Join(dir, "decisions.jsonl"), filepath.Join(dir, "half.jsonl")
	for name, text := range map[string]string{shorter: shortPolicy(60), file: lines.String(), half: lines.String()[:lines.Len()-10], filepath.Join(dir, "odd.jsonl"): "{}\n"} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	key := keyFile(t, s)
	loses := "2 decisions: 0 the same, 0 rise, 0 fall, 0 gain, 2 lose\n"
	check := func(name string, args string, code int, want ...string) {
		t.Helper()
		got, out, errs := runCommand(t.Context(), append([]string{"policy", "diff"}, strings.Fields(args)...)...)
		if got != code {
			t.Errorf("%s: exit %d, want %d: %s%s", name, got, code, out, errs)
		}
		for _, w := range want {
			if !strings.Contains(out+errs, w) {
				t.Errorf("%s: it does not say %q: %s%s", name, w, out, errs)
			}
		}
	}
	check("socket", "current "+shorter+" --data "+dir, exitOK, loses, ": 2 lose\n", "loses    access token of 3600 s, not 60 (2)\n", "example  d")
	check("address", "current "+shorter+" --server "+s.url()+" --api-key "+key, exitOK, loses)
	check("the other way", shorter+" standard --data "+dir+" --fail-on-loss", exitOK, "2 gain, 0 lose", "gains    access token of 3600 s, not 60 (2)")
	check("a loss", "standard "+shorter+" --data "+dir+" --fail-on-loss", exitRejected, loses)
	check("JSON", "standard "+shorter+" --json --data "+dir, exitOK, `"loses": 2`, `"dry_runs": 1`, `"what": "access token of 3600 s, not 60"`)
	check("a digest", issuer.Standard().Digest()+" "+shorter+" --data "+dir, exitOK, loses)
	check("an unknown digest", "sha256:"+strings.Repeat("0", 64)+" "+shorter+" --data "+dir, exitFailed, "There is no version of the policy")
	check("no file", "standard none.yaml --data "+dir, exitRejected, "none.yaml")
	check("since later", "standard "+shorter+" --since 2126-01-01 --data "+dir, exitOK, "0 decisions")
	check("since before", "standard "+shorter+" --since 1d --data "+dir, exitOK, loses)
	check("decisions in a file", "standard "+shorter+" --decisions "+file, exitOK, loses)
	check("half a file", "standard "+shorter+" --decisions "+half, exitRejected, "decision 3 in")
	check("a file of something else", "standard "+shorter+" --decisions "+filepath.Join(dir, "odd.jsonl"), exitRejected, "it has no id")
	code, exported, errs := runCommand(t.Context(), "export", "decisions", "--data", dir)
	if lines := strings.Split(strings.TrimSpace(exported), "\n"); code != exitOK || len(lines) != 3 || !strings.HasPrefix(lines[0], `{"id":"d`) {
		t.Fatalf("exporting: exit %d: %s%s", code, exported, errs)
	}
	if err := os.WriteFile(file, []byte(exported), 0o600); err != nil {
		t.Fatal(err)
	}
	check("exported decisions", "standard "+shorter+" --decisions "+file, exitOK, loses)
	check("nothing to replay", "standard "+shorter, exitUsage, "--data DIR is missing")
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}
	check("without a service", "current "+shorter+" --data "+dir, exitOK, loses)
}

// How far it is, is shown as a bar on a terminal, and elsewhere in few lines.
func TestProgress(t *testing.T) {
	for name, terminal := range map[string]bool{"terminal": true, "file": false} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			at := time.Unix(1_700_000_000, 0)
			p := newProgress(&out, func() time.Time { return at })
			p.terminal = terminal
			const steps, seconds = 64 * 100, 25
			for i := range steps {
				at = at.Add(seconds * time.Second / steps)
				p.step(float64(i+1) / steps)
			}
			p.end()
			told := strings.FieldsFunc(out.String(), func(r rune) bool { return r == '\r' || r == '\n' })
			switch {
			case terminal && (len(told) < 50 || !strings.HasPrefix(told[len(told)-2], "[========================") || told[len(told)-1] != "\x1b[K"):
				t.Errorf("a terminal is told %q", told)
			case !terminal && (len(told) != 2 || !strings.HasPrefix(told[0], "countersign: 4") || !strings.Contains(told[1], " 256 a second")):
				t.Errorf("a file is told %q", told)
			}
		})
	}
}
