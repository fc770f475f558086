package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/fc28f635/countersign/internal/fetch"
	"github.com/fc28f635/countersign/internal/limits"
	"github.com/fc28f635/countersign/internal/mcptools"
	"github.com/fc28f635/countersign/internal/strictyaml"
	"github.com/fc28f635/countersign/internal/toolmap"
)

// A toolServer is one MCP server of the operator's.
type toolServer struct {
	URL       string `yaml:"url"`
	Name      string `yaml:"name"`       // begins its scopes; empty is taken from the URL
	Resource  string `yaml:"resource"`   // empty is the URL
	TokenFile string `yaml:"token_file"` // relative to the list; empty sends no token

	token string
}

// toolServerFlags say how MCP servers are reached.
type toolServerFlags struct {
	file   string
	token  string
	lookup lookupFlags
}

func (f *toolServerFlags) add(c *cobra.Command) {
	c.Flags().StringVarP(&f.file, "file", "f", "", "read the servers from the list in `FILE`: url, and name, resource, token_file of each")
	c.Flags().StringVar(&f.token, "token", "", "the access token for the server in `FILE|env:NAME`")
	f.lookup.add(c)
}

// listed returns the servers in the list that was named, if one was.
func (f *toolServerFlags) listed() ([]toolServer, error) {
	if f.file == "" {
		return nil, nil
	}
	data, err := strictyaml.ReadFile(f.file)
	if err != nil {
		return nil, fail(fmt.Errorf("reading the servers: %w", err), "")
	}
	var list struct {
		Servers []toolServer `yaml:"servers"`
	}
	doc, err := strictyaml.Decode(data, &list)
	if err == nil && (len(list.Servers) == 0 || len(list.Servers) > limits.ToolServers) {
		err = fmt.Errorf("it has %d servers, and 1 to %d are taken", len(list.Servers), limits.ToolServers)
	}
	for i := range list.Servers {
		if err != nil {
			break
		}
		if err = list.Servers[i].readToken(filepath.Dir(f.file)); err != nil {
			err = doc.Fault(fmt.Sprintf("servers[%d].token_file", i), err)
		}
	}
	if err != nil {
		return nil, &exitError{exitRejected, fmt.Errorf("reading the servers in %q: %w", f.file, err), "it is a list servers: of url, name, resource and token_file"}
	}
	return list.Servers, nil
}

func (s *toolServer) readToken(dir string) error {
	if s.TokenFile == "" {
		return nil
	}
	name := s.TokenFile
	if !filepath.IsAbs(name) {
		name = filepath.Join(dir, name)
	}
	var err error
	s.token, err = readToken(name)
	return err
}

// withToken gives the servers that were named in the command line its token.
func (f *toolServerFlags) withToken(servers []toolServer) error {
	if f.token == "" {
		return nil
	}
	if len(servers) != 1 {
		return &usageError{errors.New("--token is for one server: token_file in a list is for each of several")}
	}
	token, err := readToken(f.token)
	if err != nil {
		return fail(err, "--token takes a file that holds the token, or env:NAME")
	}
	servers[0].token = token
	return nil
}

// serverName is the form of what begins the scopes of a server.
var serverName = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,62}$`)

// complete fills in what was not said of a server, and checks it.
func (s *toolServer) complete() error {
	u, err := url.Parse(s.URL)
	if err != nil || u.Hostname() == "" || u.Fragment != "" {
		return fmt.Errorf("%.100q is no URL of an MCP server", s.URL)
	}
	if s.Resource == "" {
		s.Resource = s.URL
	}
	if s.Name == "" {
		if s.Name, err = firstLabel(u); err != nil {
			return err
		}
	}
	if !serverName.MatchString(s.Name) {
		return fmt.Errorf("%.100q cannot begin a scope: a name has lower-case letters, digits, _ and -", s.Name)
	}
	return nil
}

// firstLabel returns the first label of a host that says more than that it serves.
func firstLabel(u *url.URL) (string, error) {
	host := strings.ToLower(u.Hostname())
	if _, err := netip.ParseAddr(host); err == nil {
		return "", fmt.Errorf("%.100q has an address, and no name that could begin its scopes: give it one, with --name or as name in the list", u.Host)
	}
	labels := strings.Split(host, ".")
	for len(labels) > 2 && slices.Contains([]string{"mcp", "www", "api"}, labels[0]) {
		labels = labels[1:]
	}
	return labels[0], nil
}

// config says how one server is reached: over http on this machine alone.
func (s *toolServer) config(lookup fetch.Config) mcptools.Config {
	u, err := url.Parse(s.URL)
	if err == nil {
		lookup.AllowLoopback = lookup.AllowLoopback || u.Scheme == "http" || isLoopback(u.Hostname())
	}
	return mcptools.Config{Fetch: lookup, Bearer: s.token}
}

// readServers reads what each server lists. Where one cannot be read there is
// no result, and all that failed are told.
func (f *toolServerFlags) readServers(ctx context.Context, servers []toolServer, stderr io.Writer) ([][]toolmap.Announced, error) {
	lookup, err := f.lookup.config()
	if err != nil {
		return nil, err
	}
	lists := make([][]toolmap.Announced, len(servers))
	var failures []error
	for i, s := range servers {
		if len(servers) > 1 {
			fmt.Fprintf(stderr, "countersign: reading %d of %d: %s\n", i+1, len(servers), printable(s.URL))
		}
		listing, err := mcptools.Read(ctx, s.config(ownFetch(lookup)), s.URL)
		if err == nil && len(listing.Tools) == 0 {
			err = errors.New("it lists no tools")
		}
		if err != nil {
			failures = append(failures, fmt.Errorf("%.100q: %w", s.URL, err))
			continue
		}
		if listing.LeftOut > 0 {
			fmt.Fprintf(stderr, "countersign: warning: %s: %d tools are left out: what they say of headers (x-mcp-header) contradicts itself\n", printable(s.URL), listing.LeftOut)
		}
		lists[i] = listing.Tools
	}
	if len(failures) == 0 {
		return lists, nil
	}
	hint := "the URL is that of its MCP endpoint; --ca-file and --resolver are for servers inside"
	if errors.Is(errors.Join(failures...), mcptools.ErrUnauthorized) {
		hint = "--token FILE gives an access token, and token_file in a list"
	}
	return nil, fail(fmt.Errorf("reading tools: %w", errors.Join(failures...)), hint)
}
