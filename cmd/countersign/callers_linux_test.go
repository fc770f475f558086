package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A start that makes the first key and then fails has told it: no later start
// makes another.
func TestFirstKeyOfAStartThatFails(t *testing.T) {
	const (
		longestPath = 4095                      // PATH_MAX without its end
		longestName = 31                        // of what the store makes, with its slash
		tooLong     = longestPath - longestName // for the policy, which is written under a longer name first
	)
	dir := t.TempDir()
	for part := min(200, tooLong-len(dir)-1); part > 0; part = min(200, tooLong-len(dir)-1) {
		dir = filepath.Join(dir, strings.Repeat("d", part))
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if said := runServeFails(t, "--data", dir, "--resolver", "127.0.0.1:1"); !strings.Contains(said, "writing the policy") || len(apiKeyIn.FindAllString(said, -1)) != 1 {
		t.Errorf("A2 the first start said %s", strings.ReplaceAll(said, dir, "DIR"))
	}
	if said := runServeFails(t, "--data", dir, "--resolver", "127.0.0.1:1"); apiKeyIn.MatchString(said) {
		t.Errorf("A2 the second start said %s", strings.ReplaceAll(said, dir, "DIR"))
	}
}
