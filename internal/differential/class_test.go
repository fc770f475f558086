package differential

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// A class is one explained disagreement. Its name is that of its row in
// docs/differential.md, which says who is right, and why ours is as it is.
type class[D any] struct {
	name string
	of   func(D) bool // looks for the cause in the input where it can
}

// A tally counts the disagreements of a run by class.
type tally[D any] struct {
	classes []class[D]
	counts  map[string]int
	agreed  map[string]int
	unknown int
}

func newTally[D any](classes []class[D]) *tally[D] {
	return &tally[D]{classes: classes, counts: map[string]int{}, agreed: map[string]int{}}
}

// agree counts an input that both sides read alike.
func (y *tally[D]) agree(accepted bool) {
	y.agreed[map[bool]string{true: "accepted", false: "refused"}[accepted]]++
}

// disagree looks for the class of a disagreement, the first that it is of.
func (y *tally[D]) disagree(t *testing.T, d D) {
	t.Helper()
	const shown = 20
	i := slices.IndexFunc(y.classes, func(c class[D]) bool { return c.of(d) })
	if i >= 0 {
		y.counts[y.classes[i].name]++
		return
	}
	if y.unknown++; y.unknown <= shown {
		t.Errorf("a disagreement of no class: %v", d)
	}
}

// report prints the counts. Both sides must have accepted some and refused
// some, and in a long run every class must have come up: one that does not is
// dead, or covers up what the mutants do not reach.
func (y *tally[D]) report(t *testing.T) {
	t.Helper()
	t.Logf("both accepted %d, both refused %d, of no class %d", y.agreed["accepted"], y.agreed["refused"], y.unknown)
	for _, c := range y.classes {
		t.Logf("%6d %s", y.counts[c.name], c.name)
		if long() && y.counts[c.name] == 0 {
			t.Errorf("class %q never came up", c.name)
		}
	}
	if y.agreed["accepted"] == 0 || y.agreed["refused"] == 0 {
		t.Error("the mutants are too wild or too tame: nothing was accepted, or nothing refused")
	}
}

// TestClassesAreExplained holds the classes and docs/differential.md together.
func TestClassesAreExplained(t *testing.T) {
	page, err := os.ReadFile("../../docs/differential.md")
	if err != nil {
		t.Fatal(err)
	}
	classes := map[string][]string{"Statements": names(statementClasses), "Key sets": names(keyClasses), "client_ids": names(clientIDClasses)}
	for section := range strings.SplitSeq(string(page), "\n## ") {
		title, text, _ := strings.Cut(section, "\n")
		declared, ok := classes[title]
		if !ok {
			continue
		}
		delete(classes, title)
		var rows []string
		for _, row := range regexp.MustCompile(`(?m)^\| ([^|]+?) \| [^|]+ \| [^|]+ \|$`).FindAllStringSubmatch(text, -1) {
			if name := row[1]; name != "class" {
				rows = append(rows, name)
			}
		}
		if want, got := fmt.Sprintf("%q", declared), fmt.Sprintf("%q", rows); got != want {
			t.Errorf("%s: the page explains\n%s\nand the classes are\n%s", title, got, want)
		}
	}
	for title := range classes {
		t.Errorf("the page has no section %q", title)
	}
}

func names[D any](classes []class[D]) (names []string) {
	for _, c := range classes {
		names = append(names, c.name)
	}
	return names
}
