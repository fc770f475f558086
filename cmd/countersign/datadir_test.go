package main

import (
	"bytes"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// What a data directory holds is nobody else's to read.
func TestDataDirIsClosedToOthers(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Log("Windows has no mode bits")
		return
	}
	foreign := func(dir string) error { return os.WriteFile(filepath.Join(dir, "letter"), nil, 0o600) }
	store := func(dir string) error { return os.WriteFile(filepath.Join(dir, "MANIFEST"), nil, 0o600) }
	for _, test := range []struct {
		name      string
		mode      os.FileMode
		fill      func(string) error
		refused   bool
		tightened bool
	}{
		{"new, for all", 0o777, nil, false, true},
		{"new, for a group", 0o750, nil, false, true},
		{"a store's, for a group to search", 0o710, store, false, true},
		{"a store's", 0o700, store, false, false},
		{"read-only", 0o500, nil, false, false},
		{"of other things, for all", 0o755, foreign, true, false},
		{"of other things", 0o700, foreign, false, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			if test.fill != nil {
				if err := test.fill(dir); err != nil {
					t.Fatal(err)
				}
			}
			if err := os.Chmod(dir, test.mode); err != nil {
				t.Fatal(err)
			}
			var log bytes.Buffer
			err := closeToOthers(t.Context(), dir, slog.New(slog.NewTextHandler(&log, nil)))
			var exposed *exposedError
			if errors.As(err, &exposed) != test.refused || err != nil && !strings.Contains(startHint(err, dir), "chmod 700") {
				t.Errorf("error %v", err)
			}
			info, err := os.Stat(dir)
			if err != nil {
				t.Fatal(err)
			}
			want := test.mode
			if test.tightened {
				want = 0o700
			}
			if info.Mode().Perm() != want || strings.Contains(log.String(), "closed the data directory to others") != test.tightened {
				t.Errorf("mode %v, want %v; logged %q", info.Mode().Perm(), want, &log)
			}
		})
	}
	t.Run("at the start", func(t *testing.T) {
		dir := t.TempDir()
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		serveTest(t, smallService(dir))
		if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
			t.Errorf("%v, %v", info, err)
		}
	})
}
