package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/fc28f635/countersign/internal/toolmap"
	"github.com/fc28f635/countersign/issuer"
)

type importFlags struct {
	servers  toolServerFlags
	name     string
	resource string
	mode     string
	perTool  bool
	form     string
	authz    []string
	addTo    string
	json     bool
}

func toolsImportCommand() *cobra.Command {
	var f importFlags
	c := &cobra.Command{
		Use:   "import URL…",
		Short: "Propose scopes and classes for the tools that MCP servers list",
		Long: `Read tools/list of MCP servers, and print them as the section resources of a
policy: the scope, class and sensitivity of each tool. There is one scope for each
server and class, and one of its own for reads that may return credentials, or
personal or customer data.

The class is what the server's annotations say. A tool of which no annotation
decides is delete, by MCP's own default. What is a guess is marked guessed, and why
is beside it: until a person takes the mark away, the tool is granted from tier
accepted up. The annotations are the server's hints: whoever takes the marks away
vouches for them.

Exit status: 0 printed, or added; 1 the policy or the list of servers is wrong; 2 the
command line is wrong; 3 a server could not be read, and nothing was printed.`,
		Example: `  countersign tools import https://files.example.com/mcp --mode observe
  countersign tools import -f servers.yaml --mode enforce --add-to policy.yaml
  countersign tools import http://127.0.0.1:3001/mcp --name files --token env:TOKEN --mode observe
  countersign tools import https://files.example.com/mcp --as terraform`,
		Args: cobra.ArbitraryArgs,
		RunE: func(c *cobra.Command, args []string) error { return runImport(c, f, args) },
	}
	flags := c.Flags()
	flags.StringVar(&f.name, "name", "", "begin the scopes of the server with `NAME` (default: the first label of its host)")
	flags.StringVar(&f.resource, "resource", "", "the server's resource identifier is `URL` (default: its URL)")
	flags.StringVar(&f.mode, "mode", "", "observe, or enforce what is decided: `MODE` (required for a policy)")
	flags.BoolVar(&f.perTool, "per-tool", false, "propose a scope for each tool")
	flags.StringVar(&f.form, "as", formPolicy, "print as `FORM`: "+strings.Join(forms, ", "))
	flags.StringArrayVar(&f.authz, "authorization-server", nil, "the issuer `URL` of an authorization server, for rfc9728 (repeatable)")
	flags.StringVar(&f.addTo, "add-to", "", "add the section to the policy in `FILE`, whose comments stay, and print nothing")
	flags.BoolVar(&f.json, "json", false, "print the section as JSON")
	f.servers.add(c)
	return c
}

func runImport(c *cobra.Command, f importFlags, urls []string) error {
	servers, mode, err := f.wanted(urls)
	if err != nil {
		return err
	}
	if f.addTo != "" { // what is wrong with the policy is told before a server is asked
		if _, err := f.readPolicy(); err != nil {
			return err
		}
	}
	lists, err := f.servers.readServers(c.Context(), servers, c.ErrOrStderr())
	if err != nil {
		return err
	}
	proposals := make([]toolmap.Proposal, 0, len(servers))
	for i, s := range servers {
		proposals = append(proposals, toolmap.Proposal{Server: s.Name, Resource: s.Resource, Mode: mode, Tools: toolmap.Propose(s.Name, lists[i], f.perTool)})
	}
	if f.form == formPolicy {
		tellGuesses(c.ErrOrStderr(), proposals)
	}
	if f.addTo != "" {
		if err := f.addToPolicy(proposals); err != nil {
			return err
		}
		tellAdded(c.ErrOrStderr(), f.addTo, proposals)
		if !f.json {
			return nil
		}
	}
	return printForm(c.OutOrStdout(), f, proposals)
}

// wanted returns the servers and the mode that were named.
func (f *importFlags) wanted(urls []string) ([]toolServer, issuer.Mode, error) {
	usage := func(format string, args ...any) ([]toolServer, issuer.Mode, error) {
		return nil, "", &usageError{fmt.Errorf(format, args...)}
	}
	switch {
	case (len(urls) == 0) == (f.servers.file == ""):
		return usage("name servers by URL, or with -f by a list")
	case len(urls) != 1 && (f.name != "" || f.resource != ""):
		return usage("--name and --resource are for one URL: a list has them for each")
	case !slices.Contains(forms, f.form):
		return usage("--as %.100q is none of %s", f.form, strings.Join(forms, ", "))
	case f.form != formPolicy && (f.addTo != "" || f.json):
		return usage("--add-to and --json are for a policy, not for --as %s", f.form)
	case f.form != formMetadata && len(f.authz) > 0:
		return usage("--authorization-server is for --as %s", formMetadata)
	}
	var mode issuer.Mode
	if f.form == formPolicy {
		var err error
		if mode, err = toolmap.ParseMode(f.mode); err != nil {
			return usage("--mode: %w", err)
		}
	}
	servers, err := f.servers.listed()
	if err != nil {
		return nil, "", err
	}
	for _, u := range urls {
		servers = append(servers, toolServer{URL: u, Name: f.name, Resource: f.resource})
	}
	if f.form == formMetadata && len(servers) != 1 {
		return usage("--as %s is for one server: it has metadata of its own", formMetadata)
	}
	names, resources := map[string]bool{}, map[string]bool{}
	for i := range servers {
		s := &servers[i]
		if err := s.complete(); err != nil {
			return usage("%w", err)
		}
		if names[s.Name] || resources[s.Resource] {
			return usage("two servers have the name %q or the resource %.100q: give each another", s.Name, s.Resource)
		}
		names[s.Name], resources[s.Resource] = true, true
	}
	return servers, mode, f.servers.withToken(servers)
}

// tellGuesses says how much of the proposals is for a person to look at.
func tellGuesses(w io.Writer, proposals []toolmap.Proposal) {
	guesses := 0
	for _, p := range proposals {
		guesses += p.Guesses()
		fmt.Fprintf(w, "countersign: %s: %d tools, %d of them guessed\n", printable(p.Resource), len(p.Tools), p.Guesses())
	}
	if guesses > 0 {
		fmt.Fprintln(w, "countersign: hint: look at each tool with guessed: true, mend its line and take the mark away; until then it is granted from tier accepted up")
	}
}
