package metadata_test

import (
	"strings"
	"testing"

	"github.com/fc28f635/countersign/metadata"
)

func TestParseRedirectURI(t *testing.T) {
	const web, loop, private, no = "https", "loopback", "private_use", ""
	tests := []struct{ name, uri, class string }{
		{"https", "https://acme.example/callback", web},
		{"https without path", "https://acme.example", web},
		{"https with port and query", "https://acme.example:8443/cb?a=b&c", web},
		{"https query without path", "https://acme.example?a=b", web},
		{"dots in a query are no segments", "https://acme.example/cb?to=/../x", web},
		{"512 bytes", "https://acme.example/" + strings.Repeat("a", 512-21), web},
		{"encoded, not ASCII and a space", "https://acme.example/azAZ09%20%7e%90%29%af%FA%fa%AF", web},
		{"dots encoded three times are no segment", "https://acme.example/%25252e%25252e/a", web},
		{"R2 reverse host", "com.acme.agent:/callback", private},
		{"R2 authority, as Cursor has", "cursor://anysphere.cursor-mcp/oauth/callback", private},
		{"R2 authority with port", "myapp://auth:3000/callback", private},
		{"R2 empty authority", "myapp:///callback", private},
		{"R2 single letter", "x:cb", private},
		{"R2 scheme with plus", "http+x:/cb", private},
		{"R2 scheme with digits", "com.acme0.app9:/cb", private},
		{"R2 scheme of first and last letters and digits", "a-z+0.9:/cb", private},
		{"R2 at sign in the query", "myapp://auth?user=a@b", private},
		{"R4 localhost", "http://localhost/cb", loop},
		{"R4 127.0.0.1 with port", "http://127.0.0.1:33418/cb", loop},
		{"R4 [::1] with port", "http://[::1]:1/cb", loop},
		{"R4 [::1]", "http://[::1]/cb", loop},
		{"R4 without path", "http://localhost:65535", loop},

		{"empty", "", no},
		{"relative", "/callback", no},
		{"no scheme", "//acme.example/cb", no},
		{"513 bytes", "https://acme.example/" + strings.Repeat("a", 513-21), no},
		{"R1 javascript", "javascript:alert(1)", no},
		{"R1 mixed case", "JaVaScRiPt:alert(1)", no},
		{"R1 space before", " javascript:alert(1)", no},
		{"R1 tab inside", "java\tscript:alert(1)", no},
		{"R1 line feed inside", "java\nscript:alert(1)", no},
		{"R1 data", "data:text/html,x", no},
		{"R1 vbscript", "vbscript:x", no},
		{"R1 blob", "blob:https://acme.example/1", no},
		{"R1 file", "file:///etc/passwd", no},
		{"R1 about", "about:blank", no},
		{"R1 ws", "ws://127.0.0.1/cb", no},
		{"R1 wss", "wss://acme.example/cb", no},
		{"R1 ftp", "ftp://acme.example/cb", no},
		{"R1 view-source", "view-source:https://acme.example", no},
		{"R1 intent", "intent://x/", no},
		{"R1 wildcard scheme", "ms-*:x", no},
		{"R1 upper-case https", "HTTPS://acme.example/cb", no},
		{"R2 scheme alone", "x:", no},
		{"R2 user information", "myapp://user@host/cb", no},
		{"R2 brackets", "myapp://[x/cb", no},
		{"R2 brackets without authority", "myapp:/cb/[x]", no},
		{"R2 bad port", "myapp://host:x/cb", no},
		{"R2 encoded authority", "myapp://ho%73t/cb", no},
		{"R2 dot segment", "myapp:/a/../cb", no},
		{"R2 dot segment after authority", "myapp://a/../cb", no},
		{"R2 dot segment first", "com.acme.app:./cb", no},
		{"R2 two dots first", "com.acme.app:../cb", no},
		{"R2 fragment", "myapp:/cb#", no},
		{"R2 wildcard", "myapp:/*", no},
		{"R2 scheme with an underscore", "my_app:/cb", no},
		{"R2 scheme with a tilde", "my~app:/cb", no},
		{"R2 scheme with a sign before 0", "my/app:/cb", no},
		{"R2 scheme begins with a sign", "+app:/cb", no},
		{"R2 scheme begins with a digit", "1app:/cb", no},
		{"R3 http", "http://acme.example/cb", no},
		{"R3 https to IPv4", "https://192.0.2.1/cb", no},
		{"R3 https to IPv6", "https://[2001:db8::1]/cb", no},
		{"R3 https to a number", "https://2130706433/cb", no},
		{"R3 https to localhost", "https://localhost/cb", no},
		{"R3 fragment", "https://acme.example/cb#a", no},
		{"F9 empty fragment", "https://acme.example/cb#", no},
		{"R3 user", "https://a@acme.example/cb", no},
		{"R3 empty user", "https://@acme.example/cb", no},
		{"R3 encoded slash before at", "https://acme.example%2f@evil.example/cb", no},
		{"R3 backslash", "https://acme.example\\cb", no},
		{"R3 space", "https://acme.example/c b", no},
		{"R3 control character", "https://acme.example/c\x01b", no},
		{"R3 encoded control character", "https://acme.example/c%0ab", no},
		{"R3 the last encoded control character", "https://acme.example/c%1fb", no},
		{"R3 encoded DEL", "https://acme.example/c%7fb", no},
		{"R3 a percent sign last", "https://acme.example/c%", no},
		{"R3 a percent sign and one digit", "https://acme.example/c%a", no},
		{"R3 percent signs without digits", "https://acme.example/%g0", no},
		{"R3 percent signs without capital digits", "https://acme.example/%0G", no},
		{"R3 not ASCII", "https://acme.example/ü", no},
		{"R3 dot segment", "https://acme.example/a/../b", no},
		{"R3 encoded dot segment", "https://acme.example/a/%2e%2E/b", no},
		{"R3 capital in the host", "https://Acme.example/cb", no},
		{"R3 trailing dot", "https://acme.example./cb", no},
		{"R3 brackets in the path", "https://acme.example/[a]", no},
		{"F9 one slash", "https:/acme.example/cb", no},
		{"F9 port with leading zero", "https://acme.example:0443/cb", no},
		{"F9 port 99999", "https://acme.example:99999/cb", no},
		{"F9 empty port", "https://acme.example:/cb", no},
		{"R4 port 0", "http://localhost:0/cb", no},
		{"R4 port 65536", "http://127.0.0.1:65536/cb", no},
		{"R4 127.0.0.2", "http://127.0.0.2/cb", no},
		{"R4 127.1", "http://127.1/cb", no},
		{"R4 0.0.0.0", "http://0.0.0.0/cb", no},
		{"R4 [::]", "http://[::]/cb", no},
		{"R4 mapped", "http://[::ffff:127.0.0.1]/cb", no},
		{"R4 long form", "http://[0:0:0:0:0:0:0:1]/cb", no},
		{"R4 trailing dot", "http://localhost./cb", no},
		{"R4 prefix", "http://localhost.evil.example/cb", no},
		{"R4 user information", "http://localhost:80@evil.example/cb", no},
		{"R4 ip6-localhost", "http://ip6-localhost/cb", no},
		{"R4 capitals", "http://LOCALHOST/cb", no},
		{"R4 number", "http://2130706433/cb", no},
		{"R4 text after the bracket", "http://[::1]x/cb", no},
		{"R7 wildcard host", "https://*.acme.example/cb", no},
		{"R7 wildcard path", "https://acme.example/*", no},
		{"R7 wildcard query", "https://acme.example/?*", no},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r, err := metadata.ParseRedirectURI(tt.uri)
			got := ""
			if err == nil {
				got = r.Class().String()
			}
			if got != tt.class {
				t.Fatalf("%q is %q (%v), want %q", tt.uri, got, err, tt.class)
			}
			if err == nil && r.String() != tt.uri {
				t.Errorf("%q prints as %q", tt.uri, r)
			}
			if err != nil && r != (metadata.RedirectURI{}) {
				t.Errorf("%q: not zero with an error", tt.uri)
			}
		})
	}
}

