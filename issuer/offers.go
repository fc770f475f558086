package issuer

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/fc28f635/countersign/metadata"
)

// The words that are no URI: RFC 7591, Section 2, and OAuth 2.0 Multiple Response
// Type Encoding Practices, Section 3, whose types are words with spaces between.
var (
	grantWords    = []string{metadata.GrantAuthorizationCode, "implicit", "password", metadata.GrantClientCredentials, metadata.GrantRefreshToken}
	responseWords = []string{metadata.ResponseCode, "token", "id_token", "none"}
)

// checkOffers returns what is wrong with the grant and response types that a
// policy offers, and at which key.
func checkOffers(grantTypes, responseTypes []string) (at string, err error) {
	for i, g := range grantTypes {
		if !slices.Contains(grantWords, g) && !strings.Contains(g, ":") { // others are absolute URIs (RFC 6749, Section 4.5)
			return fmt.Sprintf("offers.grant_types[%d]", i), fmt.Errorf("%.100q is no grant type: it is a URI, or one of %s", g, strings.Join(grantWords, ", "))
		}
	}
	if i := repeated(grantTypes); i >= 0 {
		return fmt.Sprintf("offers.grant_types[%d]", i), fmt.Errorf("%.100q is there twice", grantTypes[i])
	}
	for i, r := range responseTypes {
		for _, word := range strings.Split(r, " ") {
			if !slices.Contains(responseWords, word) {
				return fmt.Sprintf("offers.response_types[%d]", i), fmt.Errorf("%.100q is no response type: it is of the words %s", r, strings.Join(responseWords, ", "))
			}
		}
	}
	if i := repeated(responseTypes); i >= 0 {
		return fmt.Sprintf("offers.response_types[%d]", i), fmt.Errorf("%.100q is there twice", responseTypes[i])
	}
	switch {
	case !slices.ContainsFunc(grantTypes, func(g string) bool { return g != metadata.GrantRefreshToken }):
		return "offers.grant_types", errors.New("refresh_token renews what another grant type gave, and there is none: nobody could be let in")
	case len(responseTypes) == 0 && (metadata.Client{GrantTypes: grantTypes}).UsesRedirects():
		return "offers.response_types", errors.New("response_types has nothing for authorization_code: no client that redirects could be let in. Say response_types: [code]")
	}
	return "", nil
}
