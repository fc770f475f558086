package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"time"
)

// A fate is what became of a mutant.
type fate uint8

const (
	survived fate = iota // every test passed
	killed               // a test failed, or did not end
	unbuilt              // the compiler refused it: no mutant
)

// A trial is one mutant and what became of it.
type trial struct {
	mutant
	fate fate
	by   []string // the tests that failed, or what else went wrong
	err  error    // the trial itself could not be carried out
}

// kiB that a test may have, so that a mutant that never stops allocating ends
// itself and not the machine.
const mostMemory = 12 << 20

// try tests a mutant: first by its own package's tests, then by those of the
// packages given that import it.
func try(ctx context.Context, m mutant, importers []string, limit time.Duration) trial {
	t := trial{mutant: m}
	dir, err := os.MkdirTemp("", "countersign-mutant-")
	if err != nil {
		t.err = err
		return t
	}
	defer os.RemoveAll(dir)
	overlay, err := m.write(dir)
	if err != nil {
		t.err = err
		return t
	}
	for _, pkg := range append([]string{m.pkg}, importers...) {
		output, err := goTest(ctx, limit, "-overlay="+overlay, pkg)
		var exit *exec.ExitError
		switch {
		case err == nil:
			continue
		case ctx.Err() != nil:
			t.err = ctx.Err()
		case !errors.As(err, &exit):
			t.err = err
		case bytes.Contains(output, []byte("[build failed]")) || bytes.Contains(output, []byte("[setup failed]")):
			t.fate = unbuilt
		default:
			t.fate, t.by = killed, culprits(pkg, output)
		}
		return t
	}
	return t
}

// write puts the changed file and an overlay that has it in place of the
// original into dir: no file of the checkout is touched.
func (m mutant) write(dir string) (overlay string, err error) {
	source, err := os.ReadFile(m.file)
	if err != nil {
		return "", err
	}
	changed := filepath.Join(dir, "mutant.go")
	if err := os.WriteFile(changed, slices.Concat(source[:m.start], []byte(m.text), source[m.end:]), 0o600); err != nil {
		return "", err
	}
	replace, err := json.Marshal(map[string]any{"Replace": map[string]string{m.file: changed}})
	if err != nil {
		return "", err
	}
	overlay = filepath.Join(dir, "overlay.json")
	return overlay, os.WriteFile(overlay, replace, 0o600)
}

// goTest runs go test in a process group of its own, and ends what is left of
// the group: servers that a test that crashed did not stop.
func goTest(ctx context.Context, limit time.Duration, args ...string) ([]byte, error) {
	// What is built waits for its turn and for the linker before the tests begin.
	const building = 5 * time.Minute
	ctx, cancel := context.WithTimeout(ctx, limit+building)
	defer cancel()
	script := fmt.Sprintf(`ulimit -v %d 2>/dev/null; exec go test -count=1 -failfast -vet=off -timeout=%s "$@"`, mostMemory, limit)
	cmd := exec.CommandContext(ctx, "sh", append([]string{"-c", script, "sh"}, args...)...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	end := func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.Cancel = end
	cmd.WaitDelay = time.Second // a server that is left holds the output open
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	err := cmd.Run()
	if cmd.Process != nil {
		_ = end() // nobody is left, mostly
	}
	if errors.Is(err, exec.ErrWaitDelay) {
		err = nil // it had ended well, and left a server
	}
	return output.Bytes(), err
}

var failing = regexp.MustCompile(`(?m)^\s*--- FAIL: (\S+)`)

// culprits names the tests that failed, the innermost of each.
func culprits(pkg string, output []byte) (names []string) {
	var all []string
	for _, m := range failing.FindAllSubmatch(output, -1) {
		all = append(all, string(m[1]))
	}
	for _, name := range all {
		if !slices.ContainsFunc(all, func(other string) bool { return strings.HasPrefix(other, name+"/") }) {
			names = append(names, filepath.Base(pkg)+"."+name)
		}
	}
	switch {
	case bytes.Contains(output, []byte("panic: test timed out")):
		return append(names, "did not end")
	case len(names) == 0:
		return []string{filepath.Base(pkg) + " crashed"}
	}
	return names
}

func oneLine(s string) string {
	const longest = 90
	s = strings.Join(strings.Fields(s), " ")
	if len(s) > longest {
		s = s[:longest] + "…"
	}
	return s
}
