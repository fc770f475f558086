package main

import (
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/spf13/cobra"

	"github.com/fc28f635/countersign/issuer"
)

// An appliedPolicy is the service's answer to a policy that was applied.
type appliedPolicy struct {
	issuer.PolicyVersion
	Changed bool `json:"changed"`
}

func policyApplyCommand() *cobra.Command {
	var f operatorFlags
	var rollback bool
	c := &cobra.Command{
		Use:   "apply FILE",
		Short: "Put a policy in force",
		Long: `Put the policy in a file in force: it is checked, recorded with who and why, written
to policy.yaml in the data directory, and decides from then on. A running service
needs no restart. A policy that is wrong changes nothing, and is told with the place.
To apply the one that is in force changes nothing.

A policy that was in force before the present one is an old file, and is refused:
--rollback says that it is meant. Look first at what a policy changes:
countersign policy diff current FILE --data DIR.

Exit status: 0 in force, 1 the policy is wrong, 2 the command line is wrong, 3 it was
not put in force.`,
		Example: `  countersign policy apply policy.yaml --reason "delete needs review" --data /var/lib/countersign
  countersign policy apply before.yaml --rollback --reason "incident 7" --data /var/lib/countersign`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error { return runPolicyApply(c, &f, args[0], rollback) },
	}
	f.addWord(c, "")
	c.Flags().BoolVar(&rollback, "rollback", false, "put in force again what was in force before")
	return c
}

func runPolicyApply(c *cobra.Command, f *operatorFlags, file string, rollback bool) error {
	if err := f.checkWord(); err != nil {
		return err
	}
	p, err := issuer.LoadPolicy(file)
	if err != nil {
		return &exitError{code: exitRejected, err: err, hint: "nothing has changed"}
	}
	request := map[string]any{"source": string(p.Source()), "reason": f.word.Reason, "rollback": rollback}
	var applied appliedPolicy
	if err := f.post(c, "the policy was not put in force", "/v1/policy", request, &applied); err != nil {
		var refused *refusedError
		switch {
		case !errors.As(err, &refused):
			return err
		case refused.status == http.StatusConflict && !rollback:
			return fail(err, "nothing has changed; where an older policy is meant to come back: --rollback")
		case refused.Code == "invalid_policy": // by a service of another version
			return &exitError{code: exitRejected, err: err, hint: "nothing has changed"}
		}
		return err
	}
	warnOf(c.ErrOrStderr(), p)
	if f.json {
		writeJSON(c.OutOrStdout(), applied)
		return nil
	}
	what := "in force: "
	switch {
	case !applied.Changed:
		what = "in force already: "
	case applied.Rollback:
		what = "in force again: "
	}
	fmt.Fprintf(c.OutOrStdout(), "%s%s %s\nsince     %s, by %s\n", what, oneLine(applied.Name), applied.Digest, clock(applied.At), oneLine(byText(applied.Actor, applied.Reason)))
	return nil
}

// warnOf says what an operator should know of a policy, as the log of the service does.
func warnOf(w io.Writer, p *issuer.Policy) {
	for _, o := range p.Overrides() {
		fmt.Fprintf(w, "countersign: warning: tier %s has an override: %s\n", o.Tier, printable(o.Reason))
	}
	for _, warning := range p.Warnings() {
		fmt.Fprintf(w, "countersign: warning: %s\n", printable(warning))
	}
}
