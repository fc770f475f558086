package docs_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/fc28f635/countersign/docs"
	"github.com/fc28f635/countersign/metadata"
)

// TestEveryReasonHasAPage holds docs/reasons.md and metadata.Reasons together:
// one page a reason, in three parts and this order, and no page without one.
func TestEveryReasonHasAPage(t *testing.T) {
	parts := []string{"**Means.** ", "**Does not mean.** ", "**Mend.** "}
	for _, reason := range metadata.Reasons() {
		t.Run(string(reason), func(t *testing.T) {
			page, ok := docs.Reason(string(reason))
			if !ok {
				t.Fatal("no page in docs/reasons.md")
			}
			paragraphs := strings.Split(page, "\n\n")
			if len(paragraphs) != len(parts) {
				t.Fatalf("%d paragraphs, want %d", len(paragraphs), len(parts))
			}
			for i, part := range parts {
				if !strings.HasPrefix(paragraphs[i], part) {
					t.Errorf("paragraph %d does not begin with %q", i+1, part)
				}
			}
			if !regexp.MustCompile(`(?i)operator|publisher|client developer`).MatchString(paragraphs[2]) {
				t.Error("the mend says nobody who can do it")
			}
		})
	}
	pages := regexp.MustCompile(`(?m)^### (\S+)$`).FindAllStringSubmatch(read(t, "reasons.md"), -1)
	seen := map[string]bool{}
	for _, page := range pages {
		if !slices.Contains(metadata.Reasons(), metadata.Reason(page[1])) {
			t.Errorf("page %q is of no reason", page[1])
		}
		if seen[page[1]] {
			t.Errorf("two pages of %q", page[1])
		}
		seen[page[1]] = true
	}
}

func TestUnknownReasonHasNoPage(t *testing.T) {
	for _, name := range []string{"", "statement", "Reasons", "of_tomorrow"} {
		if page, ok := docs.Reason(name); ok {
			t.Errorf("%q has page %q", name, page)
		}
	}
}

// TestCommandsInDocsExist looks for each command that the documents name among
// the files of the program: every command has one of its own.
func TestCommandsInDocsExist(t *testing.T) {
	fromCobra := []string{"help", "completion"}
	files := documents(t)
	named := 0
	for _, file := range files {
		for _, text := range code(read(t, file)) {
			for _, found := range regexp.MustCompile(`(?m)(?:^|[\s/$(|])countersign ([a-z]+)`).FindAllStringSubmatch(text, -1) {
				named++
				if slices.Contains(fromCobra, found[1]) {
					continue
				}
				if _, err := os.Stat(filepath.Join("..", "cmd", "countersign", found[1]+".go")); err != nil {
					t.Errorf("%s names the command %q, and there is none", file, found[1])
				}
			}
		}
	}
	if named == 0 {
		t.Fatal("the documents name no command: has their form changed?")
	}
}

// TestFlagsInDocsExist looks for each flag that the documents name among those
// that the program declares.
func TestFlagsInDocsExist(t *testing.T) {
	sources, err := filepath.Glob("../cmd/countersign/*.go")
	if err != nil || len(sources) == 0 {
		t.Fatalf("no sources: %v", err)
	}
	var program strings.Builder
	for _, source := range sources {
		program.WriteString(read(t, source))
	}
	for _, file := range documents(t) {
		for _, text := range code(read(t, file)) {
			for _, flag := range regexp.MustCompile(`(?:^|\s)--([a-z][a-z-]+)`).FindAllStringSubmatch(text, -1) {
				if flag[1] != "help" && !strings.Contains(program.String(), `"`+flag[1]+`"`) {
					t.Errorf("%s names the flag --%s, and no command has it", file, flag[1])
				}
			}
		}
	}
}

// TestLinksInDocsLead follows the links between the files of the repository.
func TestLinksInDocsLead(t *testing.T) {
	for _, file := range documents(t) {
		for _, link := range regexp.MustCompile(`\]\(([^)#:]+)(?:#[^)]*)?\)`).FindAllStringSubmatch(read(t, file), -1) {
			if _, err := os.Stat(filepath.Join(filepath.Dir(file), link[1])); err != nil {
				t.Errorf("%s links to %q, and there is nothing", file, link[1])
			}
		}
	}
}

