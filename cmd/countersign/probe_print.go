package main

import (
	"fmt"
	"io"

	"github.com/fc28f635/countersign/internal/probe"
	"github.com/fc28f635/countersign/verify"
)

// printProbe prints a report for people: the grade, then each finding, what
// failed with its mend.
func printProbe(w io.Writer, r *probe.Report) {
	grade := "none: registration was not looked at"
	switch {
	case r.Grade != "" && r.Complete:
		grade = string(r.Grade)
	case r.Grade != "":
		grade = string(r.Grade) + ", or worse: not everything could be looked at"
	case probeRegistered(r):
		grade = "none: not everything could be looked at"
	}
	fmt.Fprintf(w, "%s\ngrade      %s\n", printable(r.Issuer), grade)
	for _, f := range r.Findings {
		fmt.Fprintf(w, "%-11s %-8s %-21s %s\n", f.Status, f.Severity, f.Check, printable(f.Detail))
		if f.Status == verify.Failed {
			fmt.Fprintf(w, "%21s mend: %s\n%21s countersign: %s\n", "", f.Mend, "", f.Countersign)
		}
	}
	if r.Registered > 0 {
		fmt.Fprintf(w, "\n%d clients were registered, %d could not be removed.\n", r.Registered, len(r.Left))
	}
}

// probeRegistered reports whether registration was looked at.
func probeRegistered(r *probe.Report) bool {
	for _, f := range r.Findings {
		if f.Check == probe.OpenRegistration {
			return f.Status == verify.Passed || f.Status == verify.Failed
		}
	}
	return false
}
