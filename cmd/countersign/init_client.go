package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"github.com/fc28f635/countersign/metadata"
)

// saysOfClient reports whether the command line says anything that is in client
// metadata.
func saysOfClient(c *cobra.Command) bool {
	return slices.ContainsFunc([]string{"name", "redirect-uri", "software-id", "path"}, c.Flags().Changed)
}

// client returns the client metadata that the arguments ask for, judged by the
// rules of metadata documents.
func (f initFlags) client(p metadata.Publisher) (metadata.Client, error) {
	c := metadata.Client{
		ClientID:                p.String() + f.path,
		ClientName:              f.name,
		RedirectURIs:            f.redirectURIs,
		GrantTypes:              []string{metadata.GrantAuthorizationCode, metadata.GrantRefreshToken},
		ResponseTypes:           []string{metadata.ResponseCode},
		TokenEndpointAuthMethod: metadata.AuthNone,
		SoftwareID:              f.softwareID,
	}
	if c.ClientName == "" {
		c.ClientName = p.Domain()
	}
	if len(c.RedirectURIs) == 0 {
		c.RedirectURIs = []string{"http://localhost/callback", "http://127.0.0.1/callback"}
	}
	if c.SoftwareID == "" {
		c.SoftwareID = p.Domain()
	}
	id, err := metadata.ParseClientID(c.ClientID)
	if err == nil {
		_, err = siteName(c.ClientID)
	}
	if err == nil && c.ClientID == p.PublisherDocumentURL() {
		err = errors.New("the publisher document is there")
	}
	if err != nil {
		return c, &usageError{fmt.Errorf("--path %.100q: %w", f.path, err)}
	}
	if err := c.Check(); err != nil {
		return c, &usageError{err}
	}
	data, err := encodeDocument(c)
	if err == nil {
		_, err = metadata.ParseDocument(data, id)
	}
	if err != nil {
		return c, &usageError{err}
	}
	return c, nil
}

// A clientState is what is at the place of client.json.
type clientState uint8

const (
	clientAbsent clientState = iota
	clientSame
	clientDiffers
)

// keepClient looks at a client.json that is there already. One of another
// publisher is an error.
func keepClient(name string, p metadata.Publisher, wanted metadata.Client) (clientState, error) {
	if _, err := os.Lstat(name); errors.Is(err, fs.ErrNotExist) {
		return clientAbsent, nil
	}
	c, err := readClient(name)
	if err != nil {
		return clientAbsent, err
	}
	if id, err := metadata.ParseClientID(c.ClientID); err != nil || id.Publisher() != p {
		return clientAbsent, otherPublisher(exitRejected, name, c.ClientID, p, "--dir names another directory")
	}
	if sameClient(c, wanted) {
		return clientSame, nil
	}
	return clientDiffers, nil
}

// writeClient writes client.json where there is none.
func (f *initFlags) writeClient(client metadata.Client, kept clientState, steps *steps) error {
	name := filepath.Join(f.dir, clientFile)
	switch kept {
	case clientDiffers:
		steps.add(false, "%s, which says something else than these arguments: edit it by hand", name)
		return nil
	case clientSame:
		steps.add(false, "%s", name)
		return nil
	case clientAbsent:
	}
	data, err := encodeDocument(client)
	if err != nil {
		return fail(err, "")
	}
	if err := writeWhole(name, data); err != nil {
		return fail(fmt.Errorf("writing client metadata: %w", err), "")
	}
	steps.add(true, "%s", name)
	return nil
}
