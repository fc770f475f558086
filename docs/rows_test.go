package docs_test

import (
	"io/fs"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// catalogue are the rows of the threat catalogue, by group, that must each be the
// name of a sub-test or of a vector, or be explained in threat-model.md.
var catalogue = map[string]string{
	"J": `1 2 4 5 6 7 10 11 12 13 14 15 16 17 18 19 21 22 23 25 26 27 28 29 30 31 32 34 35 36 37 38 39 42 44 46
		47 48 49 50 52 53 54 55 56 57 60 61 62 63 64 65 66 67 69 70 71 72 73`,
	"K": "1 5 11 13 14 16 17 18 19 20 22 25 27 28",
	"F": "1 2 3 4 5 6 7 8 9 10 11 12",
	"U": "1 3 5 6 7 9 10 11 12 13 14 15 17 18 19 20 21 22 23 24 25 26 27 29 30 32 33 36 37 38",
	"R": "1 2 3 4 5 7 8 9 11 12 14 15 16 17 18 19 20 21",
	"S": "1 2 3 4 6 8 9 10 12 14 15 17 18 19 20",
	"D": "1 2 3 4 6 7 8 11 12 13 14 15 16 17 18 19 20 21 23 24 26 27 29 30 31 32 33 35 36 37 38 39 40 41 42",
	"A": "2",
	"H": "1 2 4 5 6 7 8 10 11 12 15 17 18 19 20 21 22 23 24 26 27 28",
	"P": "1 2 3 4 5 6 8 9 11",
	"O": "2 3 4 5 6 7 8 11 16 21 22 23 24 27",
	"C": "2 6 7 8 9 10 11 12 13 14 16 17 18",
}

// TestEveryRowIsTestedOrExplained goes red where the last test of a row is
// removed, where more than one row in eight is explained away, and where an
// explanation outlives its row's want of a test.
func TestEveryRowIsTestedOrExplained(t *testing.T) {
	tested, explained := testedRows(t), explainedRows(t)
	rows, away := 0, 0
	for group, numbers := range catalogue {
		for number := range strings.FieldsSeq(numbers) {
			row := group + number
			rows++
			switch {
			case explained[row] && tested[row]:
				t.Errorf("%s has a test, and threat-model.md explains why it has none", row)
			case explained[row]:
				away++
			case !tested[row]:
				t.Errorf("%s is the name of no sub-test and of no vector, and threat-model.md does not say why", row)
			}
		}
	}
	if away*8 > rows {
		t.Errorf("%d of %d rows are explained away", away, rows)
	}
}

var (
	// A sub-test's name begins with its rows: "F6 J11 LF inside the header".
	rowsOfTest   = regexp.MustCompile("[\"`]((?:[A-Z][0-9]+ )*[A-Z][0-9]+)[ \"`]")
	rowOfVector  = regexp.MustCompile(`(?m)^row: ([A-Z][0-9]+)$`)
	rowExplained = regexp.MustCompile(`(?m)^\| ([A-Z][0-9]+(?:, [A-Z][0-9]+)*) \| .+ \|$`)
)

// testedRows returns the rows that are names of sub-tests and vectors.
func testedRows(t *testing.T) map[string]bool {
	t.Helper()
	tested := map[string]bool{}
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		var names *regexp.Regexp
		switch {
		case d.IsDir() && (d.Name() == "node_modules" || d.Name() == ".git" || d.Name() == ".tools"):
			return filepath.SkipDir
		case strings.HasSuffix(path, "_test.go"):
			names = rowsOfTest
		case strings.HasSuffix(path, ".txtar"):
			names = rowOfVector
		default:
			return nil
		}
		for _, name := range names.FindAllStringSubmatch(read(t, path), -1) {
			for row := range strings.FieldsSeq(name[1]) {
				tested[row] = true
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return tested
}

// explainedRows returns the rows that threat-model.md has reasons for not testing.
func explainedRows(t *testing.T) map[string]bool {
	t.Helper()
	explained := map[string]bool{}
	_, table, found := strings.Cut(read(t, "threat-model.md"), "\n| rows | why |\n")
	if !found {
		t.Fatal("threat-model.md has no table of rows without a test")
	}
	for _, line := range rowExplained.FindAllStringSubmatch(table, -1) {
		for row := range strings.SplitSeq(line[1], ", ") {
			explained[row] = true
		}
	}
	return explained
}
