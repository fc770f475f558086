package main

import (
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/fc28f635/countersign/internal/limits"
	"github.com/fc28f635/countersign/issuer"
)

type reportFlags struct {
	operatorFlags
	since string
	on    issuer.ReportOn
}

func reportCommand() *cobra.Command {
	var f reportFlags
	c := &cobra.Command{
		Use:   "report",
		Short: "Sum up who came, and what enforcing costs them",
		Long: `Sum up the recorded decisions, of the last 7 days by default: look-alikes first; the
software that came, how often, at which tier, where its codes go, and what enforcing
takes from it, or would where it is only observed: scopes, tools, refresh tokens; and
which vendors are worth asking to sign, with the line to send them. Dry runs are left
out. Names are what clients claim.

The service is asked, and where none runs, what it keeps.

Exit status: 0 reported, 2 the command line is wrong, 3 the decisions were not read.`,
		Example: `  countersign report --data /var/lib/countersign
  countersign report --since 30d --resource https://mcp.acme.example/ --json --data /var/lib/countersign`,
		GroupID: groupOperator,
		Args:    cobra.NoArgs,
		RunE:    func(c *cobra.Command, _ []string) error { return runReport(c, &f) },
	}
	f.add(c)
	flags := c.Flags()
	flags.StringVar(&f.since, "since", "7d", "report on what was decided since `TIME`: a time, a day, or how long ago")
	flags.StringVar(&f.on.Resource, "resource", "", "report on access to this resource, a `URL`")
	flags.StringVar(&f.on.AuthorizationServer, "authorization-server", "", "report on decisions for this authorization server, a `URL`")
	return c
}

func runReport(c *cobra.Command, f *reportFlags) error {
	since, err := parseSince(f.since, testOnlyNow().Truncate(time.Second))
	if err != nil {
		return err
	}
	if f.on.Resource != "" && issuer.CheckResource(f.on.Resource) != nil {
		return &usageError{fmt.Errorf("--resource %.100q is no https URL without fragment, such as https://files.example/mcp", f.on.Resource)}
	}
	if f.on.AuthorizationServer != "" && issuer.CheckAuthorizationServer(f.on.AuthorizationServer) != nil {
		return &usageError{fmt.Errorf("--authorization-server %.100q is no https URL without query and fragment", f.on.AuthorizationServer)}
	}
	shown, err := f.policy(c, currentPolicy)
	if err != nil {
		return err
	}
	policy, err := issuer.ParsePolicy([]byte(shown.Source))
	if err != nil { // it is of another version: all but the tools is known
		fmt.Fprintf(c.ErrOrStderr(), "countersign: warning: which tools are lost is not told: the policy that decides cannot be read here: %s\n", oneLine(err.Error()))
	}
	m, err := f.modes(c)
	if err != nil {
		return err
	}
	warnObserved(c, m.Observations)
	pending, err := f.pendingReviews(c)
	if err != nil {
		return err
	}
	report, walked := issuer.NewReport(f.on, policy), newProgress(c.ErrOrStderr(), testOnlyNow)
	err = f.walk(c, since, func(d issuer.Decision, part float64) error {
		if !d.At.Before(since) {
			report.Add(d)
		}
		walked.step(part)
		return nil
	})
	walked.end()
	if err != nil {
		return err
	}
	told := reportOf(report.Summary(), since)
	told.Reviews = pending
	if f.json {
		writeJSON(c.OutOrStdout(), told)
		return nil
	}
	printReport(c.OutOrStdout(), told)
	return nil
}

// pendingReviews asks for the reviews that nobody answered, the first of them.
func (f *operatorFlags) pendingReviews(c *cobra.Command) ([]issuer.Review, error) {
	var list struct {
		Reviews []issuer.Review `json:"reviews"`
	}
	if err := f.latest(c, reviewsPath, limits.ListDefault, &list); err != nil {
		return nil, err
	}
	return slices.DeleteFunc(append([]issuer.Review{}, list.Reviews...), func(r issuer.Review) bool { return r.State != issuer.ReviewPending }), nil
}
