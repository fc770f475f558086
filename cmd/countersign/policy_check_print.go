package main

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/fc28f635/countersign/issuer"
)

// print prints what is said of a policy that is right.
func (r policyReport) print(w io.Writer, apart bool) {
	if apart {
		fmt.Fprintln(w)
	}
	fmt.Fprintf(w, "%s: %s %s\n", oneLine(r.File), oneLine(r.Name), r.Digest)
	for _, warning := range r.Warnings {
		fmt.Fprintf(w, "warning   %s\n", oneLine(warning))
	}
	for _, o := range r.Overrides {
		fmt.Fprintf(w, "override  %s: %s\n", o.Tier, oneLine(o.Reason))
	}
	for _, s := range r.Spanning {
		fmt.Fprintf(w, "spans     %s of %s: %s\n", oneLine(s.Scope), oneLine(s.Resource), strings.Join(s.Spans, ", "))
	}
	if t := r.Tools; t.Unscoped > 0 {
		fmt.Fprintf(w, "note      %d of %d tools are in no scope: nobody is granted them\n", t.Unscoped, t.Declared)
	}
	fmt.Fprintln(w)
	s := newSheet(w, "TIER", "CLASSES", "SENSITIVE", "SCOPES", "ACCESS TOKEN", "REFRESH", "SESSION", "RE-AUTH", "CONSENT")
	for _, t := range r.Tiers {
		s.line(t.Tier.String(), classList(t.Classes), yesNo(t.Sensitive), orAny(t.Scopes), seconds(t.AccessTokenTTL), string(t.RefreshToken),
			seconds(t.SessionTTL), afterLogIn(t.ReauthenticateAfter), string(t.Consent))
	}
	s.print()
	fmt.Fprintln(w, "\nblast radius: tools x calls that the budget allows until the client is cut off")
	s = newSheet(w, "TIER", "CLASS", "TOOLS", "A MINUTE", "A DAY", "HELD AFTER", "CALLS", "RADIUS", "UNNOTICED AFTER", "CALLS", "RADIUS")
	for _, t := range r.Tiers {
		for _, b := range t.Radius {
			s.line(t.Tier.String(), b.Class.String(), known(b.Tools), strconv.Itoa(b.Budget.Minute), strconv.Itoa(b.Budget.Day),
				seconds(b.Held.Seconds), strconv.Itoa(b.Held.Calls), known(b.Held.Radius),
				seconds(b.Unnoticed.Seconds), strconv.Itoa(b.Unnoticed.Calls), known(b.Unnoticed.Radius))
		}
	}
	s.print()
}

func classList(classes []issuer.Class) string {
	names := make([]string, len(classes))
	for i, c := range slices.Sorted(slices.Values(classes)) {
		names[i] = c.String()
	}
	return strings.Join(names, ",")
}

func yesNo(is bool) string {
	if is {
		return "yes"
	}
	return "no"
}

// orAny writes a list of which none means any.
func orAny(list []string) string {
	if len(list) == 0 {
		return "any"
	}
	return strings.Join(list, ",")
}

// known writes a number, and nothing for one that is not known.
func known(n *int) string {
	if n == nil {
		return ""
	}
	return strconv.Itoa(*n)
}

// afterLogIn writes how old a log-in may be, and nothing where that is not asked.
func afterLogIn(n int) string {
	if n == 0 {
		return ""
	}
	return seconds(n)
}
