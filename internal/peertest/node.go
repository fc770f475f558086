package peertest

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// Node runs script, a program below integrations, with the packages that
// scripts/peers brought beside it, until the test ends.
func Node(t testing.TB, script string) (stdin io.Writer, stdout io.Reader) {
	t.Helper()
	file := filepath.Join(root(t), "integrations", filepath.FromSlash(script))
	if _, err := os.Stat(filepath.Join(filepath.Dir(file), "node_modules")); err != nil {
		t.Fatalf("what %s needs is not here: run scripts/peers", script)
	}
	cmd := exec.Command(program(t, "node"), file)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	start(t, cmd)
	return in, out
}
