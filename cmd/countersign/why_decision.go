package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"

	"github.com/spf13/cobra"

	"github.com/fc28f635/countersign/issuer"
	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/verify"
)

// decisionID matches the id of a recorded decision.
var decisionID = regexp.MustCompile(`^d[0-9a-f]{32}$`)

// runWhyDecision prints a recorded decision, the page of each reason in it, and
// what the operator can do.
func runWhyDecision(c *cobra.Command, f *operatorFlags, id string) error {
	var document json.RawMessage
	if err := f.ask(c, "the decision was not read", http.MethodGet, decisionsPath+"/"+id, nil, &document); err != nil {
		return err
	}
	var d issuer.Decision
	if err := json.Unmarshal(document, &d); err != nil || d.ID == "" {
		return fail(errors.New("the service's answer is no decision"), notOursHint)
	}
	questions := questionsOf(d.Reason, foundIn(d.Findings))
	next := f.nextCommands(d)
	w := c.OutOrStdout()
	if f.json {
		explanations, err := explanationsOf(questions)
		if err != nil {
			return err
		}
		writeJSON(w, map[string]any{"decision": document, "reasons": explanations, "next": next})
		return nil
	}
	printDecision(w, d)
	fmt.Fprintln(w)
	if err := explain(w, questions, false); err != nil {
		return err
	}
	fmt.Fprintln(w, "\nOperator:")
	if len(next) == 0 {
		fmt.Fprintln(w, "  Nothing that an operator says lifts this: what was presented is refused for itself.")
	}
	for _, line := range next {
		fmt.Fprintln(w, "  "+oneLine(line))
	}
	return nil
}

// foundIn are the findings that did not pass.
func foundIn(findings []verify.Finding) []found {
	var list []found
	for _, f := range findings {
		list = append(list, found{Check: string(f.Check), Reason: f.Reason, Detail: f.Detail})
	}
	return list
}

// nextCommands are the commands with which an operator changes what comes of a
// client, in the order in which to think of them.
func (f *operatorFlags) nextCommands(d issuer.Decision) (commands []string) {
	say := func(words ...string) {
		commands = append(commands, command(append(words, f.where()...)...))
	}
	switch {
	case d.Hold != nil:
		say("release", d.Hold.Subject.String())
		return commands
	case d.Acceptance != nil && d.Acceptance.Pending != "":
		say("review", "show", d.Acceptance.Pending)
		if d.Outcome != issuer.Approved {
			return commands
		}
	case d.Outcome != issuer.Approved:
		if remembered := rememberedAgainst(d); remembered != "" {
			say("lift", remembered, "--reason", "…")
		}
		return commands
	case d.Tier >= issuer.TierAccepted:
		say("hold", heldBy(d))
		return commands
	}
	if signed := d.Publisher; !signed.IsZero() && d.Statement != "" {
		if slices.Contains(d.Flags, metadata.ReasonKeyLineNew) {
			say("allow", signed.Domain(), "--tier", "signed", "--until", "72h", "--reason", "…")
		}
		say("publishers", "accept", signed.Domain(), "--reason", "…")
	}
	if d.Shape != "" && d.Client.UsesRedirects() {
		say("clients", "accept", "--shape", string(d.Shape), "--reason", "…")
	}
	say("hold", heldBy(d))
	return commands
}

// rememberedAgainst names the key or the document that is refused only for what the
// service remembers of it.
func rememberedAgainst(d issuer.Decision) string {
	for _, f := range d.Findings {
		switch {
		case f.Reason != d.Reason:
		case f.Reason == metadata.ReasonStatementRollback:
			return f.Evidence.Name
		case f.Reason == metadata.ReasonKeyExposed:
			return f.Evidence.Thumbprint // none where the document still shows it
		}
	}
	return ""
}

// heldBy names what to hold in order to stop a client: its publisher where one is
// proven, or its shape.
func heldBy(d issuer.Decision) string {
	if !d.Publisher.IsZero() {
		return d.Publisher.Domain()
	}
	return string(d.Shape)
}

// where are the words with which a printed command asks the same service.
func (f *operatorFlags) where() []string {
	if f.service.data != "" {
		return []string{"--data", f.service.data}
	}
	words := []string{"--server", f.service.server}
	if f.service.apiKey != "" {
		words = append(words, "--api-key", f.service.apiKey)
	}
	if f.service.caFile != "" {
		words = append(words, "--ca-file", f.service.caFile)
	}
	return words
}