// Whoever wrote the URI learns which rule it breaks.
func TestRedirectURISaysWhy(t *testing.T) {
	for uri, want := range map[string]string{
		"https://acme.example/cb#a": "a fragment is not allowed",
		"https://acme.example/*":    "an asterisk is not allowed",
		"https://acme.example/a b":  "character ' ' is not allowed",
		"https://acme.example/%":    "a percent sign without two hexadecimal digits",
		"https://acme.example/%g0":  "a percent sign without two hexadecimal digits",
		"https://acme.example/%0G":  "a percent sign without two hexadecimal digits",
		"https://acme.example/%00":  "an encoded control character",
		"https://acme.example/[a]":  "brackets are not allowed in path and query",
		"https://acme.example/..":   "dot segments are not allowed",
		"https://a@acme.example/":   "user information is not allowed",
		"https://acme.example:0/":   "the port is not 1 to 65535",
		"https://:80/cb":            "no host",
		"https:///cb":               "no host",
		"https:acme.example":        "not of the form scheme://host",
		"http://acme.example/cb":    "http is for 127.0.0.1, [::1] and localhost only",
		"https://acme/cb":           "https needs a host name of two or more lower-case labels, not an address",
		"/cb":                       "not an absolute URI with a lower-case scheme",
		"javascript:x":              "scheme javascript is never accepted",
		"acme:":                     "nothing after the scheme",
		"acme:/[":                   "brackets are not allowed",
		"acme:/..":                  "dot segments are not allowed",
		"acme://[::1]/":             "the authority has brackets, colons or percent signs",
		strings.Repeat("a", 513):    "longer than 512 bytes",
	} {
		if _, err := metadata.ParseRedirectURI(uri); err == nil || err.Error() != want {
			t.Errorf("%q: %v, want %s", uri, err, want)
		}
	}
}

