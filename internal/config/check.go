package config

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/fc28f635/countersign/internal/dnsaddr"
	"github.com/fc28f635/countersign/internal/limits"
	"github.com/fc28f635/countersign/issuer"
	"github.com/fc28f635/countersign/metadata"
)

// The bounds of limits.body_timeout: the service gives a whole request 10 s.
const (
	bodyTimeoutMin = 100 * time.Millisecond
	bodyTimeoutMax = 10 * time.Second
)

// checkOne returns what is wrong with a setting by itself, and with which part.
// The error begins with the value.
func checkOne(of setting, c *Config) (at string, err error) {
	if at, err := checkFilled(of, c); err != nil {
		return at, err
	}
	switch of.key {
	case "listen":
		if _, err := netip.ParseAddrPort(c.Listen); err != nil {
			return "", fmt.Errorf("%.100q is not an IP address and a port, such as 127.0.0.1:8640", c.Listen)
		}
	case "issuer":
		if _, err := metadata.ParsePublisher(c.Issuer); err != nil {
			return "", fmt.Errorf("%.100q is no https origin such as https://trust.example", c.Issuer)
		}
	case "authorization_server":
		if issuer.CheckAuthorizationServer(c.AuthorizationServer) != nil {
			return "", fmt.Errorf("%.100q is no https URL without query and fragment, such as https://as.example", c.AuthorizationServer)
		}
	case "first_policy":
		if _, ok := issuer.Builtin(c.FirstPolicy); !ok {
			return "", fmt.Errorf("%.100q is no built-in policy: they are %s", c.FirstPolicy, strings.Join(issuer.BuiltinNames(), ", "))
		}
	case "resolvers":
		return checkResolvers(c.Resolvers)
	case "webhooks":
		return checkWebhooks(c.Webhooks)
	case "public_url":
		if err := issuer.CheckPublicURL(c.PublicURL); err != nil {
			return "", fmt.Errorf("%.100q cannot be given to others: %w", c.PublicURL, err)
		}
	case "trusted_proxies":
		for i, network := range c.TrustedProxies {
			if _, err := ParseNetworks([]string{network}); err != nil {
				return fmt.Sprintf("[%d]", i), err
			}
		}
	case "proxy_header":
		if c.ProxyHeader != "x-forwarded-for" && c.ProxyHeader != "forwarded" {
			return "", fmt.Errorf("%.100q is neither x-forwarded-for nor forwarded", c.ProxyHeader)
		}
	case "hosts":
		for i, host := range c.Hosts {
			if u, err := url.Parse("//" + host); err != nil || u.Host != host || u.Hostname() == "" || host != strings.ToLower(host) {
				return fmt.Sprintf("[%d]", i), fmt.Errorf("%.100q is no host in lower case, such as trust.example or trust.example:8443", host)
			}
		}
	case "geo.lists":
		return checkReputationLists(c.Geo.Lists)
	case "limits.body_timeout":
		if d := c.Limits.BodyTimeout; d < bodyTimeoutMin || d > bodyTimeoutMax {
			return "", fmt.Errorf("%s is not from %s to %s", d, bodyTimeoutMin, bodyTimeoutMax)
		}
	case "log.format":
		if c.Log.Format != "text" && c.Log.Format != "json" {
			return "", fmt.Errorf("%.100q is neither text nor json", c.Log.Format)
		}
	case "log.level":
		if !slices.Contains([]string{"debug", "info", "warn", "error"}, c.Log.Level) {
			return "", fmt.Errorf("%.100q is none of debug, info, warn and error", c.Log.Level)
		}
	case "connect_to":
		for i, rule := range c.ConnectTo {
			if _, err := ParseConnectTo([]string{rule}); err != nil {
				return fmt.Sprintf("[%d]", i), err
			}
		}
	}
	return "", nil
}

// mostCount is the largest value of a limit that is a count.
const mostCount = 1_000_000

