package metadata

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"go.mau.fi/util/confusable"

	"github.com/fc28f635/countersign/internal/limits"
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
	texts := [...]string{clientName, onlyWords(clientName)}
	var room [2 * limits.NameRunes]byte
	for i, text := range texts {
		if i > 0 && text == texts[0] {
			break
		}
		for _, in := range letterCases {
			look := appendLook(room[:0], text, in)
			for _, n := range names {
				if n.alike == nil {
					n.alike = looks(n.Name)
				}
				holds := func(words string) bool { return containsWords(look, words) }
				if slices.ContainsFunc(n.alike, holds) && !n.vendor(publisher) {
					return n, true
				}
			}
		}
	}
	return ProtectedName{}, false
}

// A letterCase is one in which a name is compared: letters that look alike in
// one case do not in the other, such as capital I and small l.
type letterCase uint8

const (
	asWritten letterCase = iota
	small
	capital
)

var letterCases = [...]letterCase{asWritten, small, capital}

// looks returns the skeletons of a name in every case.
func looks(name string) []string {
	list := make([]string, 0, len(letterCases))
	for _, in := range letterCases {
		list = append(list, string(appendLook(nil, name, in)))
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// appendLook appends the skeleton of a name in one case, the case folded after
// that.
func appendLook(to []byte, name string, in letterCase) []byte {
	if isASCII(name) {
		for i := range len(name) {
			to = append(to, asciiLooks[in][name[i]]...)
		}
		return to
	}
	return append(to, look(name, in)...)
}

// asciiLooks are the looks of each ASCII character.
var asciiLooks = func() (table [len(letterCases)][utf8.RuneSelf]string) {
	for _, in := range letterCases {
		for c := ' '; c <= '~'; c++ {
			table[in][c] = cmp.Or(look(string(c), in), " ")
		}
	}
	return table
}()

func look(name string, in letterCase) string {
	if in != asWritten {
		name = FoldName(name)
	}
	if in == capital {
		name = strings.ToUpper(name)
	}
	// The library keeps variation selectors, which show nothing by themselves.
	name = strings.Map(func(c rune) rune {
		if unicode.Is(unicode.Variation_Selector, c) {
			return -1
		}
		return c
	}, name)
	return FoldName(confusable.Skeleton(name))
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

// containsWords reports whether words are in name, and no part of longer ones.
func containsWords(name []byte, words string) bool {
	for i := 0; i+len(words) <= len(name); i++ {
		if string(name[i:i+len(words)]) != words {
			continue
		}
		before, _ := utf8.DecodeLastRune(name[:i])
		after, _ := utf8.DecodeRune(name[i+len(words):])
		if (i == 0 || !isWord(before)) && (i+len(words) == len(name) || !isWord(after)) {
			return true
		}
	}
	return false
}
