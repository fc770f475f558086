package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/fc28f635/countersign/internal/config"
	"github.com/fc28f635/countersign/internal/fetch"
	"github.com/fc28f635/countersign/internal/store/badgerstore"
	"github.com/fc28f635/countersign/issuer"
	"github.com/fc28f635/countersign/metadata"
)

// defaultListen is where serve listens and decide asks.
const defaultListen = "127.0.0.1:8640"

func serveCommand() *cobra.Command {
	var checkOnly, asJSON bool
	c := &cobra.Command{
		Use:   "serve [flags] --data DIR",
		Short: "Decide on clients over HTTP, and record every decision",
		Long: `Answer POST /v1/decisions. Every decision is recorded in the data directory
before it is told. The service runs until it gets SIGINT or SIGTERM, then
finishes the requests under way.

Settings come from the file that --config or COUNTERSIGN_CONFIG names, over it
from COUNTERSIGN_… variables, over them from flags. SIGHUP reads them again;
where anything is wrong nothing changes.

It listens on this machine only, unless --listen has another address: then an API
key must be in force, TLS belongs before it (tls in the file, or a proxy), and
--public-url says where users reach it.

Callers present an API key. The first start makes one for the operator and prints
it, once: on standard error, or with --log-format json, where that is the log, on
standard output. The data directory keeps a digest of it.

The first start writes policy.yaml to the data directory: from then on that file
decides. With --issuer, approved decisions are countersigned for one
authorization server; the key is made in the data directory at the first start,
and its public part is at /.well-known/jwks.json.

Exit status: 0 stopped when asked to, 2 the command line is wrong, 3 the service
could not start or go on; with --check-config, 1 something else is wrong.`,
		Example: `  countersign serve --data /var/lib/countersign
  countersign serve --config /etc/countersign.yaml --check-config
  countersign serve --data ./data --public-url https://trust.example
  countersign serve --data ./data --issuer https://trust.example --authorization-server https://as.example`,
		GroupID: groupOperator,
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			switch src := sourcesOf(c); {
			case checkOnly:
				return runCheckConfig(c, src, asJSON)
			case asJSON:
				return &usageError{errors.New("--json is for --check-config; --log-format json writes the log as JSON")}
			default:
				return runServe(c, src)
			}
		},
	}
	flags := c.Flags()
	flags.String("config", "", "read settings from the `FILE`")
	flags.BoolVar(&checkOnly, "check-config", false, "print the settings in force, say what is wrong, and start nothing")
	flags.BoolVar(&asJSON, "json", false, "with --check-config, print JSON")
	flags.String("data", "", "keep decisions in `DIR` (made where it is not there)")
	flags.String("listen", defaultListen, "listen on this IP `ADDRESS:PORT`; port 0 is any")
	flags.String("public-url", "", "others reach the service, and the pages of its decisions, at this https `URL`")
	flags.String("issuer", "", "countersign as the service at this https `ORIGIN`")
	flags.String("authorization-server", "", "decide for the authorization server with this issuer `URL` where a request names none")
	flags.String("roots", "", "pin the publishers in `FILE`")
	flags.String("first-policy", "standard", "where the first start writes the built-in policy `NAME`: standard, strict or open")
	flags.String("log-format", "text", "write the log as `text|json`")
	(&lookupFlags{}).add(c)
	return c
}

// sourcesOf returns where the settings of a command come from.
func sourcesOf(c *cobra.Command) config.Sources {
	given := map[string][]string{}
	for _, name := range config.Flags() {
		if !c.Flags().Changed(name) {
			continue
		}
		if list, err := c.Flags().GetStringArray(name); err == nil {
			given[name] = list
		} else {
			given[name] = []string{c.Flags().Lookup(name).Value.String()}
		}
	}
	return config.Sources{Environ: os.Environ(), Flags: given}
}

