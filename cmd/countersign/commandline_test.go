package main

import (
	"os/exec"
	"testing"
)

func TestCommand(t *testing.T) {
	if got, want := command("init", "acme.example", "--dir", "my acme"), "countersign init acme.example --dir 'my acme'"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	for _, word := range []string{"acme", "my acme", "a'b", "", "$(id)", "`id`", "a\\b", "~", "a\nb", "*"} {
		out, err := exec.Command("sh", "-c", "printf %s "+shellWord(word)).Output()
		if err != nil || string(out) != word {
			t.Errorf("%q is read as %q, %v", word, out, err)
		}
	}
}
