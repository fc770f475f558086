package main

import (
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const sample = `package p

import "strings"

var words = []string{"a", "b"}

func f(s string, n int) bool {
	if !strings.HasPrefix(s, "a") || n < 2 {
		n++
		return false
	}
	switch s {
	case "x", "y":
		words = nil
	}
	for n > 0 {
		break
	}
	return true
}
`

func TestMutants(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "p.go")
	if err := os.WriteFile(file, []byte(sample), 0o600); err != nil {
		t.Fatal(err)
	}
	found, err := in("example.test/p", file)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, m := range found {
		got = append(got, m.String())
		overlay, err := m.write(dir)
		if err != nil {
			t.Fatal(err)
		}
		changed, err := os.ReadFile(filepath.Join(filepath.Dir(overlay), "mutant.go"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := parser.ParseFile(token.NewFileSet(), "mutant.go", changed, 0); err != nil || string(changed) == sample {
			t.Errorf("%s: %v\n%s", m, err, changed)
		}
	}
	slices.Sort(got)
	const at = "example.test/p/p.go:"
	want := []string{
		at + `10: false is true`,
		at + `13: without "x"`,
		at + `13: without "y"`,
		at + `14: without words = nil`,
		at + `16: 0 is one more`,
		at + `16: >= for > in n > 0`,
		at + `16: loop never runs`,
		at + `17: without break`,
		at + `19: true is false`,
		at + `5: without "a"`,
		at + `5: without "b"`,
		at + `8: && for || in !strings.HasPrefix(s, "a") || n < 2`,
		at + `8: 2 is one more`,
		at + `8: <= for < in n < 2`,
		at + `8: always: !strings.HasPrefix(s, "a") || n < 2`,
		at + `8: never: !strings.HasPrefix(s, "a") || n < 2`,
		at + `8: without !`,
		at + `9: without n++`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestCulprits(t *testing.T) {
	for output, want := range map[string][]string{
		"--- FAIL: TestA (0.1s)\n    --- FAIL: TestA/one (0s)\n--- FAIL: TestB (0s)\nFAIL\n": {"p.TestA/one", "p.TestB"},
		"panic: test timed out after 1s\n":                                                   {"did not end"},
		"panic: nil map\nFAIL\n":                                                             {"p crashed"},
	} {
		if diff := cmp.Diff(want, culprits("example.test/p", []byte(output))); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	}
}
