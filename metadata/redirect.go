package metadata

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/fc28f635/countersign/internal/limits"
)

// A RedirectClass says where a redirect URI leads.
type RedirectClass uint8

const (
	// RedirectPrivate is a private-use scheme (RFC 8252, Section 7.1): whatever
	// program registered it on the user's machine. The zero RedirectClass.
	RedirectPrivate RedirectClass = iota

	// RedirectLoopback is a program on the user's machine that listens on a
	// port (RFC 8252, Section 7.3).
	RedirectLoopback

	// RedirectHTTPS is a web host.
	RedirectHTTPS
)

// String returns "private_use", "loopback" or "https".
func (c RedirectClass) String() string {
	return [...]string{"private_use", "loopback", "https"}[c]
}

// A RedirectURI is a redirect URI that every parser reads alike. Values are
// comparable; the zero RedirectURI is invalid.
type RedirectURI struct {
	text  string
	class RedirectClass
	host  string // without port; empty for a private-use scheme
	rest  string // what follows host and port
}

// refusedSchemes run code, read files, or leave the web without a code that a
// client could redeem. All are refused in any letter case.
var refusedSchemes = map[string]bool{
	"javascript": true, "data": true, "file": true, "blob": true, "about": true,
	"vbscript": true, "ws": true, "wss": true, "ftp": true, "view-source": true,
	"intent": true, "chrome": true, "filesystem": true, "jar": true, "resource": true,
	"mailto": true, "tel": true, "sms": true, "content": true,
}

var loopbackHosts = []string{"127.0.0.1", "[::1]", "localhost"}

// ParseRedirectURI parses one redirect URI. It refuses what formats, section 10
// lists, and whatever RFC 3986 and the WHATWG URL standard read differently. An
// error says which rule; its reason is [ReasonRedirectURIMalformed].
func ParseRedirectURI(s string) (RedirectURI, error) {
	if len(s) > limits.RedirectURIBytes {
		return RedirectURI{}, errors.New("longer than 512 bytes")
	}
	if err := checkURIBytes(s); err != nil {
		return RedirectURI{}, err
	}
	scheme, rest, ok := strings.Cut(s, ":")
	if !ok || !isScheme(scheme) {
		return RedirectURI{}, errors.New("not an absolute URI with a lower-case scheme")
	}
	if scheme != "https" && scheme != "http" {
		if refusedSchemes[scheme] {
			return RedirectURI{}, fmt.Errorf("scheme %s is never accepted", scheme)
		}
		if err := checkPrivateUse(rest); err != nil {
			return RedirectURI{}, err
		}
		return RedirectURI{text: s, class: RedirectPrivate, rest: rest}, nil
	}
	u, err := splitWebURL(rest)
	if err != nil {
		return RedirectURI{}, err
	}
	r := RedirectURI{text: s, host: u.host, rest: u.rest}
	if scheme == "http" {
		for _, host := range loopbackHosts {
			if u.host == host {
				r.class = RedirectLoopback
				return r, nil
			}
		}
		return RedirectURI{}, errors.New("http is for 127.0.0.1, [::1] and localhost only")
	}
	if err := checkHostSyntax(u.host); err != nil {
		return RedirectURI{}, errors.New("https needs a host name of two or more lower-case labels, not an address")
	}
	r.class = RedirectHTTPS
	return r, nil
}

// checkPrivateUse checks what follows the scheme and colon of a private-use
// URI. An authority, which real clients have though RFC 8252, Section 7.1 wants
// none, may be empty and is otherwise one that every parser splits alike.
func checkPrivateUse(rest string) error {
	if rest == "" {
		return errors.New("nothing after the scheme")
	}
	if authority, ok := strings.CutPrefix(rest, "//"); ok && authority != "" && authority[0] != '/' {
		u, err := splitWebURL(rest)
		if err == nil && strings.ContainsAny(u.host, "[]:%") {
			err = errors.New("the authority has brackets, colons or percent signs")
		}
		return err
	}
	if strings.ContainsAny(rest, "[]") {
		return errors.New("brackets are not allowed")
	}
	if hasDotSegment(rest) {
		return errors.New("dot segments are not allowed")
	}
	return nil
}

// String returns the URI as it was written.
func (r RedirectURI) String() string { return r.text }

// Class says where the URI leads.
func (r RedirectURI) Class() RedirectClass { return r.class }

// Host returns the host without port, empty for a private-use scheme.
func (r RedirectURI) Host() string { return r.host }

// Scheme returns the scheme.
func (r RedirectURI) Scheme() string {
	scheme, _, _ := strings.Cut(r.text, ":")
	return scheme
}

