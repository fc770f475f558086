package issuer

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/fc28f635/countersign/metadata"
)

// offers are the grant and response types that the authorization servers have.
type offers struct {
	GrantTypes    []string `yaml:"grant_types"`
	ResponseTypes []string `yaml:"response_types"`
}

// The words that are no URI: RFC 7591, Section 2, and OAuth 2.0 Multiple Response
// Type Encoding Practices, Section 3, whose types are words with spaces between.
var (
	grantWords    = []string{metadata.GrantAuthorizationCode, "implicit", "password", metadata.GrantClientCredentials, metadata.GrantRefreshToken}
	responseWords = []string{metadata.ResponseCode, "token", "id_token", "none"}
)

// check returns what is wrong with the offers, and at which place below them.
func (o offers) check() (at string, err error) {
	if len(o.GrantTypes) == 0 {
		return ".grant_types", errors.New("offers no grant_types: nobody could be let in")
	}
	for i, g := range o.GrantTypes {
		if !slices.Contains(grantWords, g) && !strings.Contains(g, ":") { // others are absolute URIs (RFC 6749, Section 4.5)
			return fmt.Sprintf(".grant_types[%d]", i), fmt.Errorf("%.100q is no grant type: it is a URI, or one of %s", g, strings.Join(grantWords, ", "))
		}
	}
	if i := repeated(o.GrantTypes); i >= 0 {
		return fmt.Sprintf(".grant_types[%d]", i), fmt.Errorf("%.100q is there twice", o.GrantTypes[i])
	}
	for i, r := range o.ResponseTypes {
		for _, word := range strings.Split(r, " ") {
			if !slices.Contains(responseWords, word) {
				return fmt.Sprintf(".response_types[%d]", i), fmt.Errorf("%.100q is no response type: it is of the words %s", r, strings.Join(responseWords, ", "))
			}
		}
	}
	if i := repeated(o.ResponseTypes); i >= 0 {
		return fmt.Sprintf(".response_types[%d]", i), fmt.Errorf("%.100q is there twice", o.ResponseTypes[i])
	}
	switch {
	case !slices.ContainsFunc(o.GrantTypes, func(g string) bool { return g != metadata.GrantRefreshToken }):
		return ".grant_types", errors.New("refresh_token renews what another grant type gave, and there is none: nobody could be let in")
	case len(o.ResponseTypes) == 0 && (metadata.Client{GrantTypes: o.GrantTypes}).UsesRedirects():
		return ".response_types", errors.New("response_types has nothing for authorization_code: no client that redirects could be let in. Say response_types: [code]")
	}
	return "", nil
}
