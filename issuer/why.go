package issuer

import (
	"errors"
	"net/netip"
	"net/url"
	"strings"
)

// narrowedSentence is told where less is granted than was asked for.
const narrowedSentence = "Less was granted than was asked for."

// A Narrowing is told with an approval of less than was asked for. An
// authorization server can add both members to its answer (RFC 7591, Section
// 3.2.1: it says which values it replaced).
type Narrowing struct {
	Description string `json:"error_description"`
	URI         string `json:"error_uri,omitempty"`
}

// CheckPublicURL reports why the address of a service cannot be given to others:
// it is no https URL (http on loopback) of at most 256 bytes, without user
// information, query, fragment, slash at the end, and characters that RFC 6749,
// Section 5.2 keeps out of errors.
func CheckPublicURL(text string) error {
	const longest = 256
	for _, c := range []byte(text) {
		if c <= ' ' || c >= 0x7f || c == '"' || c == '\\' {
			return errors.New("it has a character that an address cannot have")
		}
	}
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Host == "" || u.Hostname() == "" || u.Opaque != "":
		return errors.New("it is no URL such as https://trust.example")
	case len(text) > longest:
		return errors.New("it is longer than 256 bytes")
	case u.Scheme != "https" && (u.Scheme != "http" || !isLoopback(u.Hostname())):
		return errors.New("it is not https, and not http on loopback")
	case u.User != nil || strings.ContainsAny(text, "?#"):
		return errors.New("it has user information, a query or a fragment")
	case strings.HasSuffix(text, "/"):
		return errors.New("it ends with a slash")
	}
	return nil
}

func isLoopback(host string) bool {
	addr, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && addr.IsLoopback()
}

// explainAt gives a decision that is to be recorded the address where it is
// explained, and says it wherever something is refused. The id is the decision's
// own: it cannot be guessed, whoever has a countersigned statement or a refusal
// has it already, and it opens nothing else.
func (d *Decision) explainAt(publicURL string) {
	if publicURL == "" || d.Unavailable() {
		return
	}
	d.Why = publicURL + "/why/" + d.ID
	if d.OAuthError != nil {
		told := *d.OAuthError
		told.Description, told.URI = see(told.Description, d.Why), d.Why
		d.OAuthError = &told
	}
	if d.Narrowed != nil {
		d.Narrowed = &Narrowing{Description: see(d.Narrowed.Description, d.Why), URI: d.Why}
	}
}

func see(sentence, address string) string { return sentence + " See " + address }
