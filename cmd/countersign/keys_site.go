package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/fc28f635/countersign/attest"
	"github.com/fc28f635/countersign/metadata"
)

// listKey adds a key to the publisher document, after those that are there.
func (s *site) listKey(p metadata.Publisher, jwk json.RawMessage) (changed bool, err error) {
	d, err := s.publisherDocument(p)
	if err != nil || slices.Contains(keyIDs(d), keyID(jwk)) {
		return false, err
	}
	d.Keys = append(d.Keys, jwk)
	return s.writeKeys(d)
}

// unlistKey takes a key out of the publisher document.
func (s *site) unlistKey(p metadata.Publisher, kid string) (changed bool, err error) {
	d, err := s.publisherDocument(p)
	if err != nil || !slices.Contains(keyIDs(d), kid) {
		return false, err
	}
	d.Keys = slices.DeleteFunc(d.Keys, func(k json.RawMessage) bool { return keyID(k) == kid })
	return s.writeKeys(d)
}

// writeKeys writes the keys of a publisher document. Everything else in the
// document stays.
func (s *site) writeKeys(d metadata.PublisherDocument) (changed bool, err error) {
	data, err := attest.MarshalPublisherDocument(d)
	if err != nil {
		return false, refused(err, "")
	}
	name, err := siteName(d.Publisher.PublisherDocumentURL())
	if err != nil {
		return false, err
	}
	if was, ok, err := s.read(name); err != nil {
		return false, err
	} else if ok {
		if data, err = withKeys(was, data); err != nil {
			return false, refused(err, "")
		}
	}
	return s.write(name, data)
}

// learn adds the keys that only the tree knows. Each was announced when the tree
// was last written, if not before.
func (r *keyring) learn(tree *site) error {
	d, err := tree.publisherDocument(r.publisher)
	if err != nil {
		return err
	}
	name, err := siteName(r.publisher.PublisherDocumentURL())
	if err != nil || len(d.Keys) == 0 {
		return err
	}
	info, err := tree.root.Stat(name)
	if err != nil {
		return fail(fmt.Errorf("reading %q: %w", tree.path(name), err), "")
	}
	at := info.ModTime().UTC().Truncate(time.Second)
	for i, jwk := range d.Keys {
		kid := keyID(jwk)
		if kid == "" || r.find(kid) != nil {
			continue
		}
		k := r.know(kid)
		k.state, k.public, k.made, k.announced, k.guessed = stateStandby, jwk, at, at, true
		if i == 0 {
			k.state = stateActive
		}
	}
	return nil
}

// keysPath is where the publisher document of the tree is, for people.
func (s *site) keysPath(p metadata.Publisher) string {
	name, _ := siteName(p.PublisherDocumentURL())
	return s.path(name)
}
