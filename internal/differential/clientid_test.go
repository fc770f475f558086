package differential

import (
	"math/rand/v2"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/testvectors"
)

func clientIDs(t *testing.T) []string {
	t.Helper()
	var all []string
	for _, v := range testvectors.Load("client_id") {
		all = append(all, string(v.Files["client_id.txt"]))
	}
	for _, v := range testvectors.Load("document") {
		all = append(all, v.Get("client_id"))
	}
	if len(all) < 100 {
		t.Fatalf("only %d client_ids among the vectors: have they moved?", len(all))
	}
	return all
}

var (
	// hosts are those over which URL parsers have fallen out, with some that
	// nobody doubts.
	hosts = []string{"acme.example", "a.b.acme.example", "xn--bcher-kva.example", "bücher.example", "xn--a.example", "xn--zca.example", "faß.example", "xn--0.example", "ACME.example",
		"acme.example.", "acme..example", ".example", "example", "com", "co.uk", "github.io", "a.github.io", "localhost", "127.0.0.1", "127.1", "0x7f.1", "2130706433", "1.2.3.4.5", "acme.1", "acme.1e", "acme.0x1", "[::1]", "[::ffff:127.0.0.1]", "[v1.x]",
		"a_b.example", "a-.example", "-a.example", "a--b.example", "ab--c.example", "a!b.example", "a$b.example", "a%62.example", "a%2eb.example", "a%00.example", "a。example", "a\u200db.example", "a\u00adb.example", "xn--nxasmq6b.example", "xn--ls8h.example",
		strings.Repeat("a", 63) + ".example", strings.Repeat("a", 64) + ".example", strings.Repeat("a.", 123) + "example", strings.Repeat("a.", 130) + "example", "user@acme.example", "user:pw@acme.example", "@acme.example", "acme.example@evil.example", "acme.example\\@evil.example", ""}
	ports = []string{"", "", "", ":", ":443", ":0443", ":8443", ":08443", ":0", ":1", ":65535", ":65536", ":-1", ":+1", ": 1", ":80", ":x"}
	paths = []string{"", "/", "/c", "/c/", "//c", "/c//d", "/./c", "/../c", "/c/.", "/c/..", "/.c", "/..c", "/...", "/%2e/c", "/%2E%2e/c", "/%252e%252e/c", "/.%2e/c", "/c/..;/d", "/c;x=1", "/..%2fc", "/..%5cc", "/c%2fd", "/c%5Cd", "/c%00", "/c%1f", "/c%7f", "/c%80", "/c%zz", "/c%", "/c%4",
		"/c d", "/c\td", "/c\nd", "/c*", "/c|d", "/c\"d", "/c<d>", "/c`d", "/c{d}", "/c^d", "/c[d]", "/c\\d", "\\c", "/cé", "/c%C3%A9", "/c'd", "/c~", "/c@d", "/c:d", "/c&d=e", "/c+d", "/c,d", "/c(d)", "/c!$", "?q", "/c?q", "/c?", "#f", "/c#f", "/c#", "/" + strings.Repeat("c", 254), "/" + strings.Repeat("c", 255), "/" + strings.Repeat("c/", 250)}
	schemes = []string{"https://", "https://", "https://", "https://", "https://", "https://", "HTTPS://", "http://", "https:/", "https:", "https:///", "https:\\\\", " https://", "https ://", "h\tttps://", "\ufeffhttps://", "//", ""}

	urlMorsels = append([]string{"@", "?", "#", "%2e", "%2E", "%2f", "%5c", "%25", "%00", "%0a", "..", "/..", "/./", "//", "\\", "*", "xn--", ":443", ":", "[", "]", "|", "^", "。", "．", "İ", "ß", "\u00ad", "\u200d", "~", "!", "'"}, morsels...)
)

func mutantClientID(r *rand.Rand, all []string) string {
	s := pick(r, all)
	if r.IntN(2) == 0 {
		s = pick(r, schemes) + pick(r, hosts) + pick(r, ports) + pick(r, paths)
	}
	for range r.IntN(3) {
		s = mutateBytes(r, s, urlMorsels)
	}
	return s
}

type urlCase struct {
	Raw []byte `json:"raw"`
}

type urlAnswer struct {
	OK   bool   `json:"ok"`
	Href string `json:"href"`
	Host string `json:"host"`
	Port string `json:"port"`
	Path string `json:"path"`
}

// rfc3986 is an https URI with the scheme in lower case, a host and a path, and
// without user information, query and fragment, by the grammar of RFC 3986,
// Appendix A. Its groups are host, port and path.
var rfc3986 = regexp.MustCompile(`^https://(\[[0-9A-Fa-f:.]+\]|(?:[A-Za-z0-9._~!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*)(?::([0-9]*))?((?:/(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})*)+)$`)

// readAlike reports whether the WHATWG URL standard and RFC 3986 read a URL
// alike, the latter by its grammar and by net/url, and leave it as it is.
func readAlike(raw string, whatwg urlAnswer) bool {
	m := rfc3986.FindStringSubmatch(raw)
	u, err := url.Parse(raw)
	return m != nil && err == nil && whatwg.OK && whatwg.Href == raw &&
		m[1] == whatwg.Host && m[2] == whatwg.Port && m[3] == whatwg.Path &&
		u.Hostname() == strings.Trim(whatwg.Host, "[]") && u.Port() == whatwg.Port && u.EscapedPath() == whatwg.Path
}

// Accepted client_ids are exactly the https URLs that both standards read
// alike, but for the classes.
func TestClientIDs(t *testing.T) {
	t.Parallel()
	all := clientIDs(t)
	y := newTally(clientIDClasses)
	compare(t, "client_id", func(r *rand.Rand) urlCase {
		return urlCase{[]byte(mutantClientID(r, all))}
	}, func(c urlCase, whatwg urlAnswer) {
		raw := string(c.Raw)
		id, err := metadata.ParseClientID(raw)
		alike := readAlike(raw, whatwg)
		switch {
		case (err == nil) != alike:
			y.disagree(t, newURLDifference(raw, err, whatwg))
		case err == nil && (id.Publisher().Domain() != whatwg.Host || id.String() != whatwg.Href):
			t.Errorf("%q is of %s, and of %s by WHATWG", raw, id.Publisher().Domain(), whatwg.Host)
		default:
			y.agree(alike)
		}
	})
	y.report(t)
}
