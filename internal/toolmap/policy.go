package toolmap

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/fc28f635/countersign/issuer"
)

// Policy returns the proposals as the section resources of a policy, a line a
// tool.
func Policy(proposals []Proposal) string {
	var b strings.Builder
	b.WriteString("resources:\n")
	for _, p := range proposals {
		b.WriteString(p.Policy("  "))
	}
	return b.String()
}

// Policy returns the proposal as one element of that section, after an indent.
func (p Proposal) Policy(indent string) string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, indent+format+"\n", args...) }
	line("- resource: %s", scalar(p.Resource))
	line("  mode: %s", p.Mode)
	if len(p.Tools) > 0 {
		line("  tools:")
	}
	for _, tool := range p.Tools {
		line("    %s", tool.Line())
	}
	return b.String()
}

// Line returns the tool as one line of a policy, with a comment where something
// was guessed.
func (t Tool) Line() string {
	line := scalar(t.Name) + ": {scope: " + scalar(t.Scope) + ", class: " + t.Class.String()
	if t.Sensitive {
		line += ", sensitive: true"
	}
	if t.Guessed {
		line += ", guessed: true"
	}
	if t.Was != nil {
		line += ", was: " + t.Was.String()
	}
	line += "}"
	if len(t.Why) > 0 {
		line += " # " + strings.Join(t.Why, "; ")
	}
	return line
}

var (
	plain    = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_./-]*$|^https?://[A-Za-z0-9._~/-]+(:[0-9]+)?[A-Za-z0-9._~/-]*$`)
	reserved = regexp.MustCompile(`^(?i:true|false|null|yes|no|on|off|y|n)$`)
)

// scalar returns a name, scope or URL as YAML: quoted where it could be read as
// something else. None of them has a quotation mark or backslash.
func scalar(s string) string {
	if plain.MatchString(s) && !reserved.MatchString(s) {
		return s
	}
	return `"` + s + `"`
}

// ParseMode reads a mode. There is no default.
func ParseMode(s string) (issuer.Mode, error) {
	if mode := issuer.Mode(s); mode == issuer.ModeObserve || mode == issuer.ModeEnforce {
		return mode, nil
	}
	return "", fmt.Errorf("the mode is observe or enforce, not %.100q", s)
}
