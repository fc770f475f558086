package metadata

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// A Shape identifies a registration by the members that decide where codes go
// and what is shown: "sha256:" and 64 hexadecimal digits. Two clients of one
// shape are alike in all that an operator accepted.
type Shape string

// ShapeOf returns the shape of a client: the SHA-256 over the canonical JSON
// (RFC 8785, lists sorted) of its redirect URIs with loopback ports removed,
// its grant types, its authentication method, and its name after NFKC and case
// folding. Absent members have their defaults.
func ShapeOf(c Client) Shape {
	c = c.WithDefaults()
	redirects := make([]string, 0, len(c.RedirectURIs))
	for _, s := range c.RedirectURIs {
		if r, err := ParseRedirectURI(s); err == nil {
			s = r.Canonical()
		}
		redirects = append(redirects, s)
	}
	canonical := Client{
		ClientName:              FoldName(c.ClientName),
		GrantTypes:              sortedSet(c.GrantTypes),
		RedirectURIs:            sortedSet(redirects),
		TokenEndpointAuthMethod: c.TokenEndpointAuthMethod,
	}
	w := startObject()
	for _, spec := range shapeMembers {
		if value, ok := spec.get(&canonical); ok {
			w.member(spec.name, value)
		}
	}
	data, err := w.finish()
	if err != nil {
		return "" // no text of ours fails to be written; the empty shape is accepted by nobody
	}
	sum := sha256.Sum256(data)
	return Shape(shapePrefix + hex.EncodeToString(sum[:]))
}

const shapePrefix = "sha256:"

// ParseShape parses the textual form of a shape, as [ShapeOf] returns it: "sha256:" and
// 64 hexadecimal digits in lower case.
func ParseShape(text string) (Shape, error) {
	digest, ok := strings.CutPrefix(text, shapePrefix)
	if !ok || !isShapeDigest(digest) {
		return "", errors.New(quote(text) + " is no shape, which is sha256: and 64 hexadecimal digits in lower case")
	}
	return Shape(text), nil
}

// isShapeDigest reports whether text can stand behind the prefix of a shape.
func isShapeDigest(text string) bool {
	return len(text) == hex.EncodedLen(sha256.Size) && strings.Trim(text, "0123456789abcdef") == ""
}

// shapeMembers are the members of a shape, sorted as RFC 8785 wants them.
var shapeMembers = [...]*memberSpec{registry["client_name"], registry["grant_types"],
	registry["redirect_uris"], registry["token_endpoint_auth_method"]}

// FoldName returns a name in the form in which two names are compared: NFKC,
// case folded, outer white space dropped.
func FoldName(name string) string {
	if isASCII(name) { // of which NFKC changes nothing, and folding the letters
		return strings.TrimSpace(strings.ToLower(name))
	}
	return strings.TrimSpace(norm.NFKC.String(cases.Fold().String(norm.NFKC.String(name))))
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

func sortedSet(list []string) []string {
	list = slices.Clone(list)
	slices.Sort(list)
	return slices.Compact(list)
}
