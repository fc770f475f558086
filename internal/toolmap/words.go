package toolmap

import (
	"strings"
	"unicode"

	"github.com/fc28f635/countersign/issuer"
)

// verbs give the class that a tool's name suggests, by its first or last word.
// Those of delete count anywhere.
var verbs = func() map[string]issuer.Class {
	table := map[string]issuer.Class{}
	for class, words := range map[issuer.Class]string{
		issuer.ClassRead:   "get list read find search fetch show describe query count view lookup check browse inspect export download status",
		issuer.ClassModify: "create add update set write edit send post put patch insert upload move rename append assign reply publish save import enable disable start stop restart merge commit push schedule",
		issuer.ClassDelete: "delete remove destroy drop purge wipe erase truncate uninstall revoke terminate kill",
		issuer.ClassAdmin:  "grant impersonate sudo",
	} {
		for word := range strings.FieldsSeq(words) {
			table[word] = class
		}
	}
	return table
}()

// administered are what only administrators change.
var administered = setOf("admin admins administrator permission permissions role roles acl acls")

// suggested returns the class that the words of a name suggest, and whether they
// suggest any.
func suggested(words []string) (issuer.Class, bool) {
	if len(words) == 0 {
		return 0, false
	}
	class, ok := verbs[words[0]]
	if !ok {
		class, ok = verbs[words[len(words)-1]]
	}
	for _, word := range words {
		if verbs[word] == issuer.ClassDelete {
			class, ok = max(class, issuer.ClassDelete), true
		}
	}
	if class > issuer.ClassRead {
		for _, word := range words {
			if administered[word] {
				return issuer.ClassAdmin, true
			}
		}
	}
	return class, ok
}

// Words beyond those of [issuer.Sensitive], words that have one of those in them
// and mean something else, and words that in a sentence mean the reader, or the
// key of a map.
var (
	alsoSensitive = setOf("credential credentials password passwords passphrase cookie cookies inbox invoice invoices patient patients employee employees env environment")
	harmless      = setOf("keyword keywords keyboard keyboards")
	inProse       = setOf("user users key keys")
)

// sensitive reports whether a word names what must not leak.
func sensitive(word string) bool {
	return !harmless[word] && (alsoSensitive[word] || issuer.Sensitive(word))
}

// split returns the words of an identifier or a sentence in lower case: runs of
// ASCII letters, and within them what begins with a capital.
func split(s string) []string {
	var words []string
	start := -1
	end := func(i int) {
		if start >= 0 {
			words = append(words, strings.ToLower(s[start:i]))
		}
		start = -1
	}
	for i, c := range s {
		letter := c < unicode.MaxASCII && unicode.IsLetter(c)
		if !letter || unicode.IsUpper(c) && i > 0 && s[i-1] >= 'a' && s[i-1] <= 'z' {
			end(i)
		}
		if letter && start < 0 {
			start = i
		}
	}
	end(len(s))
	return words
}

func setOf(words string) map[string]bool {
	set := map[string]bool{}
	for word := range strings.FieldsSeq(words) {
		set[word] = true
	}
	return set
}