// checkFilled refuses values that are empty, and counts that are none.
func checkFilled(of setting, c *Config) (at string, err error) {
	empty := errors.New("is empty: give it a value, or leave it away")
	switch value := of.of(c).Interface().(type) {
	case string:
		if value == "" {
			return "", empty
		}
	case []string:
		if len(value) == 0 {
			return "", empty
		}
		if i := slices.Index(value, ""); i >= 0 {
			return fmt.Sprintf("[%d]", i), empty
		}
	case []Resolver:
		if len(value) == 0 {
			return "", empty
		}
	case []ReputationList:
		if len(value) == 0 {
			return "", empty
		}
	case []Webhook:
		if len(value) == 0 {
			return "", empty
		}
	case int:
		if value < 1 || value > mostCount {
			return "", fmt.Errorf("%d is not from 1 to %d", value, mostCount)
		}
	}
	return "", nil
}

func checkReputationLists(list []ReputationList) (at string, err error) {
	names := map[string]bool{}
	for i, l := range list {
		switch {
		case l.Name == "":
			return fmt.Sprintf("[%d].name", i), errors.New("is missing: rules call the list by it")
		case l.File == "":
			return fmt.Sprintf("[%d].file", i), errors.New("is missing: name the file of the list")
		case names[l.Name]:
			return fmt.Sprintf("[%d].name", i), fmt.Errorf("%.100q is there twice", l.Name)
		}
		names[l.Name] = true
	}
	return "", nil
}

func checkResolvers(list []Resolver) (at string, err error) {
	if len(list) > limits.Upstreams {
		return "", fmt.Errorf("are %d, and at most %d can be asked", len(list), limits.Upstreams)
	}
	seen := map[dnsaddr.Address]bool{}
	for i, r := range list {
		address, err := dnsaddr.Parse(r.Address)
		switch {
		case err != nil:
			return fmt.Sprintf("[%d].address", i), err
		case seen[address]:
			return fmt.Sprintf("[%d].address", i), fmt.Errorf("%.100q is there twice", r.Address)
		case r.Validating != nil && *r.Validating && !address.Private():
			return fmt.Sprintf("[%d].validating", i), errors.New("true counts on loopback, and over tls:// and https://, only: the answer of another machine could be changed on its way")
		}
		seen[address] = true
	}
	return "", nil
}

func checkWebhooks(list []Webhook) (at string, err error) {
	if len(list) > limits.Webhooks {
		return "", fmt.Errorf("are %d, and at most %d can be told", len(list), limits.Webhooks)
	}
	seen := map[string]bool{}
	for i, w := range list {
		switch u, err := url.Parse(w.URL); {
		case err != nil || u.Host == "" || u.User != nil || u.Fragment != "" || u.Scheme != "https" && u.Scheme != "http":
			return fmt.Sprintf("[%d].url", i), fmt.Errorf("%.100q is no https URL such as https://hooks.example/reviews", w.URL)
		case seen[w.URL]:
			return fmt.Sprintf("[%d].url", i), fmt.Errorf("%.100q is there twice", w.URL)
		case w.SecretFile == "":
			return fmt.Sprintf("[%d]", i), errors.New("needs secret_file beside url")
		}
		seen[w.URL] = true
	}
	return "", nil
}

// checkTogether returns what is wrong with settings beside each other.
func (s *Settings) checkTogether() error {
	switch c := s.Config; {
	case c.Data == "":
		return &Error{Flag, errors.New("--data DIR is missing: decisions are kept there (COUNTERSIGN_DATA, or data in the file)")}
	case c.TLS.CertFile != "" && c.TLS.KeyFile == "":
		return s.Fault("tls.cert_file", errors.New("needs tls.key_file beside it"))
	case c.TLS.KeyFile != "" && c.TLS.CertFile == "":
		return s.Fault("tls.key_file", errors.New("needs tls.cert_file beside it"))
	case len(c.ConnectTo) > 0 && !c.AllowLoopback:
		return s.Fault("connect_to", errors.New("needs --allow-loopback (COUNTERSIGN_ALLOW_LOOPBACK, or allow_loopback in the file)"))
	case c.AllowLoopback && !netip.MustParseAddrPort(c.Listen).Addr().IsLoopback():
		return s.Fault("allow_loopback", fmt.Errorf("is for tests on this machine, and the service would listen on %q: take 127.0.0.1 or [::1]", c.Listen))
	}
	return nil
}
