package main

import (
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/fc28f635/countersign/internal/toolmap"
	"github.com/fc28f635/countersign/issuer"
)

type toolsDiffFlags struct {
	servers toolServerFlags
	lines   bool
	json    bool
}

func toolsDiffCommand() *cobra.Command {
	var f toolsDiffFlags
	c := &cobra.Command{
		Use:   "diff POLICY [URL…]",
		Short: "Compare the tools of a policy with what the servers list now",
		Long: `Read tools/list of the resources of a policy, all or those that are named, and say
which tools appeared, vanished and changed. A resource is reached at its identifier,
or as the list of -f says.

A tool that appeared is granted to nobody until the policy names it. Of a tool that
still is a guess every difference is a change; of one that a person looked at it is
what the server itself says is worse. With --lines the lines for the policy are
printed: one that became worse has "was", by which nobody is granted the tool, nor
a scope that it is behind, until a person takes that away.

Exit status: 0 nothing changed, 1 something changed, or the policy is wrong, 2 the
command line is wrong, 3 a server could not be read.`,
		Example: `  countersign tools diff policy.yaml
  countersign tools diff policy.yaml https://files.example.com/mcp --lines
  countersign tools diff policy.yaml -f servers.yaml --json`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error { return runToolsDiff(c, f, args[0], args[1:]) },
	}
	flags := c.Flags()
	flags.BoolVar(&f.lines, "lines", false, "print the lines for the policy")
	flags.BoolVar(&f.json, "json", false, "print the changes as JSON")
	f.servers.add(c)
	return c
}

// A toolsDiff is what changed in one resource.
type toolsDiff struct {
	resource string
	changes  []toolmap.Change
}

func runToolsDiff(c *cobra.Command, f toolsDiffFlags, path string, urls []string) error {
	declared, err := declaredResources(path)
	if err != nil {
		return err
	}
	servers, err := f.serversOf(declared, urls)
	if err != nil {
		return err
	}
	declared = slices.DeleteFunc(declared, func(r issuer.Resource) bool {
		return !slices.ContainsFunc(servers, func(s toolServer) bool { return s.Resource == r.ID })
	})
	lists, err := f.servers.readServers(c.Context(), servers, c.ErrOrStderr())
	if err != nil {
		return err
	}
	diffs, total := []toolsDiff{}, 0
	for i, s := range servers {
		changes := toolmap.Compare(declared[i], s.Name, lists[i])
		total += len(changes)
		diffs = append(diffs, toolsDiff{s.Resource, changes})
	}
	if f.json {
		writeJSON(c.OutOrStdout(), map[string]any{"resources": diffsJSON(diffs)})
	} else {
		printToolsDiff(c.OutOrStdout(), diffs, f.lines)
	}
	if total == 0 {
		return nil
	}
	if !f.lines && !f.json {
		fmt.Fprintln(c.ErrOrStderr(), "countersign: hint: --lines prints the lines for the policy")
	}
	return &exitError{code: exitRejected}
}

// declaredResources returns the resources of the policy in a file, at least one.
func declaredResources(path string) ([]issuer.Resource, error) {
	p, err := issuer.LoadPolicy(path)
	if isAbsent(err) {
		return nil, fail(err, "")
	}
	if err == nil && len(p.Resources()) == 0 {
		err = fmt.Errorf("%q has no resources", path)
	}
	if err != nil {
		return nil, &exitError{exitRejected, err, command("tools", "import", "--add-to", path) + " adds what a server lists"}
	}
	return p.Resources(), nil
}

// serversOf returns where the resources are reached, in their order: those that
// are named by identifier or URL, or all.
func (f *toolsDiffFlags) serversOf(declared []issuer.Resource, urls []string) ([]toolServer, error) {
	listed, err := f.servers.listed()
	if err != nil {
		return nil, err
	}
	var servers []toolServer
	named := map[string]bool{}
	for _, r := range declared {
		s := toolServer{URL: r.ID, Resource: r.ID}
		for _, l := range listed {
			if l.Resource == r.ID || l.Resource == "" && l.URL == r.ID {
				s.URL, s.Name, s.token = l.URL, l.Name, l.token
			}
		}
		named[r.ID], named[s.URL] = true, true
		if len(urls) > 0 && !slices.Contains(urls, r.ID) && !slices.Contains(urls, s.URL) {
			continue
		}
		if s.Name == "" {
			s.Name = toolmap.ServerOf(r)
		}
		if err := s.complete(); err != nil {
			return nil, &usageError{fmt.Errorf("resource %.100q: %w", r.ID, err)}
		}
		servers = append(servers, s)
	}
	for _, u := range urls {
		if !named[u] {
			return nil, &usageError{fmt.Errorf("%.100q is no resource of the policy: %s adds it", u, command("tools", "import", u, "--add-to"))}
		}
	}
	return servers, f.servers.withToken(servers)
}
