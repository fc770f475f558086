package countersigntest

import (
	"encoding/json"
	"fmt"

	"github.com/fc28f635/countersign/attest"
	"github.com/fc28f635/countersign/metadata"
)

// keyID is the kid of every publisher's first key.
const keyID = "2026a"

// A Publisher is a publisher that lives in a World, with one Ed25519 key. What
// it publishes it publishes as a real one does: by package attest.
type Publisher struct {
	// Name is the publisher, the iss of its statements.
	Name metadata.Publisher

	// Key signs its statements.
	Key attest.Key

	world *World
}

// NewPublisher makes a publisher with a key, its host and its zone. Nothing is
// published until [Publisher.Publish].
func (w *World) NewPublisher(domain string) (*Publisher, error) {
	name, err := metadata.PublisherOf(domain)
	if err != nil {
		return nil, fmt.Errorf("making a publisher: %w", err)
	}
	key, err := attest.Generate(keyID, metadata.KeyEd25519)
	if err != nil {
		return nil, err
	}
	w.names.addHost(name.Domain())
	return &Publisher{Name: name, Key: key, world: w}, nil
}

// Publish publishes the key in DNS and in the publisher document.
func (p *Publisher) Publish() error {
	if err := p.PublishRecord(nil); err != nil {
		return err
	}
	return p.PublishDocument(nil)
}

// PublishRecord publishes the key in DNS, after edit, which may be nil, changed
// its record.
func (p *Publisher) PublishRecord(edit func(*metadata.KeyRecord)) error {
	record, err := p.Key.Record()
	if err != nil {
		return err
	}
	if edit != nil {
		edit(&record)
	}
	p.world.SetTXT(p.Name.KeyRecordName(), record.String())
	return nil
}

// PublishDocument publishes the key in the publisher document, after edit,
// which may be nil, changed the document.
func (p *Publisher) PublishDocument(edit func(*metadata.PublisherDocument)) error {
	d := metadata.PublisherDocument{Publisher: p.Name, Keys: []json.RawMessage{p.Key.JWK()}}
	if edit != nil {
		edit(&d)
	}
	body, err := attest.MarshalPublisherDocument(d)
	if err != nil {
		return err
	}
	p.world.Serve(p.Name.PublisherDocumentURL(), jsonType, body)
	return nil
}

const jsonType = "application/json"

// PublishClient publishes a metadata document at path, which begins with a
// slash, and returns its client_id. With a statement, the document holds one
// that the publisher signed for it, made with edits.
func (p *Publisher) PublishClient(path string, c metadata.Client, withStatement bool, edits ...Edit) (clientID string, err error) {
	c.ClientID = p.Name.String() + path
	if withStatement {
		if c.SoftwareStatement, err = p.Sign(c, edits...); err != nil {
			return "", err
		}
	}
	if err := p.world.ServeClient(c); err != nil {
		return "", err
	}
	return c.ClientID, nil
}

// ServeClient serves a metadata document at its own client_id, whatever is in
// it.
func (w *World) ServeClient(c metadata.Client) error {
	body, err := c.MarshalJSON()
	if err != nil {
		return fmt.Errorf("writing a metadata document: %w", err)
	}
	w.Serve(c.ClientID, jsonType, body)
	return nil
}
