package main

import (
	"crypto/x509"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/fc28f635/countersign/internal/config"
	"github.com/fc28f635/countersign/internal/dnsaddr"
	"github.com/fc28f635/countersign/verify/online"
)

// lookupFlags are the flags of every command that looks something up.
type lookupFlags struct {
	resolvers     []string
	caFile        string
	connectTo     []string
	allowLoopback bool
}

func (f *lookupFlags) add(c *cobra.Command) {
	flags := c.Flags()
	flags.StringArrayVar(&f.resolvers, "resolver", nil, "ask the DNS resolver at `HOST:PORT`, tls://HOST:PORT#NAME or https://NAME/PATH (repeatable; default: this machine's)")
	flags.StringVar(&f.caFile, "ca-file", "", "trust the certificate authorities in `PEM` instead of the system's")
	flags.StringArrayVar(&f.connectTo, "connect-to", nil, "connect to HOST2:PORT2 in place of HOST1:PORT1, as curl: `HOST1:PORT1:HOST2:PORT2` (repeatable; only with --allow-loopback, only to loopback)")
	flags.BoolVar(&f.allowLoopback, "allow-loopback", false, "let publishers live on this machine and under special-use names (tests only)")
}

// config turns the flags into what package online needs. What is wrong with the
// flags themselves is a usage error; a file that cannot be read is not.
func (f *lookupFlags) config() (online.Config, error) {
	cfg := online.Config{InsecureLoopback: f.allowLoopback}
	for _, r := range f.resolvers {
		if _, err := dnsaddr.Parse(r); err != nil {
			return cfg, &usageError{fmt.Errorf("--resolver %w", err)}
		}
		cfg.Resolvers = append(cfg.Resolvers, online.Resolver{Address: r})
	}
	if f.caFile != "" {
		pool, err := loadCA(f.caFile)
		if err != nil {
			return cfg, fail(err, caFileHint)
		}
		cfg.RootCAs = pool
	}
	if len(f.connectTo) > 0 {
		if !f.allowLoopback {
			return cfg, &usageError{errors.New("--connect-to needs --allow-loopback")}
		}
		rewrite, err := config.ParseConnectTo(f.connectTo)
		if err != nil {
			return cfg, &usageError{fmt.Errorf("--connect-to %w", err)}
		}
		cfg.InsecureConnectTo = rewrite
	}
	return cfg, nil
}

// caFileHint is the mend of an error of loadCA.
const caFileHint = "--ca-file takes certificates in PEM"

func loadCA(path string) (*x509.CertPool, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading certificate authorities: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(data) {
		return nil, fmt.Errorf("reading certificate authorities: %q holds none", path)
	}
	return pool, nil
}
