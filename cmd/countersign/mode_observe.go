package main

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/fc28f635/countersign/internal/limits"
	"github.com/fc28f635/countersign/issuer"
)

func modeObserveCommand() *cobra.Command {
	var f operatorFlags
	var lasts time.Duration
	c := &cobra.Command{
		Use:   "observe [OF]",
		Short: "Break the glass: enforce nothing for at most 24 hours",
		Long: `Have decisions only observed for some hours: what clients ask for passes as if there
were no countersign, and what would have been decided is recorded with it. OF is an
authorization server or a resource, as decisions name them; without it, everything.
It is recorded who did it and why, it survives a restart, and it ends by itself.

What is blocked stays denied: what is on hold, revoked, or denied by a rule of the
policy. Nothing is countersigned. What was granted meanwhile lives on at the
authorization server: it is not taken back at the end.

Exit status: 0 recorded, 2 the command line is wrong, 3 it was not recorded.`,
		Example: `  countersign mode observe --for 2h --reason "incident 17: everybody is refused" --data ./data
  countersign mode observe https://mcp.acme.example/ --for 30m --reason "its tools changed" --data ./data`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			of := ""
			if len(args) > 0 {
				of = args[0]
			}
			return runModeObserve(c, &f, of, lasts)
		},
	}
	f.addWord(c, "")
	c.Flags().DurationVar(&lasts, "for", 0, "end after `TIME`, at most 24h, such as 2h or 30m")
	return c
}

func runModeObserve(c *cobra.Command, f *operatorFlags, of string, lasts time.Duration) error {
	if lasts == 0 {
		return &usageError{fmt.Errorf("--for TIME is missing: after it, at most %d hours, everything is enforced again", limits.ObservationLongest/time.Hour)}
	}
	if err := f.checkWord(); err != nil {
		return err
	}
	now := testOnlyNow().Truncate(time.Second)
	o := issuer.Observation{Of: of, Actor: f.word.Actor, Reason: f.word.Reason, At: now, Until: now.Add(lasts).UTC().Truncate(time.Second)}
	if err := o.Check(); err != nil {
		return &usageError{err}
	}
	request := map[string]any{"reason": o.Reason, "until": o.Until.Format(time.RFC3339)}
	if of != "" {
		request["of"] = of
	}
	if err := f.post(c, "nothing was recorded", "/v1/observations", request, &o); err != nil {
		return err
	}
	err := warnUndeclared(c, f, of)
	if f.json {
		writeJSON(c.OutOrStdout(), o)
		return err
	}
	fmt.Fprintf(c.OutOrStdout(), "not enforced: %s\nuntil         %s, by %s\n", oneLine(observed(o.Of)), clock(o.Until), oneLine(byText(o.Actor, o.Reason)))
	return err
}

// warnUndeclared warns of an observation of what the policy does not name: it is of
// nothing where a letter is wrong.
func warnUndeclared(c *cobra.Command, f *operatorFlags, of string) error {
	if of == "" {
		return nil
	}
	m, err := f.modes(c)
	if err != nil {
		return errors.Join(errors.New("it was recorded, and it is not known whether the policy knows what it is of"), err)
	}
	known := func(d issuer.DeclaredMode) bool {
		return d.AuthorizationServer == of || d.Resource == of || d.Observation != nil && d.Observation.Of == of
	}
	if !slices.ContainsFunc(m.Declared, known) {
		fmt.Fprintf(c.ErrOrStderr(), "countersign: warning: the policy declares no %.100q: only requests that name exactly this are observed\n", of)
	}
	return nil
}
