package metadata_test

import (
	"slices"
	"testing"

	"github.com/fc28f635/countersign/metadata"
)

// Every two short words are as far apart as the textbook says, or further than
// asked about.
func TestDistance(t *testing.T) {
	words := [][]rune{nil}
	for from := 0; len(words) < 1+3+9+27+81; from++ {
		for _, c := range "abc" {
			words = append(words, append(slices.Clip(words[from]), c))
		}
	}
	for _, a := range words {
		for _, b := range words {
			want := textbookDistance(a, b)
			for most := range 4 {
				if got := metadata.Distance(a, b, most); got != want && (got <= most || want <= most) {
					t.Fatalf("%q and %q are %d apart, want %d, at most %d", string(a), string(b), got, want, most)
				}
			}
		}
	}
}
