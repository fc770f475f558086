package toolmap

import (
	"fmt"
	"slices"
	"strings"

	"github.com/fc28f635/countersign/issuer"
)

// A Proposal is one resource as its server's list of tools suggests it.
type Proposal struct {
	Server   string // begins its scopes
	Resource string // the resource identifier
	Mode     issuer.Mode
	Tools    []Tool // by name
}

// A Tool is what one tool is proposed to be.
type Tool struct {
	Name string
	issuer.Tool

	// Why says what the guesses rest on, in our words. Empty where none was made.
	Why []string

	decided bool // by the annotations: the class is no guess
}

// Propose proposes a scope for each class of a server's tools, and one of its own
// for reads that may return what must not leak: "server.read",
// "server.read_sensitive", "server.write", "server.delete", "server.admin". With
// perTool each tool has a scope of its own, "server.tool". The tools must have
// passed [Check].
func Propose(server string, tools []Announced, perTool bool) []Tool {
	proposed := make([]Tool, 0, len(tools))
	for _, a := range tools {
		tool := classify(a)
		tool.Scope = server + "." + suffix(tool.Class, tool.Sensitive)
		if perTool {
			tool.Scope = server + "." + a.Name
		}
		proposed = append(proposed, tool)
	}
	slices.SortFunc(proposed, func(a, b Tool) int { return strings.Compare(a.Name, b.Name) })
	return proposed
}

// suffix ends the scope of all tools of a class.
func suffix(class issuer.Class, sensitive bool) string {
	switch class {
	case issuer.ClassRead:
		if sensitive {
			return "read_sensitive"
		}
		return "read"
	case issuer.ClassModify:
		return "write"
	case issuer.ClassDelete:
		return "delete"
	case issuer.ClassAdmin:
	}
	return "admin"
}

// classify takes the class from the annotations, and the worse one where the name
// contradicts them. What no annotation decides is a guess, and so is what is
// sensitive.
func classify(a Announced) Tool {
	tool := Tool{Name: a.Name}
	var why string
	tool.Class, why = annotated(a)
	tool.decided = why == ""
	if suggests, ok := suggested(split(a.Name)); ok && suggests != tool.Class && (!tool.decided || suggests > tool.Class) {
		why = strings.TrimPrefix(why+", and its name suggests "+suggests.String(), ", and ")
		tool.Class = max(tool.Class, suggests)
	}
	if why != "" {
		tool.Guessed, tool.Why = true, append(tool.Why, why)
	}
	if where, word := leaks(a); word != "" {
		tool.Sensitive, tool.Guessed = true, true
		tool.Why = append(tool.Why, fmt.Sprintf("%q in its %s", word, where))
	}
	return tool
}

// annotated returns the class that the annotations give, and why it is a guess
// where they decide nothing: what is not said to be harmless is destructive by
// the schema's own default.
func annotated(a Announced) (class issuer.Class, why string) {
	switch {
	case a.ReadOnly && a.Destructive != nil && *a.Destructive:
		return issuer.ClassDelete, "it says both readOnlyHint and destructiveHint"
	case a.ReadOnly:
		return issuer.ClassRead, ""
	case a.Destructive == nil:
		return issuer.ClassDelete, "no annotation decides"
	case *a.Destructive:
		return issuer.ClassDelete, ""
	}
	return issuer.ClassModify, ""
}

// leaks returns the word by which a tool may return credentials, or personal or
// customer data, and where it is.
func leaks(a Announced) (where, word string) {
	find := func(texts []string, except map[string]bool) string {
		for _, text := range texts {
			for _, word := range split(text) {
				if sensitive(word) && !except[word] {
					return word
				}
			}
		}
		return ""
	}
	for _, part := range []struct {
		where  string
		texts  []string
		except map[string]bool
	}{
		{"name", []string{a.Name}, nil}, {"output", a.Outputs, nil}, {"input", a.Inputs, nil}, {"description", []string{a.Description}, inProse},
	} {
		if word := find(part.texts, part.except); word != "" {
			return part.where, word
		}
	}
	return "", ""
}

// Guesses returns how many tools are marked.
func (p Proposal) Guesses() int {
	n := 0
	for _, tool := range p.Tools {
		if tool.Guessed {
			n++
		}
	}
	return n
}
