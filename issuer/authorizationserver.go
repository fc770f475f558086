package issuer

import (
	"errors"
	"net/url"
	"strings"
)

// CheckAuthorizationServer returns an error unless id can be the issuer
// identifier of an authorization server: an https URL without query and
// fragment (RFC 8414, Section 2). It is compared as it is written, and signed
// as an audience.
func CheckAuthorizationServer(id string) error {
	u, err := url.Parse(id)
	foreign := strings.Contains(id, "?") || strings.ContainsFunc(id, foreignToURL)
	if err != nil || foreign || !strings.HasPrefix(id, "https://") || u.Hostname() == "" || u.User != nil {
		return errors.New("the issuer identifier of an authorization server is an https URL without query and fragment")
	}
	return nil
}

// foreignToURL reports whether a character stands in no URL without fragment (RFC
// 3986, Section 2).
func foreignToURL(c rune) bool {
	return c <= ' ' || c > '~' || strings.ContainsRune(`#\"<>^{|}`+"`", c)
}
