package metadata

import (
	_ "embed"
	"net/url"
	"slices"
	"strings"

	"github.com/fc28f635/countersign/internal/strictjson"

	"golang.org/x/net/publicsuffix"
)

// Coverage says which hosts a publisher speaks for. The zero Coverage covers
// none.
type Coverage struct {
	Publisher Publisher

	// Subdomains extends the coverage to hosts below the publisher's, down to
	// the next public suffix (key record tag s=y).
	Subdomains bool

	// Hosts are further hosts whose own publisher document lists the client.
	Hosts []string
}

// Covers reports whether the publisher speaks for the host. Sharing a
// registrable domain is not enough.
func (c Coverage) Covers(host string) bool {
	domain := c.Publisher.Domain()
	if domain == "" {
		return false
	}
	if host == domain || slices.Contains(c.Hosts, host) {
		return true
	}
	if !c.Subdomains || !strings.HasSuffix(host, "."+domain) || checkHostSyntax(host) != nil {
		return false
	}
	suffix, _ := publicsuffix.PublicSuffix(host)
	return len(suffix) < len(domain)
}

// CoversURL reports whether s is an https URL on a covered host, on the default
// port.
func (c Coverage) CoversURL(s string) bool {
	u, _ := ParseRedirectURI(s) // zero, which is no https one, where it is malformed
	web, _ := splitWebURL(strings.TrimPrefix(s, "https:"))
	return u.Class() == RedirectHTTPS && web.port == "" && c.Covers(u.Host())
}

//go:embed hosts.json
var hostsJSON []byte

// A knownHost is a host at which strangers publish by path, or from which they
// are sent on.
type knownHost struct {
	Host   string `json:"host"`
	Path   string `json:"path"` // prefix; empty for the whole host
	Kind   string `json:"kind"` // tenants or redirector
	Why    string `json:"why"`
	Source string `json:"source"`
	Date   string `json:"date"`
}

var knownHosts, hostsVersion = func() ([]knownHost, string) {
	var file struct {
		Version string      `json:"version"`
		Hosts   []knownHost `json:"hosts"`
	}
	if err := strictjson.Decode(hostsJSON, &file); err != nil {
		panic("metadata: hosts.json: " + err.Error())
	}
	return file.Hosts, file.Version
}()

// HostsVersion returns the day of the embedded list of hosts on which strangers
// publish by path or are sent on, such as "2026-11-23".
func HostsVersion() string { return hostsVersion }

// SharedByPath reports whether a host serves many tenants by path, so that a
// document on it proves nothing of the host.
func SharedByPath(host string) bool {
	return slices.ContainsFunc(knownHosts, func(k knownHost) bool { return k.Kind == "tenants" && k.Host == host })
}

// Redirector reports whether a redirect URI leads to a page that sends the
// browser on to wherever the caller says: on the host or below it, by the path
// as a server reads it.
func Redirector(r RedirectURI) bool {
	for i := range knownHosts {
		k := &knownHosts[i]
		if below, ok := strings.CutSuffix(r.Host(), k.Host); k.Kind != "redirector" || !ok || below != "" && !strings.HasSuffix(below, ".") {
			continue
		}
		after, ok := strings.CutPrefix(r.serverPath(), k.Path)
		if k.Path == "" || ok && (after == "" || after[0] == '/' || after[0] == ';') {
			return true
		}
	}
	return false
}

// serverPath is the path as servers read it that fold case, decode once, and
// make one slash of several at its beginning.
func (r RedirectURI) serverPath() string {
	path, _, _ := strings.Cut(r.rest, "?")
	path, _ = url.PathUnescape(path) // each percent sign has its digits
	return "/" + strings.TrimLeft(strings.ToLower(path), "/")
}
