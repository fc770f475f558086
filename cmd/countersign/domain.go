package main

import (
	"fmt"
	"net/netip"
	"strings"

	"golang.org/x/net/idna"

	"github.com/fc28f635/countersign/metadata"
)

// parseDomain reads the DOMAIN argument of a publisher's command. It never
// repairs: what is nearly a domain is refused with the form that was meant.
func parseDomain(arg string) (metadata.Publisher, error) {
	p, err := metadata.PublisherOf(arg)
	if err == nil {
		return p, nil
	}
	host := hostIn(arg)
	if _, notIP := netip.ParseAddr(strings.Trim(host, "[]")); notIP == nil {
		return p, &usageError{fmt.Errorf("%.100q is an IP address: a publisher is a domain, such as acme.example", arg)}
	}
	if ascii, err := idna.Lookup.ToASCII(host); err == nil && ascii != arg {
		if meant, err := metadata.PublisherOf(ascii); err == nil {
			return p, &usageError{fmt.Errorf("%.100q is not a domain in canonical form: write %s", arg, meant.Domain())}
		}
	}
	return p, &usageError{fmt.Errorf("%.100q is no publisher's domain, such as acme.example: %w", arg, err)}
}

// otherPublisher says that client metadata are another publisher's than the one
// named. Where both are of one site, client_id is likely what is wrong.
func otherPublisher(code int, name, clientID string, p metadata.Publisher, otherwise string) error {
	err := fmt.Errorf("%q is of the client_id %.100q, not of %s", name, clientID, p.Domain())
	if id, bad := metadata.ParseClientID(clientID); bad == nil {
		host := id.Publisher().Domain()
		if host == "www."+p.Domain() || "www."+host == p.Domain() {
			otherwise = fmt.Sprintf("if the site is at %s, then client_id in %s is wrong; if it is at %s, then %s", p.Domain(), name, host, otherwise)
		}
	}
	return &exitError{code: code, err: err, hint: otherwise}
}

// hostIn takes a scheme, user, path, port and final dot away from what may be
// an address.
func hostIn(arg string) string {
	if i := strings.Index(arg, "://"); i >= 0 {
		arg = arg[i+len("://"):]
	}
	if i := strings.IndexAny(arg, "/?#"); i >= 0 {
		arg = arg[:i]
	}
	arg = arg[strings.LastIndex(arg, "@")+1:]
	if end := strings.Index(arg, "]"); strings.HasPrefix(arg, "[") && end > 0 {
		return arg[:end+1]
	}
	if strings.Count(arg, ":") == 1 {
		arg, _, _ = strings.Cut(arg, ":")
	}
	return strings.TrimSuffix(strings.ToLower(arg), ".")
}
