package main

import (
	"bytes"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/fc28f635/countersign/internal/policytest"
	"github.com/fc28f635/countersign/issuer"
)

type policyTestFlags struct {
	cases string
	junit string
	json  bool
}

func policyTestCommand() *cobra.Command {
	var f policyTestFlags
	c := &cobra.Command{
		Use:   "test FILE",
		Short: "Test a policy by cases",
		Long: `Decide by a policy on the clients of a case file, and say which decisions are not the
expected ones, and how they came about. FILE is a policy, or the name of a built-in
one, such as standard. The cases of policy.yaml are in policy_test.yaml beside it.

A case says what was found out of a client, and what is expected of the decision:

  cases:
    - name: a signed client reads for a week
      proof: signed
      client: {redirect_uris: [https://acme.example/cb], scope: files:read}
      expect: {tier: signed, scope: files:read, session_ttl_max: 604800}

docs/policy-testing.md has every key, and the cases of the built-in policies.

Exit status: 0 all as expected; 1 one is not, or the policy or a case is wrong; 2 the
command line is wrong; 3 a file could not be read or written.`,
		Example: `  countersign policy test policy.yaml
  countersign policy test policy.yaml --cases cases.yaml --junit policy.xml`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error { return runPolicyTest(c, f, args[0]) },
	}
	flags := c.Flags()
	flags.StringVar(&f.cases, "cases", "", "read the cases in `CASES.yaml`; by default NAME_test.yaml beside the policy NAME.yaml")
	flags.StringVar(&f.junit, "junit", "", "also write the results as JUnit XML to the file `OUT.xml`")
	flags.BoolVar(&f.json, "json", false, "print as JSON")
	return c
}

func runPolicyTest(c *cobra.Command, f policyTestFlags, name string) error {
	p, builtin := issuer.Builtin(name)
	if !builtin {
		var err error
		if p, err = issuer.LoadPolicy(name); err != nil {
			return wrongFile(err, "mend it there; "+command("policy", "show")+" prints one that is right")
		}
	}
	if f.cases == "" {
		f.cases = strings.TrimSuffix(name, filepath.Ext(name)) + "_test.yaml"
	}
	suite, err := policytest.Load(f.cases)
	if err != nil {
		return wrongFile(err, "docs/policy-testing.md has every key of a case; --cases names another file")
	}
	results := suite.Run(p)
	failures := 0
	for _, r := range results {
		if !r.Passed {
			failures++
		}
	}
	if f.junit != "" {
		var report bytes.Buffer
		if err := policytest.WriteJUnit(&report, name, results); err != nil {
			return fail(fmt.Errorf("writing JUnit XML: %w", err), "")
		}
		if err := writeWhole(f.junit, report.Bytes()); err != nil {
			return fail(fmt.Errorf("writing JUnit XML: %w", err), "")
		}
	}
	if f.json {
		writeJSON(c.OutOrStdout(), map[string]any{"policy": comparedPolicy{p.Name(), p.Digest()}, "cases": len(results), "failures": failures, "results": results})
	} else {
		printResults(c.OutOrStdout(), results, failures)
	}
	if failures > 0 {
		return &exitError{code: exitRejected}
	}
	return nil
}

// wrongFile is an error of a file that is wrong, or that is not there.
func wrongFile(err error, hint string) error {
	if isAbsent(err) {
		return fail(err, hint)
	}
	return &exitError{code: exitRejected, err: err, hint: hint}
}

func printResults(w io.Writer, results []policytest.Result, failures int) {
	for _, r := range results {
		if r.Passed {
			fmt.Fprintf(w, "ok    %s\n", oneLine(r.Name))
			continue
		}
		fmt.Fprintf(w, "FAIL  %s\n", oneLine(r.Name))
		for _, d := range r.Differences {
			fmt.Fprintf(w, "      %s\n", oneLine(d.String()))
		}
		for _, why := range r.Why {
			fmt.Fprintf(w, "      why: %s\n", oneLine(why))
		}
	}
	fmt.Fprintf(w, "%d cases, %d failed\n", len(results), failures)
}
