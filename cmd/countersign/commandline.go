package main

import "strings"

// command returns a command line of this program to copy into a shell: every
// word is quoted that needs it.
func command(words ...string) string {
	line := "countersign"
	for _, word := range words {
		line += " " + shellWord(word)
	}
	return line
}

// shellWord quotes a word for a POSIX shell (IEEE 1003.1, Section 2.2.2).
func shellWord(word string) string {
	const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:@%+=,"
	if word != "" && strings.Trim(word, plain) == "" {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
