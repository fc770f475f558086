package metadata

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/fc28f635/countersign/internal/limits"
	"github.com/fc28f635/countersign/internal/strictjson"
)

// CheckName reports why a name cannot be shown to people: control, format,
// bidirectional, invisible, private-use or unassigned characters, spaces other than U+0020
// and U+3000, nothing but spaces and marks, more than four combining marks in a row,
// or more than 128 code points. The empty name can be shown. The reason is [ReasonNameUnprintable].
func CheckName(name string) error {
	const mostMarks = 4
	if !utf8.ValidString(name) {
		return errors.New("not UTF-8")
	}
	if utf8.RuneCountInString(name) > limits.NameRunes {
		return errors.New("longer than 128 characters")
	}
	marks, shows := 0, name == ""
	for _, c := range name {
		if !unicode.IsPrint(c) && c != '\u3000' || unicode.Is(unicode.Other_Default_Ignorable_Code_Point, c) || blank[c] {
			return fmt.Errorf("character %U cannot be shown", c)
		}
		if !unicode.Is(unicode.M, c) {
			marks, shows = 0, shows || c != ' ' && c != '\u3000'
		} else if marks++; marks > mostMarks {
			return errors.New("more than four combining marks in a row")
		}
	}
	if !shows {
		return errors.New("nothing of it can be seen")
	}
	return nil
}

// blank are the characters that Unicode has among symbols and that show nothing:
// a Braille pattern without dots, and a note without a head.
var blank = map[rune]bool{'\u2800': true, '\U0001d159': true}

// shownNames are the members, each perhaps with variants for languages, that
// people are shown as a name.
var shownNames = map[string]bool{"client_name": true, "display_name": true, "organization_name": true}

// DisplayNames returns every name that people may be shown: client_name first,
// then its variants and the other names, in the order of their members.
func (c Client) DisplayNames() []string {
	names := make([]string, 0, 2)
	if c.ClientName != "" {
		names = append(names, c.ClientName)
	}
	var room [4]string // of more than a few there are seldom any
	members := room[:0]
	for member := range c.More {
		if base, _, _ := strings.Cut(member, "#"); shownNames[base] {
			members = append(members, member)
		}
	}
	slices.Sort(members)
	for _, member := range members {
		if text, ok := strictjson.Text(c.More[member]); ok {
			names = append(names, text)
		}
	}
	return names
}
