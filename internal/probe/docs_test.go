package probe

import (
	"os"
	"strings"
	"testing"
)

// TestEveryCheckIsDocumented looks for a row of each check in docs/probe.md, with
// the mend that the program prints.
func TestEveryCheckIsDocumented(t *testing.T) {
	page, err := os.ReadFile("../../docs/probe.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := 0
	for line := range strings.Lines(string(page)) {
		if strings.HasPrefix(line, "| `") {
			rows++
		}
	}
	if rows != len(checks) {
		t.Errorf("docs/probe.md has %d rows, there are %d checks", rows, len(checks))
	}
	for _, c := range checks {
		if !strings.Contains(string(page), "\n| `"+string(c.name)+"` | ") || !strings.Contains(string(page), " | "+c.mend+" |\n") {
			t.Errorf("docs/probe.md lacks the row of %s, or its mend", c.name)
		}
	}
}
