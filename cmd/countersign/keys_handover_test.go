package main

import (
	"fmt"
	"io/fs"
	"strings"
	"testing"
)

// A stick that keeps no permissions is no place for a new key file, and another
// name does not help there.
func TestStandbyNotSaved(t *testing.T) {
	for err, want := range map[error]string{
		fs.ErrPermission: "in your home directory, and move it there",
		fs.ErrExist:      "name a new file",
	} {
		if got := notSaved(fmt.Errorf("writing a key: %w", err)); !strings.Contains(got, want) {
			t.Errorf("%v: %s", err, got)
		}
	}
}
