package main

import (
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/fc28f635/countersign/internal/compat"
	"github.com/fc28f635/countersign/metadata"
)

// lookCompat says what other servers make of the document that is served, else
// of the one in the tree; nothing where neither can be read.
func (s *sight) lookCompat() []compat.Row {
	for _, text := range [][]byte{s.document.resource.Body, s.local.document} {
		if d, err := metadata.ParseDocument(text, s.target.id); err == nil {
			return compat.Look(d, len(text))
		}
	}
	return nil
}

// printCompat prints one row for each server, and below them, by number, why.
func printCompat(w io.Writer, rows []compat.Row) {
	if len(rows) == 0 {
		fmt.Fprintln(w, "\nWhat other authorization servers make of it: there is no document to look at.")
		return
	}
	fmt.Fprintln(w, "\nWhat other authorization servers make of the document")
	var notes []compat.Reason
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "  server\treads it\tas it is\tstatement\tredirect URIs\tsize\tauthentication")
	for _, row := range rows {
		fmt.Fprintf(table, "  %s", row.Server)
		for _, cell := range []compat.Cell{row.Reads, row.AsIs, row.Statement, row.Redirects, row.Size, row.Auth} {
			fmt.Fprintf(table, "\t%s", cell.Answer)
			for _, reason := range cell.Reasons {
				fmt.Fprintf(table, " [%d]", noteNumber(&notes, reason))
			}
		}
		fmt.Fprintln(table)
	}
	_ = table.Flush() // to w, as all that is printed here
	for _, row := range rows {
		fmt.Fprintf(w, "\n  %s (%s)\n", row.Server, row.Version)
		for _, change := range row.Change {
			fmt.Fprintf(w, "    change: %s\n", printable(change))
		}
		if len(row.Change) == 0 {
			fmt.Fprintln(w, "    nothing to change in client.json")
		}
	}
	fmt.Fprintln(w)
	for i, reason := range notes {
		fmt.Fprintf(w, "  [%d] %s\n", i+1, printable(reason.String()))
	}
}

// noteNumber returns the number of a note, which is made where it is new.
func noteNumber(notes *[]compat.Reason, reason compat.Reason) int {
	for i, known := range *notes {
		if known == reason {
			return i + 1
		}
	}
	*notes = append(*notes, reason)
	return len(*notes)
}
