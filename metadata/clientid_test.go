package metadata_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/fc28f635/countersign/metadata"
)

func TestParseClientID(t *testing.T) {
	const host = "https://acme.example"
	tests := []struct {
		name, url string
		ok        bool
	}{
		{"plain", host + "/mcp/client.json", true},
		{"root path", host + "/", true},
		{"U17 encoded path is another path", host + "/%63", true},
		{"colon, at and sub-delimiters in the path", host + "/a:b@c!$&'()+,;=d~", true},
		{"dots that are no dot segment", host + "/...a/..b/c..", true},
		{"empty segment", host + "//a", true},
		{"U7 port other than 443 is well-formed", host + ":8443/a", true},
		{"U12 special-use name", "https://a.b.test/c", true},
		{"U14 512 bytes", "https://" + strings.Repeat(strings.Repeat("a", 61)+".", 4) + "a/" + strings.Repeat("b", 254), true},
		{"U14 path of 255", host + "/" + strings.Repeat("b", 254), true},

		{"U1 http", "http://acme.example/a", false},
		{"U1 capitals", "HTTPS://acme.example/a", false},
		{"U1 one capital", "httpS://acme.example/a", false},
		{"U1 ftp", "ftp://acme.example/a", false},
		{"U1 file", "file:///etc/passwd", false},
		{"U1 data", "data:application/json,{}", false},
		{"U1 javascript", "javascript:alert(1)", false},
		{"U1 no scheme", "//acme.example/a", false},
		{"U1 empty", "", false},
		{"no path", host, false},
		{"U3 dot", host + "/./a", false},
		{"U3 dot-dot", host + "/../a", false},
		{"U3 dot-dot last", host + "/a/..", false},
		{"U3 encoded", host + "/%2e%2e/a", false},
		{"U3 half encoded", host + "/.%2E/a", false},
		{"U3 encoded dot last", host + "/a/%2e", false},
		{"U3 encoded twice", host + "/%252e%252e/a", false},
		{"U3 backslashes", host + "/a\\..\\b", false},
		{"U3 path parameter", host + "/a/..;/b", false},
		{"U3 encoded path parameter", host + "/a/..%3bx/b", false},
		{"U3 encoded slashes", host + "/a%2f..%2fb", false},
		{"U3 encoded backslashes", host + "/a%5c..%5cb", false},
		{"U5 user", "https://user@acme.example/a", false},
		{"U5 user and password", "https://user:pw@acme.example/a", false},
		{"U5 empty user", "https://@acme.example/a", false},
		{"U5 encoded at", "https://user%40acme.example/a", false},
		{"U5 encoded slash before at", "https://acme.example%2f@evil.example/a", false},
		{"U6 empty query", host + "/a?", false},
		{"U6 query", host + "/a?x=1", false},
		{"U6 query without path", host + "?x=1", false},
		{"U7 default port", host + ":443/a", false},
		{"U7 leading zero", host + ":0443/a", false},
		{"U7 port 0", host + ":0/a", false},
		{"U7 port 65536", host + ":65536/a", false},
		{"U7 port 99999", host + ":99999/a", false},
		{"U7 empty port", host + ":/a", false},
		{"U7 signed port", host + ":+443/a", false},
		{"U9 trailing dot", "https://acme.example./a", false},
		{"U9 single label", "https://acme/a", false},
		{"U9 underscore", "https://a_b.example/a", false},
		{"U10 U-label", "https://äcme.example/a", false},
		{"U10 A-label of ASCII", "https://xn--acme-.example/a", false},
		{"U11 IPv4", "https://127.0.0.1/a", false},
		{"U11 IPv6", "https://[::1]/a", false},
		{"U11 mapped", "https://[::ffff:7f00:1]/a", false},
		{"U11 zone", "https://[fe80::1%25eth0]/a", false},
		{"U11 dotted with a dot", "https://1.2.3.4./a", false},
		{"U11 number", "https://2130706433/a", false},
		{"U12 localhost", "https://localhost/a", false},
		{"U12 LOCALHOST", "https://LOCALHOST/a", false},
		{"U13 backslash", host + "/a\\b", false},
		{"U13 backslash in the host", "https://acme.example\\@evil.example/a", false},
		{"U13 tab", host + "/a\tb", false},
		{"U13 CR LF", host + "/a\r\nb", false},
		{"U13 NUL", host + "/a\x00b", false},
		{"U13 space", host + "/a b", false},
		{"U13 space before", " " + host + "/a", false},
		{"U13 encoded NUL", host + "/a%00", false},
		{"U13 encoded CR LF", host + "/a%0d%0ab", false},
		{"U13 encoded DEL", host + "/a%7F", false},
		{"U13 not ASCII", host + "/ä", false},
		{"U13 quotation mark", host + "/a\"", false},
		{"U13 pipe", host + "/a|b", false},
		{"U13 brackets", host + "/a[b]", false},
		{"U13 percent sign alone", host + "/a%", false},
		{"U13 percent sign and one digit", host + "/a%4", false},
		{"U13 percent sign without digits", host + "/a%zz", false},
		{"fragment", host + "/a#b", false},
		{"F9 empty fragment", host + "/a#", false},
		{"U14 513 bytes", host + "/" + strings.Repeat("a", 513-len(host)-1), false},
		{"U14 path of 256", host + "/" + strings.Repeat("b", 255), false},
		{"U15 one slash", "https:/acme.example/a", false},
		{"U15 no slash", "https:acme.example/a", false},
		{"U15 three slashes", "https:///a", false},
		{"U15 scheme alone", "https://", false},
		{"D31 public suffix", "https://github.io/a", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			id, err := metadata.ParseClientID(tt.url)
			if (err == nil) != tt.ok {
				t.Fatalf("%q: %v, want accepted %v", tt.url, err, tt.ok)
			}
			if err == nil {
				if id.String() != tt.url || id.IsZero() || id.Publisher().IsZero() {
					t.Errorf("%q prints as %q of %q", tt.url, id, id.Publisher())
				}
				return
			}
			var reason *metadata.ReasonError
			if !errors.As(err, &reason) || reason.Reason != metadata.ReasonClientIDMalformed || !id.IsZero() {
				t.Errorf("%q: %v, %v", tt.url, id, err)
			}
		})
	}
}

