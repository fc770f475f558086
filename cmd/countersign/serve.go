package main

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/fc28f635/countersign/internal/store/badgerstore"
	"github.com/fc28f635/countersign/issuer"
	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/trustroots"
)

// defaultListen is where serve listens and decide asks.
const defaultListen = "127.0.0.1:8640"

type serveFlags struct {
	lookup              lookupFlags
	data                string
	listen              string
	issuer              string
	authorizationServer string
	roots               string
	logFormat           string
}

func serveCommand() *cobra.Command {
	var f serveFlags
	c := &cobra.Command{
		Use:   "serve [flags] --data DIR",
		Short: "Decide on clients over HTTP, and record every decision",
		Long: `Answer POST /v1/decisions on a loopback address. Every decision is recorded in
the data directory before it is told. The service runs until it gets SIGINT or
SIGTERM, then finishes the requests under way.

Callers present an API key. The first start makes one for the operator and prints
it, once: on standard error, or with --log-format json, where that is the log, on
standard output. The data directory keeps a digest of it.

With --issuer, approved decisions are countersigned for one authorization
server; the key is made in the data directory at the first start, and its public
part is at /.well-known/jwks.json.

Exit status: 0 stopped when asked to, 2 the command line is wrong, 3 the service
could not start or go on.`,
		Example: `  countersign serve --data /var/lib/countersign
  countersign serve --data ./data --issuer https://trust.example --authorization-server https://as.example`,
		GroupID: groupOperator,
		Args:    cobra.NoArgs,
		RunE:    func(c *cobra.Command, _ []string) error { return runServe(c, f) },
	}
	flags := c.Flags()
	flags.StringVar(&f.data, "data", "", "keep decisions in `DIR` (made where it is not there)")
	flags.StringVar(&f.listen, "listen", defaultListen, "listen on this loopback `ADDRESS:PORT`; port 0 is any")
	flags.StringVar(&f.issuer, "issuer", "", "countersign as the service at this https `ORIGIN`")
	flags.StringVar(&f.authorizationServer, "authorization-server", "", "decide for the authorization server with this issuer `URL` where a request names none")
	flags.StringVar(&f.roots, "roots", "", "pin the publishers in `FILE`")
	flags.StringVar(&f.logFormat, "log-format", "text", "write the log as `text|json`")
	f.lookup.add(c)
	return c
}

func runServe(c *cobra.Command, f serveFlags) error {
	cfg, roots, err := f.config(c.ErrOrStderr())
	if err != nil {
		return err
	}
	policy := issuer.Standard()
	cfg.Logger.LogAttrs(c.Context(), slog.LevelInfo, "starting",
		slog.String("listen", f.listen), slog.String("data", f.data),
		slog.String("policy", policy.Name()), slog.String("policy_digest", policy.Digest()),
		slog.String("roots_digest", roots.Digest), slog.Int("pinned_publishers", roots.Set.Len()),
		slog.String("issuer", cfg.Issuer.String()), slog.Bool("test", cfg.Lookup.InsecureLoopback))
	if !cfg.Issuer.IsZero() && cfg.AuthorizationServer == "" {
		cfg.Logger.LogAttrs(c.Context(), slog.LevelWarn, "requests that name no authorization_server get no countersigned statement: --authorization-server is missing")
	}
	signals := make(chan os.Signal, signalsToAbort)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(signals)
	s, err := startService(c.Context(), cfg)
	if err != nil {
		return fail(err, startHint(err))
	}
	f.tellKey(c, s.firstKey)
	go s.abortOn(signals)
	if f.logFormat == "json" {
		cfg.Logger.LogAttrs(c.Context(), slog.LevelInfo, "listening", slog.String("url", s.url()))
	} else {
		fmt.Fprintf(c.ErrOrStderr(), "countersign: listening on %s\n", s.url())
	}
	if err := s.wait(); err != nil {
		return fail(fmt.Errorf("the service ended: %w", err), "start it again: every decision that was answered is recorded")
	}
	return nil
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

// config turns the flags into a service, and returns the roots that it has.
func (f serveFlags) config(stderr io.Writer) (cfg serviceConfig, roots trustroots.Loaded, err error) {
	if f.data == "" {
		return cfg, roots, &usageError{errors.New("--data DIR is missing: decisions are kept there")}
	}
	if err := checkLoopback(f.listen); err != nil {
		return cfg, roots, &usageError{fmt.Errorf("--listen %w", err)}
	}
	if f.authorizationServer != "" && issuer.CheckAuthorizationServer(f.authorizationServer) != nil {
		return cfg, roots, notAuthorizationServer(f.authorizationServer)
	}
	cfg = serviceConfig{Dir: f.data, Listen: f.listen, AuthorizationServer: f.authorizationServer}
	if f.issuer != "" {
		if cfg.Issuer, err = metadata.ParsePublisher(f.issuer); err != nil {
			return cfg, roots, &usageError{fmt.Errorf("--issuer %.100q is no https origin such as https://trust.example", f.issuer)}
		}
	}
	switch f.logFormat {
	case "text":
		cfg.Logger = slog.New(slog.NewTextHandler(stderr, nil))
	case "json":
		cfg.Logger = slog.New(slog.NewJSONHandler(stderr, nil))
	default:
		return cfg, roots, &usageError{fmt.Errorf("--log-format %.100q is neither text nor json", f.logFormat)}
	}
	if cfg.Lookup, err = f.lookup.config(); err != nil {
		return cfg, roots, err
	}
	roots.Set = &trustroots.Set{}
	if f.roots != "" {
		if roots, err = trustroots.Load(f.roots); err != nil {
			return cfg, roots, fail(err, `roots are {"publishers":{"https://acme.example":{"keys":[JWK]}}}`)
		}
		for _, w := range roots.Warnings {
			cfg.Logger.Warn("pinned publishers", slog.String("warning", w.String()))
		}
		cfg.Lookup.Roots = roots.Set
	}
	return cfg, roots, nil
}

// notAuthorizationServer is the error of a flag --authorization-server.
func notAuthorizationServer(text string) error {
	return &usageError{fmt.Errorf("--authorization-server %.100q is no https URL without query and fragment, such as https://as.example", text)}
}

// startHint says how to mend what kept the service from starting, where the
// error does not.
func startHint(err error) string {
	var open *badgerstore.OpenError
	var exposed *exposedError
	switch text := err.Error(); {
	case errors.As(err, &exposed):
		return exposed.hint()
	case errors.As(err, &open):
		return "" // says it itself
	case errors.Is(err, errNoKeyInForce):
		return "start it on 127.0.0.1 and make a key: countersign keys api create --data DIR"
	case strings.Contains(text, "address already in use"), strings.Contains(text, "listening"):
		return "--listen 127.0.0.1:0 takes any free port"
	case strings.Contains(text, "countersigning key"):
		return "the key must be a PKCS#8 file that only its owner can read; moved away, a new one is made"
	}
	return "--resolver HOST:PORT names a resolver"
}
