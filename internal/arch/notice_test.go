package arch

import (
	"os"
	"strings"
	"testing"
)

// NOTICE names each module whose code is in the released binary.
func TestNoticeNamesEveryModule(t *testing.T) {
	notice, err := os.ReadFile("../../NOTICE")
	if err != nil {
		t.Fatal(err)
	}
	named := map[string]bool{}
	for _, word := range strings.Fields(string(notice)) {
		named[word] = true
	}
	modules := goList(t, "-deps", "-f", "{{with .Module}}{{if not .Main}}{{.Path}}{{end}}{{end}}", module+"/cmd/countersign")
	if len(modules) == 0 {
		t.Fatal("the command links no module: has go list changed?")
	}
	seen := map[string]bool{}
	for _, path := range modules {
		if !named[path] && !seen[path] {
			t.Errorf("NOTICE does not name %s, which the command links: add it under its licence", path)
		}
		seen[path] = true
	}
}
