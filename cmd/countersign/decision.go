package main

import (
	"cmp"
	"fmt"
	"io"
	"strings"

	"github.com/fc28f635/countersign/issuer"
	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/verify"
)

// printDecision prints a decision for people: what it came to, what a person is
// told of the client, what is granted for how long, and what was cut and why.
func printDecision(w io.Writer, d issuer.Decision) {
	line := func(name, format string, args ...any) {
		fmt.Fprintf(w, "%-11s %s\n", name, oneLine(fmt.Sprintf(format, args...)))
	}
	reason := oneLine(string(d.Reason))
	fmt.Fprint(w, oneLine(string(d.Outcome)))
	if reason != "" {
		fmt.Fprintf(w, ": %s: %s", reason, d.Reason.Problem().Sentence)
	}
	fmt.Fprintln(w)
	line("id", "%s", d.ID)
	line("client", "%s", d.Told)
	if d.Outcome == issuer.Denied {
		printAsked(line, d.Asked)
	}
	line("tier", "%s", d.Tier)
	if d.Would != nil {
		printWould(line, d)
	}
	if d.Hold != nil {
		line("held", "%s by %s until %s", d.Hold.Subject, d.Hold.Actor, clock(d.Hold.Until))
	}
	if d.Outcome == issuer.Approved {
		printGrant(line, d)
	}
	if d.Acceptance != nil && d.Acceptance.Pending != "" {
		line("review", "%s: a person is asked whether it may have more", d.Acceptance.Pending)
	}
	for _, cut := range d.Grant.ScopesCut {
		line("cut", "%s (%s)", cut.Scope, cut.Explain())
	}
	if len(d.Overridden) > 0 {
		line("overridden", "%s", strings.Join(d.Overridden, " "))
	}
	for _, flag := range d.Flags {
		line("flag", "%s: %s", flag, flag.Problem().Sentence)
	}
	if d.Outcome == issuer.Denied {
		for _, f := range d.Findings {
			if f.Status == verify.Failed || f.Status == verify.Unavailable {
				line(f.Status.String(), "%s: %s", f.Check, findingText(f.Reason, f.Detail))
			}
		}
	}
	if d.Reason == "" {
		if reason, ok := firstNotPassed(d.Findings); ok {
			line("not passed", "%s", reason)
		}
	}
	if d.DryRun {
		line("dry run", "nothing was signed")
	}
	if d.Why != "" {
		line("explained", "%s", d.Why)
	}
	if d.Test {
		line("test", "this service may look publishers up on this machine: for tests only")
	}
	if d.Reason != "" {
		fmt.Fprintf(w, "\ncountersign why %s says more.\n", reason)
	}
}

// printWould prints what a decision that is only observed would have been.
func printWould(line func(name, format string, args ...any), d issuer.Decision) {
	by := "the policy"
	if d.Observation != nil {
		by = fmt.Sprintf("%s, until %s", d.Observation.Actor, clock(d.Observation.Until))
	}
	line("observed", "nothing is enforced, by %s", by)
	if d.Would.Outcome != issuer.Approved {
		line("would be", "%s: %s", d.Would.Outcome, d.Would.Reason)
		return
	}
	line("would be", "%s with scope %q", d.Would.Outcome, d.Would.Grant.Scope)
	for _, cut := range d.Would.Grant.ScopesCut {
		line("would cut", "%s (%s)", cut.Scope, cut.Explain())
	}
}

// printAsked prints which client was denied, as it was claimed.
func printAsked(line func(name, format string, args ...any), a issuer.Asked) {
	if a.ClientID != "" {
		line("asked for", "%s", a.ClientID)
	}
	if a.ClientName != "" {
		line("asked as", "%q", a.ClientName)
	}
}

// findingText is a reason and, where there is one, what was seen.
func findingText(reason metadata.Reason, detail string) string {
	if detail == "" {
		return string(reason)
	}
	return string(reason) + ": " + detail
}

// oneLine makes what a stranger wrote safe for a terminal, on one line.
func oneLine(s string) string {
	return strings.NewReplacer("\n", `\n`, "\t", `\t`).Replace(printable(s))
}

// printGrant prints what an approved client may do.
func printGrant(line func(name, format string, args ...any), d issuer.Decision) {
	g := d.Grant
	line("binding", "%s", d.Binding)
	classes := make([]string, len(g.Classes))
	for i, class := range g.Classes {
		classes[i] = class.String()
	}
	scope := g.Scope
	switch {
	case scope == "" && d.Mode == issuer.ModeObserve:
		scope = "none asked for"
	case scope == "":
		scope = "none asked for; at most " + strings.Join(classes, ", ")
	}
	line("scopes", "%s", scope)
	if g.Tools != nil {
		line("tools", "%s", cmp.Or(strings.Join(g.Tools, " "), "none"))
	}
	if d.Mode == issuer.ModeObserve {
		return // the rest is the server's own
	}
	lifetimes := fmt.Sprintf("access token %s, session %s, refresh token %s", seconds(g.AccessTokenTTL), seconds(g.SessionTTL), g.RefreshToken)
	if g.ReauthenticateAfter > 0 {
		lifetimes += ", delete within " + seconds(g.ReauthenticateAfter) + " of a log-in"
	}
	line("lifetimes", "%s", lifetimes)
	line("consent", "%s", map[issuer.Consent]string{issuer.ConsentAlways: "every time", issuer.ConsentSession: "once a session"}[g.Consent])
	if d.Acceptance != nil && d.Acceptance.Pending == "" {
		said := "accepted"
		if d.Acceptance.By == issuer.ByException {
			said = "allowed"
		}
		line(said, "by %s until %s", d.Acceptance.Actor, clock(d.Acceptance.Until))
	}
	if d.Countersigned != "" {
		line("signed for", "%s (--json prints the countersigned statement)", d.AuthorizationServer)
	}
}

// firstNotPassed returns the first reason that cost a client tier, not outcome.
func firstNotPassed(findings []verify.Finding) (string, bool) {
	for _, f := range findings {
		if f.Status != verify.Passed && f.Reason != "" {
			return fmt.Sprintf("%s: %s: %s", f.Check, f.Reason, f.Reason.Problem().Sentence), true
		}
	}
	return "", false
}

// seconds prints a time in the unit that people would.
func seconds(n int) string {
	const minute, hour, day = 60, 60 * 60, 24 * 60 * 60
	switch {
	case n >= 2*day && n%day == 0:
		return fmt.Sprintf("%d days", n/day)
	case n >= hour && n%hour == 0:
		return fmt.Sprintf("%d h", n/hour)
	case n >= minute && n%minute == 0:
		return fmt.Sprintf("%d min", n/minute)
	}
	return fmt.Sprintf("%d s", n)
}
