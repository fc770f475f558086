package metadata

import (
	"bytes"
	"cmp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"go.mau.fi/util/confusable"
	"golang.org/x/text/runes"

	"github.com/fc28f635/countersign/internal/limits"
)

// A Likeness says what a name or a host resembles, and how. The zero Likeness
// says nothing.
type Likeness struct {
	Of     string // a protected name, or a protected domain
	Domain string // the protected domain, or one that the name is known from
	How    string // for people
}

// String returns one line, such as "resembles Claude, known from claude.ai: it
// looks the same".
func (l Likeness) String() string {
	known := ""
	if l.Of != l.Domain {
		known = ", known from " + l.Domain
	}
	return "resembles " + l.Of + known + ": " + l.How
}

// as returns l with how it is alike.
func (l Likeness) as(how string) Likeness {
	l.How = how
	return l
}

// Name returns what a client's name looks like while its publisher is not one of
// those who may use it; ok is false where that is nothing. Names look alike where
// their skeletons are the same (Unicode Technical Standard 39, Section 4),
// whatever the case of their letters; listed names also as whole words inside a
// longer one. Of the zero Publisher is nobody's name.
func (p *Protected) Name(shown string, publisher Publisher) (l Likeness, ok bool) {
	texts := [...]string{shown, onlyWords(shown)}
	var room [2 * limits.NameRunes]byte
	for i, text := range texts {
		if i > 0 && text == texts[0] {
			break
		}
		for _, in := range letterCases {
			look := appendLook(room[:0], text, in)
			for _, e := range p.whole[string(bytes.TrimSpace(look))] {
				if !e.owned(publisher) {
					return e.as("it looks the same"), true
				}
			}
			for i := range p.listed {
				e := &p.listed[i]
				holds := func(words string) bool { return containsWords(look, words) }
				if slices.ContainsFunc(e.looks, holds) && !e.owned(publisher) {
					return e.as("it has that in it"), true
				}
			}
		}
	}
	return Likeness{}, false
}

// owned reports whether a publisher may use the name.
func (e *protectedEntry) owned(publisher Publisher) bool {
	return slices.Contains(e.owners, registrable(publisher.Domain()))
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

// looks returns the skeletons of a name in every case, those that are not empty.
func looks(name string) []string {
	list := make([]string, 0, len(letterCases))
	for _, in := range letterCases {
		look := string(bytes.TrimSpace(appendLook(nil, name, in)))
		if look != "" && !slices.Contains(list, look) {
			list = append(list, look)
		}
	}
	return list
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
	switch in {
	case asWritten:
	case small:
		name = FoldName(name)
	case capital:
		name = strings.ToUpper(FoldName(name))
	}
	// The library keeps variation selectors, which show nothing by themselves.
	name = runes.Remove(runes.In(unicode.Variation_Selector)).String(name)
	return FoldName(confusable.Skeleton(name))
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

// containsWords reports whether words, of which there are some, are in name and
// no part of longer ones. At either end of the name is [utf8.RuneError], which is
// no part of a word.
func containsWords(name []byte, words string) bool {
	for from := 0; ; {
		i := bytes.Index(name[from:], []byte(words))
		if i < 0 {
			return false
		}
		from += i
		before, _ := utf8.DecodeLastRune(name[:from])
		after, _ := utf8.DecodeRune(name[from+len(words):])
		if !isWord(before) && !isWord(after) {
			return true
		}
		from++
	}
}
