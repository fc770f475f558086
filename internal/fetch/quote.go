package fetch

import (
	"strconv"
	"strings"
)

// quotedBytes bounds what a stranger wrote inside an error.
const quotedBytes = 100

// quote returns s shortened and quoted.
func quote(s string) string {
	return strconv.Quote(s[:min(len(s), quotedBytes)])
}

// A foreignError is an error whose text may hold what a server wrote, such as a
// malformed header line or the names of a certificate.
type foreignError struct {
	doing string
	err   error
}

func foreign(doing string, err error) error { return &foreignError{doing, err} }

// Error returns the text with everything unprintable escaped, shortened.
func (e *foreignError) Error() string {
	text := e.err.Error()
	if len(text) > quotedBytes {
		text = text[:quotedBytes] + "…"
	}
	text = strings.ToValidUTF8(text, "\uFFFD")
	quoted := strconv.QuoteToGraphic(text)
	return e.doing + ": " + strings.ReplaceAll(quoted[1:len(quoted)-1], `\"`, `"`)
}

// Unwrap returns the error that was met.
func (e *foreignError) Unwrap() error { return e.err }
