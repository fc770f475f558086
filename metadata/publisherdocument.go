package metadata

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

	"github.com/fc28f635/countersign/internal/limits"
	"github.com/fc28f635/countersign/internal/strictjson"
)

// A PublisherDocument is what a publisher serves at
// /.well-known/client-publisher.json. It proves that host only. The zero
// PublisherDocument names no publisher and has no keys.
type PublisherDocument struct {
	Publisher Publisher

	// Keys are public JWKs, as they were written.
	Keys []json.RawMessage

	// Clients lists all clients of the publisher, 64 at most; nil where the
	// document does not say.
	Clients []ListedClient

	// Revoked are the jti of revoked statements, 256 of 256 bytes at most. The
	// NotBefore of a client revokes many at once.
	Revoked []string
}

// A ListedClient is one client that a publisher document lists.
type ListedClient struct {
	SoftwareID string
	ClientID   string // empty where the document does not say

	// NotBefore revokes statements whose iat is earlier, in Unix seconds. Zero
	// revokes none.
	NotBefore int64
}

// ParsePublisherDocument parses what a publisher serves. The error is a
// [Defects]: [ReasonWellknownMismatch] where the document cannot be used, and
// [ReasonKeyExposed] where it holds a private key.
func ParsePublisherDocument(data []byte, origin Publisher) (PublisherDocument, error) {
	members, err := strictjson.ParseObject(data, limits.JSONDepth)
	if err != nil {
		return PublisherDocument{}, Defects{{Reason: ReasonWellknownMismatch, Detail: err.Error()}}
	}
	var d PublisherDocument
	var defects Defects
	bad := func(member, detail string) { defects.add(ReasonWellknownMismatch, member, detail) }
	for _, m := range members {
		switch m.Name {
		case "publisher":
			name, _ := strictjson.Text(m.Value)
			d.Publisher, _ = ParsePublisher(name) // nobody, where it is malformed
		case "keys":
			keys, ok := strictjson.Array(bytes.Clone(m.Value)) // data is not held
			if !ok || len(keys) > limits.Keys {
				bad("keys", "not an array of at most 64 keys")
			}
			d.Keys = keys
			if HoldsSecretKey(json.RawMessage(`{"keys":` + string(m.Value) + `}`)) {
				defects.add(ReasonKeyExposed, "keys", "a private or symmetric key")
			}
		case "clients":
			clients, ok := listedClients(m.Value)
			switch {
			case !ok:
				bad("clients", "not an array of clients with a software_id")
			case len(clients) > limits.ListedClients:
				bad("clients", fmt.Sprintf("more than %d clients", limits.ListedClients))
			}
			d.Clients = clients
		case "revoked":
			revoked, ok := strictjson.Texts(m.Value)
			switch {
			case !ok:
				bad("revoked", "not an array of strings")
			case len(revoked) > limits.RevokedIDs:
				bad("revoked", fmt.Sprintf("more than %d ids: the not_before of a client revokes many at once", limits.RevokedIDs))
			case slices.ContainsFunc(revoked, func(id string) bool { return id == "" || len(id) > limits.RevokedIDBytes }):
				bad("revoked", fmt.Sprintf("an id is empty or longer than %d bytes", limits.RevokedIDBytes))
			}
			d.Revoked = revoked
		}
	}
	if d.Publisher != origin {
		bad("publisher", "is not "+origin.String())
	}
	if err := defects.orNil(); err != nil {
		return PublisherDocument{}, err
	}
	return d, nil
}

func listedClients(v json.RawMessage) ([]ListedClient, bool) {
	items, ok := strictjson.Array(v)
	if !ok {
		return nil, false
	}
	clients := make([]ListedClient, 0, len(items))
	for _, item := range items {
		members, _ := strictjson.Object(item) // what is no object names nothing
		var c ListedClient
		for _, m := range members {
			ok := true
			switch m.Name {
			case "software_id":
				c.SoftwareID, ok = strictjson.Text(m.Value)
			case "client_id":
				c.ClientID, ok = strictjson.Text(m.Value)
			case "not_before":
				c.NotBefore, ok = strictjson.Integer(m.Value)
				ok = ok && c.NotBefore >= earliestTime && c.NotBefore <= latestTime
			}
			if !ok {
				return nil, false
			}
		}
		if c.SoftwareID == "" && c.ClientID == "" {
			return nil, false
		}
		clients = append(clients, c)
	}
	return clients, true
}

// Lists reports whether the document lists the client, or does not say which
// clients there are; and the earliest iat that it accepts of the client.
func (d PublisherDocument) Lists(softwareID, clientID string) (listed bool, notBefore int64) {
	if d.Clients == nil {
		return true, 0
	}
	for _, c := range d.Clients {
		sameSoftware := c.SoftwareID == softwareID
		if c.SoftwareID == "" || softwareID == "" {
			sameSoftware = c.ClientID != "" && c.ClientID == clientID
		}
		if sameSoftware && (c.ClientID == "" || clientID == "" || c.ClientID == clientID) {
			listed = true
			notBefore = max(notBefore, c.NotBefore)
		}
	}
	return listed, notBefore
}

// MarshalJSON writes the document as it is served.
func (d PublisherDocument) MarshalJSON() ([]byte, error) {
	var w objectWriter
	w.member("publisher", quoteText(d.Publisher.String()))
	keys := json.RawMessage{'['}
	for i, key := range d.Keys {
		if i > 0 {
			keys = append(keys, ',')
		}
		keys = append(keys, key...)
	}
	w.member("keys", append(keys, ']'))
	if d.Clients != nil {
		list := json.RawMessage{'['}
		for i, c := range d.Clients {
			if i > 0 {
				list = append(list, ',')
			}
			var client objectWriter
			if c.SoftwareID != "" {
				client.member("software_id", quoteText(c.SoftwareID))
			}
			if c.ClientID != "" {
				client.member("client_id", quoteText(c.ClientID))
			}
			if c.NotBefore != 0 {
				client.member("not_before", strconv.AppendInt(nil, c.NotBefore, 10))
			}
			written, _ := client.finish() // members with names and values of ours
			list = append(list, written...)
		}
		w.member("clients", append(list, ']'))
	}
	if len(d.Revoked) > 0 {
		revoked := json.RawMessage{'['}
		for i, id := range d.Revoked {
			if i > 0 {
				revoked = append(revoked, ',')
			}
			revoked = append(revoked, quoteText(id)...)
		}
		w.member("revoked", append(revoked, ']'))
	}
	return w.finish()
}