func TestRedirectURIMatches(t *testing.T) {
	tests := []struct {
		name, stated, presented string
		want                    bool
	}{
		{"R5 no port stated", "http://localhost/cb", "http://localhost:51004/cb", true},
		{"R5 another port stated", "http://127.0.0.1:1/cb", "http://127.0.0.1:2/cb", true},
		{"R5 port stated, none presented", "http://[::1]:1/cb", "http://[::1]/cb", true},
		{"R5 localhost is not 127.0.0.1", "http://localhost/cb", "http://127.0.0.1/cb", false},
		{"R5 127.0.0.1 is not [::1]", "http://127.0.0.1/cb", "http://[::1]/cb", false},
		{"R5 path", "http://localhost/cb", "http://localhost/cb/", false},
		{"R5 query", "http://localhost/cb", "http://localhost/cb?x", false},
		{"R5 https port is not free", "https://acme.example/cb", "https://acme.example:8443/cb", false},
		{"R5 private-use is exact", "myapp://auth:1/cb", "myapp://auth:2/cb", false},
		{"same", "https://acme.example/cb?x", "https://acme.example/cb?x", true},
		{"encoding is not undone", "https://acme.example/%63b", "https://acme.example/cb", false},
		{"case counts", "https://acme.example/CB", "https://acme.example/cb", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a, b := mustRedirect(t, tt.stated), mustRedirect(t, tt.presented)
			if a.Matches(b) != tt.want || b.Matches(a) != tt.want {
				t.Errorf("match is %v and %v, want %v", a.Matches(b), b.Matches(a), tt.want)
			}
		})
	}
	var zero metadata.RedirectURI
	if zero.Matches(zero) {
		t.Error("the zero URI matches")
	}
}

func TestRedirectURIParts(t *testing.T) {
	for uri, want := range map[string][3]string{
		"https://acme.example:8443/cb":  {"https", "acme.example", "https://acme.example:8443/cb"},
		"http://[::1]:9/cb?x":           {"http", "[::1]", "http://[::1]/cb?x"},
		"http://127.0.0.1:9":            {"http", "127.0.0.1", "http://127.0.0.1"},
		"cursor://anysphere.cursor-mcp": {"cursor", "", "cursor://anysphere.cursor-mcp"},
	} {
		r := mustRedirect(t, uri)
		if got := [3]string{r.Scheme(), r.Host(), r.Canonical()}; got != want {
			t.Errorf("%s: %v, want %v", uri, got, want)
		}
	}
}

func mustRedirect(t *testing.T, s string) metadata.RedirectURI {
	t.Helper()
	r, err := metadata.ParseRedirectURI(s)
	if err != nil {
		t.Fatalf("%q: %v", s, err)
	}
	return r
}
