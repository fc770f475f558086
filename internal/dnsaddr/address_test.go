package dnsaddr

import (
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	for text, want := range map[string]struct {
		canonical, operator string
		private             bool
	}{
		"192.0.2.53:53":                         {"192.0.2.53:53", "192.0.2.53", false},
		"[::ffff:192.0.2.53]:53":                {"192.0.2.53:53", "192.0.2.53", false},
		"127.0.0.1:5353":                        {"127.0.0.1:5353", "127.0.0.1", true},
		"[::1]:53":                              {"[::1]:53", "::1", true},
		"tls://192.0.2.53:8853#DNS.example":     {"tls://192.0.2.53:8853#dns.example", "dns.example", true},
		"tls://192.0.2.53#dns.example":          {"tls://192.0.2.53:853#dns.example", "dns.example", true},
		"tls://192.0.2.53":                      {"tls://192.0.2.53:853#192.0.2.53", "192.0.2.53", true},
		"tls://[2001:db8::53]":                  {"tls://[2001:db8::53]:853#2001:db8::53", "2001:db8::53", true},
		"tls://[2001:db8::53]#dns.example":      {"tls://[2001:db8::53]:853#dns.example", "dns.example", true},
		"https://DNS.example:8443/dns-query":    {"https://DNS.example:8443/dns-query", "dns.example", true},
		"https://192.0.2.53/dns-query":          {"https://192.0.2.53/dns-query", "192.0.2.53", true},
		"https://[2001:db8::53]:4443/dns-query": {"https://[2001:db8::53]:4443/dns-query", "2001:db8::53", true},
	} {
		t.Run(text, func(t *testing.T) {
			a, err := Parse(text)
			if err != nil || a.String() != want.canonical || a.Operator() != want.operator || a.Private() != want.private {
				t.Fatalf("%q, operator %q, private %t, %v", a, a.Operator(), a.Private(), err)
			}
			if again, err := Parse(a.String()); err != nil || again != a {
				t.Errorf("read again it is %+v, %v", again, err)
			}
		})
	}
}

func TestParseRefuses(t *testing.T) {
	for _, text := range []string{
		"", "x", "dns.example:53", "localhost:53", "192.0.2.53", "192.0.2.53:0", "0.0.0.0:53", "224.0.0.251:53",
		"tls://", "tls://dns.example:853", "tls://192.0.2.53:853#", "tls://192.0.2.53:853#a b", "tls://192.0.2.53:853#a/b",
		"tls://192.0.2.53:853#a:1", "tls://192.0.2.53:0#dns.example", "tls://0.0.0.0#dns.example", "udp://192.0.2.53:53",
		"https://", "https:///dns-query", "https://user@dns.example/", "https://dns.example/?dns=x", "https://dns.example/#x",
		"https://dns.example/dns-query{?dns}", "http://dns.example/dns-query",
	} {
		t.Run(text, func(t *testing.T) {
			if a, err := Parse(text); err == nil || a != (Address{}) || !strings.HasPrefix(err.Error(), `"`+text[:min(len(text), 3)]) {
				t.Errorf("%+v, %v", a, err)
			}
		})
	}
}
