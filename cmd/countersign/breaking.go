package main

import (
	"cmp"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/fc28f635/countersign/internal/jose"
	"github.com/fc28f635/countersign/metadata"
)

// breaks says what of a change would break copies that are installed: they go on
// with what they were built with, and servers compare it with what is published.
func breaks(was, is metadata.Client) []string {
	var list []string
	gone := func(what string, had, has []string) {
		for _, value := range had {
			if !slices.Contains(has, value) {
				list = append(list, fmt.Sprintf("%s %.100q is no longer there", what, value))
			}
		}
	}
	changed := func(what, from, to string) {
		if from != to {
			list = append(list, fmt.Sprintf("%s was %.100q and is %.100q", what, from, to))
		}
	}
	changed("client_id", was.ClientID, is.ClientID)
	changed("software_id", was.SoftwareID, is.SoftwareID)
	const method = "client_secret_basic" // RFC 7591, Section 2, as the two defaults below
	changed("token_endpoint_auth_method", cmp.Or(was.TokenEndpointAuthMethod, method), cmp.Or(is.TokenEndpointAuthMethod, method))
	gone("redirect URI", was.RedirectURIs, is.RedirectURIs)
	gone("grant type", orDefault(was.GrantTypes, metadata.GrantAuthorizationCode), orDefault(is.GrantTypes, metadata.GrantAuthorizationCode))
	gone("response type", orDefault(was.ResponseTypes, metadata.ResponseCode), orDefault(is.ResponseTypes, metadata.ResponseCode))
	if is.Scope != "" { // without one every scope may be asked for
		gone("scope", strings.Fields(was.Scope), strings.Fields(is.Scope))
	}
	return list
}

func orDefault(list []string, value string) []string {
	if len(list) == 0 {
		return []string{value}
	}
	return list
}

// checkInstalled refuses what would break installed copies, compared with what
// is in the tree: it was published, or will be.
func (r release) checkInstalled(tree *site, name string, id metadata.ClientID) error {
	was, ok, err := tree.client(name, id)
	if err == nil && !ok {
		was, ok, err = tree.otherClient(r.publisher)
	}
	if err != nil || !ok {
		return err
	}
	list := breaks(was, r.client)
	if len(list) == 0 {
		return nil
	}
	return refused(fmt.Errorf("not published, since it would break installed copies: %s", strings.Join(list, "; ")),
		"leave in "+clientFile+" what copies in the field use, and add the new beside it; another client_id is another client, with a --dir of its own; --break-installed publishes it where no copy needs the old")
}

// client returns what the metadata document says that the tree has under the
// name, if it is one: the statement in it, where it has one.
func (s *site) client(name string, id metadata.ClientID) (metadata.Client, bool, error) {
	data, ok, err := s.read(name)
	if err != nil || !ok {
		return metadata.Client{}, false, err
	}
	d, err := metadata.ParseDocument(data, id)
	if err != nil {
		return metadata.Client{}, false, nil // whatever it is, it is written anew
	}
	if compact, err := jose.Parse(d.Client.SoftwareStatement); err == nil {
		if stated, err := metadata.ParseStatement(compact.Payload); err == nil {
			return stated.Client, true, nil
		}
	}
	return d.Client, true, nil
}

// otherClient returns a metadata document of the publisher that the tree has at
// any place: after client_id was changed the old one is still there.
func (s *site) otherClient(p metadata.Publisher) (c metadata.Client, ok bool, err error) {
	err = fs.WalkDir(s.root.FS(), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || ok || !entry.Type().IsRegular() || path.Ext(name) != ".json" {
			return err
		}
		id, bad := metadata.ParseClientID(p.String() + "/" + name)
		if bad != nil {
			return nil
		}
		c, ok, err = s.client(name, id)
		return err
	})
	if err != nil {
		return c, false, fail(fmt.Errorf("looking for documents in %q: %w", s.dir, err), "")
	}
	return c, ok, nil
}
