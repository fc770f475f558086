package main

import (
	"cmp"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/fc28f635/countersign/issuer"
)

func modeCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "mode",
		Short: "Show what is enforced, and have nothing enforced for some hours",
		Long: `A policy says of each resource and authorization server whether its decisions are
enforced, or made, recorded and only observed. For some hours an operator can have
them only observed without changing the policy: when it turns out to be wrong.`,
		Example: `  countersign mode show --data ./data
  countersign mode observe --for 2h --reason "incident 17: everybody is refused" --data ./data`,
		GroupID: groupOperator,
	}
	return group(c, modeShowCommand(), modeObserveCommand(), modeEnforceCommand())
}

func modeShowCommand() *cobra.Command {
	var f operatorFlags
	c := &cobra.Command{
		Use:   "show",
		Short: "Show what is enforced and what is only observed",
		Long: `Show what the policy says of each authorization server and resource that it
declares, and the observations in force: of what, until when, by whom. A request is
observed where everything that it concerns is; whatever is not listed is enforced.`,
		Example: "  countersign mode show --data ./data",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			m, err := f.modes(c)
			if err != nil {
				return err
			}
			if f.json {
				writeJSON(c.OutOrStdout(), m)
				return nil
			}
			printModes(c.OutOrStdout(), m)
			return nil
		},
	}
	f.add(c)
	return c
}

// modes asks what is enforced.
func (f *operatorFlags) modes(c *cobra.Command) (m issuer.Modes, err error) {
	return m, f.get(c, "/v1/modes", &m)
}

func printModes(w io.Writer, m issuer.Modes) {
	s := newSheet(w, "MODE", "OF", "UNTIL", "BY")
	for _, o := range m.Observations {
		s.line(string(issuer.ModeObserve), observed(o.Of), clock(o.Until), byText(o.Actor, o.Reason))
	}
	for _, d := range m.Declared {
		of, by := "resource "+d.Resource, "the policy"
		if d.AuthorizationServer != "" {
			of = "authorization server " + d.AuthorizationServer
		}
		if o := d.Observation; o != nil {
			by += "; observed until " + clock(o.Until) + ", by " + o.Actor
		}
		s.line(string(d.Mode), of, "", by)
	}
	s.line(string(issuer.ModeEnforce), "whatever is not listed", "", "")
	s.print()
}

// observed names what an observation is of.
func observed(of string) string { return cmp.Or(of, issuer.ObservedEverything) }

// warnObserved says on standard error what is not enforced, beside an answer from
// which one would think that it is.
func warnObserved(c *cobra.Command, list []issuer.Observation) {
	now := testOnlyNow()
	for _, o := range list {
		if now.Before(o.Until) {
			fmt.Fprintf(c.ErrOrStderr(), "countersign: warning: not enforced until %s: %s, by %s\n", clock(o.Until), oneLine(observed(o.Of)), oneLine(byText(o.Actor, o.Reason)))
		}
	}
}
