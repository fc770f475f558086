package main

import (
	"bytes"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

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