func runServe(c *cobra.Command, src config.Sources) error {
	reloads := make(chan os.Signal, 1) // also what comes before there is anything to reload
	signal.Notify(reloads, syscall.SIGHUP)
	defer signal.Stop(reloads)
	settings, err := loadSettings(src)
	if err != nil {
		return err
	}
	parts, err := prepare(settings)
	if err != nil {
		return err
	}
	log, level := newLogger(c.ErrOrStderr(), settings.Log)
	parts.tellStart(c.Context(), log)
	signals := make(chan os.Signal, signalsToAbort)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(signals)
	s, err := startService(c.Context(), parts.service(log))
	if err != nil {
		return fail(err, startHint(err, settings.Data))
	}
	tellKey(c, settings.Log.Format, s.firstKey) // before anything can fail: no later start has it
	if err := errors.Join(parts.policy.keep(settings.Data), keepDigest(settings.Data, s.registry.Policy().Digest())); err != nil {
		return fail(errors.Join(err, s.stop()), "give the data directory and all in it to the user of the service")
	}
	ctx, cancel := context.WithCancel(c.Context())
	defer cancel()
	go s.abortOn(signals)
	go (&reloader{src, parts, s.registry, s.webhooks, level, log}).run(ctx, reloads)
	go parts.tellReach(ctx, log)
	go watchGeo(ctx, parts.geo, geoWatch, log)
	if parts.certificate != nil {
		go parts.certificate.watch(ctx, certificateWatch, log)
	}
	if settings.Log.Format == "json" {
		log.LogAttrs(c.Context(), slog.LevelInfo, "listening", slog.String("url", s.url()))
	} else {
		fmt.Fprintf(c.ErrOrStderr(), "countersign: listening on %s\n", s.url())
	}
	if err := s.wait(); err != nil {
		return fail(fmt.Errorf("the service ended: %w", err), "start it again: every decision that was answered is recorded")
	}
	return nil
}

// tellStart logs what will decide, and with which lists.
func (p *parts) tellStart(ctx context.Context, log *slog.Logger) {
	cfg := p.settings
	attrs := []slog.Attr{
		slog.String("listen", cfg.Listen), slog.String("data", cfg.Data), slog.String("config", cfg.File()), slog.Bool("tls", p.certificate != nil),
		slog.String("roots_digest", p.roots.Load().Digest), slog.Int("pinned_publishers", p.roots.Load().Set.Len()), slog.Int("protected_names", len(p.protection.listed)),
		slog.String("issuer", p.issuer.String()), slog.Bool("test", p.lookup.InsecureLoopback),
		slog.String("hosts_list", metadata.HostsVersion()), slog.String("names_list", metadata.NamesVersion()), slog.String("special_addresses_list", fetch.SpecialVersion()),
	}
	log.LogAttrs(ctx, slog.LevelInfo, "starting", append(attrs, p.policy.attrs()...)...)
	for _, w := range p.roots.Load().Warnings {
		log.LogAttrs(ctx, slog.LevelWarn, "pinned publishers", slog.String("warning", w.String()))
	}
	p.policy.tell(ctx, log)
	p.tellExposure(ctx, log)
	if !p.issuer.IsZero() && cfg.AuthorizationServer == "" {
		log.LogAttrs(ctx, slog.LevelWarn, "requests that name no authorization_server get no countersigned statement: --authorization-server is missing")
	}
}

// signalsToAbort is the number of signals to end that are more than a wish: the
// first ends the context.
const signalsToAbort = 2

// abortOn ends the drain at the second signal to end.
func (s *service) abortOn(signals <-chan os.Signal) {
	for range signalsToAbort {
		select {
		case <-signals:
		case <-s.done:
			return
		}
	}
	s.abort()
}

// notAuthorizationServer is the error of a flag --authorization-server.
func notAuthorizationServer(text string) error {
	return &usageError{fmt.Errorf("--authorization-server %.100q is no https URL without query and fragment, such as https://as.example", text)}
}

// startHint says how to mend what kept the service from starting, where the
// error does not.
func startHint(err error, dir string) string {
	var open *badgerstore.OpenError
	var exposed *exposedError
	switch text := err.Error(); {
	case errors.As(err, &exposed):
		return exposed.hint()
	case errors.As(err, &open):
		return "" // says it itself
	case errors.Is(err, issuer.ErrOlderPolicy):
		return olderPolicyHint(dir)
	case errors.Is(err, errNoKeyInForce):
		return "make one: " + command("keys", "api", "create", "--name", "operator", "--role", "operator", "--data", dir)
	case strings.Contains(text, "address already in use"), strings.Contains(text, "listening"):
		return "--listen 127.0.0.1:0 takes any free port"
	case strings.Contains(text, "countersigning key"):
		return "a key must be a PKCS#8 file that only its owner can read; " + command("keys", "rotate", "--compromised", "--data", dir) + " replaces all of them"
	}
	return ""
}
