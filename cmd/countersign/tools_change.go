package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/fc28f635/countersign/internal/toolmap"
	"github.com/fc28f635/countersign/issuer"
)

func printToolsDiff(w io.Writer, diffs []toolsDiff, lines bool) {
	for _, d := range diffs {
		if lines {
			fmt.Fprintf(w, "# %s\n", printable(d.resource))
		} else {
			fmt.Fprintf(w, "%s: %d changes\n", printable(d.resource), len(d.changes))
		}
		for _, change := range d.changes {
			switch {
			case lines && change.Kind == toolmap.Vanished:
				fmt.Fprintf(w, "# vanished: %s\n", change.Name)
			case lines:
				fmt.Fprintln(w, change.After.Line())
			default:
				fmt.Fprintf(w, "  %-8s  %s: %s\n", change.Kind, change.Name, changeText(change))
			}
		}
	}
}

// changeText says what a tool was and is.
func changeText(c toolmap.Change) string {
	switch c.Kind {
	case toolmap.Appeared:
		return toolText(c.After.Tool)
	case toolmap.Vanished:
		return toolText(c.Before)
	case toolmap.Changed:
	}
	return toolText(c.Before) + ", now " + toolText(c.After.Tool)
}

func toolText(t issuer.Tool) string {
	words := []string{t.Class.String()}
	if t.Sensitive {
		words = append(words, "sensitive")
	}
	if t.Guessed {
		words = append(words, "guessed")
	}
	return strings.Join(words, " ")
}

type changeJSON struct {
	Kind   toolmap.Kind `json:"kind"`
	Tool   string       `json:"tool"`
	Worse  bool         `json:"worse"`
	Before *toolJSON    `json:"before,omitempty"`
	After  *toolJSON    `json:"after,omitempty"`
}

func diffsJSON(diffs []toolsDiff) []map[string]any {
	list := []map[string]any{}
	for _, d := range diffs {
		changes := []changeJSON{}
		for _, c := range d.changes {
			one := changeJSON{Kind: c.Kind, Tool: c.Name, Worse: c.Worse()}
			if before := jsonOf(c.Name, c.Before, nil); c.Kind != toolmap.Appeared {
				one.Before = &before
			}
			if after := jsonOf(c.Name, c.After.Tool, c.After.Why); c.Kind != toolmap.Vanished {
				one.After = &after
			}
			changes = append(changes, one)
		}
		list = append(list, map[string]any{"resource": d.resource, "changes": changes})
	}
	return list
}
