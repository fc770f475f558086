package metadata

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"go.mau.fi/util/confusable"
)

// Resembles reports whether a client's name looks like the protected one while
// the publisher is not its vendor. Names look alike where their skeletons are
// the same (Unicode Technical Standard 39, Section 4), whatever the case of
// their letters, also as whole words inside a longer name.
func (n ProtectedName) Resembles(clientName string, publisher Publisher) bool {
	_, ok := Resembled([]ProtectedName{n}, clientName, publisher)
	return ok
}

// Resembled returns the first of the names that a client's name resembles (see
// [ProtectedName.Resembles]); ok is false where it resembles none.
func Resembled(names []ProtectedName, clientName string, publisher Publisher) (n ProtectedName, ok bool) {
	client := looks(clientName)
	if words := onlyWords(clientName); words != clientName {
		client = append(client, looks(words)...)
	}
	for _, n := range names {
		if n.alike == nil {
			n.alike = looks(n.Name)
		}
		for _, look := range client {
			holds := func(words string) bool { return containsWords(look, words) }
			if slices.ContainsFunc(n.alike, holds) && !n.vendor(publisher) {
				return n, true
			}
		}
	}
	return ProtectedName{}, false
}

// looks returns the skeletons of a name as it is written, in small letters and
// in capitals: letters that look alike in one case do not in the other, such as
// capital I and small l.
func looks(name string) []string {
	folded := FoldName(name)
	list := []string{skeleton(name), skeleton(folded), skeleton(strings.ToUpper(folded))}
	slices.Sort(list)
	return slices.Compact(list)
}

// skeleton returns the skeleton of a text, its case folded after that. Variation
// selectors, which the library keeps, show nothing by themselves.
func skeleton(text string) string {
	text = strings.Map(func(c rune) rune {
		if unicode.Is(unicode.Variation_Selector, c) {
			return -1
		}
		return c
	}, text)
	return FoldName(confusable.Skeleton(text))
}

// vendor reports whether the publisher is one of the name's vendor.
func (n ProtectedName) vendor(publisher Publisher) bool {
	for _, domain := range n.Domains {
		p, err := PublisherOf(domain)
		if err == nil && (Coverage{Publisher: p, Subdomains: true}).Covers(publisher.Domain()) {
			return true
		}
	}
	return false
}

// onlyWords puts a space for everything that is no part of a word: some of it
// looks like a letter of the word before it, and NFKC makes letters of a trade
// mark sign.
func onlyWords(name string) string {
	return strings.Map(func(c rune) rune {
		if isWord(c) || unicode.Is(unicode.Variation_Selector, c) {
			return c
		}
		return ' '
	}, name)
}

func isWord(c rune) bool { return unicode.IsLetter(c) || unicode.IsNumber(c) || unicode.IsMark(c) }

func containsWords(name, words string) bool {
	for i := 0; i+len(words) <= len(name); i++ {
		if name[i:i+len(words)] != words {
			continue
		}
		before, _ := utf8.DecodeLastRuneInString(name[:i])
		after, _ := utf8.DecodeRuneInString(name[i+len(words):])
		if (i == 0 || !isWord(before)) && (i+len(words) == len(name) || !isWord(after)) {
			return true
		}
	}
	return false
}
