package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/fc28f635/countersign/internal/jose"
	"github.com/fc28f635/countersign/internal/limits"
	"github.com/fc28f635/countersign/internal/strictjson"
	"github.com/fc28f635/countersign/metadata"
	"github.com/fc28f635/countersign/verify"
)

// publish writes the publisher document and the metadata document with its
// statement into the tree.
func (r release) publish(ctx context.Context, tree *site, id metadata.ClientID, f publishFlags, out io.Writer) error {
	name, err := siteName(id.String())
	if err == nil && id.String() == r.publisher.PublisherDocumentURL() {
		err = errors.New("client_id: the publisher document is there")
	}
	if err != nil {
		return refused(err, "client_id is the https URL that the document will be at, such as "+r.publisher.String()+defaultDocumentPath)
	}
	if err := r.checkLive(); err != nil {
		return err
	}
	now := time.Now()
	statement, until := "", now
	if !f.force {
		if statement, until, err = r.current(ctx, tree, name, id, now); err != nil {
			return err
		}
	}
	kept := statement != ""
	if !kept && !f.breakInstalled {
		if err := r.checkInstalled(tree, name, id); err != nil {
			return err
		}
	}
	if !kept {
		if statement, err = r.sign(ctx, now); err != nil {
			return err
		}
		until = now.Add(r.lifetime)
	}
	document, err := r.document(ctx, id, statement)
	if err != nil {
		return err
	}
	steps := &steps{}
	published, err := tree.publishKey(r.publisher, r.key)
	if err != nil {
		return err
	}
	written, err := tree.write(name, document)
	if err != nil {
		return err
	}
	keys, _ := siteName(r.publisher.PublisherDocumentURL())
	steps.add(!kept, "statement signed with %s, holds until %s", r.key.ID(), until.UTC().Format(time.DateOnly))
	steps.add(written, "%s, %d of %d bytes", tree.path(name), len(document), limits.DocumentBytes)
	steps.add(published, "%s", tree.path(keys))
	steps.print(out)
	return nil
}

// current returns the statement that the tree has, if it can be kept: of the
// same metadata, by the same key, and for more than 30 days to come.
func (r release) current(ctx context.Context, tree *site, name string, id metadata.ClientID, now time.Time) (statement string, until time.Time, err error) {
	data, ok, err := tree.read(name)
	if err != nil || !ok {
		return "", until, err
	}
	document, err := metadata.ParseDocument(data, id)
	if err != nil {
		return "", until, nil // whatever it is, it is written anew
	}
	if r.edited(document.Client) {
		return "", until, refused(fmt.Errorf("%q was edited: it says something else than the statement in it, and %s is what is published", tree.path(name), clientFile),
			"make the same change in "+clientFile+"; --force gives it up")
	}
	if document.Client.SoftwareStatement == "" {
		return "", until, nil
	}
	v, err := judge(ctx, r.publisher, r.key.JWK(), verify.Presentation{Statement: document.Client.SoftwareStatement, At: now}, nil)
	if err != nil {
		return "", until, fail(err, "")
	}
	stated, ok := v.Statement()
	until = time.Unix(stated.ExpiresAt, 0)
	if !ok || !sameClient(stated.Client, r.client) || until.Sub(now) <= limits.ExpiresSoon {
		return "", until, nil
	}
	return document.Client.SoftwareStatement, until, nil
}

// edited reports whether a document in the tree is neither what publish wrote,
// which is what the statement in it says, nor what is to be published.
func (r release) edited(document metadata.Client) bool {
	if sameClient(document, r.client) {
		return false
	}
	compact, err := jose.Parse(document.SoftwareStatement)
	if err != nil {
		return true
	}
	stated, err := metadata.ParseStatement(compact.Payload)
	return err != nil || !sameClient(document, stated.Client)
}

// document returns the metadata document with the statement in it, judged as a
// verifier would that fetched it.
func (r release) document(ctx context.Context, id metadata.ClientID, statement string) ([]byte, error) {
	client := r.client.Clone()
	client.SoftwareStatement = statement
	data, err := encodeDocument(client)
	if err != nil {
		return nil, fail(err, "")
	}
	if len(data) > limits.DocumentBytes { // perhaps it is only the white space
		if data, err = strictjson.Encode(client, false); err != nil {
			return nil, fail(err, "")
		}
	}
	if len(data) > limits.DocumentBytes {
		return nil, refused(fmt.Errorf("the metadata document would have %d bytes, and servers read %d", len(data), limits.DocumentBytes),
			"each member counts twice, plain and signed; the largest: "+largest(client))
	}
	v, err := judge(ctx, r.publisher, r.key.JWK(), verify.Presentation{ClientID: id.String()}, map[string][]byte{id.String(): data})
	if err != nil {
		return nil, fail(err, "")
	}
	return data, rejected(v)
}
