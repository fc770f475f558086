package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/fc28f635/countersign/issuer"
)

// A demoRow is one row of the demo's table.
type demoRow struct {
	Presented string `json:"presented"`
	demoResult
	Told     string          `json:"told"`
	Shows    string          `json:"shows"`
	Wrong    []string        `json:"wrong,omitempty"` // what is not as it must be
	Decision json.RawMessage `json:"decision"`
}

// A demoResult is what the table shows of a decision. Of a refusal there is
// nothing between tier and reason.
type demoResult struct {
	Outcome   string `json:"outcome"`
	Tier      string `json:"tier"`
	Binding   string `json:"binding,omitempty"`
	Scopes    string `json:"scopes,omitempty"`
	Lifetimes string `json:"lifetimes,omitempty"` // access token, session
	Reason    string `json:"reason,omitempty"`
}

func resultOf(d issuer.Decision) demoResult {
	r := demoResult{Outcome: string(d.Outcome), Tier: d.Tier.String(), Reason: string(demoReason(d))}
	if d.Outcome == issuer.Approved {
		r.Binding, r.Scopes = d.Binding.String(), d.Grant.Scope
		r.Lifetimes = lifetime(d.Grant.AccessTokenTTL) + "/" + lifetime(d.Grant.SessionTTL)
	}
	return r
}

// lifetime writes seconds in the largest unit that divides them.
func lifetime(seconds int) string {
	const day = 24 * 60 * 60
	switch {
	case seconds%day == 0:
		return strconv.Itoa(seconds/day) + "d"
	case seconds%3600 == 0:
		return strconv.Itoa(seconds/3600) + "h"
	case seconds%60 == 0:
		return strconv.Itoa(seconds/60) + "m"
	}
	return (time.Duration(seconds) * time.Second).String()
}

// compare names what of a row is not as it must be.
func (row *demoRow) compare(step demoStep) []string {
	var wrong []string
	for _, c := range []struct{ name, got, want string }{
		{"outcome", row.Outcome, step.want.Outcome}, {"tier", row.Tier, step.want.Tier},
		{"binding", row.Binding, step.want.Binding}, {"scopes", row.Scopes, step.want.Scopes},
		{"lifetimes", row.Lifetimes, step.want.Lifetimes}, {"first reason", row.Reason, step.want.Reason},
	} {
		if c.got != c.want {
			wrong = append(wrong, fmt.Sprintf("%s is %q, and must be %q", c.name, c.got, c.want))
		}
	}
	if !strings.HasPrefix(row.Told, step.told) {
		wrong = append(wrong, fmt.Sprintf("a person is told %q, and must be told %q", row.Told, step.told))
	}
	return wrong
}

// printDemo prints the table, a sentence on each row, and where to go on.
func printDemo(w io.Writer, rows []demoRow, kept string) {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "\tPRESENTED\tOUTCOME\tTIER\tBINDING\tSCOPES\tACCESS/SESSION\tFIRST REASON")
	for i, row := range rows {
		fmt.Fprintf(table, "%d\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", i+1, row.Presented, row.Outcome, row.Tier,
			orDash(row.Binding), orDash(row.Scopes), orDash(row.Lifetimes), orDash(row.Reason))
	}
	_ = table.Flush() // as every other write to standard output
	fmt.Fprintln(w, "\nEach asked for "+demoScope+".")
	for i, row := range rows {
		fmt.Fprintf(w, "%d  %s.\n   %s\n", i+1, printable(row.Told), row.Shows)
	}
	if kept != "" {
		fmt.Fprintf(w, "\nKept in %[1]s: %[2]s, %[3]s, %[4]s and the database. Try:\n  countersign verify --roots %[1]s/%[4]s %[1]s/%[3]s\n",
			kept, demoDecisionsFile, demoStatementFile, demoRootsFile)
	}
	fmt.Fprintln(w, `
Next:
  countersign init DOMAIN --dir DIR   you publish a client: make its key, its document and the DNS record
  countersign serve --data DIR        you run an authorization server: ask it about every client
  countersign why signature_invalid   what a reason means, and the mend`)
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}