// Whoever wrote the address learns which rule it breaks.
func TestClientIDSaysWhy(t *testing.T) {
	const host = "https://acme.example"
	for url, want := range map[string]string{
		"http://acme.example/a":               "not an https URL, the scheme in lower case",
		host:                                  "no path",
		host + "?a":                           "no path",
		host + "/a?b":                         "a query is not allowed",
		host + "/a#b":                         "a fragment is not allowed",
		host + "/a/../b":                      "dot segments are not allowed",
		host + ":443/a":                       "port 443 is written by leaving it out",
		host + ":0/a":                         "the port is not 1 to 65535",
		"https://a@acme.example/a":            "user information is not allowed",
		"https:///a":                          "no host",
		"https://github.io/a":                 "the host is a public suffix",
		"https://Acme.example/a":              "the host is no domain in canonical form",
		host + "/" + strings.Repeat("a", 255): "the path is longer than 255 bytes",
		host + "/" + strings.Repeat("a", 512): "longer than 512 bytes",
	} {
		if _, err := metadata.ParseClientID(url); err == nil || err.Error() != "client_id_malformed: client_id: "+want {
			t.Errorf("%q: %v, want %s", url, err, want)
		}
	}
}

func TestClientIDPublisher(t *testing.T) {
	id, err := metadata.ParseClientID("https://agent.acme.example:8443/mcp/client.json")
	if err != nil || id.Publisher() != metadata.MustPublisher("https://agent.acme.example") {
		t.Errorf("%v, %v", id.Publisher(), err)
	}
}

func TestIsClientIDURL(t *testing.T) {
	for s, want := range map[string]bool{
		"https://a": true, "HTTPS://a": true, "http://a/b": true, "https:a": false, "abc": false, "": false, "cursor://x": false,
	} {
		if metadata.IsClientIDURL(s) != want {
			t.Errorf("%q is an address: %v, want %v", s, !want, want)
		}
	}
}