// Canonical returns the URI in its form without the port where it is a loopback
// one, whose port is free (RFC 8252, Section 7.3), and as it was written
// otherwise.
func (r RedirectURI) Canonical() string {
	if r.class == RedirectLoopback {
		return "http://" + r.host + r.rest
	}
	return r.text
}

// Matches reports whether a presented URI is allowed by the stated r: the same
// string, or for loopback the same but for the port. localhost, 127.0.0.1 and
// [::1] are three different hosts.
func (r RedirectURI) Matches(presented RedirectURI) bool {
	return r.text != "" && r.class == presented.class && r.Canonical() == presented.Canonical()
}

// A webURL is what follows "https:" in a URL that has one reading.
type webURL struct {
	host string // without port, brackets kept
	port string // empty where there is none
	rest string // path and query; may be empty
}

// splitWebURL splits "//host:port/path?query". It refuses user information,
// brackets and dot segments after the host, and ports that are not 1 to 65535 in their one spelling.
func splitWebURL(s string) (webURL, error) {
	after, ok := strings.CutPrefix(s, "//")
	if !ok {
		return webURL{}, errors.New("not of the form scheme://host")
	}
	end := 0
	for end < len(after) && after[end] != '/' && after[end] != '?' {
		end++
	}
	u := webURL{host: after[:end], rest: after[end:]}
	if strings.Contains(u.host, "@") {
		return webURL{}, errors.New("user information is not allowed")
	}
	if i := strings.LastIndexByte(u.host, ':'); i >= 0 && !strings.HasSuffix(u.host, "]") {
		u.host, u.port = u.host[:i], u.host[i+1:]
		n, err := strconv.Atoi(u.port)
		if err != nil || n < 1 || n > 65535 || strconv.Itoa(n) != u.port {
			return webURL{}, errors.New("the port is not 1 to 65535")
		}
	}
	if u.host == "" {
		return webURL{}, errors.New("no host")
	}
	if strings.ContainsAny(u.rest, "[]") {
		return webURL{}, errors.New("brackets are not allowed in path and query")
	}
	if hasDotSegment(u.rest) {
		return webURL{}, errors.New("dot segments are not allowed")
	}
	return u, nil
}

// checkURIBytes accepts the characters that RFC 3986 lets stand in a URI but
// for the fragment sign and the asterisk.
func checkURIBytes(s string) error {
	for i := range len(s) {
		c := s[i]
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		case uriMarks[c]:
		case c == '%':
			if i+2 >= len(s) || !isHex(s[i+1]) || !isHex(s[i+2]) {
				return errors.New("a percent sign without two hexadecimal digits")
			}
			if n, _ := strconv.ParseUint(s[i+1:i+3], 16, 8); n < 0x20 || n == 0x7f {
				return errors.New("an encoded control character")
			}
		case c == '#':
			return errors.New("a fragment is not allowed")
		case c == '*':
			return errors.New("an asterisk is not allowed")
		default:
			return fmt.Errorf("character %q is not allowed", rune(c))
		}
	}
	return nil
}

// uriMarks are the characters of a URI that are no letters and digits, but for
// the percent sign, the fragment sign and the asterisk (RFC 3986, Section 2).
var uriMarks = func() (marks [256]bool) {
	for _, c := range []byte("-._~:/?[]@!$&'()+,;=") {
		marks[c] = true
	}
	return marks
}()

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

func isScheme(s string) bool {
	for i, c := range []byte(s) {
		alpha := 'a' <= c && c <= 'z'
		if !alpha && (i == 0 || (c < '0' || c > '9') && c != '+' && c != '-' && c != '.') {
			return false
		}
	}
	return s != ""
}

// hasDotSegment reports whether a path has a segment that is "." or "..", also
// in percent-encoding, encoded twice, before a path parameter, or divided by an
// encoded slash or backslash: parsers disagree on all of them.
func hasDotSegment(rest string) bool {
	path, _, _ := strings.Cut(rest, "?")
	if !strings.ContainsAny(path, ".%") {
		return false // as of nearly every path
	}
	for range 3 { // as written, decoded once, decoded twice
		for segment := range strings.FieldsFuncSeq(path, func(c rune) bool { return c == '/' || c == '\\' }) {
			if name, _, _ := strings.Cut(segment, ";"); name == "." || name == ".." {
				return true
			}
		}
		if !strings.Contains(path, "%") {
			return false
		}
		path = dotDecoder.Replace(path)
	}
	return false
}

var dotDecoder = strings.NewReplacer("%2e", ".", "%2E", ".", "%2f", "/", "%2F", "/",
	"%5c", "\\", "%5C", "\\", "%25", "%", "%3b", ";", "%3B", ";")
