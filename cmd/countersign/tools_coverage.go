package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/fc28f635/countersign/internal/fetch"
	"github.com/fc28f635/countersign/internal/limits"
	"github.com/fc28f635/countersign/internal/strictjson"
	"github.com/fc28f635/countersign/internal/toolmap"
)

func toolsCoverageCommand() *cobra.Command {
	var lookup lookupFlags
	var from string
	var asJSON bool
	c := &cobra.Command{
		Use:   "coverage POLICY",
		Short: "Show which tools are behind each scope",
		Long: `Count the tools behind each scope of a policy's resources, by class, and name every
scope that spans classes: whoever gets it for the least of its tools gets the worst.
Where none does, roles over scopes are enough; where one does, split it (tools
import --per-tool proposes how), or let the guard look at each tool.

With --scopes-from the scopes that an authorization server announces are shown too,
those of no resource among them.

Exit status: 0 shown, 1 the policy is wrong, 2 the command line is wrong, 3 the
metadata could not be read.`,
		Example: `  countersign tools coverage policy.yaml
  countersign tools coverage policy.yaml --scopes-from https://as.example.com/.well-known/oauth-authorization-server --json`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			declared, err := declaredResources(args[0])
			if err != nil {
				return err
			}
			var announced []string
			if from != "" {
				cfg, err := lookup.config()
				if err != nil {
					return err
				}
				if announced, err = scopesFrom(c.Context(), ownFetch(cfg), from); err != nil {
					return fail(fmt.Errorf("reading the scopes of %.100q: %w", from, err), "it is the URL of the authorization server's metadata (RFC 8414), which has scopes_supported")
				}
			}
			coverage := toolmap.Cover(declared, announced)
			if asJSON {
				writeJSON(c.OutOrStdout(), coverage)
				return nil
			}
			printCoverage(c, coverage)
			return nil
		},
	}
	flags := c.Flags()
	flags.StringVar(&from, "scopes-from", "", "read scopes_supported from the metadata of the authorization server at `URL`")
	flags.BoolVar(&asJSON, "json", false, "print as JSON")
	lookup.add(c)
	return c
}

// scopesFrom reads scopes_supported from authorization server metadata (RFC 8414,
// Section 2).
func scopesFrom(ctx context.Context, cfg fetch.Config, rawURL string) ([]string, error) {
	u, err := url.Parse(rawURL)
	cfg.AllowLoopback = cfg.AllowLoopback || err == nil && u.Scheme == "http"
	origin, err := fetch.NewOrigin(cfg, rawURL)
	if err != nil {
		return nil, err
	}
	answer, err := origin.Do(ctx, fetch.Request{Method: http.MethodGet, URL: rawURL}, limits.ProbeAnswerBytes)
	if err != nil {
		return nil, err
	}
	if answer.Status != http.StatusOK {
		return nil, fmt.Errorf("it answered %d", answer.Status)
	}
	members, err := strictjson.ParseObject(answer.Body, limits.JSONDepth)
	if err != nil {
		return nil, err
	}
	for _, m := range members {
		if m.Name == "scopes_supported" {
			if scopes, ok := m.Texts(); ok {
				slices.Sort(scopes)
				return slices.Compact(scopes), nil
			}
		}
	}
	return nil, fmt.Errorf("it has no scopes_supported")
}

func printCoverage(c *cobra.Command, coverage toolmap.Coverage) {
	w := c.OutOrStdout()
	s := newSheet(w, "RESOURCE", "SCOPE", "READ", "MODIFY", "DELETE", "ADMIN", "SENSITIVE", "GUESSED", "NOTE")
	for _, scope := range coverage.Scopes {
		note := ""
		switch {
		case scope.Resource == "":
			note = "no resource knows it"
		case scope.Unannounced:
			note = "not announced"
		}
		s.line(scope.Resource, scope.Scope, strconv.Itoa(scope.Read), strconv.Itoa(scope.Modify), strconv.Itoa(scope.Delete),
			strconv.Itoa(scope.Admin), strconv.Itoa(scope.Sensitive), strconv.Itoa(scope.Guessed), note)
	}
	s.print()
	fmt.Fprintln(w)
	spanning := coverage.Spanning()
	for _, scope := range spanning {
		fmt.Fprintf(w, "%s spans %s: whoever gets it for one gets all.\n", oneLine(scope.Scope), strings.Join(scope.Spans, ", "))
	}
	if len(spanning) == 0 {
		fmt.Fprintln(w, "No scope spans classes: roles over scopes are enough.")
	}
	for _, tool := range coverage.Unscoped {
		fmt.Fprintf(w, "%s is in no scope: nobody is granted it.\n", oneLine(tool))
	}
}
