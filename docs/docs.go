// Package docs embeds the pages that the program prints. Call [Reason] for the
// page of one reason.
package docs

import (
	_ "embed"
	"strings"
)

//go:embed reasons.md
var reasons string

// Reason returns the page of a reason in docs/reasons.md, without its heading.
// ok is false where there is none.
func Reason(name string) (page string, ok bool) {
	_, after, found := strings.Cut("\n"+reasons, "\n### "+name+"\n")
	if !found {
		return "", false
	}
	if i := strings.Index(after, "\n##"); i >= 0 {
		after = after[:i]
	}
	return strings.TrimSpace(after), true
}
