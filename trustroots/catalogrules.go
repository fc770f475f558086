package trustroots

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/fc28f635/countersign/internal/limits"
	"github.com/fc28f635/countersign/internal/strictjson"
	"github.com/fc28f635/countersign/metadata"
)

// catalogMembers are the members of client metadata that a catalog states.
var catalogMembers = []string{"application_type", "client_id", "client_name", "client_uri", "grant_types", "jwks_uri", "redirect_uris",
	"software_id", "token_endpoint_auth_method", "token_endpoint_auth_methods_supported", "token_endpoint_auth_signing_alg"}

var catalogName = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

// placeholder stands in a template for what differs.
const placeholder = "{id}"

// read parses what the client presents, and checks the client by the rules that
// catalog.schema.json has, and those that a schema cannot express.
func (k *CatalogClient) read(version string) error {
	if !catalogName.MatchString(k.Name) {
		return errors.New("the name has other than lower-case letters, digits and hyphens")
	}
	if k.Title == "" {
		return errors.New("no title")
	}
	members, err := strictjson.ParseObject(k.Metadata, limits.JSONDepth)
	if err != nil {
		return fmt.Errorf("client: %w", err)
	}
	for _, m := range members {
		if !slices.Contains(catalogMembers, m.Name) {
			return fmt.Errorf("client: member %.100q is none that a catalog states", m.Name)
		}
		k.members = append(k.members, m.Name)
	}
	if k.parsed, err = metadata.ParseClient(k.Metadata); err != nil {
		return fmt.Errorf("client: %w", err)
	}
	if k.ClientIDTemplate != "" {
		k.members = append(k.members, "client_id_template")
	}
	if len(k.RedirectURITemplates) > 0 {
		k.members = append(k.members, "redirect_uri_templates")
	}
	if len(k.members) == 0 {
		return errors.New("nothing is known of it")
	}
	slices.Sort(k.members)
	for _, check := range []func() error{k.checkURIs, k.checkPublisher, func() error { return k.checkSources(version) }} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

func (k *CatalogClient) checkURIs() error {
	if k.parsed.ClientID != "" {
		if _, err := metadata.ParseClientID(k.parsed.ClientID); err != nil {
			return err
		}
	}
	for _, uri := range k.parsed.RedirectURIs {
		if _, err := metadata.ParseRedirectURI(uri); err != nil {
			return fmt.Errorf("redirect URI %.100q: %w", uri, err)
		}
	}
	templates := k.RedirectURITemplates
	if k.ClientIDTemplate != "" {
		templates = append([]string{k.ClientIDTemplate}, templates...)
	}
	for _, template := range templates {
		if strings.Count(template, placeholder) != 1 {
			return fmt.Errorf("template %.100q has %s not once", template, placeholder)
		}
		if _, err := metadata.ParseRedirectURI(strings.Replace(template, placeholder, "x", 1)); err != nil {
			return fmt.Errorf("template %.100q: %w", template, err)
		}
	}
	if len(templates) > 0 && k.Varies == "" {
		return errors.New("it has a template, and varies does not say what differs")
	}
	return nil
}

// checkPublisher holds the publisher to a host that the client names itself.
func (k *CatalogClient) checkPublisher() error {
	if k.Publisher.IsZero() {
		return nil
	}
	own := append([]string{k.parsed.ClientID, k.ClientIDTemplate, k.parsed.ClientURI}, k.parsed.RedirectURIs...)
	if !slices.ContainsFunc(own, func(s string) bool {
		u, err := url.Parse(s)
		return err == nil && u.Scheme == "https" && u.Host == k.Publisher.Domain()
	}) {
		return fmt.Errorf("publisher %s is no host of its client_id, client_uri or redirect URIs", k.Publisher)
	}
	return nil
}

// checkSources sees that each fact has its source, and each source a fact.
func (k *CatalogClient) checkSources(version string) error {
	var stated []string
	for _, s := range k.Sources {
		u, err := url.Parse(s.Address)
		switch {
		case err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil:
			return fmt.Errorf("source %.100q is no https address", s.Address)
		case !isDay(s.Seen) || s.Seen > version:
			return fmt.Errorf("source %.100q was not seen on a day up to that of the catalog", s.Address)
		case s.AsOf != "" && (!isDay(s.AsOf) || s.AsOf > s.Seen):
			return fmt.Errorf("source %.100q is not as of a day up to that on which it was seen", s.Address)
		case len(s.Facts) == 0:
			return fmt.Errorf("source %.100q states nothing", s.Address)
		}
		for _, fact := range s.Facts {
			if !slices.Contains(k.members, fact) {
				return fmt.Errorf("source %.100q states %.100q, which is not there", s.Address, fact)
			}
		}
		stated = append(stated, s.Facts...)
	}
	for _, member := range k.members {
		if !slices.Contains(stated, member) {
			return fmt.Errorf("no source states %s", member)
		}
	}
	return nil
}

func isDay(s string) bool {
	_, err := time.Parse(time.DateOnly, s)
	return err == nil
}
