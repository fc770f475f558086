package metadata_test

import (
	"testing"

	"github.com/fc28f635/countersign/metadata"
)

// A name that shows nothing is none, and what shows nothing is in no name.
func TestNameThatShowsNothing(t *testing.T) {
	for name, tc := range map[string]struct {
		value string
		ok    bool
	}{
		"R17 spaces":                    {"  ", false},
		"R17 an ideographic space":      {"\u3000", false},
		"R17 a blank of Braille":        {"\u2800", false},
		"R17 a blank of Braille inside": {"Acme\u2800Agent", false},
		"R17 a note without a head":     {"Acme \U0001d159", false},
		"R17 a variation selector":      {"\ufe0f", false},
		"R17 marks on nothing":          {" \u0301\u0301", false},
		"Braille":                       {"\u2801\u2803", true},
		"an emoji with a selector":      {"❤\ufe0f", true},
		"a space before a letter":       {" a", true},
	} {
		t.Run(name, func(t *testing.T) {
			if err := metadata.CheckName(tc.value); (err == nil) != tc.ok {
				t.Errorf("%+q: %v, want accepted %v", tc.value, err, tc.ok)
			}
		})
	}
}
