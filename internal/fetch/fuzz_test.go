package fetch

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/fc28f635/countersign/testvectors"
)

// FuzzParseURL: a URL that may be fetched has a public domain for its host, and
// every canonical client_id of one may be fetched.
func FuzzParseURL(f *testing.F) {
	seeds := testvectors.Load("client_id")
	if len(seeds) == 0 {
		f.Fatal("no vectors of kind client_id: have they moved?")
	}
	for _, v := range seeds {
		f.Add(string(v.Files["client_id.txt"]))
	}
	f.Fuzz(func(t *testing.T, raw string) {
		u, err := parseURL(raw, false)
		if err != nil {
			return
		}
		host := u.Hostname()
		if _, err := netip.ParseAddr(host); err == nil || !strings.Contains(host, ".") || strings.HasSuffix(host, ".") || u.User != nil || u.Scheme != "https" {
			t.Errorf("%q may be fetched from %q", raw, host)
		}
		if name, port, err := hostPort(u); err == nil && (port == 0 || name != host) {
			t.Errorf("%q is %q, port %d", raw, name, port)
		}
		if domain := domainOf(host); domain != host && !strings.HasSuffix(host, "."+domain) {
			t.Errorf("%q has the registrable domain %q", host, domain)
		}
	})
}

// FuzzRefuse: an address that may be dialled is global, plain and in no block.
func FuzzRefuse(f *testing.F) {
	for _, b := range special {
		f.Add(b.prefix.Addr().String())
	}
	f.Add("8.8.8.8")
	f.Add("2606:4700::1111")
	f.Fuzz(func(t *testing.T, text string) {
		addr, err := netip.ParseAddr(text)
		if err != nil || Refuse(addr) != nil {
			return
		}
		if !addr.IsGlobalUnicast() || addr.IsPrivate() || addr.Is4In6() || addr.Zone() != "" {
			t.Errorf("%s may be dialled", addr)
		}
		for _, b := range special {
			if b.prefix.Contains(addr) {
				t.Errorf("%s of %s may be dialled", addr, b.prefix)
			}
		}
	})
}
