package metadata

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"github.com/fc28f635/countersign/internal/strictjson"
)

// A urlRule says of a member whose value is an address, or a list of them, who
// goes there and what an address costs that is malformed or on a host for which
// the publisher does not speak. The zero urlRule is of a member that is no
// address. The rules stand in the rows of [registered].
type urlRule struct {
	use  urlUse
	form urlForm
	cost urlCost
}

// A urlUse is who goes to an address.
type urlUse uint8

const (
	urlNone     urlUse = iota
	urlOpened          // a browser is sent there
	urlFetched         // a server gets it, or posts to it
	urlShown           // people are shown it, or what is there
	urlCompared        // nobody: it is a name
	urlGiven           // it is the server's to give, and dropped from what a client says
)

// A urlForm is which addresses are well formed.
type urlForm uint8

const (
	formFree     urlForm = iota
	formWeb              // https, on the default port of a domain
	formDocument         // formWeb as a client_id: no query, perhaps another port
	formRedirect         // formats, section 10: also loopback and private use
)

// A urlCost is what happens to a client with an address that is malformed or
// not the publisher's.
type urlCost uint8

const (
	costNothing urlCost = iota
	costDropped         // the member is dropped and listed
	costCapped          // malformed is refused; foreign caps the tier
	costRefused         // the client is refused
)

// addresses are the rows of the registry that hold addresses with a form.
var addresses = func() (rows []*memberSpec) {
	for i := range registered {
		if registered[i].url.form != formFree {
			rows = append(rows, &registered[i])
		}
	}
	return rows
}()

// eachAddress visits every address of the client: those of members with fields,
// the others, and last the variants with a language tag. What is no text is
// visited as an empty one.
func (c *Client) eachAddress(visit func(rule urlRule, member, uri string)) {
	texts := func(rule urlRule, member string, value json.RawMessage) {
		list, ok := strictjson.Texts(value)
		if text, isText := strictjson.Text(value); isText || !ok {
			list = []string{text}
		}
		for _, uri := range list {
			visit(rule, member, uri)
		}
	}
	for _, uri := range c.RedirectURIs {
		visit(registry["redirect_uris"].url, "redirect_uris", uri)
	}
	// Not by the rows' field functions, which would have each Client allocated.
	for _, m := range [...]struct{ name, uri string }{{"jwks_uri", c.JWKSURI}, {"client_uri", c.ClientURI},
		{"logo_uri", c.LogoURI}, {"tos_uri", c.TOSURI}, {"policy_uri", c.PolicyURI}} {
		if m.uri != "" {
			visit(registry[m.name].url, m.name, m.uri)
		}
	}
	for _, spec := range addresses {
		if value, ok := c.More[spec.name]; ok {
			texts(spec.url, spec.name, value)
		}
	}
	for _, name := range c.variants(localizable) {
		base, _, _ := strings.Cut(name, "#")
		if rule := registry[base].url; rule.form != formFree { // most are names, and are not read for nothing
			texts(rule, name, c.More[name])
		}
	}
}

// checkAddresses refuses malformed addresses in members that may have none.
func (c *Client) checkAddresses(defects *Defects) {
	c.eachAddress(func(rule urlRule, member, uri string) {
		if rule.cost < costCapped {
			return
		}
		err := rule.form.check(uri)
		switch {
		case err == nil:
		case rule.form == formRedirect:
			defects.add(ReasonRedirectURIMalformed, member, quote(uri)+": "+err.Error())
		default:
			defects.add(ReasonMetadataMalformed, member, "not an https URL that every parser reads alike")
		}
	})
}

// check says what is malformed in an address of this form.
func (f urlForm) check(uri string) error {
	if f == formDocument {
		_, err := ParseClientID(uri)
		return err
	}
	r, err := ParseRedirectURI(uri)
	if err == nil && f == formWeb && r.Class() != RedirectHTTPS {
		return errors.New("not https")
	}
	return err
}

// covered reports whether an address is well formed and, where it is on a web
// host, one of which the publisher speaks.
func (f urlForm) covered(uri string, cov Coverage) bool {
	if f != formRedirect {
		return f.check(uri) == nil && cov.CoversURL(uri)
	}
	r, err := ParseRedirectURI(uri)
	return err == nil && (r.Class() != RedirectHTTPS || cov.Covers(r.Host()))
}

// UncoveredURLs returns the names of the members to drop: each would show people
// an address, send a browser to one, or have a server get one, for which the
// publisher does not speak or that is malformed.
func (c Client) UncoveredURLs(cov Coverage) []string {
	var names []string
	c.eachAddress(func(rule urlRule, member, uri string) {
		if rule.cost == costDropped && !rule.form.covered(uri, cov) && !slices.Contains(names, member) {
			names = append(names, member)
		}
	})
	return names
}

// UncoveredKeys returns the name of a member that has the client's keys at an
// address for which the publisher does not speak, empty where there is none.
func (c Client) UncoveredKeys(cov Coverage) (name string) {
	c.eachAddress(func(rule urlRule, member, uri string) {
		if rule.cost == costRefused && name == "" && !rule.form.covered(uri, cov) {
			name = member
		}
	})
	return name
}
