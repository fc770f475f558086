package main

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"
)

// Of a name that is too long the system says that an argument is invalid.
func TestSocketName(t *testing.T) {
	dir := filepath.Join(t.TempDir(), strings.Repeat("x", socketNameBytes))
	const want = "name the directory by a shorter path"
	if l, err := listenSocket(dir); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("listening: %v, %v", l, err)
	}
	var stdout, stderr bytes.Buffer
	if code := run(t.Context(), []string{"decide", "--data", dir, "-"}, strings.NewReader(goodRegistration), &stdout, &stderr); code != exitFailed || !strings.Contains(stderr.String(), want) {
		t.Errorf("asking: exit %d, %s", code, &stderr)
	}
}
