package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/fc28f635/countersign/internal/peertest"
)

// A readmeBlock is one block of commands of the README, with what stands after
// the word sh.
var readmeBlock = regexp.MustCompile("(?ms)^```sh( [a-z ]+)?\n(.*?)^```$")

// TestFirstDay does what the README says of the operator's first day, in its
// words and in its order, from an empty directory. The authorization server that
// is probed is a real one.
func TestFirstDay(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, day, _ := strings.Cut(string(text), "\n## Operator: the first day\n")
	day, _, _ = strings.Cut(day, "\n## ")
	r := newFirstDay(t, peertest.OIDCProvider(t, "open"))
	var printed []string
	for _, block := range readmeBlock.FindAllStringSubmatch(day, -1) {
		switch strings.TrimSpace(block[1]) {
		case "start":
			r.start(t, block[2])
		case "finds holes":
			out, code := r.sh(t, block[2])
			if code != exitRejected {
				t.Fatalf("exit %d", code)
			}
			printed = append(printed, out)
		case "":
			printed = append(printed, r.must(t, block[2]))
		default:
			t.Fatalf("a block of another kind: %q", block[1])
		}
	}
	// One line for each block after the start.
	want := [][]string{
		{"grade      D", "forged_statement", "chosen_scope"},
		{"Nobody vouches for the name \"Claude\"", "files.write (modify is beyond this tier; tier accepted has it)"},
		{"observed, not signed", "accepted: clients of shape sha256:3b7a", "evil.example  unverified"},
		{"approved", "tier        accepted", "scopes      files.read files.write"},
		{"<h1", "Nobody vouches", "accept"},
	}
	if len(printed) != len(want) {
		t.Fatalf("%d blocks of commands, want %d", len(printed), len(want))
	}
	for i, texts := range want {
		for _, text := range texts {
			if !strings.Contains(printed[i], text) {
				t.Errorf("block %d does not print %q:\n%s", i+1, text, printed[i])
			}
		}
	}
}

// newFirstDay is a shell in an empty directory. The README's addresses are those
// of the test: the service listens on a free port, and the authorization server
// is at issuer.
func newFirstDay(t *testing.T, issuer string) *shellRoad {
	t.Helper()
	top := t.TempDir()
	r := &shellRoad{dir: filepath.Join(top, "work"), bin: filepath.Join(top, "bin")}
	for _, dir := range []string{r.dir, r.bin} {
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	own, err := exec.LookPath("countersign")
	if err != nil {
		t.Fatal(err)
	}
	r.program(t, "countersign", `command=$1
shift
case $command in
serve) set -- --listen 127.0.0.1:0 --resolver 127.0.0.1:1 "$@" ;;
probe)
	shift
	set -- `+issuer+` --allow-loopback "$@"
	;;
esac
exec '`+own+`' "$command" "$@"
`)
	r.program(t, "curl", "exec '"+program(t, "curl")+"' \"$@\"\n")
	r.env = append(os.Environ(), "PATH="+r.bin+string(filepath.ListSeparator)+os.Getenv("PATH"), "GORACE=atexit_sleep_ms=0")
	return r
}

// start runs the command of a service until the test ends, and waits until it
// listens.
func (r *shellRoad) start(t *testing.T, script string) {
	t.Helper()
	log, err := os.Create(filepath.Join(r.bin, "..", "serve.log"))
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, "sh", "-eu", "-c", "exec "+script)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = r.dir, r.env, log, log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stop()
		if err := cmd.Wait(); err != nil && ctx.Err() == nil {
			t.Errorf("the service ended: %v", err)
		}
		_ = log.Close()
	})
	eventually(t, func() error {
		said, err := os.ReadFile(log.Name())
		if err == nil && !strings.Contains(string(said), "listening on ") {
			err = os.ErrNotExist
		}
		return err
	})
	if said, _ := os.ReadFile(log.Name()); apiKeyIn.FindString(string(said)) == "" {
		t.Errorf("the first start prints no API key:\n%s", said)
	}
}
