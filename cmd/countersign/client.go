package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/fc28f635/countersign/metadata"
)

const decisionsPath = "/v1/decisions"

// defaultServer is where a service is that nothing else was said of.
const defaultServer = "http://" + defaultListen

// serverFlags say which running service is asked.
type serverFlags struct {
	data   string // --data: over its socket, without a key
	server string // --server
	apiKey string // --api-key
	caFile string // --ca-file
}

func (f *serverFlags) add(c *cobra.Command) {
	flags := c.Flags()
	flags.StringVar(&f.data, "data", "", "ask the service that runs on `DIR`, over its socket")
	flags.StringVar(&f.server, "server", defaultServer, "ask the service at this `URL`")
	flags.StringVar(&f.apiKey, "api-key", "", "with --server: the API key in `FILE|env:NAME`; the variable is read once and removed")
	flags.StringVar(&f.caFile, "ca-file", "", "with --server https://…: trust the certificate authorities in `PEM` instead of the system's")
}

// client returns the client for the service that the flags name.
func (f *serverFlags) client() (*client, error) {
	if f.data != "" {
		if f.server != defaultServer || f.apiKey != "" || f.caFile != "" {
			return nil, &usageError{errors.New("--data asks over the service's socket: leave out --server, --api-key and --ca-file")}
		}
		return newSocketClient(filepath.Join(f.data, socketName)), nil
	}
	server, err := url.Parse(f.server)
	if err != nil || (server.Scheme != "http" && server.Scheme != "https") || server.Host == "" || server.User != nil {
		return nil, &usageError{fmt.Errorf("--server %.100q is no address such as %s", f.server, defaultServer)}
	}
	if f.apiKey != "" && server.Scheme == "http" && !isLoopback(server.Hostname()) {
		return nil, &usageError{fmt.Errorf("--server %.100q: http would tell the API key to everybody on the way; use https", f.server)}
	}
	if f.caFile != "" && server.Scheme != "https" {
		return nil, &usageError{fmt.Errorf("--ca-file is for https, and --server is %.100q", f.server)}
	}
	key, err := readAPIKey(f.apiKey)
	if err != nil {
		return nil, err
	}
	c := newClient(server, key)
	if f.caFile != "" {
		authorities, err := loadCA(f.caFile)
		if err != nil {
			return nil, fail(err, caFileHint)
		}
		c.trust(authorities)
	}
	return c, nil
}

func isLoopback(host string) bool {
	addr, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && addr.IsLoopback()
}

// readAPIKey reads a key from where --api-key says; empty says that there is
// none.
func readAPIKey(source string) (string, error) {
	const longest = 1 << 10
	var text []byte
	name, fromEnv := strings.CutPrefix(source, "env:")
	switch {
	case source == "":
		return "", nil
	case strings.HasPrefix(name, "csk_"):
		return "", &usageError{errors.New("--api-key takes the name of a file, or env:NAME: a key on the command line is seen by every program on this machine")}
	case fromEnv:
		text = []byte(os.Getenv(name))
		if err := os.Unsetenv(name); err != nil {
			return "", fail(fmt.Errorf("reading the API key: %w", err), "")
		}
	default:
		file, err := os.Open(source)
		if err != nil {
			return "", fail(fmt.Errorf("reading the API key: %w", err), "--api-key takes a file that holds the key, or env:NAME")
		}
		defer file.Close()
		if text, err = io.ReadAll(io.LimitReader(file, longest)); err != nil {
			return "", fail(fmt.Errorf("reading the API key: %w", err), "")
		}
	}
	key := strings.TrimSpace(string(text))
	if !strings.HasPrefix(key, "csk_") || strings.ContainsFunc(key, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return "", fail(fmt.Errorf("%.100q holds no API key", source), "a key begins with csk_; the first start of countersign serve prints one")
	}
	return key, nil
}

// A client asks one running service.
type client struct {
	base  *url.URL
	key   string // empty where none is needed
	http  *http.Client
	name  string // of the service, for people
	actor string // who does what the operator asks for; empty where nothing is done
}