// TestPathsInDocsExist looks for each path of the repository that the
// documents name in code.
func TestPathsInDocsExist(t *testing.T) {
	path := regexp.MustCompile("`((?:attest|cmd|docs|internal|issuer|metadata|scripts|testvectors|trustroots|verify)/[A-Za-z0-9_./-]*)`")
	for _, file := range documents(t) {
		for _, found := range path.FindAllStringSubmatch(read(t, file), -1) {
			_, err := os.Stat(filepath.Join("..", found[1]))
			_, vector := os.Stat(filepath.Join("..", "testvectors", "data", found[1]+".txtar"))
			if err != nil && vector != nil {
				t.Errorf("%s names %q, and there is nothing", file, found[1])
			}
		}
	}
}

// TestGoInReadmeIsCompiled looks for each line of Go in the README among the
// examples, which the compiler reads.
func TestGoInReadmeIsCompiled(t *testing.T) {
	example := read(t, "../verify/online/example_test.go") + read(t, "../issuer/example_test.go")
	blocks := regexp.MustCompile("(?s)```go\n(.*?)```").FindAllStringSubmatch(read(t, "../README.md"), -1)
	if len(blocks) == 0 {
		t.Fatal("no Go in the README: has its form changed?")
	}
	for _, block := range blocks {
		for line := range strings.Lines(block[1]) {
			code, _, _ := strings.Cut(strings.TrimSpace(line), " // ")
			if !strings.Contains(example, code) {
				t.Errorf("the README has %q, and no example does", code)
			}
		}
	}
}

// TestVectorsInDocsExist looks for each vector that the documents name, with *
// for any part of a name.
func TestVectorsInDocsExist(t *testing.T) {
	const data = "../testvectors/data"
	areas, err := os.ReadDir(data)
	if err != nil {
		t.Fatal(err)
	}
	named := 0
	for _, file := range documents(t) {
		for _, found := range regexp.MustCompile("`([a-z_0-9]+)/([a-z_0-9*]*)`").FindAllStringSubmatch(read(t, file), -1) {
			if !slices.ContainsFunc(areas, func(d os.DirEntry) bool { return d.Name() == found[1] }) || found[1] == "metadata" && found[2] == "" {
				continue
			}
			named++
			name := found[2]
			if name == "" {
				name = "*"
			}
			if files, err := filepath.Glob(filepath.Join(data, found[1], name+".txtar")); err != nil || len(files) == 0 {
				t.Errorf("%s names the vector %s/%s, and there is none", file, found[1], found[2])
			}
		}
	}
	if named == 0 {
		t.Fatal("the documents name no vector: has their form changed?")
	}
}

// TestThreatRowsAreTested looks, for each group of the threat model, for a test
// or vector that carries a row of it in every place that the table names.
func TestThreatRowsAreTested(t *testing.T) {
	groups := regexp.MustCompile("(?m)^\\| ([A-Z]) \\|.*\\| (`.*`) \\|$").FindAllStringSubmatch(read(t, "threat-model.md"), -1)
	if len(groups) == 0 {
		t.Fatal("no groups in threat-model.md: has its form changed?")
	}
	for _, group := range groups {
		row := regexp.MustCompile(`(?m)"` + group[1] + `[0-9]+[ ,"]|^row:.*\b` + group[1] + `[0-9]+`)
		for _, place := range strings.Split(strings.Trim(group[2], "`"), "`, `") {
			if !carries(t, filepath.Join("..", place), row) {
				t.Errorf("group %s: no test in %s carries a row", group[1], place)
			}
		}
	}
}

// carries reports whether a test or vector at or below dir matches.
func carries(t *testing.T, dir string, row *regexp.Regexp) (found bool) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && (strings.HasSuffix(path, "_test.go") || strings.HasSuffix(path, ".txtar")) {
			found = found || row.MatchString(read(t, path))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// documents are the README and the pages of this directory.
func documents(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("*.md")
	if err != nil || len(files) == 0 {
		t.Fatalf("no documents: %v", err)
	}
	return append(files, filepath.Join("..", "README.md"))
}

// code returns the fenced blocks of a document and its inline code.
func code(text string) []string {
	var list []string
	for i, part := range strings.Split(text, "```") {
		if i%2 == 1 {
			list = append(list, part)
			continue
		}
		for j, inline := range strings.Split(part, "`") {
			if j%2 == 1 {
				list = append(list, inline)
			}
		}
	}
	return list
}

func read(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
