package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/fc28f635/countersign/internal/fetch"
	"github.com/fc28f635/countersign/internal/probe"
	"github.com/fc28f635/countersign/verify"
	"github.com/fc28f635/countersign/verify/online"
)

type probeFlags struct {
	lookup   lookupFlags
	register bool
	endpoint string
	token    string
	listen   string
	json     bool
}

func probeCommand() *cobra.Command {
	var f probeFlags
	c := &cobra.Command{
		Use:   "probe ISSUER",
		Short: "Look for holes in the registration of your own authorization server",
		Long: `Look for holes in the registration of an authorization server, which must be your
own: with --register it registers clients there, as a stranger would, 22 at
most, and removes them. Those that the server does not let it remove are listed;
all are named "countersign probe". Without --register only the server's metadata
is read. One issuer a run, and no other host is asked.

It looks for: open registration, a forged and an unsigned software statement, a
scope that the client chose, an empty scope, javascript: and foreign redirects,
a jwks_uri at an address inside, no rate limit, no PKCE, and metadata documents
without a method to authenticate by. What the server stores is told apart from
what it ignores.

The grade is that of the gravest hole: A none, B low, C medium, D high (gives a
stranger what the server should decide), F critical (a lie becomes the server's
own word). Without a look at registration there is no grade.

Exit status: 0 nothing was found, 1 a hole was found, 2 the command line is
wrong, 3 something could not be looked at, and nothing was found.`,
		Example: `  countersign probe https://as.example.com
  countersign probe https://as.example.com --register --json
  countersign probe https://as.example.com --register --token env:INITIAL_ACCESS_TOKEN
  countersign probe http://127.0.0.1:4444 --allow-loopback --register`,
		GroupID: groupOperator,
		Args:    cobra.ExactArgs(1),
		RunE:    func(c *cobra.Command, args []string) error { return runProbe(c, f, args[0]) },
	}
	flags := c.Flags()
	flags.BoolVar(&f.register, "register", false, "register clients, look at what the server makes of them, and remove them")
	flags.StringVar(&f.endpoint, "registration-endpoint", "", "clients register at `URL`, of the issuer's origin (default: as announced)")
	flags.StringVar(&f.token, "token", "", "the initial access token in `FILE|env:NAME`, to look behind a closed registration")
	flags.StringVar(&f.listen, "listen", "", "listen for a fetch of jwks_uri at `IP:PORT` of this machine (default: a free port of 127.0.0.1)")
	flags.BoolVar(&f.json, "json", false, "print the report as JSON, with the answers that prove each finding")
	f.lookup.add(c)
	return c
}

func runProbe(c *cobra.Command, f probeFlags, issuer string) error {
	cfg, err := f.config(issuer)
	if err != nil {
		return err
	}
	stderr := c.ErrOrStderr()
	cfg.Progress = func(check probe.Check) { fmt.Fprintf(stderr, "countersign: looking at %s\n", check) }
	report, err := probe.Run(c.Context(), cfg, issuer)
	if err != nil {
		return fail(fmt.Errorf("probing %.100q: %w", issuer, err), "the issuer is as the server's metadata has it; --ca-file and --allow-loopback are for servers inside")
	}
	for _, left := range report.Left {
		fmt.Fprintf(stderr, "countersign: warning: not removed: %s\n", printable(strings.TrimSpace(left.ClientID+" "+left.Why)))
	}
	if f.json {
		writeJSON(c.OutOrStdout(), report)
	} else {
		printProbe(c.OutOrStdout(), report)
	}
	return probeExit(c.Context(), report)
}

// probeExit returns the exit status for a report.
func probeExit(ctx context.Context, r *probe.Report) error {
	if ctx.Err() != nil {
		return &exitError{code: exitFailed}
	}
	unknown := false
	for _, f := range r.Findings {
		switch f.Status {
		case verify.Failed:
			return &exitError{code: exitRejected}
		case verify.Unavailable:
			unknown = true
		case verify.Passed, verify.Skipped:
		}
	}
	if unknown {
		return &exitError{code: exitFailed}
	}
	return nil
}

// config turns the flags into what package probe needs.
func (f probeFlags) config(issuer string) (probe.Config, error) {
	if err := probe.CheckIssuer(issuer, f.lookup.allowLoopback); err != nil {
		return probe.Config{}, &usageError{fmt.Errorf("ISSUER %.100q: %w", issuer, err)}
	}
	if f.listen != "" {
		if at, err := netip.ParseAddrPort(f.listen); err != nil || at.Addr().IsUnspecified() {
			return probe.Config{}, &usageError{fmt.Errorf("--listen %q is no address and port of this machine, such as 10.0.0.5:0", f.listen)}
		}
	}
	if f.token != "" && !f.register {
		return probe.Config{}, &usageError{errors.New("--token needs --register")}
	}
	lookup, err := f.lookup.config()
	if err != nil {
		return probe.Config{}, err
	}
	token, err := readToken(f.token)
	if err != nil {
		return probe.Config{}, fail(err, "--token takes a file that holds the token, or env:NAME")
	}
	return probe.Config{
		Fetch: ownFetch(lookup), Register: f.register, RegistrationEndpoint: f.endpoint, Token: token, Listen: f.listen, Now: time.Now,
	}, nil
}

// ownFetch returns how the operator's own server is reached: by the resolver
// that was named, where one was.
func ownFetch(cfg online.Config) fetch.Config {
	own := fetch.Config{AllowLoopback: cfg.InsecureLoopback, RootCAs: cfg.RootCAs, ConnectTo: cfg.InsecureConnectTo}
	if len(cfg.Resolvers) > 0 {
		var dialer net.Dialer
		resolver := net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return dialer.DialContext(ctx, network, cfg.Resolvers[0].Address)
		}}
		own.LookupAddrs = func(ctx context.Context, host string) ([]netip.Addr, error) {
			addrs, err := resolver.LookupNetIP(ctx, "ip", host+".")
			for i, addr := range addrs {
				addrs[i] = addr.Unmap()
			}
			return addrs, err
		}
	}
	return own
}

// readToken reads an access token from a file or a variable; none where source is
// empty. It never names it.
func readToken(source string) (string, error) {
	if source == "" {
		return "", nil
	}
	name, fromEnv := strings.CutPrefix(source, "env:")
	text := os.Getenv(name)
	if !fromEnv {
		data, err := os.ReadFile(source)
		if err != nil {
			return "", fmt.Errorf("reading the token: %w", err)
		}
		text = string(data)
	}
	token := strings.TrimSpace(text)
	if token == "" || strings.ContainsFunc(token, func(c rune) bool { return c <= ' ' || c > '~' }) {
		return "", fmt.Errorf("reading the token: %.100q holds none", source)
	}
	return token, nil
}
