package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/spf13/cobra"

	"github.com/fc28f635/countersign/issuer"
)

// currentPolicy names the policy that decides, where a policy is asked for.
const currentPolicy = "current"

// policyDigest matches the digest of a policy.
var policyDigest = regexp.MustCompile(`^sha256:[0-9a-f]{64}$`)

// A shownPolicy is a policy, and where it comes from.
type shownPolicy struct {
	Name   string `json:"name"`
	Digest string `json:"digest"`
	From   string `json:"from,omitempty"`
	Source string `json:"source"`
}

func policyShowCommand() *cobra.Command {
	var f operatorFlags
	var history bool
	var name string
	c := &cobra.Command{
		Use:   "show [current|DIGEST]",
		Short: "Print a policy, as it was written",
		Long: `Print the policy in a data directory, as it is in the file. Without --data it is
the built-in standard, which the first start of the service writes there.

With current, print the policy that decides; with a digest, as decisions have it, the
version that was in force then; with --history, list all versions, the newest first.
The service is asked for these, and where none runs, what it keeps.`,
		Example: `  countersign policy show --data /var/lib/countersign
  countersign policy show current --data /var/lib/countersign
  countersign policy show --history --data /var/lib/countersign
  countersign policy show --json`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			switch {
			case history && len(args) > 0:
				return &usageError{errors.New("--history lists all versions: leave out the digest")}
			case history:
				return runPolicyHistory(c, &f)
			case len(args) > 0 && args[0] != currentPolicy && !policyDigest.MatchString(args[0]):
				return &usageError{errors.New("the policy is named by current or by its digest, sha256: and 64 hexadecimal digits")}
			}
			p, err := shownPolicyOf(c, &f, name, args)
			if err != nil {
				return err
			}
			if f.json {
				writeJSON(c.OutOrStdout(), p)
				return nil
			}
			_, err = c.OutOrStdout().Write([]byte(p.Source))
			return err
		},
	}
	f.add(c)
	c.Flags().Lookup("data").Usage = "print the policy in the data directory `DIR`; with current, a digest or --history, ask the service on it"
	c.Flags().StringVar(&name, "name", issuer.Standard().Name(), "without --data, print the built-in policy `NAME`")
	c.MarkFlagsMutuallyExclusive("data", "name")
	c.Flags().BoolVar(&history, "history", false, "list every version that was in force")
	return c
}

// shownPolicyOf returns the policy that is asked for.
func shownPolicyOf(c *cobra.Command, f *operatorFlags, name string, args []string) (p shownPolicy, err error) {
	if len(args) > 0 {
		if l, err := f.standing(c); err == nil && args[0] == currentPolicy {
			warnObserved(c, l.Observations)
		}
		return f.policy(c, args[0])
	}
	if f.service.server != defaultServer || f.service.apiKey != "" {
		return f.policy(c, currentPolicy)
	}
	read, ok := issuer.Builtin(name)
	if !ok {
		return p, &exitError{exitUsage, fmt.Errorf("%.100q is no built-in policy", name), "they are " + strings.Join(issuer.BuiltinNames(), ", ")}
	}
	from := fromBuiltin
	if f.service.data != "" {
		from = filepath.Join(f.service.data, policyFile)
		if read, err = issuer.LoadPolicy(from); err != nil {
			hint := ""
			if isAbsent(err) {
				hint = "the first start of the service writes it"
			}
			return p, fail(err, hint)
		}
	}
	return shownPolicy{read.Name(), read.Digest(), from, string(read.Source())}, nil
}

// policy asks the service for the policy that decides, or the version of a digest.
func (f *operatorFlags) policy(c *cobra.Command, named string) (p shownPolicy, err error) {
	path := "/v1/policy"
	if named != currentPolicy {
		path = "/v1/policies/" + named
	}
	return p, f.get(c, path, &p)
}

func runPolicyHistory(c *cobra.Command, f *operatorFlags) error {
	var list struct {
		Policies []issuer.PolicyVersion `json:"policies"`
	}
	if err := f.get(c, "/v1/policies", &list); err != nil {
		return err
	}
	if f.json {
		writeJSON(c.OutOrStdout(), list)
		return nil
	}
	s := newSheet(c.OutOrStdout(), "SINCE", "NAME", "DIGEST", "BY", "NOTE")
	for _, v := range list.Policies {
		note := ""
		if v.Rollback {
			note = "rollback"
		}
		s.line(clock(v.At), v.Name, v.Digest, byText(v.Actor, v.Reason), note)
	}
	s.print()
	return nil
}
