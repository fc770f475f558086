package issuer

import (
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/fc28f635/countersign/internal/limits"
)

// A Word is who ends something that an operator said, and why.
type Word struct{ Actor, Reason string }

// Check reports what is missing of it.
func (w Word) Check() error { return checkSaid("the end of something", w.Actor, w.Reason) }

// checkWord reports what is missing of what an operator says for a time.
func checkWord(what, actor, reason string, at, until time.Time) error {
	if at.IsZero() || !until.After(at) {
		return fmt.Errorf("%s needs an end after its beginning", what)
	}
	return checkSaid(what, actor, reason)
}

func checkSaid(what, actor, reason string) error {
	for _, said := range []struct{ what, text string }{{"who gave it", actor}, {"why it was given", reason}} {
		if said.text == "" || len(said.text) > limits.WordBytes || !utf8.ValidString(said.text) || strings.ContainsFunc(said.text, unicode.IsControl) {
			return fmt.Errorf("%s needs to say %s, on one line of at most %d bytes", what, said.what, limits.WordBytes)
		}
	}
	return nil
}
