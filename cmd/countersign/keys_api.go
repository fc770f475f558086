package main

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/spf13/cobra"

	"github.com/fc28f635/countersign/internal/access"
)

func keysAPICommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "api",
		Short: "Operator: make, list and revoke the API keys of a service",
		Long: `For operators: make, list and revoke the API keys with which callers ask a
service. They sign nothing, and have nothing to do with a publisher's keys.`,
		Example: `  countersign keys api create --data ./data --name "the AS" --role decide
  countersign keys api list --data ./data`,
	}
	return group(c, keysAPICreateCommand(), keysAPIListCommand(), keysAPIRevokeCommand())
}

func keysAPICreateCommand() *cobra.Command {
	var f operatorFlags
	var terms access.Terms
	var role string
	var rights []string
	c := &cobra.Command{
		Use:   "create --name NAME --role ROLE",
		Short: "Make an API key, and print it this once",
		Long: `Make an API key, and print it on standard output, this once: the service keeps a
digest of it. Roles are metrics (those, and nothing else), read (recorded
decisions), decide (and ask for decisions) and operator (everything). Rights beyond the role are source (to say from where a
client came) and findings (to read what was seen).

Exit status: 0 made, 2 the command line is wrong, 3 it was not made.`,
		Example: `  countersign keys api create --data ./data --name "the AS" --role decide --authorization-server https://as.example > as.key`,
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			terms.Role = access.Role(role)
			for _, r := range rights {
				terms.Rights = append(terms.Rights, access.Right(r))
			}
			if err := terms.Check(); err != nil {
				return &usageError{err}
			}
			var made struct {
				access.Key
				Token string `json:"token"`
			}
			if err := f.post(c, "no key was made", "/v1/keys", terms, &made); err != nil {
				return err
			}
			if f.json {
				writeJSON(c.OutOrStdout(), made)
				return nil
			}
			fmt.Fprintf(c.ErrOrStderr(), "countersign: API key %s of %s, role %s, shown this once\n", oneLine(made.ID), oneLine(made.Name), oneLine(string(made.Role)))
			fmt.Fprintln(c.OutOrStdout(), oneLine(made.Token))
			return nil
		},
	}
	f.add(c)
	flags := c.Flags()
	flags.StringVar(&f.word.Actor, "actor", osUser(), "record that `NAME` does it")
	flags.StringVar(&terms.Name, "name", "", "call the key `NAME` in lists")
	flags.StringVar(&role, "role", "", "what it may do: `metrics|read|decide|operator`")
	flags.StringSliceVar(&rights, "right", nil, "and beyond that: `source|findings`; repeatable")
	flags.StringSliceVar(&terms.AuthorizationServers, "authorization-server", nil, "it is for the authorization server with this issuer `URL`; repeatable")
	return c
}

func keysAPIListCommand() *cobra.Command {
	var f operatorFlags
	c := &cobra.Command{
		Use:     "list",
		Short:   "List the API keys of a service",
		Example: "  countersign keys api list --data ./data",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			var list struct {
				Keys []access.Key `json:"keys"`
			}
			if err := f.get(c, "/v1/keys", &list); err != nil {
				return err
			}
			if f.json {
				writeJSON(c.OutOrStdout(), list)
				return nil
			}
			s := newSheet(c.OutOrStdout(), "ID", "NAME", "ROLE", "RIGHTS", "AUTHORIZATION SERVERS", "MADE", "REVOKED")
			for _, k := range list.Keys {
				revoked := ""
				if !k.Revoked.IsZero() {
					revoked = clock(k.Revoked)
				}
				s.line(k.ID, k.Name, string(k.Role), strings.Trim(fmt.Sprint(k.Rights), "[]"), strings.Join(k.AuthorizationServers, " "), clock(k.Created), revoked)
			}
			s.print()
			return nil
		},
	}
	f.add(c)
	return c
}

func keysAPIRevokeCommand() *cobra.Command {
	var f operatorFlags
	c := &cobra.Command{
		Use:     "revoke ID",
		Short:   "Revoke an API key for good",
		Long:    "Revoke an API key for good: no request with it is answered after this one was.",
		Example: "  countersign keys api revoke 5f0c2a9b7d3e4f61 --data ./data",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if strings.Trim(args[0], "0123456789abcdef") != "" || args[0] == "" {
				return &usageError{fmt.Errorf("%.20q is no id of a key: countersign keys api list has them", args[0])}
			}
			var k access.Key
			if err := f.ask(c, "no key was revoked", http.MethodDelete, "/v1/keys/"+args[0], nil, &k); err != nil {
				return err
			}
			if f.json {
				writeJSON(c.OutOrStdout(), k)
				return nil
			}
			fmt.Fprintf(c.OutOrStdout(), "revoked:  %s, %s\n", oneLine(k.ID), oneLine(k.Name))
			return nil
		},
	}
	f.add(c)
	c.Flags().StringVar(&f.word.Actor, "actor", osUser(), "record that `NAME` does it")
	return c
}