// newClient returns a client of the service at an URL. No proxy of the
// environment gets between.
func newClient(server *url.URL, key string) *client {
	return &client{base: server, key: key, http: &http.Client{Transport: &http.Transport{Proxy: nil}, CheckRedirect: stay}, name: server.Host}
}

// trust has a client of [newClient] trust these authorities in place of the
// system's.
func (c *client) trust(authorities *x509.CertPool) {
	c.http.Transport = &http.Transport{Proxy: nil, TLSClientConfig: &tls.Config{RootCAs: authorities, MinVersion: tls.VersionTLS12}}
}

// newSocketClient returns a client of the service that listens on a socket of
// this machine.
func newSocketClient(path string) *client {
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) { return dialSocket(ctx, path) }
	return &client{base: &url.URL{Scheme: "http", Host: "localhost"},
		http: &http.Client{Transport: &http.Transport{DialContext: dial}, CheckRedirect: stay}, name: path}
}

// stay follows no redirect: the service makes none, and another must not get the
// key.
func stay(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// notOursHint is the mend of an answer that no countersign service gives.
const notOursHint = "--server names a countersign service, with https where it speaks TLS"

// call sends a request, with a JSON body where there is one, and returns the
// body of the answer. It waits a little longer than the service takes. What says
// that the service refused is a [*refusedError].
func (c *client) call(ctx context.Context, method, path string, body []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, writeTimeout+time.Second)
	defer cancel()
	defer c.http.CloseIdleConnections()
	path, query, _ := strings.Cut(path, "?")
	address := c.base.JoinPath(path)
	address.RawQuery = query
	req, err := http.NewRequestWithContext(ctx, method, address.String(), bytes.NewReader(body))
	if err != nil {
		return nil, fail(fmt.Errorf("asking the service: %w", err), "")
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if c.actor != "" {
		req.Header.Set("Countersign-Actor", c.actor)
	}
	if c.key != "" {
		req.Header.Set("Authorization", "Bearer "+c.key)
	}
	resp, err := c.http.Do(req)
	var untrusted *tls.CertificateVerificationError
	switch {
	case errors.As(err, &untrusted):
		return nil, fail(fmt.Errorf("the certificate of %s is not trusted: %w", c.name, untrusted.Err), "--ca-file PEM names the authority that issued it; --server has the name that is in it")
	case err != nil:
		return nil, fail(fmt.Errorf("no service answers at %s: %w", c.name, errors.Unwrap(err)), "countersign serve --data DIR starts one")
	}
	defer resp.Body.Close()
	const largest = 8 << 20
	answer, err := io.ReadAll(io.LimitReader(resp.Body, largest))
	if err != nil {
		return nil, fail(fmt.Errorf("reading the service's answer: %w", err), "")
	}
	if resp.StatusCode >= http.StatusOK && resp.StatusCode < http.StatusMultipleChoices {
		return answer, nil
	}
	refused := &refusedError{status: resp.StatusCode}
	if err := json.Unmarshal(answer, refused); err != nil || refused.Description == "" {
		return nil, fail(fmt.Errorf("the service answered %d, and not as countersign does", resp.StatusCode), notOursHint)
	}
	return nil, refused
}

// A refusedError is an error that the service told.
type refusedError struct {
	status      int
	Code        string          `json:"error"`
	Description string          `json:"error_description"`
	Reason      metadata.Reason `json:"reason"`
	RequestID   string          `json:"request_id"`
}

func (e *refusedError) Error() string {
	said := e.Description
	if e.Reason != "" {
		said = string(e.Reason) + ": " + said
	}
	return fmt.Sprintf("%s (request %s)", said, e.RequestID)
}

// failed is how an error of call is told: what was not done, and the mend.
func failed(what string, err error) error {
	var refused *refusedError
	if !errors.As(err, &refused) {
		return err
	}
	hint := ""
	switch {
	case refused.status == http.StatusUnauthorized:
		hint = "--api-key FILE or --api-key env:NAME presents a key; on the service's machine --data DIR needs none"
	case refused.Reason != "":
		hint = "countersign why " + string(refused.Reason) + " says more"
	}
	return fail(fmt.Errorf("%s: %w", what, err), hint)
}
